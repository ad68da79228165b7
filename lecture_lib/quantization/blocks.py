"""A format that stores weights in blocks: numbers in, bytes out, and the numbers that come back."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lecture_lib.quantization.parts import Part


@dataclass(frozen=True)
class BlockFormat:
    """Weights in blocks of equal size, each stored in the same number of bytes.

    `pack` and `unpack` work on whole blocks: float32 [blocks, weights] to uint8 [blocks, bytes] and
    back. Numbers that are not finite are refused: no block has room for them.
    """

    name: str
    weights: int  # in a block
    bytes: int  # of a block, with its scales
    pack: Callable | None  # None where a program outside prepares the bytes
    unpack: Callable
    tensor_bits: int = 0  # beside the blocks, once for each tensor
    parts: tuple[Part, ...] = ()  # what the bits of a block mean, for whoever shows them

    @property
    def bits_per_weight(self) -> float:
        """With the scales of its block; what a tensor keeps once is left out."""
        return 8 * self.bytes / self.weights

    def quantize(self, values) -> np.ndarray:
        """The bytes of the values, uint8 [..., bytes], for values [..., n] in rows of whole blocks.

        ValueError for rows that do not divide into blocks, and for NaN and infinities.
        """
        if self.pack is None:
            raise ValueError(f"{self.name} can be read but not written here; bring its bytes")
        rows = finite(self.name, values)
        blocks = self._whole_blocks(rows.shape, self.weights, "weights")
        packed = self.pack(rows.reshape(-1, self.weights))
        return packed.reshape(*rows.shape[:-1], blocks * self.bytes)

    def dequantize(self, stored) -> np.ndarray:
        """The values that the bytes stand for, float32 [..., n], for uint8 [..., bytes].

        ValueError for anything but uint8, and for rows that do not divide into blocks.
        """
        rows = np.asarray(stored, order="C")
        if rows.dtype != np.uint8:
            raise ValueError(f"{self.name} is stored as uint8, not {rows.dtype}; pass its bytes")
        blocks = self._whole_blocks(rows.shape, self.bytes, "bytes")
        values = self.unpack(rows.reshape(-1, self.bytes))
        return values.reshape(*rows.shape[:-1], blocks * self.weights)

    def rounded(self, values) -> np.ndarray:
        """The values after a way through the format and back, float32 in the same shape."""
        return self.dequantize(self.quantize(values))

    def _whole_blocks(self, shape, size, what) -> int:
        if not shape or shape[-1] % size:
            found = f"a row of {shape[-1]:,}" if shape else "a single number"
            way_out = "pad the row or choose a format with smaller blocks"
            raise ValueError(
                f"{self.name} stores blocks of {size} {what}, and {found} does not divide into "
                f"them; {way_out if what == 'weights' else 'pass whole blocks'}"
            )
        return shape[-1] // size


def finite(name, values) -> np.ndarray:
    """The values as contiguous float32. ValueError for what is no number, NaN, or infinite."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf" and array.dtype.name != "bfloat16":
        raise ValueError(f"{name} stores real numbers, not {array.dtype}; convert the values first")
    with np.errstate(over="ignore"):  # a float64 beyond float32 is named below
        array = np.asarray(array, np.float32, order="C")
    good = np.isfinite(array)
    if not good.all():
        place = tuple(int(index) for index in np.argwhere(~good)[0])
        raise ValueError(
            f"{name} has no code for {np.asarray(values)[place]}, found at {place}; "
            "replace what is not finite in float32 first"
        )
    return array
