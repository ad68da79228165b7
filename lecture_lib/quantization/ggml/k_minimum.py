"""Q2_K, Q4_K and Q5_K: small blocks with a scale and a minimum, both quantized.

x ≈ (d · scale) · code − (dmin · minimum). The minimum costs as much as the scale. It pays where the
weights of a block do not lie evenly around 0: with 2 bits there are four levels, and none to waste.

| format | small blocks | code | scale, minimum | with d and dmin | bits a weight |
|---|---|---|---|---|---|
| Q2_K | 16 of 16 | 2 bits | 4 + 4 bits | 84 bytes | 2.625 |
| Q4_K | 8 of 32 | 4 bits | 6 + 6 bits | 144 bytes | 4.5 |
| Q5_K | 8 of 32 | 5 bits | 6 + 6 bits | 176 bytes | 5.5 |

The bytes are those of `quantize_row_q2_K_ref`, `quantize_row_q4_K_ref` and `quantize_row_q5_K_ref`
in ggml-quants.c of ggml (MIT), https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lecture_lib.quantization.ggml.arithmetic import as_half, in_order
from lecture_lib.quantization.ggml.lanes import block_format
from lecture_lib.quantization.ggml.planes import Plane, joined, places, split, whole
from lecture_lib.quantization.ggml.scale_bytes import NIBBLES, SIX_BITS, Scales
from lecture_lib.quantization.ggml.search import scale_and_minimum
from lecture_lib.quantization.ggml.superblocks import (
    WEIGHTS,
    apart,
    positive_steps,
    rounded_again,
    together,
)
from lecture_lib.quantization.parts import part


@dataclass(frozen=True)
class WithMinimum:
    """One of these formats: its small blocks, its codes, and how their scales are looked for."""

    blocks: int  # in a super-block
    scales: Scales
    planes: tuple[Plane, ...]
    importance: Callable  # how much each weight's error counts
    misfit: Callable
    tries: np.ndarray

    @property
    def top(self) -> int:
        """The greatest code."""
        return 2 ** sum(plane.bits for plane in self.planes) - 1

    def pack(self, x):
        x = apart(x, self.blocks)
        scale, minimum, codes = scale_and_minimum(
            x, self.importance(x), self.top, self.tries, self.misfit
        )
        d, scales = positive_steps(scale, self.blocks, self.scales.top)
        dmin, minima = positive_steps(-minimum, self.blocks, self.scales.top)
        fields = self.scales.pack(scales, minima)
        scale, minimum = self._scales(as_half(d), as_half(dmin), fields)
        codes = rounded_again(x + minimum.ravel(), scale.ravel(), codes, 0, self.top)
        codes = together(codes.astype(np.uint8), self.blocks)
        return {"d": d, "dmin": dmin, **fields, **split(codes, *self.planes)}

    def unpack(self, stored):
        scale, minimum = self._scales(stored["d"], stored["dmin"], stored)
        codes = joined(stored, *self.planes).astype(np.float32)
        blocks = codes.reshape(self.blocks, -1, codes.shape[-1])
        blocks *= scale[:, None]
        blocks -= minimum[:, None]
        return codes

    def _scales(self, d, dmin, fields):
        """The scales and minima as they are stored, float32 [blocks, super-blocks]."""
        scales, minima = self.scales.unpack(fields)
        return d * scales.astype(np.float32), dmin * minima.astype(np.float32)


def rms_and_magnitude(x):
    """Large weights count more, but small ones are not forgotten: √(mean x²) + |x|."""
    return np.sqrt(in_order(x * x) / len(x)) + np.abs(x)


def _tries(first: float, count: int) -> np.ndarray:
    return np.float32(first) + np.float32(0.1) * np.arange(count, dtype=np.float32)


def _format(name, fields, how):
    block = np.dtype(fields)
    scales, minima = how.scales.places(block)
    parts = [
        part("d", "scale", whole(block, "d"), WEIGHTS),
        part("dmin", "minimum", whole(block, "dmin"), WEIGHTS),
        part("scales", "scale", scales, WEIGHTS),
        part("minima", "minimum", minima, WEIGHTS),
        part("codes", "value", places(block, *how.planes), WEIGHTS),
    ]
    return block_format(name, block, WEIGHTS, how.pack, how.unpack, parts)


STEPS = [("d", "<f2"), ("dmin", "<f2")]
FIFTH_BITS, LOW = ("qh", "u1", 32), ("qs", "u1", 128)
NIBBLE, FIFTH = Plane("qs", bits=4, run=32), Plane("qh", bits=1, run=32)

FORMATS = [
    _format(
        "Q2_K",
        [*NIBBLES.fields, ("qs", "u1", 64), *STEPS],
        WithMinimum(16, NIBBLES, (Plane("qs", bits=2, run=32),), np.abs, np.abs, _tries(-0.5, 16)),
    ),
    _format(
        "Q4_K",
        [*STEPS, *SIX_BITS.fields, LOW],
        WithMinimum(8, SIX_BITS, (NIBBLE,), rms_and_magnitude, np.square, _tries(-1, 21)),
    ),
    _format(
        "Q5_K",
        [*STEPS, *SIX_BITS.fields, FIFTH_BITS, LOW],
        WithMinimum(8, SIX_BITS, (NIBBLE, FIFTH), rms_and_magnitude, np.square, _tries(-0.5, 16)),
    ),
]
