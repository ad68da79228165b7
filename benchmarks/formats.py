"""How fast ggml's formats are written and read here, beside the C library and beside gguf.

Run it by hand: .venv/bin/python benchmarks/formats.py [names of formats]. It takes a minute or two
and prints MB of float32 a second, and ratios. Machines differ and are busy, so read the ratios: the
three take turns, each on one thread, in processor time, and the best of five counts. The C library
is what its wheel has, without vector instructions of its own.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import ggml_library
import numpy as np
from gguf import GGMLQuantizationType, quants

from lecture_lib.quantization import ggml

ROUNDS = 5
SLOW_IN_C = {"Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "MXFP4", "NVFP4"}


def speeds(contestants: dict, megabytes: float) -> dict[str, float]:
    """MB/s of each, which take turns."""
    times = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        for name, work in contestants.items():
            start = time.process_time()
            work()
            times[name].append(time.process_time() - start)
    return {name: megabytes / min(seconds) for name, seconds in times.items()}


def writes(name: str) -> bool:
    """Whether gguf writes this format."""
    try:
        quants.quantize(np.zeros((1, 256), np.float32), GGMLQuantizationType[name])
    except NotImplementedError:
        return False
    return True


def both_ways(name: str) -> tuple[dict[str, float], dict[str, float]]:
    """The speeds of writing and of reading a matrix of 4096 columns [MB/s of float32]."""
    form, kind = ggml.format(name), GGMLQuantizationType[name]
    rows = 1024 if name in SLOW_IN_C else 4096
    draw = np.random.default_rng(0)
    weights = draw.standard_normal((rows, 4096), np.float32) * np.float32(0.02)
    blocks = weights.reshape(-1, form.weights)
    stored = form.quantize(weights)
    writers = {
        "ours": lambda: form.quantize(weights),
        "C": lambda: ggml_library.quantize(name, blocks, form.bytes),
    }
    if writes(name):
        writers["gguf"] = lambda: quants.quantize(weights, kind)
    readers = {
        "ours": lambda: form.dequantize(stored),
        "C": lambda: ggml_library.dequantize(name, stored.reshape(-1, form.bytes), form.weights),
        "gguf": lambda: quants.dequantize(stored, kind),
    }
    size = weights.nbytes / 1e6
    return speeds(writers, size), speeds(readers, size)


def row(name: str) -> str:
    cells = [name]
    for found in both_ways(name):
        ours = found["ours"]
        cells += [f"{ours:,.0f}", f"{ours / found['C']:.2f}"]
        cells += [f"{ours / found['gguf']:.2f}" if "gguf" in found else ""]
    return f"| {' | '.join(cells)} |"


def main(names):
    print("| format | write, MB/s | of C | of gguf | read, MB/s | of C | of gguf |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in names or ggml_library.NUMBERS:
        print(row(name), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
