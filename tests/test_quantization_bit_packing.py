"""Codes in bytes: the first in the lowest bits, and nothing lost."""

import numpy as np
import pytest

from lecture_lib.quantization.bit_packing import packed_bits, unpacked_bits


def as_bits(codes, bits):
    """The same as one long number, the slow way."""
    number = sum(int(code) << (bits * place) for place, code in enumerate(codes))
    return list(number.to_bytes(len(codes) * bits // 8, "little"))


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize(("rows", "words"), [(1, 1), (3, 4), (2, 0), (0, 2)])
def test_codes_lie_as_in_one_long_number(bits, rows, words):
    codes = np.random.default_rng(bits).integers(0, 2**bits, (rows, 8 * words), dtype=np.uint8)
    stored = packed_bits(codes, bits)
    assert stored.dtype == np.uint8
    assert stored.shape == (rows, words * bits)
    assert [list(row) for row in stored] == [as_bits(row, bits) for row in codes]
    assert np.array_equal(unpacked_bits(stored, bits), codes)


def test_by_hand():
    assert list(packed_bits(np.uint8([[1, 2, 15, 0]]), 4)[0]) == [0x21, 0x0F]
    assert list(packed_bits(np.uint8([[1, 2, 3, 0]]), 6)[0]) == [0b10_000001, 0b0011_0000, 0]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: packed_bits(np.zeros((1, 3), np.uint8), 4), "3 codes of 4 bits do not fill"),
        (lambda: packed_bits(np.zeros((1, 8), np.uint8), 9), "1 to 8 bits can be packed, not of 9"),
        (lambda: unpacked_bits(np.zeros((1, 4), np.uint8), 6), "lie in 3 bytes, and 4 are"),
    ],
)
def test_what_does_not_fit_is_refused(ask, words):
    with pytest.raises(ValueError, match=words):
        ask()
