"""Codes of a few bits, packed into bytes without gaps: the first code in the lowest bits."""

from math import gcd

import numpy as np


def packed_bits(codes, bits: int) -> np.ndarray:
    """The codes [rows, n] as uint8 [rows, n × bits / 8]; each must be below 2^bits.

    As many codes as fill whole bytes form a word: two of 4 bits a byte, four of 6 bits three.
    ValueError if the codes of a row do not fill whole bytes.
    """
    group = _codes_in_a_word(codes.shape[-1], bits)
    words = codes.reshape(len(codes), -1, group).astype("<u4") << _places(group, bits)
    words = np.bitwise_or.reduce(words, axis=-1)
    in_bytes = words[..., None].view(np.uint8)[..., : group * bits // 8]
    return in_bytes.reshape(len(codes), -1)


def unpacked_bits(stored, bits: int) -> np.ndarray:
    """The codes [rows, n] in uint8 [rows, n × bits / 8]. ValueError for a code cut short."""
    count = stored.shape[-1] * 8 // bits
    group = _codes_in_a_word(count, bits)
    size = group * bits // 8
    if count * bits != stored.shape[-1] * 8:
        raise ValueError(f"{stored.shape[-1]} bytes hold no whole number of {bits}-bit codes")
    parts = stored.reshape(len(stored), -1, size).astype(np.uint32) << _places(size, 8)
    words = np.bitwise_or.reduce(parts, axis=-1)
    codes = (words[..., None] >> _places(group, bits)) & (2**bits - 1)
    return codes.reshape(len(stored), count).astype(np.uint8)


def _codes_in_a_word(count: int, bits: int) -> int:
    if not 1 <= bits <= 8:
        raise ValueError(f"codes of 1 to 8 bits can be packed, not of {bits}")
    group = 8 // gcd(8, bits)
    if count % group:
        raise ValueError(
            f"{count} codes of {bits} bits do not fill whole bytes; pack {group} or a multiple"
        )
    return group


def _places(count: int, width: int) -> np.ndarray:
    """How far each of so many neighbours is shifted."""
    return (width * np.arange(count)).astype(np.uint32)
