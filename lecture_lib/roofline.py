"""The roofline: arithmetic and memory traffic each set a least time, and the longer one wins."""

from dataclasses import dataclass

import numpy as np

from lecture_lib.units import exact, packed, quantity, refusal


@dataclass(frozen=True)
class Roof:
    """One device computing in one number format: how fast it calculates, how fast it reads.

    ValueError, naming the device, for a limit that is not a finite number above 0.
    """

    name: str
    peak_rate: float  # FLOP/s
    bandwidth: float  # byte/s
    capacity: float | None = None  # byte of memory, where known
    power: float | None = None  # W, where known

    def __post_init__(self):
        units = {"peak_rate": "FLOP/s", "bandwidth": "byte/s", "capacity": "byte", "power": "W"}
        for limit, unit in units.items():
            value = getattr(self, limit)
            unknown = value is None and limit in ("capacity", "power")
            if not unknown and not 0 < value < np.inf:
                raise ValueError(
                    f"{self.name}: {limit} must be a number above 0, not {value}; give it in {unit}"
                )

    @property
    def ridge(self):
        """Intensity [FLOP/byte] at which calculating and reading take equally long."""
        return self.peak_rate / self.bandwidth


@dataclass(frozen=True, eq=False)  # eq: the fields may be arrays, which have no single ==
class Work:
    """A piece of computing: the operations it takes and the bytes it moves.

    One multiply-add is 2 FLOP, here and in the whole library. Scalars or arrays, which are
    broadcast against each other. Whole numbers stay whole: a Python int, or an int64 array
    (float64 where a count passes 2**63). ValueError for a negative or missing amount.
    """

    flops: float  # FLOP
    traffic: float  # byte to and from memory

    def __post_init__(self):
        flops = packed(quantity("flops", self.flops))
        traffic = packed(quantity("traffic", self.traffic))
        if np.ndim(flops) or np.ndim(traffic):
            flops, traffic = np.broadcast_arrays(flops, traffic)
        object.__setattr__(self, "flops", flops)
        object.__setattr__(self, "traffic", traffic)

    @property
    def intensity(self):
        """Operations per byte [FLOP/byte]; infinite where nothing is moved."""
        flops, traffic = np.asarray(self.flops, float), np.asarray(self.traffic, float)
        unlimited = np.full(traffic.shape, np.inf)
        return np.divide(flops, traffic, out=unlimited, where=traffic > 0)[()]

    def __add__(self, other):
        """Both pieces, one after the other."""
        if not isinstance(other, Work):
            return NotImplemented
        return Work(
            exact(self.flops) + exact(other.flops), exact(self.traffic) + exact(other.traffic)
        )

    def repeated(self, times):
        """The same work `times` over."""
        times = quantity("times", times)
        return Work(exact(self.flops) * times, exact(self.traffic) * times)


def attainable_rate(intensity, roof):
    """Highest rate [FLOP/s] at this intensity [FLOP/byte]: the roof over the plot.

    Source: Williams, Waterman, Patterson, "Roofline", CACM 52(4), 2009.

    >>> toy = Roof("toy", peak_rate=100, bandwidth=10)
    >>> attainable_rate([5, 20], toy).tolist()
    [50, 100]
    """
    intensity = np.asarray(intensity)
    if np.any(wrong := ~(intensity >= 0)):
        raise ValueError(refusal("intensity", intensity, wrong, 0))
    return np.minimum(roof.peak_rate, intensity * roof.bandwidth)


def compute_time(work, roof):
    """Least time [s] for the arithmetic alone."""
    return work.flops / roof.peak_rate


def memory_time(work, roof):
    """Least time [s] for the traffic alone."""
    return work.traffic / roof.bandwidth


def is_memory_bound(work, roof):
    """Whether the traffic takes longer than the arithmetic."""
    return memory_time(work, roof) > compute_time(work, roof)


def floor_time(work, roof):
    """Least time [s] for the work, if arithmetic and traffic overlap fully.

    A lower bound: launch gaps, caches and uneven overlap all make it longer.

    >>> float(floor_time(Work(flops=200, traffic=10), Roof("toy", peak_rate=100, bandwidth=10)))
    2.0
    """
    return np.maximum(compute_time(work, roof), memory_time(work, roof))


def sum_time(work, roof):
    """Time [s] for the work, if arithmetic and traffic never overlap: at most twice the floor."""
    return compute_time(work, roof) + memory_time(work, roof)


def power_energy(time, power):
    """Most energy [J] that can be drawn in this time [s]: the power limit [W], all the time."""
    return packed(quantity("time", time) * quantity("power", power))


def work_energy(work, *, per_flop, per_byte):
    """Least energy [J] of the work: arithmetic plus traffic, at so many J/FLOP and J/byte.

    Leakage, cooling and everything that idles come on top. A table that prices a multiply-add
    prices 2 FLOP.
    """
    arithmetic = exact(work.flops) * quantity("per_flop", per_flop)
    movement = exact(work.traffic) * quantity("per_byte", per_byte)
    return packed(arithmetic + movement)
