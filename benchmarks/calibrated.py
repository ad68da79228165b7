"""How long rounding by calibration takes on layers of a small model's size, beside plain rounding.

Run it by hand: .venv/bin/python benchmarks/calibrated.py. Machines differ and are busy, so read the
ratios; each time is the best of three. The layers are those of SmolLM2-135M, the numbers drawn.
"""

import time

import numpy as np

from lecture_lib.quantization.awq import awq
from lecture_lib.quantization.calibration import Calibration
from lecture_lib.quantization.gptq import gptq
from lecture_lib.quantization.rounding import Grid

REPEATS = 3
LAYERS = {"gate, up": (1536, 576), "down": (576, 1536), "q, output": (576, 576)}  # out, in
GRID = Grid(4, symmetric=False, group=32)


def best(work) -> float:
    """Least time [s] of three runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    rng = np.random.default_rng(1)
    print("| layer | how | time | compared with rounding |\n|---|---|---:|---:|")
    for name, (outputs, inputs) in LAYERS.items():
        weights = rng.standard_t(4, (outputs, inputs)).astype(np.float32)
        sample = rng.normal(size=(2048, inputs)).astype(np.float32)
        seen = Calibration.of(sample)
        times = {
            "to nearest": best(lambda w=weights: GRID.rounded(w)),
            "2,048 tokens seen": best(lambda x=sample: Calibration.of(x)),
            "GPTQ": best(lambda w=weights, c=seen: gptq(w, c, GRID)),
            "AWQ": best(lambda w=weights, c=seen: awq(w, c, GRID)),
            "AWQ, clipped": best(lambda w=weights, c=seen: awq(w, c, GRID, clip=True)),
        }
        for how, seconds in times.items():
            ratio = seconds / times["to nearest"]
            print(f"| {name} {outputs} × {inputs} | {how} | {seconds:.3f} s | {ratio:.0f} |")


if __name__ == "__main__":
    main()
