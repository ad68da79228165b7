"""Block formats for a picture: what each bit of a block is for, and the weights that go in."""

from dataclasses import dataclass

import numpy as np

from lecture_lib.quantization import block_floats, ggml
from lecture_lib.quantization.blocks import BlockFormat
from lecture_lib.quantization.parts import Part, part
from lecture_lib.quantization.ternary import absmean

# The widths of a code's fields, the lowest first, in blocks of a scale in one byte and then codes.
FLOAT_CODES = {
    "MXFP8 (E4M3)": {"mantissa": 3, "exponent": 4, "sign": 1},
    "MXFP8 (E5M2)": {"mantissa": 2, "exponent": 5, "sign": 1},
    "MXFP6 (E3M2)": {"mantissa": 2, "exponent": 3, "sign": 1},
    "MXFP6 (E2M3)": {"mantissa": 3, "exponent": 2, "sign": 1},
    "BFP8": {"mantissa": 7, "sign": 1},
    "BFP4": {"mantissa": 3, "sign": 1},
    "BFP2": {"mantissa": 1, "sign": 1},
}
TERNARY = {"TQ1_0", "TQ2_0"}  # containers: they keep three values and round nothing else

FROM_GGML = (
    "Q8_0", "Q6_K", "Q5_K", "Q4_0", "Q4_1", "Q4_K", "IQ4_NL", "Q3_K", "Q2_K", "MXFP4", "NVFP4",
    "TQ2_0", "TQ1_0",
)  # fmt: skip
BLOCKS: dict[str, BlockFormat] = {name: ggml.FORMATS[name] for name in FROM_GGML} | {
    one.name: one
    for one in (
        block_floats.MXFP8_E4M3,
        block_floats.MXFP6_E2M3,
        block_floats.BFP8,
        block_floats.BFP4,
        block_floats.BFP2,
    )
}


def parts_of(kind: BlockFormat) -> tuple[Part, ...]:
    """What the bits of a block mean."""
    return kind.parts or _scale_then_codes(kind)


def _scale_then_codes(kind: BlockFormat) -> tuple[Part, ...]:
    """The parts of a block that is a byte of scale and then codes, the first in the lowest bits."""
    fields = FLOAT_CODES[kind.name]
    codes = 8 + np.arange(8 * (kind.bytes - 1)).reshape(kind.weights, -1)
    parts, low = [part("scale", "scale", np.arange(8)[None], kind.weights)], 0
    for meaning, width in fields.items():
        parts.append(part(f"{meaning}s", meaning, codes[:, low : low + width], kind.weights))
        low += width
    return tuple(parts)


@dataclass(frozen=True, eq=False)
class Kept:
    """A row of weights, and what a format keeps of it."""

    row: np.ndarray
    stored: np.ndarray  # uint8 [blocks, bytes]
    back: np.ndarray  # the weights that come back


def kept(kind: BlockFormat, row: np.ndarray) -> Kept:
    """The row through a format and back. For a ternary one it is made ternary first, by absmean."""
    given = row
    if kind.name in TERNARY:
        trits, scale = absmean(row)
        given = trits * scale
    stored = kind.quantize(given)
    return Kept(row, stored.reshape(-1, kind.bytes), kind.dequantize(stored))


def needed(parts: tuple[Part, ...], place: int) -> np.ndarray:
    """The numbers of all bits that one weight of a block is made of."""
    serving = [one.bits[(one.weights == place).any(axis=1)].ravel() for one in parts]
    return np.concatenate(serving)


def words_of(one: Part) -> str:
    """What the entries of a part are, in words."""
    entries, served = one.weights.shape
    plural = {"minimum": "minima"}.get(one.meaning, f"{one.meaning}s")
    if entries == 1:
        return f"{one.meaning} of the block"
    if served == 1:
        return plural
    return f"{served} values a byte" if one.meaning == "value" else f"{plural} of {served} weights"
