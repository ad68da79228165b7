"""How long many operating points take: together, one by one, and as a loop over operators.

Run it by hand: .venv/bin/python benchmarks/sweep.py. It prints the table of docs/times.md. Machines
differ and are busy, so read the ratios; each time is the best of five, and memory is the most that
numpy held above the result.
"""

import time
import tracemalloc

import numpy as np

from lecture_lib import catalog
from lecture_lib.decode import decode_step
from lecture_lib.serving import decode_roof, devices_that_decode, models_that_decode
from lecture_lib.sweep import blocks, sweep

REPEATS = 5
MODEL, DEVICE = "Llama-2-7B", "A100 SXM 80GB"
SIDES = {"devices": 25, "models": 40, "sequences": 25, "contexts": 40}  # a cube of a million


def best(work) -> float:
    """Least time [s] of five runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def by_operator(shape, roof, sequences, context) -> float:
    """The floor [s] of a point by a table of operators, layer by layer, in plain Python."""
    query, kv = shape.query_heads * shape.head_dim, shape.kv_heads * shape.head_dim
    matrices = {
        "q": (shape.model_dim, query),
        "k": (shape.model_dim, kv),
        "v": (shape.model_dim, kv),
        "o": (query, shape.model_dim),
        "gate": (shape.model_dim, shape.mlp_dim),
        "up": (shape.model_dim, shape.mlp_dim),
        "down": (shape.mlp_dim, shape.model_dim),
    }
    total = 0.0
    for _ in range(shape.layers):
        for rows, columns in matrices.values():
            flops, moved = 2 * sequences * rows * columns, 2 * rows * columns
            total += max(flops / roof.peak_rate, moved / roof.bandwidth)
        for width in (query, query):  # scores and values
            flops = 2 * sequences * context * width
            moved = 2 * sequences * context * kv
            total += max(flops / roof.peak_rate, moved / roof.bandwidth)
    head = shape.vocabulary * shape.model_dim
    return total + max(2 * sequences * head / roof.peak_rate, 2 * head / roof.bandwidth)


def thousand_points() -> dict[str, float]:
    """Seconds for a thousand points, in each way."""
    shape, roof = catalog.shape(MODEL), decode_roof(DEVICE)
    draw = np.random.default_rng(1)
    sequences, contexts = draw.integers(1, 65, 1000), draw.integers(1, 16_385, 1000)
    pairs = [(int(n), int(c)) for n, c in zip(sequences, contexts, strict=True)]
    return {
        "together": best(
            lambda: decode_step(shape, roof, sequences=sequences, context_tokens=contexts).floor
        ),
        "one by one": best(
            lambda: [
                decode_step(shape, roof, sequences=n, context_tokens=c).floor for n, c in pairs
            ]
        ),
        "operators in plain Python": best(
            lambda: [by_operator(shape, roof, n, c) for n, c in pairs]
        ),
    }


def million_points() -> tuple[float, float, float]:
    """Seconds and most memory above the result [byte] of a cube of a million; seconds of blocks."""
    roofs = [decode_roof(name) for name in devices_that_decode()[: SIDES["devices"]]]
    shapes = [catalog.shape(name) for name in models_that_decode()[: SIDES["models"]]]
    sequences = np.linspace(1, 512, SIDES["sequences"]).astype(int)
    contexts = np.linspace(128, 131_072, SIDES["contexts"]).astype(int)
    cube = (shapes, roofs, sequences, contexts)
    tracemalloc.start()
    size = sweep(*cube).nbytes
    memory = tracemalloc.get_traced_memory()[1] - size
    tracemalloc.stop()
    return best(lambda: sweep(*cube)), memory, best(lambda: min(t.min() for _, t in blocks(*cube)))


def main():
    thousand, (million, memory, seeking) = thousand_points(), million_points()
    together = thousand["together"]
    print("| points | how | time | compared with asking together |\n|---|---|---:|---:|")
    for how, seconds in thousand.items():
        print(f"| 1,000 | {how} | {seconds * 1e3:.1f} ms | {seconds / together:.0f} |")
    points = np.prod(list(SIDES.values()))
    each = million / points / (thousand["one by one"] / 1000)
    print(
        f"| {points:,} | a cube, `sweep` | {million:.3f} s | {1 / each:,.0f} times less a point |"
    )
    print(f"| {points:,} | only its least, `blocks` | {seeking:.3f} s | |")
    print(f"\nBeside the result (8 byte a point) the cube took {memory / 1e6:.0f} MB.")


if __name__ == "__main__":
    main()
