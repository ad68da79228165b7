"""MXFP4 and NVFP4: codes are floats of 4 bits, and the scale is a small float too.

E2M1 has a sign, two bits of exponent and one of mantissa: 0, 0.5, 1, 1.5, 2, 3, 4, 6. The gaps grow
with the value, as they do among floats. MXFP4 scales 32 weights by a power of two, E8M0. NVFP4
scales 16 by a float of 8 bits without a sign, E4M3, and ggml keeps four such groups in a block.

Such a scale reaches from 2⁻⁹ to 448. NVIDIA's NVFP4 has one float32 for the whole tensor besides,
to bring the weights there; in ggml's blocks there is none. A group whose weights are all below
0.005 comes back as 0, and for weights around 0.02, as most are, there is a handful of scales.

The bytes are those of `quantize_row_mxfp4_ref` and `quantize_row_nvfp4_ref` in ggml-quants.c of
ggml (MIT), https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c, with their
peculiarities: the functions name them. Scales are kept halved, so that twice a code's value is a
whole number.
"""

from itertools import pairwise

import numpy as np

from lecture_lib.quantization.ggml.lanes import block_format
from lecture_lib.quantization.ggml.planes import Plane, whole
from lecture_lib.quantization.parts import part

TWICE = np.array([0, 1, 2, 3, 4, 6, 8, 12], np.float32)  # twice the value of each E2M1 magnitude
SIGNED = np.concatenate([TWICE, 0 - TWICE])  # code 8 is 0 too, not −0


def nearest_e2m1(x, half_scale):
    """The E2M1 code of each weight, uint8: the nearest magnitude, of two equally near the lesser.

    The code of a magnitude is the number of borders that it is beyond, half-way between two values
    each. What rounds to zero is +0, and nothing rounds to a value that is infinite in float32.
    Above the greatest value float32 decides: from some 2²⁴ times that value on all eight distances
    are equal in it, and such a weight is stored as 0.
    """
    magnitude = np.abs(x)
    codes = np.zeros(x.shape, np.uint8)
    for below, above in pairwise(TWICE):
        border = np.where(np.isfinite(above * half_scale), (below + above) / 2 * half_scale, np.inf)
        codes += magnitude > border
    beyond = np.nonzero(magnitude > TWICE[-1] * half_scale)
    values = np.multiply.outer(TWICE, np.broadcast_to(half_scale, x.shape)[beyond])
    codes[beyond] = np.abs(values - magnitude[beyond]).argmin(axis=0)
    codes |= ((codes > 0) & (x < 0)).view(np.uint8) << 3
    return codes


def half_of_e8m0(codes) -> np.ndarray:
    """Half of what a scale of MXFP4 stands for: 2^(code − 127) / 2."""
    return np.ldexp(np.float32(1), codes.astype(np.int32) - 128)


def e8m0_for(peak) -> np.ndarray:
    """The code of the power of two that brings the largest weight between 4 and 8.

    The largest value of a code is 6, so what lies between 6 and 8 is cut off. The logarithm is
    rounded to float32 before its floor is taken: just below a power of two it comes out as that
    power. A code below 0, for weights below 2⁻¹²⁵, wraps, and all weights of such a block are
    stored as 0.
    """
    exponent = np.floor(np.log2(peak.astype(np.float64)).astype(np.float32))
    codes = np.where(peak > 0, exponent - 2 + 127, 0)
    return codes.astype(np.int32).astype(np.uint8)


def half_of_ue4m3(codes) -> np.ndarray:
    """Half of what a scale of NVFP4 stands for; 0x7F, elsewhere no number, counts as 0."""
    exponent, mantissa = (codes >> 3 & 15).astype(np.int32), (codes & 7).astype(np.float32)
    value = np.where(
        exponent == 0,
        np.ldexp(mantissa, -9),
        np.ldexp(1 + mantissa / 8, exponent - 7),
    )
    return np.where(codes == 0x7F, 0, value / 2).astype(np.float32)


def ue4m3_for(scale) -> np.ndarray:
    """The code, uint8, of the nearest scale, of two equally near the greater.

    Two peculiarities of ggml: what would round to 2⁻⁶, the least normal number, stays below it, and
    what would round to 256 or more gets the greatest code, 448.
    """
    fraction, exponent = np.frexp(scale)  # scale = fraction · 2^exponent, fraction from 0.5 to 1
    steps = np.floor(fraction * 16 + np.float32(0.5)).astype(
        np.int32
    )  # of a mantissa, from 8 to 16
    normal = (exponent + 6) * 8 + steps - 8  # 16 steps are 8 of the next exponent
    subnormal = np.minimum(scale * 512 + np.float32(0.5), 7).astype(np.int32)
    codes = np.where(exponent + 6 <= 0, subnormal, np.where(normal >= 15 * 8, 0x7E, normal))
    return np.where(scale > 0, codes, 0).astype(np.uint8)


MX_CODES, NV_CODES = Plane("qs", bits=4, run=16), Plane("qs", bits=4, run=8)
GROUPS = 4


def pack_mxfp4(x):
    scale = e8m0_for(np.abs(x).max(axis=0))
    return {"e": scale, "qs": MX_CODES.pack(nearest_e2m1(x, half_of_e8m0(scale)))}


def unpack_mxfp4(stored):
    return SIGNED[MX_CODES.unpack(stored["qs"])] * half_of_e8m0(stored["e"])


def pack_nvfp4(x):
    groups = x.reshape(GROUPS, -1, x.shape[-1])
    scale = ue4m3_for(np.abs(groups).max(axis=1) / 6)
    codes = nearest_e2m1(groups, half_of_ue4m3(scale)[:, None])
    return {"d": scale, "qs": NV_CODES.pack(codes.reshape(x.shape))}


def unpack_nvfp4(stored):
    weights = SIGNED[NV_CODES.unpack(stored["qs"])]
    groups = weights.reshape(GROUPS, -1, weights.shape[-1])
    groups *= half_of_ue4m3(stored["d"])[:, None]
    return weights


def _format(name, scale, bytes_of_codes, pack, unpack, codes: Plane):
    block = np.dtype([scale, ("qs", "u1", bytes_of_codes)])
    weights = 2 * bytes_of_codes
    bits = codes.places(block)
    parts = [
        part(scale[0], "scale", whole(block, scale[0]), weights),
        part("signs", "sign", bits[:, 3:], weights),
        part("exponents", "exponent", bits[:, 1:3], weights),
        part("mantissas", "mantissa", bits[:, :1], weights),
    ]
    return block_format(name, block, weights, pack, unpack, parts)


FORMATS = [
    _format("MXFP4", ("e", "u1"), 16, pack_mxfp4, unpack_mxfp4, MX_CODES),
    _format("NVFP4", ("d", "u1", GROUPS), 32, pack_nvfp4, unpack_nvfp4, NV_CODES),
]
