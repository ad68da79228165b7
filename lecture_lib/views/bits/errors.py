"""How far rounding to a list of values may take a number, by its magnitude."""

import numpy as np


def worst_error(values: np.ndarray, numbers) -> np.ndarray:
    """The largest error [-] of rounding numbers near to these; values rise from 0.

    It is half the gap in which a number lies, or all of a number that is nearer to zero than that
    or lies beyond the largest value by so much.
    """
    numbers = np.asarray(numbers, float)
    above = np.clip(np.searchsorted(values, numbers, side="right"), 1, len(values) - 1)
    half = (values[above] - values[above - 1]) / 2
    beyond = numbers - values[-1]
    return np.where(beyond > 0, beyond, np.minimum(half, numbers))


def corners(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Magnitudes from low to high between which the worst error is a straight or smooth line.

    Where the gap changes stand two: just before and just after.
    """
    gaps = np.diff(values)
    changed = values[1:-1][~np.isclose(gaps[1:], gaps[:-1], rtol=1e-9)]
    ends = np.concatenate([changed, values[-1:]])
    near = np.concatenate([ends * (1 - 1e-9), ends, [values[1] / 2]])
    between = np.geomspace(low, high, 161)  # a bent line, on logarithmic axes
    every = np.concatenate([near, between])
    return np.unique(every[(every >= low) & (every <= high)])
