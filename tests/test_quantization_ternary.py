"""Ternary weights: rounding, bytes, and products that only add and equal the dense one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_lib import catalog
from lecture_lib.quantization.ternary import (
    FIVE_IN_A_BYTE,
    INFORMATION,
    Additions,
    absmax_per_token,
    absmean,
    additions,
    dense_product,
    entropy,
    four_in_a_byte,
    information,
    least_squares,
    packed_trits,
    sum_product,
    sum_table,
    table_product,
    unpacked_trits,
)


def matrix(outputs=48, inputs=512, seed=0):
    return (np.random.default_rng(seed).standard_normal((outputs, inputs)) * 0.02).astype("f4")


def test_absmean_is_the_papers():
    """arXiv:2402.17764, equations 1 to 3, in float64."""
    weights = matrix()
    trits, gamma = absmean(weights)
    exact = np.abs(weights.astype(float)).mean()
    assert gamma == np.float32(exact)
    assert np.array_equal(trits, np.maximum(-1, np.minimum(1, np.round(weights / exact))))
    assert trits.dtype == np.int8


def test_absmean_by_hand():
    trits, gamma = absmean([[1, -3, 0.9, -1.1, 4, 2]])  # the mean magnitude is 2; 1 is a tie
    assert (list(trits[0]), gamma) == ([0, -1, 0, -1, 1, 1], 2)
    assert not absmean(np.zeros((2, 3)))[0].any()
    assert list(absmean([3e38, *[0] * 99])[0][:2]) == [1, 0]


def test_half_of_an_ordinary_matrix_is_lost():
    """Weights that were not trained to be ternary: a relative error of .51 if they are normal."""
    weights = matrix()
    trits, gamma = absmean(weights)
    error = np.sqrt(((trits * gamma - weights) ** 2).sum() / (weights**2).sum())
    assert error == pytest.approx(0.513, abs=0.005)


def test_activations_keep_a_scale_for_each_token():
    tokens = np.float32([[1, -2, 0.5, 0], [0, 0, 0, 0], [3e38, -3e38, 1, 0], [1e-45, 0, 0, 0]])
    whole, scales = absmax_per_token(tokens)
    assert list(whole[0]) == [64, -127, 32, 0]  # 63.5 and 31.75
    assert list(whole[2]) == [127, -127, 0, 0]
    assert (whole.dtype, scales.shape) == (np.int8, (4, 1))
    assert (np.abs(whole * scales.astype(float) - tokens) <= scales * 0.5001).all()
    assert absmax_per_token(tokens.reshape(2, 2, 4))[1].shape == (2, 2, 1)


def test_the_three_products_are_one():
    trits, _ = absmean(matrix(33, 203))
    tokens, _ = absmax_per_token(np.random.default_rng(1).standard_normal((7, 203)))
    exact = [
        [sum(t * x for t, x in zip(row, token, strict=True)) for row in trits.tolist()]
        for token in tokens.tolist()
    ]
    for product in (dense_product, sum_product, table_product):
        assert np.array_equal(product(trits, tokens), exact)


@given(st.integers(0, 4), st.integers(0, 12), st.integers(0, 3), st.integers(0, 2**32 - 1))
def test_the_products_agree_in_any_shape(outputs, inputs, tokens, seed):
    draw = np.random.default_rng(seed)
    trits = draw.integers(-1, 2, (outputs, inputs))
    activations = draw.integers(-128, 128, (tokens, inputs), dtype=np.int8)
    dense = dense_product(trits, activations)
    assert dense.shape == (tokens, outputs)
    assert np.array_equal(sum_product(trits, activations), dense)
    assert np.array_equal(table_product(trits, activations), dense)


def test_a_stored_byte_is_its_place_in_the_table():
    five = np.array([[3, -5, 7, 11, 100]])
    every = unpacked_trits(np.arange(243, dtype=np.uint8)[:, None])
    assert np.array_equal(sum_table(five)[0], every @ five[0])


def test_additions_are_counted():
    trits = np.array([[1, 0, -1, 0, 0, 1], [0, 0, 0, 0, 0, 0]])
    assert additions(trits) == Additions(dense=12, summing=3, tables=2 * 242, looking_up=4)
    assert additions(trits).saved == 0.75
    assert additions(np.zeros((0, 5))).saved == 0
    layer = absmean(matrix(512, 512))[0]
    count = additions(layer)
    assert count.saved == (layer == 0).mean()
    assert count.tables + count.looking_up < count.summing < count.dense


def test_filling_a_table_takes_the_additions_that_are_counted():
    made = 0
    for _ in range(5):  # three copies of the table, one of which needs none
        made += 2 * (made + 1)
    assert made == additions(np.zeros((1, 5))).tables


def test_information():
    assert abs(INFORMATION - 1.58496) < 1e-5
    assert entropy([-1, 0, 1]) == pytest.approx(INFORMATION)
    assert entropy([0, 0, 1, 1, 0, 1]) == 1
    assert entropy([0, 0]) == entropy([]) == 0
    assert 1.5 < entropy(absmean(matrix())[0]) < INFORMATION


def test_trits_come_back_from_their_bytes():
    trits = np.random.default_rng(2).integers(-1, 2, (7, 60)).astype(np.int8)
    assert packed_trits(trits).shape == (7, 12)
    assert np.array_equal(unpacked_trits(packed_trits(trits)), trits)
    assert list(packed_trits([[-1] * 5, [1] * 5, [1, 0, 0, 0, 0]]).ravel()) == [0, 242, 122]
    assert packed_trits(np.zeros((2, 0))).shape == (2, 0)
    assert unpacked_trits(packed_trits(np.zeros((0, 10)))).shape == (0, 10)


@pytest.mark.parametrize("scale", [0.017, 1.0, 60000])
def test_ternary_weights_come_back_from_either_container(scale):
    trits = np.random.default_rng(3).integers(-1, 2, (5, 512))
    trits[0, :256] = 0
    scale = np.float32(np.float16(scale))
    weights = trits * scale
    for format in (FIVE_IN_A_BYTE, four_in_a_byte(scale)):
        assert np.array_equal(format.rounded(weights), weights)
        assert format.rounded(weights[:0]).shape == (0, 512)


def test_a_container_rounds_its_scale_to_fp16():
    trits, gamma = absmean(matrix(1, 256))
    assert np.array_equal(
        FIVE_IN_A_BYTE.rounded(trits * gamma), trits * np.float32(np.float16(gamma))
    )


def test_what_it_takes_as_stored():
    """2.53 times less than 4 bits would be 4 / 1.58: information over a nominal width."""
    stored = {
        "five": FIVE_IN_A_BYTE.bits_per_weight,
        "four": four_in_a_byte(1).bits_per_weight,
        "TQ2_0": catalog.weight_format("TQ2_0").bits_per_weight,
        "information": INFORMATION,
    }
    assert stored["five"] == catalog.weight_format("TQ1_0").bits_per_weight == 1.6875
    assert stored["four"] == catalog.weight_format("I2_S").bits_per_weight == 2
    q4 = catalog.weight_format("Q4_0").bits_per_weight
    assert [round(q4 / bits, 2) for bits in stored.values()] == [2.67, 2.25, 2.18, 2.84]
    assert [round(4 / bits, 2) for bits in stored.values()] == [2.37, 2.0, 1.94, 2.52]
    assert round(4 / 1.58, 2) == 2.53


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: absmean([]), "of no weights is no number"),
        (lambda: absmean([np.nan]), "no code for nan"),
        (lambda: absmax_per_token([[np.inf]]), "no code for inf"),
        (lambda: absmax_per_token(3.0), "tokens need a width"),
        (lambda: absmax_per_token(np.zeros((2, 0))), "tokens need a width"),
        (lambda: entropy([2]), "a trit is -1, 0 or 1"),
        (lambda: entropy([0.5]), "a trit is -1, 0 or 1"),
        (lambda: packed_trits([["a"]]), "a trit is -1, 0 or 1"),
        (lambda: packed_trits(np.zeros((1, 6))), "6 trits do not fill bytes of five"),
        (lambda: unpacked_trits([1.0]), "uint8 .rows, n. below 243"),
        (lambda: unpacked_trits(np.uint8([[243]])), "uint8 .rows, n. below 243"),
        (lambda: FIVE_IN_A_BYTE.quantize(matrix(1, 256)), "round nothing; take absmean"),
        (lambda: FIVE_IN_A_BYTE.quantize(np.full(256, 7e4)), "in FP16, which has no 70000.0"),
        (lambda: FIVE_IN_A_BYTE.quantize(np.full(256, 1e-9)), "in FP16, which has no 9.99.*e-10"),
        (lambda: four_in_a_byte(1).quantize([1, 0, -1, 2]), "round nothing; take absmean"),
        (lambda: four_in_a_byte(0), "a number above 0, not 0.0"),
        (lambda: four_in_a_byte(np.nan), "a number above 0, not nan"),
        (lambda: sum_product([[1, 0]], [[0.5, 1]]), "whole numbers here, not float64"),
        (lambda: table_product([[1, 0]], [[1, 2, 3]]), r"shapes \(1, 2\) and \(1, 3\)"),
        (lambda: dense_product([[1, 0]], [1, 2]), r"shapes \(1, 2\) and \(2,\)"),
        (lambda: additions([1, 0]), r"as a matrix \[rows, n\], and these have the shape \(2,\)"),
    ],
)
def test_what_cannot_be_is_refused(ask, words):
    with pytest.raises(ValueError, match=words):
        ask()


def test_arrays_that_are_read_only_or_strided_are_read_and_left_alone():
    weights = matrix()
    weights.flags.writeable = False
    assert np.array_equal(absmean(weights.T)[0], absmean(weights)[0].T)
    trits = absmean(weights)[0]
    tokens = absmax_per_token(matrix(512, 6, seed=5))[0]
    trits.flags.writeable = tokens.flags.writeable = False
    assert np.array_equal(table_product(trits, tokens.T), dense_product(trits, tokens.T))


def test_no_three_values_err_less_than_least_squares():
    weights = matrix()
    trits, scale = least_squares(weights)
    error = np.sqrt(((trits * scale - weights) ** 2).sum() / (weights**2).sum())
    # the best three-level quantizer of a normal variable: distortion 0.1902 (Max, 1960, table I)
    assert error == pytest.approx(np.sqrt(0.1902), abs=0.005)
    small = np.random.default_rng(1).standard_normal(40).astype("f4")
    mine, unit = least_squares(small)
    least = ((mine * unit - small) ** 2).sum()
    for threshold in np.linspace(0.05, 2, 60):
        others = np.where(abs(small) > threshold, np.sign(small), 0)
        for other in np.linspace(0.2, 2.5, 60):
            assert ((others * other - small) ** 2).sum() >= least * (1 - 1e-6)


def test_least_squares_by_hand():
    trits, scale = least_squares([[4, -3.5, 0.25, 0]])
    assert (list(trits[0]), scale) == ([1, -1, 0, 0], np.float32(3.75))
    trits, scale = least_squares(np.zeros((2, 2)))
    assert (not trits.any(), scale) == (True, 0)
    with pytest.raises(ValueError, match="at least one"):
        least_squares([])


def test_information_is_the_entropy_of_trits_with_so_many_zeros():
    trits = np.repeat([0, 1, -1], [42, 29, 29])
    assert information(0.42) == pytest.approx(entropy(trits))
    assert information(1 / 3) == pytest.approx(INFORMATION)
    assert (information(1), information(0)) == (0, 1)
    # arXiv:2603.05168: about 42 % zeros
    assert 1 - information(0.42) / INFORMATION == pytest.approx(0.015, abs=5e-4)
    with pytest.raises(ValueError, match=r"from 0 to 1, and 1\.2 does not"):
        information(1.2)
