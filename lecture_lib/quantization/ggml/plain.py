"""Q4_0 to Q8_0: 32 weights share a scale, and perhaps a minimum.

With a scale alone zero has a code of its own, in the middle. Of codes in even number one side then
has one more, and it goes to the weight that lies farthest out: where that one is positive the scale
is negative. With a minimum the codes start there.

The name tells the bits of a code, not of a weight: the scale costs 16 / 32 = 0.5 more, so that Q4_0
takes 4.5 bits a weight, and Q4_1, with its minimum, 5.

The bytes are those of `quantize_row_q4_0_ref` and its neighbours in ggml-quants.c of ggml (MIT),
https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c.
"""

from functools import partial

import numpy as np

from lecture_lib.quantization.ggml.arithmetic import half_away, inverse, largest, lowest
from lecture_lib.quantization.ggml.lanes import block_format
from lecture_lib.quantization.ggml.planes import Plane, joined, places, split, whole
from lecture_lib.quantization.parts import part

WEIGHTS = 32
NIBBLES = Plane("qs", bits=4, run=16)
FIFTH_BITS = Plane("qh", bits=1, run=1)
BYTES = Plane("qs", bits=8, run=32)


def scaled(x, planes, bits):
    """A scale: x ≈ d · (code − half), with half of the codes on either side of zero."""
    half = 2 ** (bits - 1)
    d = largest(x) / -half  # the farthest weight gets code 0: there is one more on that side
    inverse_d = inverse(d)
    codes = (x * inverse_d + np.float32(half + 0.5)).astype(np.uint8)
    codes -= codes >> bits  # at most 2^bits, for which there is no code
    codes[:, (inverse_d == 0) & (d != 0)] = 0  # 1 / d was infinite
    return {"d": d, **split(codes, *planes)}


def unscaled(stored, planes, bits):
    codes = joined(stored, *planes).astype(np.float32)
    codes -= 2 ** (bits - 1)
    codes *= stored["d"]
    return codes


def scaled_from_minimum(x, planes, bits):
    """A scale and a minimum: x ≈ d · code + m."""
    m = lowest(x)
    d = np.abs(x.max(axis=0) - m) / (2**bits - 1)  # between zeros no −0
    steps = (x - m) * inverse(d)
    steps += np.float32(0.5)
    # A range beyond float32 gave inf · 0 above, and the C cast makes 0 of it, as fmax does.
    codes = np.fmax(steps, 0, out=steps).astype(np.uint8)
    codes -= codes >> bits
    return {"d": d, "m": m, **split(codes, *planes)}


def unscaled_from_minimum(stored, planes, bits):
    codes = joined(stored, *planes).astype(np.float32)
    codes *= stored["d"]
    codes += stored["m"]
    return codes


def scaled_in_bytes(x):
    """A scale and signed bytes: x ≈ d · code, −127 to 127. The code −128 is never used."""
    d = np.maximum(x.max(axis=0), -x.min(axis=0)) / 127 + 0  # not −0
    return {"d": d, "qs": half_away(x * inverse(d)).view(np.uint8)}


def unscaled_in_bytes(stored):
    return stored["qs"].view(np.int8).astype(np.float32) * stored["d"]


def _format(name, fields, pack, unpack, planes):
    block = np.dtype(fields)
    parts = [part("d", "scale", whole(block, "d"), WEIGHTS)]
    if "m" in block.fields:
        parts += [part("m", "minimum", whole(block, "m"), WEIGHTS)]
    parts += [part("codes", "value", places(block, *planes), WEIGHTS)]
    return block_format(name, block, WEIGHTS, pack, unpack, parts)


def _with_nibbles(name, bits, fields, pack, unpack):
    planes = (NIBBLES, FIFTH_BITS)[: bits - 3]
    how = {"planes": planes, "bits": bits}
    return _format(name, fields, partial(pack, **how), partial(unpack, **how), planes)


SCALE, MINIMUM, HIGH, LOW = ("d", "<f2"), ("m", "<f2"), ("qh", "u1", 4), ("qs", "u1", 16)
BOTH = scaled_from_minimum, unscaled_from_minimum

FORMATS = [
    _with_nibbles("Q4_0", 4, [SCALE, LOW], scaled, unscaled),
    _with_nibbles("Q4_1", 4, [SCALE, MINIMUM, LOW], *BOTH),
    _with_nibbles("Q5_0", 5, [SCALE, HIGH, LOW], scaled, unscaled),
    _with_nibbles("Q5_1", 5, [SCALE, MINIMUM, HIGH, LOW], *BOTH),
    _format("Q8_0", [SCALE, ("qs", "u1", 32)], scaled_in_bytes, unscaled_in_bytes, [BYTES]),
]
