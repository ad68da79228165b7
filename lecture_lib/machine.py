"""The machine in front of you, measured: how fast it reads a matrix, and how fast it calculates."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import perf_counter

import numpy as np

from lecture_lib.roofline import Roof

MATRIX = 6144  # side of the matrix; 151 MB in 32 bits, more than any cache of a laptop
TILE = 1024  # side of the matrices that are multiplied; they stay in the caches
SPREAD = 1.5  # best and median further apart than this: something else is running
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


@dataclass(frozen=True)
class Measured:
    """A measured roof, and how steady the measurement was."""

    roof: Roof
    spread: float  # the larger of median/best time of the two measurements [-]
    load: float = 0.0  # programs that ran or waited for each core in the minute before [-]

    @property
    def steady(self) -> bool:
        """Whether no other program shows: by coming and going, or by having been there before."""
        return self.spread < SPREAD and self.load < 1


def times(work, repeats: int) -> np.ndarray:
    """Seconds that each of the repeats took, after one that does not count."""
    work()
    return np.array([seconds(work) for _ in range(repeats)])


def seconds(work) -> float:
    """Seconds that the work took."""
    start = perf_counter()
    work()
    return perf_counter() - start


@cache
def this_machine(name: str = "this machine", repeats: int = 7) -> Measured:
    """The roof of this machine for numpy in 32 bits: a second or two of measuring, the best counts.

    Bandwidth is that of a matrix times a vector, which reads the matrix once, as decoding does.
    Peak is that of a matrix times a matrix. Other programs make both smaller, never larger.
    """
    load = load_average() / usable_cores()
    matrix, vector = np.ones((MATRIX, MATRIX), np.float32), np.ones(MATRIX, np.float32)
    reading = times(lambda: matrix @ vector, repeats)
    tile = np.ones((TILE, TILE), np.float32)
    calculating = times(lambda: tile @ tile, repeats)
    roof = Roof(
        name, peak_rate=2 * TILE**3 / calculating.min(), bandwidth=matrix.nbytes / reading.min()
    )
    spread = max(float(np.median(t) / t.min()) for t in (reading, calculating))
    return Measured(roof, spread, load)


# -- what the machine is ----------------------------------------------------------------------


def cpu_name(info: Path = Path("/proc/cpuinfo")) -> str:
    """The processor as the system calls it."""
    if info.is_file():
        for line in info.read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine() or "a processor without a name"


def usable_cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def load_average() -> float:
    """Programs that ran or waited for a core in the last minute; 0 where nobody counts them."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0  # not on Windows


def blas_threads(environment: Mapping[str, str] = os.environ) -> int:
    """Threads that the BLAS may use: what the environment allows, otherwise every core."""
    asked = [int(environment[key]) for key in THREADS if environment.get(key, "").isdigit()]
    return min([usable_cores(), *(number for number in asked if number)])


def blas_name() -> str:
    """The library that multiplies numpy's matrices, with its version."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{blas.get('name', 'unknown BLAS')} {blas.get('version', '')}".strip()
