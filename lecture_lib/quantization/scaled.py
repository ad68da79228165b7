"""A small float under a scale: the largest value of a tensor, row or group is the format's largest.

A scale moves all values of a format up or down together, so that its range lies where the numbers
are. How far it reaches below the largest, and how far its values are apart there, stays the same.
"""

import numpy as np

from lecture_lib.quantization.blocks import finite
from lecture_lib.quantization.small_floats import SmallFloat

SHARING = ("tensor", "row")


def scaled_rounded(small: SmallFloat, values, share: str | int = "tensor") -> np.ndarray:
    """The values [..., n] in a small float and back, float32, under scales of 32 bits.

    `share` says who has one scale: the "tensor", each "row", or so many values of a row. The scale
    is the largest magnitude over the format's largest. ValueError for what is not finite, for
    rows that do not divide, and for another `share`.
    """
    values = finite(small.name, values)
    groups = _grouped(small, values, share)
    largest = np.abs(groups).max(axis=-1, keepdims=True, initial=0)
    scale = np.maximum(largest / np.float32(small.largest), np.finfo(np.float32).tiny)
    return (small.rounded(groups / scale) * scale).reshape(values.shape)


def _grouped(small, values, share):
    """The values with those that share a scale along the last axis."""
    if share == "tensor":
        return values.reshape(1, -1)
    if share == "row":
        return values
    if type(share) is not int or share < 1:
        raise ValueError(
            f"{small.name}: a scale is shared by {' or '.join(SHARING)}, or by so many values of a "
            f"row, not by {share!r}"
        )
    if values.shape[-1] % share:
        raise ValueError(
            f"{small.name}: a row of {values.shape[-1]:,} does not divide into groups of {share}"
        )
    return values.reshape(*values.shape[:-1], -1, share)
