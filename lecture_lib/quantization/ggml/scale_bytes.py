"""How the scales and minima of a K-quant's small blocks share bytes.

In Q2_K a byte holds both, with 4 bits each. In Q4_K and Q5_K twelve bytes hold eight scales and
eight minima of 6 bits: the first four scales and minima lie whole in the low bits of `scales` and
`minima`; the last four are cut, their low four bits share `rest`, and their high two fill the free
bits above.

    scales   byte j:  bits 0-5  scale j       bits 6-7  scale j + 4, high
    minima   byte j:  bits 0-5  minimum j     bits 6-7  minimum j + 4, high
    rest     byte j:  bits 0-3  scale j + 4, low     bits 4-7  minimum j + 4, low
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lecture_lib.quantization.ggml.planes import whole


@dataclass(frozen=True)
class Scales:
    """How the codes of scales and minima, uint8 [blocks, super-blocks] each, share bytes."""

    top: int
    fields: list
    pack: Callable  # the codes to the block's fields
    unpack: Callable  # and back
    places: Callable  # where the bits of scales and of minima lie


def _pack_nibbles(scales, minima):
    return {"scales": scales | minima << 4}


def _unpack_nibbles(stored):
    return stored["scales"] & 15, stored["scales"] >> 4


def _nibble_places(block):
    bits = whole(block, "scales")
    return bits[:, :4], bits[:, 4:]


def _pack_six_bits(scales, minima):
    scales, minima = np.minimum(scales, 63), np.minimum(minima, 63)
    return {
        "scales": scales[:4] | scales[4:] >> 4 << 6,
        "minima": minima[:4] | minima[4:] >> 4 << 6,
        "rest": scales[4:] & 15 | minima[4:] << 4,
    }


def _unpack_six_bits(stored):
    scales, minima, rest = stored["scales"], stored["minima"], stored["rest"]
    return (
        np.concatenate([scales & 63, rest & 15 | scales >> 6 << 4]),
        np.concatenate([minima & 63, rest >> 4 | minima >> 6 << 4]),
    )


def _six_bit_places(block):
    scales, minima, rest = (whole(block, field) for field in ("scales", "minima", "rest"))
    return (
        np.vstack([scales[:, :6], np.hstack([rest[:, :4], scales[:, 6:]])]),
        np.vstack([minima[:, :6], np.hstack([rest[:, 4:], minima[:, 6:]])]),
    )


NIBBLES = Scales(15, [("scales", "u1", 16)], _pack_nibbles, _unpack_nibbles, _nibble_places)
SIX_BITS = Scales(
    63,
    [("scales", "u1", 4), ("minima", "u1", 4), ("rest", "u1", 4)],
    _pack_six_bits,
    _unpack_six_bits,
    _six_bit_places,
)
