"""Estimates: times fitted to measurements, which say how far off they are, and where they end."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from lecture_lib.units import packed, quantity, readable

MOST_SHARE = 1.0  # of the bandwidth on the data sheet: nothing reads faster than its memory
EIGHT_IN_TEN = (0.1, 0.9)  # the quantiles between which a spread lies
UNITS = {"traffic": "B", "layers": "", "bandwidth": "B/s", "weight_bits": ""}


@dataclass(frozen=True)
class Fit:
    """The constants of `estimate_time`, as fitted to measured rows, and how well they fit.

    ValueError for a share of the bandwidth that is not above 0 and at most 1, and for a negative
    cost.
    """

    bandwidth_share: float  # share of the bandwidth on the data sheet that is reached [-]
    seconds_per_layer: float  # s, fixed cost of a layer: launches, synchronisation
    error: float  # mean absolute relative error of the estimated times [-]
    points: int  # number of fitted rows
    seconds_per_sequence: float = 0.0  # s, cost of a sequence in a layer, where it was fitted
    spread: tuple[float, float] = (1.0, 1.0)  # measured / estimated time, of eight rows in ten
    fitted_on: tuple[tuple[str, float, float], ...] = ()  # name, least and most of the rows

    def __post_init__(self):
        if not 0 < self.bandwidth_share <= MOST_SHARE:
            raise ValueError(
                f"bandwidth_share must be above 0 and at most 1, not {self.bandwidth_share}; "
                "0.6 to 0.9 is usual"
            )
        quantity("seconds_per_layer", self.seconds_per_layer)
        quantity("seconds_per_sequence", self.seconds_per_sequence)

    def covers(self, **point):
        """Whether an estimate at this point lies within the rows it was fitted on: true or false.

        The point is told by its traffic [byte], layers, bandwidth [byte/s] or weight_bits, as
        numbers or as arrays that broadcast. What is not told is not looked at.
        """
        ranges = {name: (least, most) for name, least, most in self.fitted_on}
        inside = True
        for name, value in point.items():
            least, most = ranges.get(name, (-np.inf, np.inf))
            value = np.asarray(value, float)
            inside = inside & (value >= least * (1 - 1e-9)) & (value <= most * (1 + 1e-9))
        return np.asarray(inside)[()]

    def beyond(self, **point) -> str:
        """The sentence that says in what this point lies outside the fitted rows; "" inside."""
        outside = [
            f"{name.replace('_', ' ')} {readable(point[name], UNITS[name])} "
            f"(fitted from {readable(least, UNITS[name])} to {readable(most, UNITS[name])})"
            for name, least, most in self.fitted_on
            if name in point and not self.covers(**{name: point[name]})
        ]
        return f"Outside the rows that the estimate knows: {', '.join(outside)}." * bool(outside)


def estimate_time(work, roof, fit, *, layers, sequences=1):
    """Expected time [s] of a memory-bound step: traffic at the reached bandwidth, plus the layers.

    Holds for decoding on the engine and device class the fit was made for, no further: ask
    `fit.covers` and `fit.beyond`.
    """
    reached = fit.bandwidth_share * roof.bandwidth  # byte/s
    each = fit.seconds_per_layer + fit.seconds_per_sequence * quantity("sequences", sequences)
    return packed(work.traffic / reached + each * quantity("layers", layers))


def likely_times(seconds, fit):
    """The shorter and the longer time [s] between which eight of ten measured rows lie."""
    return seconds * fit.spread[0], seconds * fit.spread[1]


def fit_estimate(traffic, layers, seconds, bandwidth, *, sequences=None, weight_bits=None):
    """The Fit that best explains measured steps: `traffic` [byte] in `seconds` [s].

    All arguments are arrays [rows] or scalars. Weighted least squares: what is made small is the
    sum of squared *relative* residuals, so that a phone-sized model counts as much as a 70B. No
    cost is negative, and no memory is read faster than its data sheet says: where the best fit
    would be, it is held at that limit. With `sequences` each of them costs something in a layer
    too. ValueError for fewer than 3 rows, for rows that cannot tell the costs apart, and for times
    that do not grow with traffic.
    """
    told = {"traffic": traffic, "layers": layers, "seconds": seconds, "bandwidth": bandwidth}
    told |= {} if sequences is None else {"sequences": sequences}
    columns = np.broadcast_arrays(*np.atleast_1d(*told.values()))
    told = dict(zip(told, (column.astype(float) for column in columns), strict=True))
    seconds = told["seconds"]
    if seconds.size < 3:
        raise ValueError(f"a fit needs 3 measured rows or more, not {seconds.size}; add rows")
    for name, column in told.items():
        if np.any(wrong := ~((column > 0) & np.isfinite(column))):
            raise ValueError(f"{name} must be above 0 in every row, not {column[wrong][0]:g}")
    # seconds = cost * ideal + per_layer * layers + ..., each row divided by its seconds
    costs_of = [told["traffic"] / told["bandwidth"], told["layers"]]
    costs_of += [told["layers"] * told["sequences"]] if sequences is not None else []
    costs = _least_squares(np.stack(costs_of) / seconds, [1 / MOST_SHARE, 0, 0][: len(costs_of)])
    estimated = costs @ np.stack(costs_of)
    kept = {name: told[name] for name in ("traffic", "layers", "bandwidth")}
    kept |= {} if weight_bits is None else {"weight_bits": np.asarray(weight_bits, float)}
    return Fit(
        float(1 / costs[0]),
        float(costs[1]),
        float(np.abs(estimated / seconds - 1).mean()),
        seconds.size,
        float(costs[2]) if len(costs) > 2 else 0.0,
        tuple(map(float, np.quantile(seconds / estimated, EIGHT_IN_TEN))),
        tuple((name, float(column.min()), float(column.max())) for name, column in kept.items()),
    )


def _least_squares(design, least):
    """Costs [terms], none below its least, that bring the design [terms, rows] nearest to 1.

    The best solution has some costs at their least and the others free: each choice is tried.
    """
    scale = np.linalg.norm(design, axis=1)
    ones = np.ones(design.shape[1])
    scaled, least = (design.T / scale), np.array(least) * scale
    free, _, rank, _ = np.linalg.lstsq(scaled, ones, rcond=1e-9)
    if rank < len(design):
        raise ValueError("every row has the same traffic per layer; add a model of another build")
    if free[0] <= 0:
        raise ValueError("the times do not grow with the traffic; check the units of the rows")
    best, nearest = None, np.inf
    for held in product((False, True), repeat=len(design)):
        held = np.array(held)
        costs = np.where(held, least, 0.0)
        if not held.all():
            rest = ones - scaled @ costs
            costs[~held] = np.linalg.lstsq(scaled[:, ~held], rest, rcond=None)[0]
        off = np.sum((scaled @ costs - 1) ** 2)
        if (costs >= least - 1e-12 * scale).all() and off < nearest:
            best, nearest = costs, off
    return best / scale
