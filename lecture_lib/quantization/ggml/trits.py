"""TQ1_0 and TQ2_0: containers for weights that are −1, 0 or 1 times a scale. Not quantizers.

Both take the largest magnitude of 256 weights for the scale. Weights that are ternary come back as
they were. Ordinary ones do not: almost all lie nearer to 0 than to the farthest, and the error is
0.8 of them, as a root of mean squares. Make weights ternary first, as BitNet does by their mean
magnitude, and pack them then.

TQ2_0 gives a weight 2 bits, of whose four codes one is wasted. TQ1_0 puts five weights into a byte,
as 3⁵ = 243 ≤ 256: with the scale 1.6875 bits a weight, and log₂ 3 = 1.585 would be the least.

The bytes are those of `quantize_row_tq1_0_ref` and `quantize_row_tq2_0_ref` in ggml-quants.c of
ggml (MIT), https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c.
"""

import numpy as np

from lecture_lib.quantization.ggml.arithmetic import inverse
from lecture_lib.quantization.ggml.lanes import block_format
from lecture_lib.quantization.ggml.planes import Plane, places, whole
from lecture_lib.quantization.parts import Part, part

WEIGHTS = 256
PAIRS_OF_BITS = Plane("qs", bits=2, run=32)
# How the weights are dealt to bytes, as in planes.py: so many bytes with so many weights each.
DEALT = (("qs", 32, 5), ("qs_rest", 16, 5), ("qh", 4, 4))


def ternary(x):
    """The scale of each block, and its codes, uint8: 0, 1, 2 for −1, 0, 1 times the scale."""
    d = np.maximum(x.max(axis=0), -x.min(axis=0)) + 0  # not −0
    ratio = x * inverse(d)
    return d, (ratio > -0.5).view(np.uint8) + (ratio >= 0.5)


def weights_of(codes, d):
    weights = codes.astype(np.float32)
    weights -= 1
    weights *= d
    return weights


def in_base_three(digits):
    """The bytes [bytes, blocks] that hold up to five digits [digits, bytes, blocks] each.

    The number is scaled from 243 to 256 and rounded up. Read as a fraction of 256, a byte then
    gives its digits as any fraction does: multiply by 3, and what comes before the point is one.
    """
    number = np.zeros(digits.shape[1:], np.uint16)
    for place in range(5):
        number *= 3
        if place < len(digits):
            number += digits[place]
    return ((number * 256 + 242) // 243).astype(np.uint8)


def digits_of(stored, count: int):
    """The first digits of each byte, uint8 [digits, bytes, blocks]."""
    digits = np.empty((count, *stored.shape), np.uint8)
    fraction = stored.astype(np.uint16)
    for place in range(count):
        fraction *= 3
        digits[place] = fraction >> 8
        fraction &= 255
    return digits


def pack_tq1(x):
    d, codes = ternary(x)
    fields, first = {"d": d}, 0
    for field, run, sharing in DEALT:
        digits = codes[first : first + run * sharing].reshape(sharing, run, -1)
        fields[field] = in_base_three(digits)
        first += run * sharing
    return fields


def unpack_tq1(stored):
    digits = [digits_of(stored[field], sharing) for field, _, sharing in DEALT]
    codes = np.concatenate([d.reshape(-1, d.shape[-1]) for d in digits])
    return weights_of(codes, stored["d"])


def pack_tq2(x):
    d, codes = ternary(x)
    return {"qs": PAIRS_OF_BITS.pack(codes), "d": d}


def unpack_tq2(stored):
    return weights_of(PAIRS_OF_BITS.unpack(stored["qs"]), stored["d"])


TQ1 = np.dtype([("qs", "u1", 32), ("qs_rest", "u1", 16), ("qh", "u1", 4), ("d", "<f2")])
TQ2 = np.dtype([("qs", "u1", 64), ("d", "<f2")])


def _shared_bytes():
    first = 0
    for field, run, sharing in DEALT:
        served = first + np.arange(run * sharing).reshape(sharing, run).T
        yield Part(f"{sharing} codes a byte", "value", whole(TQ1, field), served)
        first += run * sharing


FORMATS = [
    block_format(
        "TQ1_0",
        TQ1,
        WEIGHTS,
        pack_tq1,
        unpack_tq1,
        [*_shared_bytes(), part("d", "scale", whole(TQ1, "d"), WEIGHTS)],
    ),
    block_format(
        "TQ2_0",
        TQ2,
        WEIGHTS,
        pack_tq2,
        unpack_tq2,
        [
            part("codes", "value", places(TQ2, PAIRS_OF_BITS), WEIGHTS),
            part("d", "scale", whole(TQ2, "d"), WEIGHTS),
        ],
    ),
]
