"""The machine in front of you, measured: how fast it reads a matrix, and how fast it calculates."""

from dataclasses import dataclass
from functools import cache
from time import perf_counter

import numpy as np

from lecture_lib.roofline import Roof

MATRIX = 6144  # side of the matrix; 151 MB in 32 bits, more than any cache of a laptop
TILE = 1024  # side of the matrices that are multiplied; they stay in the caches
SPREAD = 1.5  # best and median further apart than this: something else is running


@dataclass(frozen=True)
class Measured:
    """A measured roof, and how steady the measurement was."""

    roof: Roof
    spread: float  # the larger of median/best time of the two measurements [-]

    @property
    def steady(self) -> bool:
        return self.spread < SPREAD


def times(work, repeats: int) -> np.ndarray:
    """Seconds that each of the repeats took, after one that does not count."""
    work()
    found = []
    for _ in range(repeats):
        start = perf_counter()
        work()
        found.append(perf_counter() - start)
    return np.array(found)


@cache
def this_machine(name: str = "this machine", repeats: int = 7) -> Measured:
    """The roof of this machine for numpy in 32 bits: a second or two of measuring, the best counts.

    Bandwidth is that of a matrix times a vector, which reads the matrix once, as decoding does.
    Peak is that of a matrix times a matrix. Other programs make both smaller, never larger.
    """
    matrix, vector = np.ones((MATRIX, MATRIX), np.float32), np.ones(MATRIX, np.float32)
    reading = times(lambda: matrix @ vector, repeats)
    tile = np.ones((TILE, TILE), np.float32)
    calculating = times(lambda: tile @ tile, repeats)
    roof = Roof(
        name, peak_rate=2 * TILE**3 / calculating.min(), bandwidth=matrix.nbytes / reading.min()
    )
    return Measured(roof, max(float(np.median(t) / t.min()) for t in (reading, calculating)))
