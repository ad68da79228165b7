"""The arithmetic of the C code, whose last bit decides a byte: order of sums, rounding, overflow.

All arrays are float32 and lie with the blocks side by side: x[j] is weight j of every block. So a
formula here reads as it does for one block, and numpy works through long rows.
"""

import numpy as np


def in_order(terms) -> np.ndarray:
    """The sum of each block's terms, one after the other from the first, as a loop in C adds them.

    Along the last axis numpy would add pairwise: a little more exact, and another last bit.
    """
    if terms.shape[1] == 1:  # numpy takes a single column for a last axis
        terms = np.repeat(terms, 2, axis=1)
        return np.add.reduce(terms, axis=0)[:1]
    return np.add.reduce(terms, axis=0)


def largest(x) -> np.ndarray:
    """The weight of largest magnitude of each block, with its sign: the first one among equals."""
    high, low = x.max(axis=0), x.min(axis=0)
    found = np.where(high > -low, high, low)
    tied = np.flatnonzero(high == -low)  # as large on both sides: the order decides
    columns = x[:, tied]
    found[tied] = _first(columns, np.abs(columns) == high[tied])
    return found + 0  # a block of zeros has the largest weight 0, not −0


def lowest(x) -> np.ndarray:
    """The least weight of each block; of 0 and −0, which are equal, the first."""
    low = x.min(axis=0)
    zero = np.flatnonzero(low == 0)
    columns = x[:, zero]
    low[zero] = _first(columns, columns == 0)
    return low


def _first(x, chosen) -> np.ndarray:
    return x[chosen.argmax(axis=0), np.arange(x.shape[1])]


def inverse(scale) -> np.ndarray:
    """1 / scale, and 0 where there is none in float32: for a scale of 0, or below 2.9e−39."""
    result = 1 / scale
    result[~np.isfinite(result)] = 0
    return result


def as_half(x) -> np.ndarray:
    """What is left of a float32 after it was stored in 16 bits; beyond 65,504 that is infinite."""
    return x.astype(np.float16).astype(np.float32)


def nearest_int(x, out=None) -> np.ndarray:
    """The nearest whole number, int32, ties to even, by a trick that ggml's bytes hang on.

    Near 1.5 · 2²³ neighbours among float32 are 1 apart. So adding that number rounds, and the low
    bits of the sum are the result. Beyond ±2²² that goes wrong, and here it must go wrong in the
    same way: the result is then any number; it is 0 for what is no number, −2²² for infinity.
    With `out`, which may be x, the result lies in its memory.
    """
    bits = np.add(x, np.float32(1.5 * 2**23), out=out).view(np.int32)
    bits &= 0x7FFFFF
    bits -= 0x400000
    return bits


ALMOST_HALF = np.float32(np.nextafter(np.float32(0.5), np.float32(0)))


def half_away(x) -> np.ndarray:
    """The nearest whole number, int8, ties away from zero, for |x| < 128.

    Cutting the fraction off x ± 0.5 would round 0.49999997 up, as that sum rounds to 1; the float
    below 0.5 does not, and 0.5 plus it still is 1.
    """
    return (x + np.copysign(ALMOST_HALF, x)).astype(np.int8)
