"""A survey of a machine: its bandwidth by working set, and its products by batch, in a few seconds.

`python -m lecture_lib.survey` prints one as a row for data/machines.toml.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from lecture_lib.machine import (
    MATRIX,
    SPREAD,
    TILE,
    blas_name,
    blas_threads,
    cpu_name,
    load_average,
    seconds,
    usable_cores,
)
from lecture_lib.roofline import Roof
from lecture_lib.units import KIBI, MEBI

READ_SIZES = tuple(16 * KIBI * 2**k for k in range(15))  # to 256 MiB
READ_AT_LEAST = 32 * MEBI  # byte in one go, so that the clock and the call do not count
BATCHES = tuple(2**k for k in range(9))
VALUE_BYTES = 4  # numpy's products are measured in 32 bits


@dataclass(frozen=True, eq=False)
class Timed:
    """Something measured several times: the best counts, and the median says how steady it was."""

    size: int  # of a read its bytes, of a product its batch
    best: float  # s
    median: float  # s

    @property
    def spread(self) -> float:
        return self.median / self.best


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """A machine as it was measured; `reads` by one core, products by all threads of its BLAS."""

    name: str
    cpu: str
    cores: int
    threads: int  # that the BLAS was allowed
    blas: str
    measured_on: str
    rounds: int
    matrix_side: int
    reads: tuple[Timed, ...]  # seconds to read a working set once, smallest set first
    products: tuple[Timed, ...]  # seconds of a matrix times so many vectors, smallest batch first
    peak: float  # FLOP/s of square matrices that stay in the caches
    peak_spread: float  # median over best time
    load: float = 0.0  # programs that ran or waited in the minute before, where that is known
    note: str | None = None
    also: tuple = ()
    provenance: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def sizes(self) -> np.ndarray:
        """Working sets that were read [byte]."""
        return np.array([t.size for t in self.reads])

    @property
    def read_rates(self) -> np.ndarray:
        """Bandwidth of one core by working set [byte/s]."""
        return np.array([t.size / t.best for t in self.reads])

    @property
    def batches(self) -> np.ndarray:
        return np.array([t.size for t in self.products])

    @property
    def product_seconds(self) -> np.ndarray:
        """Time of a matrix times so many vectors [s], the best of the rounds."""
        return np.array([t.best for t in self.products])

    @property
    def product_rates(self) -> np.ndarray:
        """Arithmetic rate of those products [FLOP/s]."""
        return 2 * self.matrix_side**2 * self.batches / self.product_seconds

    @property
    def matrix_bytes(self) -> int:
        return self.matrix_side**2 * VALUE_BYTES

    @property
    def roof(self) -> Roof:
        """Measured: reading what no cache holds, by one core or in a product, whichever is faster.

        Its peak is the faster of the squares and the largest batch.
        """
        streamed = max(self.read_rates[-1], self.matrix_bytes / self.products[0].best)
        return Roof(self.name, float(max(self.peak, *self.product_rates)), float(streamed))

    def bandwidth_for(self, size):
        """Bandwidth of one core [byte/s] for a working set, between those that were measured."""
        return np.exp(np.interp(np.log(size), np.log(self.sizes), np.log(self.read_rates)))

    @property
    def doubt(self) -> str:
        """Why this measurement cannot be told from another program's work; "" where it can.

        Programs that come and go make the spread wide; those that stay are seen in the load.
        """
        if self.load >= self.cores:
            return f"{self.load:.1f} programs were busy on {self.cores} cores before it began"
        gemv = self.products[0]
        worst = max(self.reads[-1].spread, gemv.spread, self.peak_spread)
        if worst >= SPREAD:
            return f"median and best are {worst:.1f} times apart"
        shared = self.read_rates[-1] / (self.matrix_bytes / gemv.best)
        if shared >= 2:
            return f"all threads together read {shared:.1f} times slower than one alone"
        return ""


@dataclass(frozen=True, eq=False)
class Task:
    """Something to be timed, with what it reads and calculates in one go."""

    kind: str  # "read", "product" or "square"
    size: int
    passes: int  # times that it is done in one go
    traffic: int  # byte that one pass reads
    flops: int  # of one pass
    run: Callable[[], Any]


def read_task(memory: np.ndarray, size: int) -> Task:
    """Looks at a working set again and again: a view whose rows are all the same memory.

    The largest value is asked for because numpy finds it as fast as it can load.
    """
    passes = max(1, READ_AT_LEAST // size)
    values = memory[: size // memory.itemsize]
    rows = as_strided(values, (passes, values.size), (0, memory.itemsize), writeable=False)
    return Task("read", size, passes, size, 0, lambda: rows.max(axis=1))


def tasks(sizes=READ_SIZES, batches=BATCHES, side=MATRIX) -> list[Task]:
    """All that a survey times, on memory that is written before: untouched pages read as none."""
    memory = np.ones(max(sizes) // VALUE_BYTES, np.float32)
    matrix, tile = np.ones((side, side), np.float32), np.ones((TILE, TILE), np.float32)
    found = [read_task(memory, size) for size in sizes]
    for batch in batches:
        vectors = np.ones(side if batch == 1 else (side, batch), np.float32)
        work = (matrix.nbytes, 2 * side**2 * batch)
        found.append(Task("product", batch, 1, *work, lambda v=vectors: matrix @ v))
    return [*found, Task("square", TILE, 1, tile.nbytes, 2 * TILE**3, lambda: tile @ tile)]


def survey(
    name: str = "this computer",
    *,
    rounds: int = 5,
    load: float | None = None,
    to_do: list[Task] | None = None,
    stopwatch: Callable[[Task], float] = lambda task: seconds(task.run),
) -> Survey:
    """Measures this machine in a few seconds: everything once a round, after one that warms up.

    Rounds, not repeats of one thing: what another program or a hot chip slows is then slow in
    some rounds and not in others, and `doubt` tells.
    """
    load = load_average() if load is None else load
    to_do = to_do or tasks()
    found = np.array([[stopwatch(task) / task.passes for task in to_do] for _ in range(rounds + 1)])
    best, median = found[1:].min(axis=0), np.median(found[1:], axis=0)
    timed = {
        kind: tuple(
            Timed(task.size, float(best[k]), float(median[k]))
            for k, task in enumerate(to_do)
            if task.kind == kind
        )
        for kind in ("read", "product", "square")
    }
    square, product = (next(t for t in to_do if t.kind == k) for k in ("square", "product"))
    (peak,) = timed["square"]
    return Survey(
        name,
        cpu=cpu_name(),
        cores=usable_cores(),
        threads=blas_threads(),
        blas=blas_name(),
        measured_on=date.today().isoformat(),
        rounds=rounds,
        matrix_side=int((product.traffic / VALUE_BYTES) ** 0.5),
        reads=timed["read"],
        products=timed["product"],
        peak=square.flops / peak.best,
        peak_spread=peak.spread,
        load=load,
    )


@cache
def this_survey() -> Survey:
    """The survey of this computer, made once."""
    return survey()


def as_row(found: Survey) -> str:
    """The survey as a row for data/machines.toml; its name, source and note are still to write."""
    lines = [f'["{found.name}"]', f'cpu = "{found.cpu}"']
    lines += [f"{key} = {getattr(found, key)}" for key in ("cores", "threads")]
    lines += [f'{key} = "{getattr(found, key)}"' for key in ("blas", "measured_on")]
    lines += [f"{key} = {getattr(found, key)}" for key in ("rounds", "matrix_side")]
    lines += [f"peak_ops_per_s = {found.peak:.4g}", f"peak_spread = {found.peak_spread:.4g}"]
    for key in ("reads", "products"):
        rows = (
            f"    {{ size = {t.size}, best_s = {t.best:.4g}, median_s = {t.median:.4g} }},"
            for t in getattr(found, key)
        )
        lines += [f"{key} = [", *rows, "]"]
    return "\n".join(lines)


if __name__ == "__main__":
    print(as_row(survey()))
