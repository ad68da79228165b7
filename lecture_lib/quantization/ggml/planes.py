"""How codes of a few bits share bytes: ggml deals them out in runs.

A byte has room for two codes of 4 bits, and the two are not neighbours: with a run of 16, byte 0
holds codes 0 and 16, byte 1 holds codes 1 and 17. So one instruction takes the low halves of 16
bytes and has 16 neighbouring codes at once. A code of 3, 5 or 6 bits is cut, and its low and its
high bits lie in planes of their own.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Plane:
    """Some bits of every code, all in one field of the block.

    The codes are dealt in groups. A group fills `run` bytes: its first `run` codes take the lowest
    bits of these bytes, the next `run` codes the bits above, until the bytes are full.
    """

    field: str
    bits: int  # 1, 2, 4 or 8 of each code
    run: int

    def pack(self, codes) -> np.ndarray:
        """The bytes [bytes, blocks] that hold the lowest bits of uint8 codes [codes, blocks]."""
        sharing = 8 // self.bits
        groups = codes.reshape(-1, sharing, self.run, codes.shape[-1])
        groups = groups & np.uint8(2**self.bits - 1)
        while sharing > 1:  # the second half goes above the first
            sharing //= 2
            groups = groups[:, :sharing] | groups[:, sharing:] << (self.bits * sharing)
        return groups.reshape(-1, codes.shape[-1])

    def unpack(self, stored) -> np.ndarray:
        """The bits of the codes, uint8 [codes, blocks], from the bytes [bytes, blocks]."""
        sharing = 8 // self.bits
        groups = stored.reshape(-1, self.run, stored.shape[-1])
        codes = np.empty((len(groups), sharing, *groups.shape[1:]), np.uint8)
        for place in range(sharing):
            np.right_shift(groups, self.bits * place, out=codes[:, place])
        if self.bits < 8:
            codes &= 2**self.bits - 1
        return codes.reshape(-1, stored.shape[-1])

    def places(self, block: np.dtype) -> np.ndarray:
        """Where the bits of each code lie in the block, int [codes, bits], the lowest first."""
        kind, first = block.fields[self.field][:2]
        code = np.arange(kind.itemsize * 8 // self.bits)
        group, place, within = np.unravel_index(
            code, (kind.itemsize // self.run, 8 // self.bits, self.run)
        )
        byte = first + group * self.run + within
        return (8 * byte + self.bits * place)[:, None] + np.arange(self.bits)


def split(codes, *planes: Plane) -> dict[str, np.ndarray]:
    """The codes, uint8 [codes, blocks], cut into planes from the lowest bits up: field to bytes."""
    cut = {}
    for plane in planes:
        cut[plane.field] = plane.pack(codes)
        codes = codes >> plane.bits if plane.bits < 8 else codes
    return cut


def joined(stored, *planes: Plane) -> np.ndarray:
    """The codes, uint8 [codes, blocks], put together again from the fields of a block."""
    low, *higher = planes
    codes, width = low.unpack(stored[low.field]), low.bits
    for plane in higher:
        codes |= plane.unpack(stored[plane.field]) << width
        width += plane.bits
    return codes


def places(block: np.dtype, *planes: Plane) -> np.ndarray:
    """Where the bits of each code lie when several planes hold them, int [codes, width]."""
    return np.hstack([plane.places(block) for plane in planes])


def whole(block: np.dtype, field: str) -> np.ndarray:
    """Where the bits of each number of a field lie when nothing is cut, int [numbers, width]."""
    kind, first = block.fields[field][:2]
    width = 8 * kind.base.itemsize
    return 8 * first + np.arange(8 * kind.itemsize).reshape(-1, width)
