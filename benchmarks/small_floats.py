"""How fast small floats and blocks of them are, beside ml_dtypes and the C library of GGML.

Run it by hand: .venv/bin/python benchmarks/small_floats.py. Machines differ and are busy, so read
the ratios; each time is the best of five, for four million weights in float32.
"""

import sys
import time
from pathlib import Path

import ml_dtypes
import numpy as np
from gguf import GGMLQuantizationType, quants

from lecture_lib.quantization.block_floats import BFP8, MXFP4, MXFP6_E3M2, nvfp4
from lecture_lib.quantization.nearest_code import calculated
from lecture_lib.quantization.small_floats import BF16, E2M1, E4M3, FP16

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import ggml_library

REPEATS = 5
WEIGHTS = (np.random.default_rng(1).standard_normal((1024, 4096)) * 0.02).astype(np.float32)
ORACLES = {
    E4M3: ml_dtypes.float8_e4m3fn,
    E2M1: ml_dtypes.float4_e2m1fn,
    FP16: np.float16,
    BF16: ml_dtypes.bfloat16,
}


def best(work) -> float:
    """Least time [s] of five runs, after one that fills tables."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def elements():
    print("| format | encode | ml_dtypes | ours / theirs | calculated / theirs | decode / theirs |")
    print("|---|---:|---:|---:|---:|---:|")
    for small, oracle in ORACLES.items():
        codes = small.encode(WEIGHTS)
        theirs = best(lambda oracle=oracle: WEIGHTS.astype(oracle))
        ours = best(lambda small=small: small.encode(WEIGHTS))
        slow = best(lambda small=small: calculated(small, WEIGHTS, saturate=True))
        back = best(lambda small=small, codes=codes: small.decode(codes))
        cast = best(lambda oracle=oracle, codes=codes: codes.view(oracle).astype(np.float32))
        print(
            f"| {small.name} | {ours * 1e3:.0f} ms | {theirs * 1e3:.0f} ms "
            f"| {ours / theirs:.1f} | {slow / theirs:.0f} | {back / cast:.1f} |"
        )


def blocks():
    rows = WEIGHTS.reshape(-1, 32)
    theirs = best(lambda: ggml_library.quantize("MXFP4", rows, 17))
    numpy = best(lambda: quants.quantize(WEIGHTS, GGMLQuantizationType.MXFP4))
    print(
        f"\nMXFP4 by GGML in C: {theirs * 1e3:.0f} ms; by gguf in numpy: {numpy / theirs:.1f} times"
    )
    print("| format | quantize | times GGML's MXFP4 | dequantize |\n|---|---:|---:|---:|")
    for each in (MXFP4, MXFP6_E3M2, nvfp4(1e-5), BFP8):
        stored = each.quantize(WEIGHTS)
        there = best(lambda each=each: each.quantize(WEIGHTS))
        back = best(lambda each=each, stored=stored: each.dequantize(stored))
        print(
            f"| {each.name} | {there * 1e3:.0f} ms | {there / theirs:.1f} | {back * 1e3:.0f} ms |"
        )


def main():
    elements()
    blocks()


if __name__ == "__main__":
    main()
