"""Integer grids: what each code stands for, what sharing a scale costs, and what is refused."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_lib.quantization.errors import relative_rmse
from lecture_lib.quantization.rounding import Grid, Steps

NORMAL = np.random.default_rng(1).normal(size=(24, 64)).astype(np.float32)
SPIKED = NORMAL.copy()
SPIKED[3, 17] = 3000  # one weight, thousands of times the others
EVERY = [
    Grid(bits, symmetric, group, clip, scale_bits)
    for bits in (2, 4, 8)
    for symmetric in (True, False)
    for group in ("tensor", "row", "column", 16)
    for clip in (1.0, 0.7)
    for scale_bits in (16, 32)
]


def test_a_symmetric_grid_by_hand():
    """The largest, 0.7, becomes 7; halves go to the even code: 0.25 is 2.5 steps, 0.35 is 3.5."""
    rounded = Grid(4, scale_bits=32).quantize([[7.0, -1.0, 2.5, 3.5, 0.2]])
    assert rounded.codes.tolist() == [[7, -1, 2, 4, 0]]
    assert rounded.steps.scale.tolist() == [[1]]
    assert rounded.restored.tolist() == [[7, -1, 2, 4, 0]]


def test_an_asymmetric_grid_by_hand():
    """From −3 to 12 in 15 steps: the codes 0 to 15, of which 3 stands for zero."""
    rounded = Grid(4, symmetric=False, scale_bits=32).quantize([[-3.0, 12.0, 0.0, 4.4]])
    assert rounded.codes.tolist() == [[0, 15, 3, 7]]
    assert rounded.steps.zero.tolist() == [[3]]
    assert rounded.restored.tolist() == [[-3, 12, 0, 4]]


def test_values_of_one_sign_keep_their_zero():
    assert Grid(2, symmetric=False).rounded([[3.0, 2.0]]).tolist() == [[3, 2]]
    assert Grid(2, symmetric=False).rounded([[-3.0, -2.0]]).tolist() == [[-3, -2]]


def test_one_bit_tells_the_ends_apart():
    assert Grid(1, symmetric=False).quantize([[0.0, 0.4, 0.6, 1.0]]).codes.tolist() == [
        [0, 0, 1, 1]
    ]


@pytest.mark.parametrize("grid", EVERY, ids=str)
def test_no_value_within_the_range_moves_by_more_than_half_a_step(grid):
    rounded = grid.quantize(NORMAL)
    grouped, axes = grid.in_groups(NORMAL)
    high = grouped.max(axis=axes, keepdims=True)
    low = grouped.min(axis=axes, keepdims=True)
    if grid.symmetric:
        high = np.maximum(high, -low)
        low = -high
    reach = grid.clip * (1 - 2e-3)  # a scale of 16 bits may be that much short
    inside = (grouped <= reach * high) & (grouped >= reach * low)
    moved = np.abs(grid.in_groups(rounded.restored)[0] - grouped)
    assert inside.mean() > 0.5
    # half a step, and as much again of the zero point, which is rounded too, beside the ends
    most = (0.5 if grid.symmetric else 1.01) * rounded.steps.scale * (1 + 1e-4)
    assert (moved <= most + 1e-6)[inside].all()


@pytest.mark.parametrize("grid", EVERY, ids=str)
def test_codes_stay_within_their_bits_and_rounding_again_changes_nothing(grid):
    rounded = grid.quantize(SPIKED)
    assert grid.lowest <= rounded.codes.min() <= rounded.codes.max() <= grid.highest
    assert rounded.codes.dtype.itemsize == 1
    again = grid.quantize(rounded.restored, steps=rounded.steps)
    assert np.array_equal(again.codes, rounded.codes)


@given(st.integers(2, 16), st.integers(0, 99), st.floats(1e-3, 1e3))
def test_a_symmetric_grid_treats_both_signs_alike_and_no_size_apart(bits, seed, size):
    values = np.random.default_rng(seed).normal(size=(2, 8)).astype(np.float32)
    grid = Grid(bits, scale_bits=32)
    codes = grid.quantize(values).codes
    assert np.array_equal(grid.quantize(-values).codes, -codes)
    moved = np.abs(grid.quantize(values * np.float32(size)).codes.astype(int) - codes)
    assert moved.max() <= 1  # a last bit of the scale may decide a tie


@pytest.mark.parametrize(
    ("grid", "scales", "bits"),
    [
        (Grid(4, group="tensor"), 1, 4 + 16 / 1536),
        (Grid(4, group="row"), 24, 4 + 16 / 64),
        (Grid(4, group="column"), 64, 4 + 16 / 24),
        (Grid(4, group=32), 48, 4.5),
        (Grid(4, group=32, scale_bits=32), 48, 5.0),
        (Grid(4, symmetric=False, group=32), 48, 4 + 20 / 32),
        (Grid(3, symmetric=False, group=16, scale_bits=32), 96, 3 + 35 / 16),
    ],
)
def test_stored_bits_count_scales_and_zero_points(grid, scales, bits):
    rounded = grid.quantize(NORMAL)
    assert rounded.steps.scale.size == scales
    assert rounded.bits_per_weight == pytest.approx(bits, rel=1e-15)


def test_columns_are_shared_by_all_rows_of_a_batch():
    assert Grid(4, group="column").steps(NORMAL.reshape(4, 6, 64)).scale.shape == (1, 1, 64)


def test_a_group_of_128_with_a_scale_of_16_bits_stores_4_125():
    assert Grid(4, group=128).quantize(np.ones((2, 256))).bits_per_weight == 4.125


def test_an_outlier_costs_those_that_share_its_scale():
    """By tensor the spike leaves nothing of the rest, by row it takes its row, in groups a part."""
    lost = {}
    others = np.abs(SPIKED) < 100
    for group in ("tensor", "row", 16):
        restored = Grid(8, group=group, scale_bits=32).rounded(SPIKED)
        lost[group] = (restored == 0)[others].mean()
    assert lost["tensor"] == 1
    assert 1 / 24 < lost["row"] < 0.06
    assert lost[16] < 0.02


def test_scales_are_kept_in_their_bits():
    half = Grid(4).quantize(NORMAL).steps.scale
    assert np.array_equal(half, half.astype(np.float16))
    exact = Grid(4, scale_bits=32).quantize(NORMAL).steps.scale
    assert np.array_equal(exact[:, 0], np.abs(NORMAL).max(axis=1) / np.float32(7))
    assert np.abs(half / exact - 1).max() < 2**-11


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("bits", [2, 3, 4])
def test_the_clip_of_least_error_is_not_beaten_by_any_share(bits, symmetric):
    best = Grid(bits, symmetric, 32, clip="mse").rounded(NORMAL)
    errors = [
        np.square(Grid(bits, symmetric, 32, clip=share).rounded(NORMAL) - NORMAL)
        for share in np.linspace(0.2, 1, 41)
    ]
    by_group = [error.reshape(24, 2, 32).sum(axis=2) for error in errors]
    own = np.square(best - NORMAL).reshape(24, 2, 32).sum(axis=2)
    assert np.allclose(own, np.min(by_group, axis=0), rtol=1e-5)
    assert own.sum() < 0.95 * by_group[-1].sum()


def test_stochastic_rounding_is_right_on_average_and_nearest_rounding_is_not():
    """2.3 steps become 2 or 3, and 2.3 in the mean of many; 7 lies on a code and stays there."""
    values = np.tile(np.float32([7, 2.3, -0.4, 0]), (20_000, 1))
    grid = Grid(4, scale_bits=32)
    codes = grid.quantize(values, rng=np.random.default_rng(2)).codes
    assert set(codes[:, 1]) == {2, 3}
    assert set(codes[:, 0]) == {7}
    # Three and a half standard deviations of the mean: sqrt(0.3 · 0.7 / 20,000) · 3.5
    assert codes.mean(axis=0) == pytest.approx([7, 2.3, -0.4, 0], abs=0.0115)
    assert grid.quantize(values).codes.mean(axis=0).tolist() == [7, 2, 0, 0]


def test_the_same_generator_gives_the_same_codes():
    one, other = (Grid(3).quantize(NORMAL, rng=np.random.default_rng(5)).codes for _ in range(2))
    assert np.array_equal(one, other)


def test_steps_found_before_cut_off_what_they_did_not_expect():
    grid = Grid(8, group="tensor", scale_bits=32)
    steps = grid.steps(NORMAL)
    assert np.abs(grid.rounded(SPIKED, steps=steps)).max() == pytest.approx(np.abs(NORMAL).max())
    assert grid.quantize(NORMAL[:2] * 1e38, steps=steps).codes.max() == 127
    assert relative_rmse(NORMAL[:5], grid.rounded(NORMAL[:5], steps=steps)) < 0.02


def test_zeros_and_numbers_too_small_for_a_scale_become_zero():
    assert not Grid(4).rounded(np.zeros((2, 4))).any()
    assert not Grid(4).rounded(np.full((2, 4), 1e-9)).any()
    assert Grid(4, scale_bits=32).rounded([[1e-9, 0]])[0, 0] == pytest.approx(1e-9)


def test_nothing_passed_is_changed_and_nothing_found_can_be():
    values = NORMAL.copy()
    values.flags.writeable = False
    rounded = Grid(4, group=16).quantize(values.T.copy().T)
    with pytest.raises(FrozenInstanceError):
        rounded.codes = None
    assert np.array_equal(values, NORMAL)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"bits": 1}, "a symmetric grid has 2 to 16 whole bits, not 1"),
        ({"bits": 17}, "2 to 16 whole bits, not 17"),
        ({"bits": 4.0}, "not 4.0"),
        ({"bits": 0, "symmetric": False}, "an asymmetric grid has 1 to 16 whole bits, not 0"),
        ({"bits": 4, "group": "token"}, "tensor, row, column.*not 'token'"),
        ({"bits": 4, "group": 0}, "not 0"),
        ({"bits": 4, "group": 1.5}, "not 1.5"),
        ({"bits": 4, "clip": 0}, "above 0 and at most 1"),
        ({"bits": 4, "clip": 1.1}, "not 1.1"),
        ({"bits": 4, "clip": "best"}, "not 'best'"),
        ({"bits": 4, "scale_bits": 8}, "16 or 32"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        Grid(**wrong)


@pytest.mark.parametrize(
    ("grid", "values", "words"),
    [
        (Grid(4, group=32), np.ones((2, 48)), "groups of 32 do not divide a row of 48"),
        (Grid(4), [[1, np.nan]], r"INT4 has no code for nan, found at \(0, 1\)"),
        (Grid(4), [[np.inf]], "no code for inf"),
        (Grid(4), 3.0, r"rounds rows of values, not shape \(\)"),
        (Grid(4), np.ones((0, 4)), r"not shape \(0, 4\)"),
        (Grid(2), [[1e6]], "longer than a float of 16 bits; take scale_bits=32"),
        (Grid(2, False, scale_bits=32), [[3e38, -3e38]], "longer than a float of 32 bits"),
    ],
)
def test_values_that_cannot_be_rounded_are_refused(grid, values, words):
    with pytest.raises(ValueError, match=words):
        grid.quantize(values)


@pytest.mark.parametrize(
    ("grid", "sample", "values"),
    [
        (Grid(8), (3, 8), (4, 8)),
        (Grid(8, group=4), (1, 8), (1, 12)),
        (Grid(8, group="column"), (5, 3, 8), (3, 8)),
    ],
)
def test_steps_of_other_values_must_fit(grid, sample, values):
    with pytest.raises(ValueError, match="do not fit values of shape"):
        grid.quantize(np.ones(values), steps=grid.steps(np.ones(sample)))


def test_steps_are_arrays_that_can_be_set_by_hand():
    steps = Steps(np.float32([[0.5]]), np.float32([[0]]))
    assert Grid(4).rounded([[0.6, 9]], steps=steps).tolist() == [[0.5, 3.5]]
