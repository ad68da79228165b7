"""Attention over a long prompt with little memory: with its scores stored, and in tiles.

Run it by hand: .venv/bin/python benchmarks/long_attention.py [tokens] [GB]. Each way runs in a
process of its own that may take no more memory than that (65,536 tokens and 8 GB, if nothing is
said). The first way is plain numpy, without the refusal of lecture_lib.attention. Linux only:
other systems do not hold a process to such a limit.
"""

import multiprocessing
import resource
import sys
import time

import numpy as np

from lecture_lib.attention import attention, flash_attention
from lecture_lib.attention_cost import score_bytes
from lecture_lib.units import GIGA, readable

WIDTH = 64
CHECKED = 16  # rows, the last ones, that are also worked out directly


def head(tokens: int):
    """Queries, keys and values of one head, (1, tokens, WIDTH)."""
    rng = np.random.default_rng(0)
    return [rng.normal(size=(1, tokens, WIDTH)).astype(np.float32) for _ in range(3)]


def stored(queries, keys, values):
    """Causal attention with all scores stored."""
    scores = queries @ keys.swapaxes(1, 2) / np.sqrt(np.float32(WIDTH))
    scores[:, np.triu(np.ones(scores.shape[1:], bool), 1)] = -np.inf
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    return weights @ values / weights.sum(axis=2, keepdims=True)


def run(way, tokens: int, memory: int, answers):
    """Puts one sentence into `answers`: how it went, in a process held to the memory."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    q, k, v = head(tokens)
    start = time.perf_counter()
    try:
        result = way(q, k, v)
    except MemoryError:
        answers.put("ran out of memory")
        return
    took = time.perf_counter() - start
    last = slice(tokens - CHECKED, tokens)
    off = abs(result[:, last] - attention(q[:, last], k, v)).max()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    answers.put(
        f"done in {took:.0f} s, at most {readable(most, 'B')} in use, "
        f"last {CHECKED} rows within {off:.0e} of the direct way"
    )


def main(tokens: int = 65_536, gigabytes: float = 8):
    needed = readable(score_bytes(tokens, value_bytes=4), "B")
    print(
        f"One head, {tokens:,} tokens of width {WIDTH}, causal, 32 bits: its scores take {needed}."
    )
    spawned = multiprocessing.get_context("spawn")
    for name, way in {"scores stored": stored, "in tiles": flash_attention}.items():
        answers = spawned.Queue()
        worker = spawned.Process(target=run, args=(way, tokens, int(gigabytes * GIGA), answers))
        worker.start()
        print(f"{name:15}{answers.get()}")
        worker.join()


if __name__ == "__main__":
    main(*(kind(word) for kind, word in zip((int, float), sys.argv[1:], strict=False)))
