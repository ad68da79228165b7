"""A block format's manners: shapes, and a clear sentence for what cannot be stored."""

import numpy as np
import pytest

from lecture_lib.quantization.blocks import BlockFormat

# Two weights in a byte: whole numbers from 0 to 15.
NIBBLES = BlockFormat(
    "nibbles",
    2,
    1,
    lambda x: (x[:, :1] + 16 * x[:, 1:]).astype(np.uint8),
    lambda b: np.hstack([b & 15, b >> 4]).astype(np.float32),
)
READ_ONLY = BlockFormat("read only", 2, 1, None, NIBBLES.unpack)


def test_what_was_stored_comes_back_in_its_shape():
    values = np.arange(12.0).reshape(2, 1, 6)
    assert NIBBLES.quantize(values).shape == (2, 1, 3)
    assert np.array_equal(NIBBLES.rounded(values), values)
    assert NIBBLES.rounded(values).dtype == np.float32
    assert NIBBLES.bits_per_weight == 4


@pytest.mark.parametrize("shape", [(0,), (0, 4), (3, 0)])
def test_nothing_is_stored_in_nothing(shape):
    assert NIBBLES.rounded(np.zeros(shape)).shape == shape


def test_arrays_that_are_read_only_or_not_contiguous_are_read_and_left_alone():
    values = np.arange(16.0).reshape(4, 4)
    values.flags.writeable = False
    assert np.array_equal(NIBBLES.rounded(values.T), values.T)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros(5), "blocks of 2 weights, and a row of 5 does not divide"),
        (3.0, "a single number"),
        ([1, np.nan], r"no code for nan, found at \(1,\)"),
        ([[1, 2], [np.inf, 0]], r"no code for inf, found at \(1, 0\)"),
        ([1e300, 0], r"no code for 1e\+300"),
        (["a", "b"], "real numbers, not <U1"),
        (np.zeros(2, complex), "real numbers, not complex128"),
        (np.zeros(2, bool), "real numbers, not bool"),
    ],
)
def test_what_cannot_be_stored_is_refused(values, words):
    with pytest.raises(ValueError, match=words):
        NIBBLES.quantize(values)


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (np.zeros(2), "stored as uint8, not float64"),
        (np.uint8(3), "a single number"),
    ],
)
def test_what_cannot_be_read_is_refused(stored, words):
    with pytest.raises(ValueError, match=words):
        NIBBLES.dequantize(stored)


def test_bytes_of_half_a_block_are_refused():
    pairs = BlockFormat("pairs", 2, 2, None, lambda stored: stored.astype(np.float32))
    with pytest.raises(
        ValueError, match=r"blocks of 2 bytes, and a row of 3 .*; pass whole blocks"
    ):
        pairs.dequantize(np.zeros(3, np.uint8))


def test_a_format_that_is_only_read_says_so():
    with pytest.raises(ValueError, match="read but not written"):
        READ_ONLY.quantize([1, 2])
    assert np.array_equal(READ_ONLY.dequantize(np.uint8([0x21])), [1, 2])
