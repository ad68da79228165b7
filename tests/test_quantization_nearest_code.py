"""Rounding to small floats: the table against the calculation, and both against the definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_lib.quantization.nearest_code import PIECE, calculated, has_table, looked_up
from lecture_lib.quantization.small_floats import BF16, E4M3, FP16, SMALL_FLOATS, SmallFloat

BY_TABLE = [
    *(small for small in SMALL_FLOATS.values() if small not in (FP16, BF16)),
    SmallFloat("E8M5", 8, 5, 127, "ieee"),
    SmallFloat("low E4M3", 4, 3, 129, "fn"),
]
TOO_FINE = [FP16, BF16, SmallFloat("E8M6", 8, 6, 127, "ieee"), SmallFloat("low", 4, 3, 130, "fn")]


@pytest.mark.parametrize("small", BY_TABLE, ids=lambda small: small.name)
def test_the_table_gives_what_calculating_gives(small):
    by_chance = np.random.default_rng(2).integers(0, 2**32, 50_000, dtype=np.uint32)
    tiny, one = np.arange(0, 2**23, 101), np.arange(0x3F800000, 0x3FA00000, 37)  # from 1 to 1.25
    values = np.concatenate([by_chance, tiny, one]).astype(np.uint32).view(np.float32)
    values = values[~np.isnan(values)]
    for saturate in (True, False):
        assert np.array_equal(
            looked_up(small, values, saturate), calculated(small, values, saturate)
        )


def test_formats_too_fine_for_the_table_are_calculated():
    assert [has_table(small) for small in BY_TABLE + TOO_FINE] == [True] * 13 + [False] * 4
    for small, first in ((TOO_FINE[2], 0x3F800000), (TOO_FINE[3], 0)):
        values = np.arange(first, first + 2**20, dtype=np.uint32).view(np.float32)
        assert np.array_equal(small.encode(values), calculated(small, values, True))
        assert not np.array_equal(looked_up(small, values, True), calculated(small, values, True))


def test_pieces_are_put_together():
    values = np.random.default_rng(4).standard_normal((3, PIECE // 2 + 1)).astype(np.float32)
    for small in (E4M3, FP16):
        assert np.array_equal(small.encode(values), calculated(small, values, True))
        assert np.array_equal(small.encode(values[:, ::2]), small.encode(values)[:, ::2])


@given(
    st.integers(1, 5),
    st.integers(0, 4),
    st.integers(-20, 40),
    st.sampled_from(["ieee", "fn", "fnuz", "none"]),
    st.lists(st.floats(width=32, allow_nan=False), min_size=1),
)
def test_in_any_format_the_nearest_value_is_found(exponent, mantissa, bias, special, values):
    try:
        small = SmallFloat("any", exponent, mantissa, bias, special)
    except ValueError:
        return
    finite, _ = small.finite_values()
    values = np.array(values)
    clipped = np.clip(values, finite[0], finite[-1])
    distances = np.abs(clipped[:, None] - finite.astype(np.float64))
    ours = small.rounded(values)
    assert np.array_equal(np.abs(clipped - ours), distances.min(axis=1))
    # of two equally near the even mantissa; -0 and 0 are one value
    ties = (distances == distances.min(axis=1, keepdims=True)).sum(axis=1) > 1
    ties &= (ours != 0) & (mantissa > 0)
    assert (small.encode(values)[ties] % 2 == 0).all()


def test_float64_is_rounded_once():
    just_above_a_tie = 1.0625 + 2.0**-40  # float32 would make it the tie, and that goes down
    assert E4M3.rounded(np.float32(just_above_a_tie)) == 1
    assert E4M3.rounded(just_above_a_tie) == 1.125


def test_stochastic_rounding_is_right_on_average():
    values = np.repeat(np.float32([1.03, -300, 0.0003, 447]), 20_000)
    rounded = E4M3.rounded(values, random=np.random.default_rng(3)).reshape(4, -1)
    spacing = np.array([0.125, 32, 2.0**-9, 32])
    assert (np.abs(rounded.mean(axis=1) - [1.03, -300, 0.0003, 447]) < 0.02 * spacing).all()
    assert all(len(np.unique(row)) == 2 for row in rounded)
    again = E4M3.rounded(values, random=np.random.default_rng(3)).reshape(4, -1)
    assert np.array_equal(rounded, again)
