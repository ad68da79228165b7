"""Numbers are shown as a person writes them, and stay exact until then."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_lib.units import (
    GIBI,
    GIGA,
    KIBI,
    KILO,
    MEBI,
    MEGA,
    PETA,
    TERA,
    count,
    exact,
    packed,
    plain,
    quantity,
    readable,
)


def test_each_prefix_is_a_thousand_or_1024_of_the_one_before():
    assert [MEGA / KILO, GIGA / MEGA, TERA / GIGA, PETA / TERA] == [1000] * 4
    assert [KIBI, MEBI / KIBI, GIBI / MEBI] == [1024] * 3


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.008e12, "B/s", "1.01 TB/s"),
        (0.0069, "s", "6.9 ms"),
        (3.1, "J", "3.1 J"),
        (3.35e12, "B/s", "3.35 TB/s"),
        (989e12, "FLOP/s", "989 TFLOP/s"),
        (7, "W", "7 W"),
        (1000, "W", "1 kW"),
        (0.5e-6, "s", "500 ns"),
        (2e-6, "s", "2 µs".replace("µ", "\N{MICRO SIGN}")),
        (3.9e-12, "J/bit", "3.9 pJ/bit"),
        (-0.25, "s", "\N{MINUS SIGN}250 ms"),
        (0, "B", "0 B"),
        (0.0, "", "0"),
    ],
)
def test_a_quantity_is_written_with_a_prefix_and_three_digits(value, unit, text):
    assert readable(value, unit) == text


def test_rounding_up_to_a_thousand_moves_on_to_the_next_prefix():
    assert readable(999.4, "B") == "999 B"
    assert readable(999.6, "B") == "1 kB"


def test_the_number_of_digits_can_be_chosen():
    assert readable(1.008e12, "B/s", digits=4) == "1.008 TB/s"
    assert readable(1.008e12, "B/s", digits=1) == "1 TB/s"


def test_beyond_the_last_prefix_the_number_grows():
    assert readable(5e24, "FLOP") == "5,000 ZFLOP"
    assert readable(5e-18, "J") == "0.005 fJ"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (31777, "31,800"),
        (146.2, "146"),
        (0.0012345, "0.00123"),
        (2.50, "2.5"),
        (100, "100"),
        (-1234567, "\N{MINUS SIGN}1,230,000"),
        (0, "0"),
        (-0.0, "0"),
    ],
)
def test_a_plain_number_is_rounded_and_grouped_by_commas(value, text):
    assert plain(value) == text


@given(st.floats(1e-14, 1e20))
def test_a_readable_number_is_within_half_a_last_digit_of_the_value(value):
    number, unit = readable(value, "B").split()
    factor = dict(f=1e-15, p=1e-12, n=1e-9, m=1e-3, k=1e3, M=1e6, G=1e9, T=1e12, P=1e15, E=1e18)
    factor |= {"": 1, "\N{MICRO SIGN}": 1e-6}
    assert float(number) * factor[unit.removesuffix("B")] == pytest.approx(value, rel=5.001e-3)


def test_a_count_shows_every_digit():
    assert count(6_738_415_616) == "6,738,415,616"
    assert count(np.int64(-1024)) == "\N{MINUS SIGN}1,024"
    assert count(2**64 + 1) == "18,446,744,073,709,551,617"


@pytest.mark.parametrize("show", [plain, lambda value: readable(value, "B")])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_a_number_is_not_shown(show, value):
    message = f"{value} cannot be shown as a number; pass a finite one"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        show(value)


def test_a_fraction_is_not_a_count():
    with pytest.raises(ValueError, match=r"^count: 2.5 is not a whole number; use plain\(\) to"):
        count(2.5)


def test_a_number_without_digits_is_refused():
    with pytest.raises(ValueError, match=r"^digits must be 1 or more, not 0; 3 is the usual"):
        plain(1, digits=0)


def test_whole_numbers_multiply_without_overflow():
    assert exact(2**40) * exact(2**40) == 2**80
    assert (exact(np.array([2**40])) * 2**40).tolist() == [2**80]
    assert (exact(np.int64(2**40)) * 2**40) == 2**80


def test_packing_keeps_whole_numbers_whole_and_gives_plain_types():
    assert type(packed(exact(np.int64(3)))) is int
    assert type(packed(np.float64(0.5))) is float
    assert packed(exact([1, 2])).dtype == np.int64
    assert packed(exact([1, 2]) * 0.5).tolist() == [0.5, 1.0]
    assert packed(exact([2**62]) * 4).tolist() == [2.0**64]


@pytest.mark.parametrize("wrong", [-1, np.nan, np.inf, [3, -1]])
def test_a_quantity_below_its_least_value_is_named(wrong):
    shown = -1 if np.ndim(wrong) else wrong
    message = f"tokens must be 0 or more and finite, not {shown}; correct the value passed in"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        quantity("tokens", wrong)


@pytest.mark.parametrize("wrong", ["many", True, None])
def test_a_quantity_that_is_no_number_is_named(wrong):
    with pytest.raises(ValueError, match=f"^tokens must be a number or .*, not {wrong!r}$"):
        quantity("tokens", wrong)
