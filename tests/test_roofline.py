"""The longer of two times wins; everything a reader can check in the head is checked here."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_lib.roofline import (
    Roof,
    Work,
    attainable_rate,
    compute_time,
    floor_time,
    is_memory_bound,
    memory_time,
    power_energy,
    sum_time,
    work_energy,
)

TOY = Roof("toy", peak_rate=100, bandwidth=10)
AMOUNTS = st.floats(0, 1e6)


# by hand


def test_the_ridge_is_peak_rate_over_bandwidth():
    assert TOY.ridge == 10


def test_below_the_ridge_bandwidth_sets_the_rate_and_above_it_the_peak():
    assert attainable_rate(np.array([0, 1, 10, 1000]), TOY).tolist() == [0, 10, 100, 100]


def test_each_time_is_an_amount_over_a_rate():
    work = Work(flops=300, traffic=20)
    assert compute_time(work, TOY) == 3
    assert memory_time(work, TOY) == 2
    assert floor_time(work, TOY) == 3
    assert sum_time(work, TOY) == 5
    assert work.intensity == 15


def test_work_adds_up_and_repeats():
    work = Work(3, 4) + Work(10, 20).repeated(2)
    assert (work.flops, work.traffic) == (23, 44)


def test_energy_is_arithmetic_plus_traffic_or_at_most_power_times_time():
    assert work_energy(Work(3, 4), per_flop=10, per_byte=100) == 430
    assert power_energy(2, 350) == 700


# by law


@given(AMOUNTS, AMOUNTS)
def test_the_floor_is_at_most_the_sum_and_the_sum_at_most_twice_the_floor(flops, traffic):
    work = Work(flops, traffic)
    assert floor_time(work, TOY) <= sum_time(work, TOY) <= 2 * floor_time(work, TOY)


@given(st.floats(1, 1e6), st.floats(1, 1e6))
def test_the_floor_is_the_work_at_the_attainable_rate(flops, traffic):
    work = Work(flops, traffic)
    rate = attainable_rate(work.intensity, TOY)
    assert floor_time(work, TOY) == pytest.approx(flops / rate, rel=1e-12)


def test_at_the_ridge_both_limits_take_equally_long_and_neither_binds():
    at_ridge = Work(flops=TOY.ridge * 7, traffic=7)
    assert compute_time(at_ridge, TOY) == memory_time(at_ridge, TOY)
    assert not is_memory_bound(at_ridge, TOY)
    assert is_memory_bound(Work(at_ridge.flops, traffic=8), TOY)


def test_work_that_moves_nothing_has_infinite_intensity_and_reaches_the_peak():
    assert Work(5, 0).intensity == np.inf
    assert attainable_rate(Work(5, 0).intensity, TOY) == TOY.peak_rate


def test_less_traffic_raises_no_peak():
    half = Work(flops=1000, traffic=10).repeated(1)
    assert floor_time(half, TOY) == floor_time(Work(flops=1000, traffic=20), TOY) == 10


def test_energy_of_the_work_does_not_ask_how_long_it_took():
    work = Work(100, 100)
    slow = Roof("slow", peak_rate=1, bandwidth=1)
    assert floor_time(work, slow) > floor_time(work, TOY)
    assert work_energy(work, per_flop=1, per_byte=1) == 200


def test_counts_stay_whole_in_every_size():
    work = Work(2**62, 3).repeated(8)
    assert work.flops == 2**65
    assert type(work.flops) is int
    assert type(Work(np.int64(3), 4).flops) is int
    assert (Work(np.array([1]), 1) + Work(2, 1)).flops.dtype == np.int64


def test_an_array_beyond_64_bits_becomes_floating_point_and_does_not_wrap_around():
    work = Work(np.array([2**62]), 1).repeated(8)
    assert work.flops.tolist() == [2.0**65]


# by shape


def test_arrays_give_what_scalars_give_one_by_one():
    flops, traffic = np.array([0, 50, 300]), np.array([5, 5, 5])
    together = Work(flops, traffic)
    for law in (compute_time, memory_time, floor_time, sum_time, is_memory_bound):
        each = [law(Work(*pair), TOY) for pair in zip(flops, traffic, strict=True)]
        assert law(together, TOY).tolist() == each


def test_both_amounts_of_a_piece_of_work_share_one_shape():
    work = Work(np.ones((3, 1)), np.ones(4))
    assert work.flops.shape == work.traffic.shape == work.intensity.shape == (3, 4)


# by source


def test_a_single_chip_needs_240_sequences_before_weights_stop_setting_the_pace():
    # Austin et al., "How to Scale Your Model" (2025), inference chapter: TPU v5e, 197 TFLOP/s
    # in bf16 and 820 GB/s, is compute-bound above B = 197e12 / 820e9, about 240 tokens
    v5e = Roof("TPU v5e", peak_rate=197e12, bandwidth=820e9)
    parameters, batch = 1_000_000, np.array([240, 241])
    step = Work(flops=2 * parameters * batch, traffic=2 * parameters)
    assert is_memory_bound(step, v5e).tolist() == [True, False]


# the fitted estimate


# by refusal


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"bandwidth": 0}, "toy: bandwidth must be a number above 0, not 0; give it in byte/s"),
        ({"peak_rate": -1}, "toy: peak_rate must be a number above 0, not -1; give it in FLOP/s"),
        ({"peak_rate": np.nan}, "toy: peak_rate must be a number above 0, not nan; give it in FLO"),
        ({"power": 0}, "toy: power must be a number above 0, not 0; give it in W"),
        ({"capacity": np.inf}, "toy: capacity must be a number above 0, not inf; give it in byte"),
    ],
)
def test_a_roof_without_a_limit_above_zero_is_refused(limits, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        Roof(**({"name": "toy", "peak_rate": 100, "bandwidth": 10} | limits))


@pytest.mark.parametrize("wrong", [-1, np.nan, np.array([1, -1])])
def test_negative_or_missing_work_is_refused(wrong):
    with pytest.raises(ValueError, match=r"^traffic must be 0 or more and finite, not (-1|nan); "):
        Work(flops=1, traffic=wrong)
    with pytest.raises(ValueError, match=r"^intensity must be 0 or more and finite, not "):
        attainable_rate(wrong, TOY)


def test_negative_prices_times_and_repetitions_are_refused():
    with pytest.raises(ValueError, match=r"^per_byte must be 0 or more"):
        work_energy(Work(1, 1), per_flop=1, per_byte=-1)
    with pytest.raises(ValueError, match=r"^time must be 0 or more"):
        power_energy(-1, 350)
    with pytest.raises(ValueError, match=r"^times must be 0 or more"):
        Work(1, 1).repeated(-1)


def test_work_adds_to_nothing_but_work():
    with pytest.raises(TypeError, match="unsupported operand"):
        Work(1, 1) + 1
