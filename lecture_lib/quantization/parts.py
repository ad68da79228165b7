"""What the bits of a block mean: where each scale, sign and value lies, and whose it is.

A format packs and unpacks with fast arithmetic on whole bytes. Its parts say the same bit by bit: a
picture of a block is drawn from them, and a test reads blocks by them and must find the same.
"""

from dataclasses import dataclass

import numpy as np

MEANINGS = ("sign", "exponent", "mantissa", "scale", "minimum", "value")


@dataclass(frozen=True, eq=False)
class Part:
    """One kind of number in a block, such as its scales: entries of equal width.

    Bit k of byte b has the number 8 b + k, and bit 0 counts one.
    """

    name: str
    meaning: str  # one of MEANINGS
    bits: np.ndarray  # int [entries, width]: the numbers of an entry's bits, the lowest first
    weights: np.ndarray  # int [entries, served]: the weights of the block that an entry serves

    def read(self, blocks) -> np.ndarray:
        """The entries as whole numbers without sign, int64 [blocks, entries], of uint8 blocks."""
        bits = np.unpackbits(np.asarray(blocks, np.uint8), axis=-1, bitorder="little")
        return bits[:, self.bits].astype(np.int64) @ (1 << np.arange(self.bits.shape[1]))


def part(name: str, meaning: str, bits, weights: int) -> Part:
    """A part whose entries serve equal runs of the block's weights, one run after the other."""
    bits = np.asarray(bits)
    return Part(name, meaning, bits, np.arange(weights).reshape(len(bits), -1))
