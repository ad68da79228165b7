"""Block floating point: small codes that share one scale, as chips for matrix products read them.

Four families, each a BlockFormat, or a function that returns one:

- MX (OCP Microscaling Formats 1.0): 32 weights and a power of two, 2^(floor(log2 amax) - emax),
  with amax the largest magnitude of the block and emax the exponent of the largest element;
- NVFP4: 16 weights and a scale of its own in E4M3, under one float32 for the whole tensor;
- BFP8, BFP4, BFP2 (Tenstorrent): 16 weights and their largest exponent.

The specifications leave open how the bytes lie. Here a block is its scale, one byte, and then its
codes, the first in the lowest bits. Chips keep the scales in a place of their own.
"""

from dataclasses import dataclass

import numpy as np

from lecture_lib.quantization.bit_packing import packed_bits, unpacked_bits
from lecture_lib.quantization.blocks import BlockFormat, finite
from lecture_lib.quantization.small_floats import E2M1, E2M3, E3M2, E4M3, E5M2, E8M0, SmallFloat


@dataclass(frozen=True)
class FixedPoint:
    """Whole numbers of a power of two, in two's complement; the most negative code stays unused."""

    bits: int
    fraction_bits: int

    @property
    def largest(self) -> float:
        return (2 ** (self.bits - 1) - 1) / 2**self.fraction_bits

    def encode(self, values) -> np.ndarray:
        """The nearest codes, ties to even; beyond the largest it is clipped."""
        steps = np.rint(np.clip(values, -self.largest, self.largest) * 2**self.fraction_bits)
        return steps.astype(np.int64).astype(np.uint8) & (2**self.bits - 1)

    def decode(self, codes) -> np.ndarray:
        signed = (codes.astype(np.float32) + 2 ** (self.bits - 1)) % 2**self.bits
        return (signed - 2 ** (self.bits - 1)) / np.float32(2**self.fraction_bits)


def microscaling(name: str, element: SmallFloat | FixedPoint) -> BlockFormat:
    """An MX format: 32 elements, and a scale that is a power of two, in E8M0.

    Values beyond the element's largest, as the scale leaves them, are clipped: with E2M1 amax can
    come to lie between 6 and 8. A block of zeros takes the smallest scale. A stored scale of NaN
    makes the whole block NaN.
    """
    largest_exponent = _exponent(element.largest)

    def pack(blocks):
        amax = np.abs(blocks).max(axis=1, keepdims=True)
        exponent = np.where(amax > 0, _exponent(amax) - largest_exponent, -E8M0.bias)
        exponent = np.maximum(exponent, -E8M0.bias)
        with np.errstate(under="ignore"):  # what vanishes here rounds to zero anyway
            scaled = blocks * np.ldexp(np.float32(1), -exponent)
        scales = (exponent + E8M0.bias).astype(np.uint8)
        return np.hstack([scales, packed_bits(element.encode(scaled), element.bits)])

    def unpack(stored):
        elements = element.decode(unpacked_bits(stored[:, 1:], element.bits))
        with np.errstate(over="ignore", invalid="ignore"):  # bytes that were never packed here
            return E8M0.decode(stored[:, :1]) * elements

    return BlockFormat(name, 32, 1 + 32 * element.bits // 8, pack, unpack)


def nvfp4(tensor_scale) -> BlockFormat:
    """NVFP4 under this scale of its tensor, a float32 above 0: 16 values of E2M1, a scale in E4M3.

    A block's scale is amax / 6 / tensor_scale, rounded to E4M3 and at least its smallest normal
    value; the values are divided by both scales, as rounded. That is torchao's rule
    (nvfp4_quantize). There is no one rule to be bit-exact with: others let the scale become
    subnormal, or search for the one with the least error.
    """
    tensor_scale = np.float32(tensor_scale)
    if not 0 < tensor_scale < np.inf:
        raise ValueError(
            f"the scale of an NVFP4 tensor is a number above 0 in float32, not {tensor_scale}; "
            "take nvfp4_scale(values)"
        )

    def pack(blocks):
        amax = np.abs(blocks).max(axis=1, keepdims=True)
        with np.errstate(over="ignore"):  # under a scale too small for it a block is clipped
            wanted = amax / np.float32(E2M1.largest) / tensor_scale
            codes = E4M3.encode(np.maximum(wanted, np.float32(E4M3.smallest_normal)))
            elements = E2M1.encode(blocks / (tensor_scale * E4M3.decode(codes)))
        return np.hstack([codes, packed_bits(elements, E2M1.bits)])

    def unpack(stored):
        with np.errstate(over="ignore"):
            scales = tensor_scale * E4M3.decode(stored[:, :1])
        return scales * E2M1.decode(unpacked_bits(stored[:, 1:], E2M1.bits))

    return BlockFormat("NVFP4", 16, 1 + 16 * E2M1.bits // 8, pack, unpack, tensor_bits=32)


def nvfp4_scale(values) -> np.float32:
    """The scale of a tensor that lets its largest block scale be the largest E4M3: amax / 2688.

    At least the smallest normal float32, which is also what a tensor of zeros takes.
    """
    amax = np.abs(finite("NVFP4", values)).max(initial=0)
    scale = amax / np.float32(E4M3.largest * E2M1.largest)
    return np.maximum(scale, np.finfo(np.float32).tiny)


def shared_exponent(name: str, mantissa_bits: int) -> BlockFormat:
    """A format of Tenstorrent: 16 values as sign and mantissa, under the largest exponent of them.

    The mantissa has no hidden bit: with m bits it counts steps of 2^(exponent - 127 - (m - 1)),
    and 2^m - 1 is the most of them. Values are first cut, not rounded, to the 24 bits that a
    float32 with the shared exponent has, then rounded to nearest, ties to even: just above a tie
    by less than those bits counts as a tie. What rounds to 2^m steps is clipped, a float32 below
    2^-126 is zero, and zero has no sign.

    Source: tenstorrent/tt-metal, tt_metal/impl/data_format/bfp_simd.hpp (row_scalar) and
    blockfloat_common.cpp. There the exponents of a tile stand before all its codes.
    """

    def pack(blocks):
        magnitude = np.abs(blocks).astype(np.float64)
        magnitude[magnitude < 2.0**-126] = 0
        amax = magnitude.max(axis=1, keepdims=True)
        exponent = np.where(amax > 0, _exponent(amax) + 127, 0)
        cut = np.trunc(np.ldexp(magnitude, 127 + 23 - exponent))
        steps = np.rint(np.ldexp(cut, mantissa_bits - 24)).astype(np.uint8)
        steps = np.minimum(steps, 2**mantissa_bits - 1)
        sign = (np.signbit(blocks) & (steps > 0)).astype(np.uint8)
        codes = packed_bits(sign << mantissa_bits | steps, 1 + mantissa_bits)
        return np.hstack([exponent.astype(np.uint8), codes])

    def unpack(stored):
        codes = unpacked_bits(stored[:, 1:], 1 + mantissa_bits)
        steps = (codes & (2**mantissa_bits - 1)).astype(np.float64)
        exponent = stored[:, :1].astype(np.int64) - 127 - (mantissa_bits - 1)
        values = np.ldexp(np.where(codes >> mantissa_bits, -steps, steps), exponent)
        with np.errstate(over="ignore"):  # exponent 255 is never packed here
            return values.astype(np.float32)

    return BlockFormat(name, 16, 1 + 16 * (1 + mantissa_bits) // 8, pack, unpack)


def _exponent(values):
    """floor(log2(values)), exactly."""
    return np.frexp(values)[1] - 1


MXFP8_E4M3 = microscaling("MXFP8 (E4M3)", E4M3)
MXFP8_E5M2 = microscaling("MXFP8 (E5M2)", E5M2)
MXFP6_E3M2 = microscaling("MXFP6 (E3M2)", E3M2)
MXFP6_E2M3 = microscaling("MXFP6 (E2M3)", E2M3)
MXFP4 = microscaling("MXFP4", E2M1)
MXINT8 = microscaling("MXINT8", FixedPoint(bits=8, fraction_bits=6))
BFP8, BFP4, BFP2 = (shared_exponent(f"BFP{m + 1}", m) for m in (7, 3, 1))
