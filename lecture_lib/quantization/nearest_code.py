"""The code that a number is stored as in a small float: nearest, or up and down by chance.

Two ways lead there. `calculated` says what rounding is: a count of spacings, made whole.
`looked_up` gives the same for float32 from a table, and is what makes a model's weights quick to
store. `small` is a SmallFloat throughout, whose `encode` says what is asked here.
"""

from functools import cache

import numpy as np

PIECE = 2**16  # values at a time, so that what is made on the way stays in the caches


def nearest_codes(small, values, saturate=True, random=None) -> np.ndarray:
    """The codes of float32 or float64 values, in their shape. NaN only where the format has it."""
    by_table = random is None and values.dtype == np.float32 and has_table(small)
    codes, line = np.empty(values.size, small.dtype), values.reshape(-1)
    for start in range(0, values.size, PIECE):
        piece = line[start : start + PIECE]
        codes[start : start + PIECE] = (
            looked_up(small, piece, saturate)
            if by_table
            else calculated(small, piece, saturate, random)
        )
    return codes.reshape(values.shape)


def calculated(small, values, saturate, random=None) -> np.ndarray:
    """`encode` step by step: the nearest magnitude, then what has no magnitude, then the sign."""
    with np.errstate(invalid="ignore"):  # a signalling NaN is no reason to warn
        magnitude = np.abs(values).astype(np.float64)
    negative = np.signbit(values)
    code = _nearest(small, magnitude, random)
    beyond = code > small.largest_code
    no_code = np.zeros(np.shape(values), bool)
    if not small.subnormals:
        no_code |= magnitude == 0
    if not small.signed:
        no_code |= negative & (magnitude > 0)
        code = np.where(negative, 0, code)
    code = np.clip(code, 0, small.largest_code)
    if not saturate and small.nan_code is not None:
        overflow = small.nan_code if small.infinity_code is None else small.infinity_code
        code = np.where(beyond, overflow, code)
        code = np.where(no_code, small.nan_code, code)
    if small.nan_code is not None:
        code = np.where(np.isnan(values), small.nan_code, code)
    if small.special == "fnuz":
        negative &= (code > 0) & (code < small.nan_code)  # neither zero nor NaN has a second code
    return (code + small.signed * negative * small.sign_bit).astype(small.dtype)


def _nearest(small, magnitude, random) -> np.ndarray:
    """The code of the nearest magnitude, as if codes went on after the largest. NaN is large."""
    magnitude = np.fmin(magnitude, 2 * small.largest)
    exponent = np.frexp(np.maximum(magnitude, small.smallest_normal))[1] - 1
    spacings = np.ldexp(magnitude, small.mantissa_bits - exponent)  # exact: by a power of two
    if random is None:
        whole = np.rint(spacings)  # ties to even
    else:
        whole = np.floor(spacings + random.random(np.shape(spacings)))
    # From one value to the next the code rises by one, over powers of two as well: where rounding
    # reaches 2^(mantissa_bits + 1) spacings, the sum runs over into the exponent, as it should.
    code = ((exponent - small.smallest_exponent) << small.mantissa_bits) + whole.astype(np.int64)
    return code if small.subnormals else code - 2**small.mantissa_bits


def has_table(small) -> bool:
    """Whether upper halves tell enough: two bits less than their seven, and than next to zero."""
    finest = small.smallest_exponent - small.mantissa_bits
    return small.mantissa_bits <= 7 - 2 and finest >= -133 + 2


@cache
def _codes_of_halves(small, saturate: bool) -> np.ndarray:
    """The code of every float32 whose lower sixteen bits are zero, by its upper sixteen."""
    values = (np.arange(2**16, dtype=np.uint32) << 16).view(np.float32)
    return calculated(small, values, saturate)


def looked_up(small, values, saturate) -> np.ndarray:
    """`encode` of float32 by a table of the upper halves of their bits, many times as fast.

    A half keeps seven bits of mantissa. Where a bit is lost, the lowest one kept is set (rounding
    to odd): what lay beside a tie of the small format, or beside a value, still does, as
    long as the format has two bits less everywhere (`has_table`).
    """
    bits = values.view(np.uint32)
    lost = (bits & 0xFFFF) != 0
    return _codes_of_halves(small, bool(saturate))[(bits >> 16) | lost]
