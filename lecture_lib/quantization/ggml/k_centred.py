"""Q3_K and Q6_K: small blocks with a signed scale and no minimum.

x ≈ (d · scale) · code, with codes from −half to half − 1. A scale may be negative: then it is the
most positive weight that gets the one code that has no counterpart.

| format | small blocks | code | scale | with d | bits a weight |
|---|---|---|---|---|---|
| Q3_K | 16 of 16 | 3 bits | 6 bits | 110 bytes | 3.4375 |
| Q6_K | 16 of 16 | 6 bits | 8 bits | 210 bytes | 6.5625 |

The bytes are those of `quantize_row_q3_K_ref` and `quantize_row_q6_K_ref` in ggml-quants.c of ggml
(MIT), https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c.
"""

import numpy as np

from lecture_lib.quantization.ggml.arithmetic import as_half, in_order, largest
from lecture_lib.quantization.ggml.lanes import block_format
from lecture_lib.quantization.ggml.planes import Plane, joined, places, split, whole
from lecture_lib.quantization.ggml.search import NOTHING, scale_in_steps, scale_through_zero
from lecture_lib.quantization.ggml.superblocks import (
    WEIGHTS,
    apart,
    largest_scale,
    rounded_again,
    signed_steps,
    together,
)
from lecture_lib.quantization.parts import part

BLOCKS = 16
SCALE_PLANES = Plane("scales", bits=4, run=8), Plane("scales_high", bits=2, run=4)
Q3_PLANES = Plane("qs", bits=2, run=32), Plane("hmask", bits=1, run=32)
Q6_PLANES = Plane("ql", bits=4, run=64), Plane("qh", bits=2, run=32)


def pack_q3(x):
    x = apart(x, BLOCKS)
    scale, codes = scale_in_steps(x, half=4)
    scale = scale.reshape(BLOCKS, -1)
    greatest = largest_scale(scale)
    step, scales = signed_steps(scale, greatest, 32)
    empty = greatest == 0
    step[empty], scales[:, empty] = 0, -32
    codes = _codes(x, step, scales, codes, half=4)
    return {
        "d": step,
        **split((scales + 32).astype(np.uint8), *SCALE_PLANES),
        **split(codes, *Q3_PLANES),
    }


def unpack_q3(stored):
    scales = joined(stored, *SCALE_PLANES).astype(np.float32) - 32
    return _weights(stored["d"], scales, joined(stored, *Q3_PLANES), half=4)


def pack_q6(x):
    x = apart(x, BLOCKS)
    scale, codes = scale_by_squares(x, half=32)
    scale = scale.reshape(BLOCKS, -1)
    greatest = largest_scale(scale)
    step, scales = signed_steps(scale, greatest, 128)
    codes = _codes(x, step, scales, codes, half=32)
    empty = np.abs(greatest) < NOTHING  # such a super-block is all zeros, to the last bit
    step[empty], scales[:, empty], codes[:, empty] = 0, 0, 0
    return {"d": step, "scales": scales.view(np.uint8), **split(codes, *Q6_PLANES)}


def unpack_q6(stored):
    scales = stored["scales"].view(np.int8).astype(np.float32)
    return _weights(stored["d"], scales, joined(stored, *Q6_PLANES), half=32)


def scale_by_squares(x, half):
    """The scale of each small block among nineteen tries, large weights counting most: by x²."""
    peak = largest(x)
    importance = x * x
    wx = importance * x

    def codes(inverse):
        found = x * inverse
        np.rint(found, out=found)
        return np.clip(found, -half, half - 1, out=found)

    def sums(inverse):
        code = codes(inverse)
        wcx = in_order(wx * code)
        weighted = importance * code
        weighted *= code
        return wcx, in_order(weighted)

    tries = [0, *range(-9, 0), *range(1, 10)]  # the obvious scale first
    inverses = (-(half + np.float32(0.1) * np.float32(k)) / peak for k in tries)
    scale, inverse = scale_through_zero(sums, inverses)
    nothing = np.abs(peak) < NOTHING
    return np.where(nothing, 0, scale), np.where(nothing, -half, codes(inverse))


def _codes(x, step, scales, codes, half):
    """The codes as they are stored, uint8 [256, super-blocks], with 0 for −half."""
    scale = (as_half(step) * scales.astype(np.float32)).ravel()
    codes = rounded_again(x, scale, codes, -half, half - 1)
    codes += half
    return together(codes.astype(np.uint8), BLOCKS)


def _weights(d, scales, codes, half):
    weights = codes.astype(np.float32)
    weights -= half
    blocks = weights.reshape(BLOCKS, -1, weights.shape[-1])
    blocks *= (d * scales)[:, None]
    return weights


def _format(name, fields, pack, unpack, scale_bits, planes, **more):
    block = np.dtype(fields)
    parts = [
        part("d", "scale", whole(block, "d"), WEIGHTS),
        part("scales", "scale", scale_bits(block), WEIGHTS),
        part("codes", "value", places(block, *planes), WEIGHTS),
    ]
    return block_format(name, block, WEIGHTS, pack, unpack, parts, **more)


STEP = ("d", "<f2")

FORMATS = [
    _format(
        "Q3_K",
        [
            ("hmask", "u1", 32),
            ("qs", "u1", 64),
            ("scales", "u1", 8),
            ("scales_high", "u1", 4),
            STEP,
        ],
        pack_q3,
        unpack_q3,
        lambda block: places(block, *SCALE_PLANES),
        Q3_PLANES,
        at_once=2**18,
    ),
    _format(
        "Q6_K",
        [("ql", "u1", 128), ("qh", "u1", 64), ("scales", "u1", 16), STEP],
        pack_q6,
        unpack_q6,
        lambda block: whole(block, "scales"),
        Q6_PLANES,
    ),
]
