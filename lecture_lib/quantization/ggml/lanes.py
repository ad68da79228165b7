"""From a formula for one block to a format for all: blocks side by side, a few at a time.

`pack` and `unpack` of a format in this package read as if there were one block. They get arrays
[weights, blocks] and dictionaries of the block's fields [numbers, blocks], float16 as float32.
"""

from collections.abc import Callable, Sequence

import numpy as np

from lecture_lib.quantization.blocks import BlockFormat
from lecture_lib.quantization.parts import Part

AT_ONCE = 2**16  # weights: with all that is computed from them they stay in the second cache


def block_format(
    name: str,
    block: np.dtype,
    weights: int,
    pack: Callable,
    unpack: Callable,
    parts: Sequence[Part],
    at_once: int = AT_ONCE,
) -> BlockFormat:
    """The format whose blocks of so many weights have these fields, each [numbers] or one number.

    `pack` gives the fields of blocks of weights, and `unpack` the weights of blocks of fields.
    """
    # Rows of numbers that start a power of two apart share a place in the cache and push each other
    # out: the 16 makes turning blocks into rows and back up to five times as fast.
    step, pack_step = AT_ONCE // weights + 16, at_once // weights + 16

    def packed(blocks):
        stored = np.empty(len(blocks), block)
        for start in range(0, len(blocks), pack_step):
            some = slice(start, start + pack_step)
            with np.errstate(all="ignore"):  # C is silent about what a format has no room for
                for field, numbers in pack(np.ascontiguousarray(blocks[some].T)).items():
                    stored[field][some] = numbers.T
        return stored.view(np.uint8).reshape(-1, block.itemsize)

    def unpacked(stored):
        records = stored.view(block)[:, 0]
        values = np.empty((len(records), weights), np.float32)
        for start in range(0, len(records), step):
            some = slice(start, start + step)
            with np.errstate(all="ignore"):
                values[some] = unpack(_fields(records[some])).T
        return values

    return BlockFormat(name, weights, block.itemsize, packed, unpacked, parts=tuple(parts))


def _fields(records) -> dict[str, np.ndarray]:
    fields = {name: np.ascontiguousarray(records[name].T) for name in records.dtype.names}
    return {k: v.astype(np.float32) if v.dtype.kind == "f" else v for k, v in fields.items()}
