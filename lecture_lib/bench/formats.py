"""Ways to store numbers, all asked alike: what comes back, and how many bits each takes.

The formats themselves are in quantization/. Here they get what a whole model needs besides: scales
for small floats, blocks that run on into the next row where a row is no multiple of them, and a
count of bits that includes every scale.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from lecture_lib.quantization.block_floats import nvfp4, nvfp4_scale
from lecture_lib.quantization.blocks import BlockFormat
from lecture_lib.quantization.rounding import Grid
from lecture_lib.quantization.small_floats import SmallFloat
from lecture_lib.quantization.ternary import INFORMATION, absmean

SCALE_BITS = 32  # of a float or of trits; a grid says its own


@dataclass(frozen=True)
class Format:
    """A way to store numbers: `rounded` takes them there and back, float32 in the same shape.

    `bits` tells, for values of a shape, the bits of one of them with its share of the scales.
    """

    name: str
    sharing: str  # what shares a scale: "tensor", "row", "32 values"; "token" among activations
    rounded: Callable[[np.ndarray], np.ndarray]
    bits: Callable[[tuple[int, ...]], float]


def integers(bits: int, group: str | int = "row", symmetric=True) -> Format:
    """Rounding to nearest on a grid. Groups run on over rows where a row is no multiple of them."""
    grid = Grid(bits, symmetric, group)
    beside = grid.scale_bits + (0 if symmetric else bits)
    name = f"INT{bits}" if symmetric else f"UINT{bits}"  # with a zero point
    if isinstance(group, int):
        by_row = Grid(bits, symmetric, "row")
        rounded = _in_rows_of(group, by_row.rounded)
        return Format(name, f"{group} values", rounded, lambda shape: bits + beside / group)
    return Format(
        name, group, grid.rounded, lambda shape: bits + beside * _scales(group, shape) / prod(shape)
    )


def floats(small: SmallFloat, group: str | None = "row") -> Format:
    """Small floats, under a scale that brings the largest magnitude of a group to their largest.

    Without a group there is no scale, and what is beyond the largest is cut off.
    """
    if group is None:
        return Format(small.name, "nothing", small.rounded, lambda shape: small.bits)
    axis = -1 if group == "row" else None

    def rounded(values):
        values = np.asarray(values, np.float32)
        scale = np.abs(values).max(axis=axis, keepdims=True) / np.float32(small.largest)
        scale = np.where(scale == 0, np.float32(1), scale)
        return small.rounded(values / scale) * scale

    def bits(shape):
        return small.bits + SCALE_BITS * _scales(group, shape) / prod(shape)

    return Format(small.name, group, rounded, bits)


def blocks(stored: BlockFormat) -> Format:
    """Blocks, along the rows one after another."""
    return Format(
        stored.name,
        f"{stored.weights} values",
        _in_rows_of(stored.weights, stored.rounded),
        lambda shape: stored.bits_per_weight,
    )


def nvfp4_of_nvidia() -> Format:
    """NVFP4 with the scale of the tensor, which ggml's NVFP4 does without."""

    def rounded(values):
        stored = nvfp4(nvfp4_scale(values))
        return _in_rows_of(stored.weights, stored.rounded)(values)

    return Format("NVFP4", "16 values", rounded, lambda shape: 4.5 + SCALE_BITS / prod(shape))


def trits() -> Format:
    """−1, 0 or 1 times the mean magnitude of the tensor: BitNet's rule, without BitNet's training.

    Counted as information, log2 3; `ternary` tells what storing it takes.
    """

    def rounded(values):
        codes, gamma = absmean(values)
        return codes * gamma

    return Format(
        "ternary", "tensor", rounded, lambda shape: INFORMATION + SCALE_BITS / prod(shape)
    )


def signs() -> Format:
    """The sign of each value times the mean magnitude of its row (XNOR-Net, arXiv:1603.05279)."""

    def rounded(values):
        values = np.asarray(values, np.float32)
        return np.where(values < 0, -1, 1) * np.abs(values).mean(axis=-1, keepdims=True)

    return Format("binary", "row", rounded, lambda shape: 1 + SCALE_BITS / shape[-1])


def across_tokens(bits: int, tokens: int) -> Format:
    """A zero point and a scale for each channel of so many tokens: KIVI's way for keys.

    (arXiv:2402.02750.) The last tokens may be fewer.
    """
    grid = Grid(bits, symmetric=False, group="column")

    def rounded(values):
        channels = values.reshape(len(values), -1)
        parts = [channels[start : start + tokens] for start in range(0, len(values), tokens)]
        return np.concatenate([grid.rounded(part) for part in parts]).reshape(values.shape)

    beside = grid.scale_bits + bits
    return Format(f"UINT{bits}", f"{tokens} tokens", rounded, lambda shape: bits + beside / tokens)


def _scales(group: str, shape) -> int:
    """How many scales values of a shape have."""
    return 1 if group == "tensor" else prod(shape[:-1])


def _in_rows_of(width: int, rounded: Callable) -> Callable:
    def in_rows(values):
        values = np.asarray(values, np.float32)
        return rounded(values.reshape(-1, width)).reshape(values.shape)

    return in_rows
