"""What rounding lost: errors against the values, and how many decibels a bit is worth.

Even steps of length d leave an error that is spread evenly from −d/2 to d/2, with mean square
d²/12, as long as a value may lie anywhere between two codes (W. R. Bennett, Spectra of Quantized
Signals, 1948). One more bit halves d and takes 20·log10(2) = 6.02 dB off. Where most values lie
within half a step of zero, they are lost whole, and the rule says nothing.
"""

from math import log10

import numpy as np

EVEN_CREST = 3**0.5  # of data that are spread evenly
DECIBELS_PER_BIT = 20 * log10(2)


def relative_rmse(values, restored) -> float:
    """The root mean square error over the root mean square of the values.

    ValueError for arrays of different shapes, and for values that are all zero.
    """
    values, restored = _paired(values, restored)
    power = np.square(values).sum()
    if power == 0:
        raise ValueError("the values are all zero, and an error is not a share of nothing")
    return float(np.sqrt(np.square(values - restored).sum() / power))


def snr_db(values, restored) -> float:
    """Signal to noise [dB]: the power of the values over the power of the error; inf without one.

    ValueError as for `relative_rmse`.
    """
    share = relative_rmse(values, restored)
    return float(np.inf) if share == 0 else -20 * log10(share)


def maximum_error(values, restored) -> float:
    """The largest distance of a value from its restored one. ValueError for different shapes."""
    values, restored = _paired(values, restored)
    return float(np.abs(values - restored).max())


def crest(values) -> float:
    """The largest magnitude over the root mean square: more with outliers.

    ValueError for values that are all zero.
    """
    values = np.asarray(values, float)
    root = np.sqrt(np.square(values).mean())
    if root == 0:
        raise ValueError("the values are all zero and have no crest")
    return float(np.abs(values).max() / root)


def rule_snr_db(bits, crest_factor=EVEN_CREST) -> float:
    """The signal to noise [dB] that the rule promises on a symmetric grid up to the largest value.

    2^bits − 2 steps span twice the crest, and the error is d²/12: about 6.02·bits + 4.77 −
    20·log10(crest), so that for even data 6.02·bits remain. It holds where steps are short beside
    most values: `bits` well above log2(crest).
    """
    step = 2 * crest_factor / (2**bits - 2)  # for a root mean square of 1
    return float(10 * np.log10(12 / step**2))


def _paired(values, restored):
    values, restored = np.asarray(values, float), np.asarray(restored, float)
    if values.shape != restored.shape or not values.size:
        raise ValueError(
            f"an error needs values and what came back of them in one shape, not {values.shape} "
            f"and {restored.shape}"
        )
    return values, restored
