"""K-quants: 256 weights in a super-block, whose small blocks have scales that are quantized too.

A float16 scale for every 16 weights would cost a whole bit a weight. So a super-block keeps float16
only once, or once more for minima, and a small block's scale is a code of 4 to 8 bits in steps of
it: x ≈ (d · scale) · code, and where there is a minimum, less dmin · minimum. Quantizing takes
three steps: search the best scale of each small block, round the scales to steps, and round the
weights once more, with what is left of their scales.
"""

import numpy as np

from lecture_lib.quantization.ggml.arithmetic import largest, nearest_int

WEIGHTS = 256


def apart(x, blocks: int) -> np.ndarray:
    """The small blocks side by side: [weights in one, blocks · super-blocks], block after block."""
    groups = x.reshape(blocks, WEIGHTS // blocks, -1)
    return groups.swapaxes(0, 1).reshape(WEIGHTS // blocks, -1)


def together(x, blocks: int) -> np.ndarray:
    """The way back: [256, super-blocks]."""
    groups = x.reshape(WEIGHTS // blocks, blocks, -1)
    return groups.swapaxes(0, 1).reshape(WEIGHTS, -1)


def positive_steps(values, blocks: int, top: int):
    """The step of each super-block, and its blocks' values in such steps: the greatest gets `top`.

    Values are [blocks · super-blocks], the codes uint8 [blocks, super-blocks]. A value below zero,
    which only a rounding error can give, wraps as in C.
    """
    values = values.reshape(blocks, -1)
    greatest = np.fmax.reduce(values, axis=0, initial=0) + 0  # not −0
    per_step = np.where(greatest > 0, top / greatest, 0)
    return greatest / top, nearest_int(per_step * values).astype(np.uint8)


def largest_scale(scales) -> np.ndarray:
    """The scale of largest magnitude of each super-block, with its sign, if it is a number."""
    return largest(np.where(np.isnan(scales), 0, scales))


def signed_steps(values, greatest, half: int):
    """The step of each super-block, and its blocks' values in such steps, int8 −half to half − 1.

    The value of largest magnitude gets −half, so the step has its sign, turned round.
    """
    per_step = -half / greatest
    codes = np.minimum(nearest_int(per_step * values), half - 1).astype(np.int8)
    return 1 / per_step, codes


def rounded_again(x, scale, codes, low: int, high: int):
    """The codes, int32, of weights with the scales as they are stored.

    Where a scale was stored as 0, dividing by it makes no sense, and the codes of the search stay.
    """
    again = nearest_int(x / scale)
    np.clip(again, low, high, out=again)
    kept = np.flatnonzero(scale == 0)
    again[:, kept] = codes[:, kept]
    return again
