"""The arithmetic and the searches behind ggml's bytes, each by itself."""

import numpy as np
import pytest
from blocks_to_try import RESTLESS, of_every_kind, ordinary

from lecture_lib.quantization import ggml
from lecture_lib.quantization.ggml import fp4, k_centred, nonlinear
from lecture_lib.quantization.ggml.arithmetic import (
    half_away,
    in_order,
    inverse,
    largest,
    lowest,
    nearest_int,
)
from lecture_lib.quantization.ggml.planes import Plane, joined, split
from lecture_lib.quantization.ggml.search import one_block_in_steps, scale_in_steps


@pytest.mark.parametrize("blocks", [1, 2, 7, 300])
def test_sums_go_from_the_first_term_to_the_last(blocks):
    terms = ordinary(blocks, 32)
    expected = terms[0].copy()
    for term in terms[1:]:
        expected += term
    assert np.array_equal(in_order(terms), expected)


def test_the_first_of_equals_decides_and_zero_has_no_sign():
    x = np.float32([[1, -2, -0.0, 3], [-1, 2, 0, -4], [1, 1, -0.0, 4]])
    assert largest(x).tolist() == [1, -2, 0, -4]
    assert not np.signbit(largest(x)[2])
    zeros = np.float32([[0, -0.0], [-0.0, 0]])
    assert np.signbit(lowest(zeros)).tolist() == [False, True]


def test_ties_go_away_from_zero_or_to_even():
    below = np.nextafter(np.float32(0.5), np.float32(0))
    x = np.float32([0.5, -0.5, 1.5, 2.5, -2.5, below, -below, 126.5])
    assert half_away(x).tolist() == [1, -1, 2, 3, -3, 0, 0, 127]
    assert nearest_int(x).tolist() == [0, 0, 2, 2, -2, 0, 0, 126]


def test_beyond_its_range_the_trick_of_c_goes_wrong_in_the_same_way():
    with np.errstate(invalid="ignore"):
        found = nearest_int(np.float32([2**22 - 1, 2**22, np.inf, -np.inf, np.nan]))
    assert found.tolist() == [2**22 - 1, -(2**22), -(2**22), -(2**22), 0]


def test_a_scale_too_small_has_no_inverse():
    with np.errstate(divide="ignore", over="ignore"):
        assert inverse(np.float32([0, 1e-39, 4, np.inf])).tolist() == [0, 0, 0.25, 0]


def test_many_blocks_move_their_codes_as_one_does():
    x = np.vstack([ordinary(16, 200), of_every_kind(16, 5)])
    x = x[(np.abs(x) > 1e-6).any(axis=1) & (np.abs(x) < 1e6).all(axis=1)]
    with np.errstate(all="ignore"):
        scales, codes = scale_in_steps(np.ascontiguousarray(x.T), 4)
        for k, block in enumerate(x):
            scale, expected = one_block_in_steps(block, 4)
            assert scale == scales[k]
            assert np.array_equal(expected, codes[:, k])


def test_codes_come_to_rest_after_five_rounds_at_the_latest():
    x = np.float32(RESTLESS)[:, None]
    _, five = scale_in_steps(x, 4)
    _, six = scale_in_steps(x, 4, rounds=6)
    assert not np.array_equal(five, six)
    assert np.array_equal(one_block_in_steps(x[:, 0], 4)[1], five[:, 0])


@pytest.mark.parametrize("k", range(-9, 10))
def test_each_of_the_nineteen_scales_of_q6_k_is_tried(k):
    """The weights but the farthest are whole numbers, in one of the scales alone."""
    x = np.float32([[32 + k / 10, *range(17, 32)]]).T
    scale, codes = k_centred.scale_by_squares(x, 32)
    assert scale == pytest.approx(-1, abs=0.01)
    assert np.array_equal(codes[1:], -x[1:])


def test_codes_of_a_block_whose_farthest_weight_is_positive_never_move():
    x = ordinary(16, 500)
    plain = np.rint(-4 * x.T / largest(x.T)).clip(-4, 3)
    _, codes = scale_in_steps(np.ascontiguousarray(x.T), 4)
    moved = (codes != plain).any(axis=0)
    assert moved.any()
    assert not moved[largest(x.T) > 0].any()


def test_no_scale_near_the_found_one_fits_better():
    """At 4 bits the search of Q4_K takes a tenth off the error of the obvious scale and minimum."""
    x = ordinary(256, 200)
    low, high = np.minimum(x.reshape(-1, 32).min(axis=1), 0), x.reshape(-1, 32).max(axis=1)
    scale = ((high - low) / 15)[:, None]
    obvious = np.rint((x.reshape(-1, 32) - low[:, None]) / scale) * scale + low[:, None]
    error = np.square(ggml.format("Q4_K").rounded(x) - x).mean()
    assert error < 0.9 * np.square(obvious.reshape(x.shape) - x).mean()


def test_the_table_of_halves_finds_the_nearest_level():
    x = np.linspace(-140, 140, 5001, dtype=np.float32)
    found = nonlinear.NEAREST_LEVEL[np.floor(2 * x).astype(int)]
    least = np.abs(x[:, None] - nonlinear.LEVELS).min(axis=1)
    assert np.array_equal(np.abs(x - found), least)


def test_codes_are_dealt_in_runs():
    codes = np.arange(32, dtype=np.uint8)[:, None]
    low, high = Plane("low", bits=4, run=16), Plane("high", bits=1, run=1)
    fields = split(codes, low, high)
    assert fields["low"][1, 0] == 1 | (17 & 15) << 4
    assert fields["high"][:, 0].tolist() == [0, 0, 255, 255]
    assert np.array_equal(joined(fields, low, high), codes)


def test_the_power_of_two_of_mxfp4_just_below_one_is_that_one():
    below = np.nextafter(np.float32(8), np.float32(0))
    with np.errstate(divide="ignore"):
        codes = fp4.e8m0_for(np.float32([8, below, 7.9, 4, 0]))
    assert codes.tolist() == [128, 128, 127, 127, 0]


def test_the_scales_of_nvfp4_jump_at_both_ends():
    scales = np.float32([247, 248, 300, 2**-6, 2**-6 * 0.99, 2**-10, 2**-10 * 0.99, 17, 17.1])
    found = 2 * fp4.half_of_ue4m3(fp4.ue4m3_for(scales))
    expected = [240, 448, 448, 2**-6, 7 / 512, 1 / 512, 0, 18, 18]
    assert found.tolist() == expected
