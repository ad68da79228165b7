"""A fit finds the constants behind its rows, keeps to what can be, and knows where it ends."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_lib.estimates import Fit, estimate_time, fit_estimate, likely_times
from lecture_lib.roofline import Roof, Work

TOY = Roof("toy", peak_rate=100, bandwidth=10)


# by hand


def test_an_estimate_is_traffic_at_the_reached_bandwidth_plus_a_cost_per_layer():
    fit = Fit(bandwidth_share=0.5, seconds_per_layer=0.25, error=0, points=3)
    assert estimate_time(Work(0, 10), TOY, fit, layers=4) == 10 / 5 + 1


def test_a_small_model_counts_as_much_in_a_fit_as_one_a_thousand_times_its_size():
    traffic, layers = np.array([10.0, 20.0, 80.0]), np.array([4, 2, 9])
    seconds = np.array([3.1, 4.0, 19.0])
    larger = np.array([1000, 1, 1])
    fit = fit_estimate(traffic, layers, seconds, bandwidth=10)
    same = fit_estimate(traffic * larger, layers * larger, seconds * larger, bandwidth=10)
    assert same.bandwidth_share == pytest.approx(fit.bandwidth_share)
    assert same.seconds_per_layer == pytest.approx(fit.seconds_per_layer)


def test_the_error_of_a_fit_is_the_mean_of_how_far_its_estimates_are_off():
    traffic, layers = np.array([10.0, 20.0, 80.0]), np.array([4, 2, 9])
    seconds = np.array([3.1, 4.0, 19.0])
    fit = fit_estimate(traffic, layers, seconds, bandwidth=10)
    estimates = estimate_time(Work(0, traffic), TOY, fit, layers=layers)
    assert fit.error == pytest.approx(np.mean(np.abs(estimates / seconds - 1)))
    assert 0 < fit.error < 0.1


@given(st.integers(0, 1000))
def test_no_other_constants_fit_better_in_the_squares_of_relative_errors(seed):
    draw = np.random.default_rng(seed)
    traffic, layers = draw.uniform(1, 100, 6), draw.integers(1, 80, 6)
    seconds = (traffic / 6 + 0.02 * layers) * draw.uniform(0.7, 1.4, 6)
    fit = fit_estimate(traffic, layers, seconds, bandwidth=10)

    def squares(share, per_layer):
        return np.sum(((traffic / (share * 10) + per_layer * layers) / seconds - 1) ** 2)

    best = squares(fit.bandwidth_share, fit.seconds_per_layer)
    for share in (fit.bandwidth_share * np.array([0.99, 1, 1.01])).clip(max=1):
        for per_layer in (fit.seconds_per_layer + np.array([-1e-3, 0, 1e-3])).clip(min=0):
            assert best <= squares(share, per_layer) + 1e-12


def test_a_fit_finds_the_constants_behind_times_that_follow_them():
    traffic, layers = np.array([10.0, 20.0, 80.0, 40.0]), np.array([4, 2, 8, 1])
    seconds = traffic / (0.5 * 10) + 0.25 * layers
    fit = fit_estimate(traffic, layers, seconds, bandwidth=10)
    assert fit.bandwidth_share == pytest.approx(0.5)
    assert fit.seconds_per_layer == pytest.approx(0.25)
    assert fit.error == pytest.approx(0, abs=1e-12)
    assert fit.points == 4
    times = estimate_time(Work(0, traffic), TOY, fit, layers=layers)
    assert times.tolist() == pytest.approx(seconds.tolist())


def test_a_fit_never_gives_time_back_per_layer():
    traffic, layers = np.array([10.0, 20.0, 30.0]), np.array([1, 2, 9])
    fit = fit_estimate(traffic, layers, seconds=[1.0, 2.0, 2.0], bandwidth=20)
    assert fit.seconds_per_layer == 0
    # what is left is a weighted mean: cost = sum(x/t) / sum((x/t)**2) with x/t = 0.5, 0.5, 0.75
    assert fit.bandwidth_share == pytest.approx((0.25 + 0.25 + 0.5625) / 1.75)


def test_a_cost_of_each_sequence_is_found_beside_that_of_the_layers():
    traffic, layers = np.array([10.0, 20, 80, 40, 30]), np.array([4, 2, 8, 1, 9])
    sequences = np.array([1, 4, 2, 8, 16])
    seconds = traffic / (0.5 * 10) + (0.25 + 0.03 * sequences) * layers
    fit = fit_estimate(traffic, layers, seconds, bandwidth=10, sequences=sequences)
    assert fit.bandwidth_share == pytest.approx(0.5)
    assert (fit.seconds_per_layer, fit.seconds_per_sequence) == pytest.approx((0.25, 0.03))
    times = estimate_time(Work(0, traffic), TOY, fit, layers=layers, sequences=sequences)
    assert times == pytest.approx(seconds)


def test_a_fit_never_reads_faster_than_the_memory_can():
    traffic, layers = np.array([10.0, 20.0, 30.0]), np.array([1, 2, 9])
    fit = fit_estimate(traffic, layers, seconds=[1.0, 2.0, 2.0], bandwidth=10)
    assert fit.bandwidth_share == 1
    # with the share held, what is left to explain is 0, 0 and -0.5: no layer pays that
    assert fit.seconds_per_layer == 0


def test_a_fit_held_at_the_bandwidth_gives_the_rest_to_the_layers():
    traffic, layers = np.array([10.0, 20.0, 30.0]), np.array([1, 2, 1])
    seconds = traffic / 12 + 0.5 * layers  # as if the memory were a fifth faster than its sheet
    fit = fit_estimate(traffic, layers, seconds, bandwidth=10)
    ideal, each = traffic / 10 / seconds, layers / seconds
    assert fit.bandwidth_share == 1
    assert fit.seconds_per_layer == pytest.approx(each @ (1 - ideal) / (each @ each))


def test_eight_of_ten_rows_lie_within_the_likely_times():
    draw = np.random.default_rng(7)
    traffic, layers = draw.uniform(1, 100, 500), draw.integers(1, 80, 500)
    seconds = (traffic / 6 + 0.02 * layers) * draw.uniform(0.7, 1.4, 500)
    fit = fit_estimate(traffic, layers, seconds, bandwidth=10)
    low, high = likely_times(estimate_time(Work(0, traffic), TOY, fit, layers=layers), fit)
    assert np.mean((low <= seconds) & (seconds <= high)) == pytest.approx(0.8, abs=0.01)


def test_an_estimate_outside_its_rows_says_so_and_is_made_all_the_same():
    fit = fit_estimate([1e9, 2e9, 8e9], [4, 2, 9], [1, 2, 7], bandwidth=1e9, weight_bits=[4, 8, 16])
    inside = {"traffic": 2e9, "layers": 4, "bandwidth": 1e9, "weight_bits": 4}
    assert fit.covers(**inside)
    assert fit.beyond(**inside) == ""
    assert not fit.covers(**inside | {"layers": 80})
    assert fit.beyond(**inside | {"layers": 80, "traffic": 5e8}) == (
        "Outside the rows that the estimate knows: traffic 500 MB (fitted from 1 GB to 8 GB), "
        "layers 80 (fitted from 2 to 9)."
    )
    assert "weight bits 3 (fitted from 4 to 16)" in fit.beyond(weight_bits=3)
    assert estimate_time(Work(0, 5e8), Roof("toy", 1, 1e9), fit, layers=80) > 0


def test_whether_points_are_covered_is_told_for_arrays_one_by_one():
    fit = fit_estimate([1, 2, 8], [4, 2, 9], [1, 2, 7], bandwidth=10)
    covered = fit.covers(traffic=np.array([[0.5], [1], [8], [9]]), layers=np.array([2, 10]))
    assert covered.tolist() == [[False, False], [True, False], [True, False], [False, False]]
    assert fit.covers(weight_bits=3)  # the rows did not tell theirs


# by refusal


@pytest.mark.parametrize("share", [0, 1.01, np.nan])
def test_a_share_of_no_bandwidth_or_of_more_than_there_is_is_refused(share):
    message = f"bandwidth_share must be above 0 and at most 1, not {share}; 0.6 to 0.9 is usual"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        Fit(bandwidth_share=share, seconds_per_layer=0, error=0, points=3)


@pytest.mark.parametrize("cost", ["seconds_per_layer", "seconds_per_sequence"])
def test_a_negative_cost_is_refused(cost):
    with pytest.raises(ValueError, match=f"^{cost} must be 0 or more and finite, not -1"):
        Fit(**{"bandwidth_share": 1, "seconds_per_layer": 0, "error": 0, "points": 3, cost: -1})


@pytest.mark.parametrize(
    ("traffic", "layers", "seconds", "message"),
    [
        ([1, 2], 1, 1, "a fit needs 3 measured rows or more, not 2; add rows"),
        ([1, 2, 4], [1, 2, 4], [1, 1, 1], "every row has the same traffic per layer; add a"),
        ([1, 5, 9], [9, 5, 1], [9, 5, 1], "the times do not grow with the traffic; check the"),
        ([1, 2, 0], 1, 1, "traffic must be above 0 in every row, not 0"),
        ([1, 2, 3], 1, [1, np.nan, 1], "seconds must be above 0 in every row, not nan"),
    ],
)
def test_rows_that_cannot_carry_a_fit_are_refused(traffic, layers, seconds, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        fit_estimate(traffic, layers, seconds, bandwidth=10)
