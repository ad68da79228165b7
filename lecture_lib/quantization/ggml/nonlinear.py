"""IQ4_NL: 32 weights share a scale, and the sixteen codes stand for levels unevenly spaced.

Most weights are small, so the levels lie closer near zero: that spends sixteen codes better than a
ruler does, at the 4.5 bits a weight of Q4_0. The scale is searched as for Q6_K.

The bytes are those of `quantize_iq4_nl` in ggml-quants.c of ggml (MIT),
https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c; the levels are those of
ggml-common.h beside it.
"""

import numpy as np

from lecture_lib.quantization.ggml.arithmetic import in_order, largest
from lecture_lib.quantization.ggml.lanes import block_format
from lecture_lib.quantization.ggml.planes import Plane, whole
from lecture_lib.quantization.ggml.search import NOTHING, scale_through_zero
from lecture_lib.quantization.parts import part

LEVELS = np.array(
    [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], np.float32
)
WEIGHTS = 32
CODES = Plane("qs", bits=4, run=16)

# Half-way between two levels there is always a multiple of 1/2. So the nearest level is the same
# for all numbers from one such multiple up to the next, and a table of halves finds it. Its second
# half serves the numbers below zero, as numpy counts negative places from the end.
REACH = 150  # beyond ±127 there is nothing nearer
HALVES = np.r_[np.arange(0, REACH, 0.5), np.arange(-REACH, 0, 0.5)]
NEAREST = np.searchsorted((LEVELS[1:] + LEVELS[:-1]) / 2, HALVES, side="right").astype(np.uint8)
NEAREST_LEVEL = LEVELS[NEAREST]


def _in_halves(x, inverse):
    """x / scale in whole halves, rounded down: the place in the table."""
    halves = x * (2 * inverse)
    return np.floor(halves, out=halves).astype(np.intp)


def pack(x):
    peak = largest(x)
    nothing = np.abs(peak) < NOTHING
    scale = np.where(nothing, 0, _scale(x, np.where(nothing, 1, peak)))
    # Where there is no number, the comparisons of the C code end at the last level, as fmin does.
    ratio = x * np.where(scale != 0, 1 / scale, 0)
    places = np.floor(2 * np.fmax(np.fmin(ratio, REACH - 1), -REACH)).astype(np.intp)
    return {"d": scale, "qs": CODES.pack(NEAREST[places])}


def _scale(x, peak):
    importance = x * x

    def sums(inverse):
        level = NEAREST_LEVEL[_in_halves(x, inverse)]
        weighted = importance * level
        wlx = in_order(weighted * x)
        weighted *= level
        return wlx, in_order(weighted)

    # First the farthest weight becomes 127, which no level reaches; then −120 to −134.
    inverses = (LEVELS[0] + np.float32(k) for k in range(-7, 8))
    return scale_through_zero(sums, [1 / (peak / 127), *(i / peak for i in inverses)])[0]


def unpack(stored):
    return LEVELS[CODES.unpack(stored["qs"])] * stored["d"]


BLOCK = np.dtype([("d", "<f2"), ("qs", "u1", 16)])
PARTS = (
    part("d", "scale", whole(BLOCK, "d"), WEIGHTS),
    part("codes", "value", CODES.places(BLOCK), WEIGHTS),
)
FORMATS = [block_format("IQ4_NL", BLOCK, WEIGHTS, pack, unpack, PARTS)]
