"""Runs the experiments that have no row yet: `python -m lecture_lib.bench`, `--help` for more."""

import argparse
import sys
import time

from lecture_lib import lm
from lecture_lib.bench import measure, record
from lecture_lib.bench.calibrated import WINDOW, Bench
from lecture_lib.bench.experiments import EXPERIMENTS, MANY
from lecture_lib.catalog.reader import nearest


def main(arguments=None) -> int:
    ask = argparse.ArgumentParser(
        prog="python -m lecture_lib.bench",
        description="Runs the experiments that have no row in data/bench.toml yet, one after the "
        "other. Each row is written at once, so it may be stopped and started at any time. "
        "OMP_NUM_THREADS=1 is fastest on a busy machine.",
    )
    ask.add_argument("names", nargs="*", help="only these experiments, and anew if they have a row")
    ask.add_argument("--of", help="only these: weights, activations, cache, ...")
    ask.add_argument("--list", action="store_true", help="name the experiments and stop")
    asked = ask.parse_args(arguments)
    if asked.list:
        print(*EXPERIMENTS, sep="\n")
        return 0
    for name in asked.names:
        if name not in EXPERIMENTS:
            meant = ", ".join(map(repr, nearest(name, EXPERIMENTS))) or "see --list"
            print(f"there is no experiment {name!r}; nearest: {meant}", file=sys.stderr)
            return 2
    known = record.rows()
    missing = asked.names or [
        name
        for name, each in EXPERIMENTS.items()
        if name not in known and asked.of in (None, each.of)
    ]
    if not missing:
        print("all experiments asked for have their rows")
        return 0
    try:
        model = lm.load()
    except lm.ModelMissing as error:
        print(error, file=sys.stderr)
        return 1
    run(missing, Bench(model))
    return 0


def run(names, bench: Bench):
    """Carries out the experiments of these names and keeps each row as it comes."""
    print(f"{len(names)} to run; first the model untouched", flush=True)
    base = lm.losses(bench.model, measure.alice(bench.model, MANY), WINDOW)
    for number, name in enumerate(names, 1):
        start = time.monotonic()
        found = measure.row(EXPERIMENTS[name], bench, base)
        record.keep(name, found, EXPERIMENTS)
        print(
            f"{number} of {len(names)}, {time.monotonic() - start:.0f} s: {name}: "
            f"{found['loss']:.3f} nats, {found['difference']:+.3f} ± {found['difference_error']:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
