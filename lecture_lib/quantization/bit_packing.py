"""Codes of a few bits, packed into bytes without gaps: the first code in the lowest bits."""

from math import gcd

import numpy as np


def packed_bits(codes, bits: int) -> np.ndarray:
    """The codes [rows, n] as uint8 [rows, n × bits / 8]; each must be below 2^bits.

    As many codes as fill whole bytes form a word: two of 4 bits a byte, four of 6 bits three.
    ValueError if the codes of a row do not fill whole bytes.
    """
    rows, count = codes.shape
    group = _codes_in_a_word(bits)
    if count % group:
        raise ValueError(
            f"{count} codes of {bits} bits do not fill whole bytes; pack {group} or a multiple"
        )
    parts = codes.reshape(rows, count // group, group).astype("<u8") << _places(group, bits)
    words = np.bitwise_or.reduce(parts, axis=-1, keepdims=True)
    stored = words.view(np.uint8)[..., : group * bits // 8]  # the lowest byte comes first
    return stored.reshape(rows, count * bits // 8)


def unpacked_bits(stored, bits: int) -> np.ndarray:
    """The codes [rows, n] in uint8 [rows, n × bits / 8]. ValueError for a word cut short."""
    rows, length = stored.shape
    group = _codes_in_a_word(bits)
    size = group * bits // 8
    if length % size:
        raise ValueError(
            f"{group} codes of {bits} bits lie in {size} bytes, and {length} are no multiple of "
            "that; pass whole rows"
        )
    parts = stored.reshape(rows, length // size, size).astype(np.uint64) << _places(size, 8)
    words = np.bitwise_or.reduce(parts, axis=-1, keepdims=True)
    codes = (words >> _places(group, bits)).astype(np.uint8) & np.uint8(2**bits - 1)
    return codes.reshape(rows, length // size * group)


def _codes_in_a_word(bits: int) -> int:
    if not 1 <= bits <= 8:
        raise ValueError(f"codes of 1 to 8 bits can be packed, not of {bits}")
    return 8 // gcd(8, bits)


def _places(count: int, width: int) -> np.ndarray:
    """How far each of so many neighbours is shifted."""
    return (width * np.arange(count)).astype(np.uint64)
