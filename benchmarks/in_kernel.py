"""The kernel's part of a move, timed in a real kernel: from a new value to the messages handed on.

No page listens, so what a browser then does is not in these figures.
"""

import gc
import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import chain, cycle, islice
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATHS = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]
ROUNDS = 4  # the contestants take turns, so that a busy moment of the machine meets them all
PATIENCE = 1200  # s


def environment() -> dict[str, str]:
    """The environment of a kernel that can import the library, its tests and the benchmarks."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("LECTURE_")}
    return {**inherited, "PYTHONPATH": os.pathsep.join(PATHS)}


def asked(expression: str):
    """What an expression of this module gives in a fresh kernel. RuntimeError if it fails there."""
    from jupyter_client.manager import start_new_kernel

    answer = []

    def hear(message):
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            answer.append(message["content"]["text"])

    manager, client = start_new_kernel(env=environment(), stderr=subprocess.DEVNULL)
    try:
        code = f"import in_kernel, json; print(json.dumps(in_kernel.{expression}))"
        reply = client.execute_interactive(code, timeout=PATIENCE, output_hook=hear)["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if reply["status"] == "error":
        raise RuntimeError("\n".join(reply["traceback"]))
    return json.loads("".join(answer))


# -- in the kernel --------------------------------------------------------------------------------


def there_and_back(values: tuple) -> Iterator:
    """The values of a slider as a hand walks over them, again and again."""
    return cycle(chain(values[1:], reversed(values[:-1])))


def timed(move: Callable, values: Iterator, moves: int) -> list[float]:
    """The duration [s] of each of the moves."""
    durations = []
    for value in islice(values, moves):
        start = time.perf_counter()
        move(value)
        durations.append(time.perf_counter() - start)
    return durations


def contestants(scene: str) -> dict[str, Callable]:
    """By name, what moves a picture of the scene to a value of the slider."""
    from contestants import CONTROL, climbing, explorable, live, with_interact

    def ours(made):
        return lambda value: live(made).visit(**{CONTROL: value})

    def interact(made):
        handle = with_interact(made).children[0]
        return lambda value: setattr(handle, "value", value)

    plain = explorable(scene)
    found = {"interact": interact(plain), "interact, 2x": interact(plain), "ours": ours(plain)}
    if scene == "TokenPrice":
        moved = climbing(plain)
        found |= {"interact, limits move": interact(moved), "ours, limits move": ours(moved)}
    return found


def race(scene: str, moves: int) -> dict[str, list[float]]:
    """Durations [s] of the moves of each contestant."""
    from contestants import explorable, slider
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    values = slider(explorable(scene))
    movers = contestants(scene)
    walks = {name: there_and_back(values) for name in movers}
    durations = {name: [] for name in movers}
    for turn in range(ROUNDS + 1):
        for name, move in movers.items():
            set_matplotlib_formats("retina" if name.endswith("2x") else "png")
            times = timed(move, walks[name], max(-(-moves // ROUNDS), len(values)))
            if turn:  # the first is for warming up
                durations[name] += times
    return durations


def growth(scene: str, moves: int) -> dict[str, float]:
    """What our explorable keeps of each move: bytes, objects, and matplotlib's artists."""
    from contestants import CONTROL, explorable, live, slider

    made = live(explorable(scene))
    values = there_and_back(slider(made))

    def walk(steps):
        for value in islice(values, steps):
            made.visit(**{CONTROL: value})
        sys.stdout.flush()  # comes back when the messages before it are gone

    tracemalloc.start()
    walk(max(moves // 5, 50))  # what is kept once, in caches, does not count
    before = kept()
    walk(moves)
    after = kept()
    tracemalloc.stop()
    return {name: (after[name] - before[name]) / moves for name in before}


def kept() -> dict[str, int]:
    """What is in memory once everything unused is gone."""
    from matplotlib.artist import Artist

    gc.collect()
    objects = gc.get_objects()
    return {
        "bytes": tracemalloc.get_traced_memory()[0],
        "objects": len(objects),
        "artists": sum(isinstance(thing, Artist) for thing in objects),
    }
