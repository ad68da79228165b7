"""How long the catalog takes to read and check all files, beside bare parsing of the same files.

Run it by hand: .venv/bin/python benchmarks/catalog_load.py. Machines differ and are busy, so read
the ratio first; the times are the best of seven fresh processes, in milliseconds of processor time.
"""

import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).parents[1] / "lecture_lib" / "data"
ASKS = ["devices", "models", "claims", "measurements", "energies", "formats", "history", "sources"]
REPEATS = 7
CLOCK = "from time import process_time as now; "


def best(setup: str, work: str) -> float:
    """Least processor time [s] of the work, over fresh processes; the setup does not count."""
    script = f"{CLOCK}{setup}; start = now(); {work}; print(now() - start)"
    runs = (
        subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        for _ in range(REPEATS)
    )
    return min(float(run.stdout) for run in runs)


def main():
    files = [str(path) for path in sorted(DATA.glob("*.toml"))]
    parse = best(f"import tomllib; files = {files}", "[tomllib.load(open(f, 'rb')) for f in files]")
    load = best("from lecture_lib import catalog as c", "; ".join(f"c.{ask}()" for ask in ASKS))
    print(f"parsing {len(files)} files: {parse * 1e3:.0f} ms")
    print(f"reading and checking them: {load * 1e3:.0f} ms, {load / parse:.1f} times as long")


if __name__ == "__main__":
    main()
