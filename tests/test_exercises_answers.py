"""What a student writes is a number in the unit asked for, or gets a sentence that says why not."""

import contextlib
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_lib.exercises.answers import UNITS, UnreadableError, read


@pytest.mark.parametrize(
    ("answer", "unit", "value"),
    [
        (15, "GB", 15),
        ("15", "GB", 15),
        (" 15 GB ", "GB", 15),
        ("15GB", "GB", 15),
        ("15.0e9 B", "GB", 15),
        ("1.5 × 10^10 bytes", "GB", 15),
        ("1.5*10**10", "B", 1.5e10),
        ("14 GiB", "GB", 14 * 2**30 / 1e9),
        ("15 GB", "GiB", 15e9 / 2**30),
        ("120 Gbit", "GB", 15),
        ("15000 MB", "GB", 15),
        ("4 KiB", "B", 4096),
        ("4 KB", "B", 4000),
        ("1 MiB", "KiB", 1024),
        ("1 TiB", "GiB", 1024),
        ("2 mW", "W", 0.002),
        ("2 MW", "W", 2e6),
        ("0.22 kt/s", "tok/s", 220),
        ("220 tokens per second", "tok/s", 220),
        ("220 tokens / s", "tok/s", 220),
        ("220 t/s", "tok/s", 220),
        ("7.5 GMAC", "GFLOP", 15),
        ("15 gflop", "GFLOP", 15),
        ("0.97 kWh", "kWh", 0.97),
        ("3.5 MJ", "kWh", 3.5 / 3.6),
        ("970 Wh", "kWh", 0.97),
        ("0.35 kW", "W", 350),
        ("6.9 ms", "s", 0.0069),
        ("6900 µs", "ms", 6.9),
        ("6900 \u03bcs", "ms", 6.9),
        ("2 min", "s", 120),
        ("130 users", "users", 130),
        ("1 user", "users", 1),
        ("130", "users", 130),
        ("\N{MINUS SIGN}5 GB", "GB", -5),
        ("-5e-3 GB", "GB", -5e-3),
        ("15,01", "GB", 15.01),
        ("0,123 GB", "GB", 0.123),
        ("8,030,261,248", "users", 8_030_261_248),
        ("1,234.5", "GB", 1234.5),
        ("1 234.5", "GB", 1234.5),
        ("1_234", "GB", 1234),
        (".5", "GB", 0.5),
        (Fraction(1, 4), "GB", 0.25),
        (np.float32(15), "GB", 15),
        (np.int64(15), "GB", 15),
    ],
)  # fmt: skip
def test_a_number_is_read_with_and_without_its_unit(answer, unit, value):
    assert read(answer, unit).value == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("", "There is no answer yet: write a number in GB."),
        ("   ", "There is no answer yet: write a number in GB."),
        ("abc", "An answer is one number, in GB or with its unit, and this is 'abc'."),
        ("... GB", "An answer is one number, in GB or with its unit, and this is '... GB'."),
        ("nan", "An answer is one number, in GB or with its unit, and this is 'nan'."),
        ("inf GB", "An answer is one number, in GB or with its unit, and this is 'inf GB'."),
        ("15 parsecs", "'parsecs' is no unit known here: write the number in GB."),
        ("15 ms", "'ms' measures time, and this asks for data: write a number in GB."),
        ("15 tok/s", "'tok/s' measures a rate of tokens, and this asks for data: "
                     "write a number in GB."),
        ("15 Gb", "'Gb' can mean bits or bytes: write Gbit or GB."),
        ("15 gb", "'gb' can mean bits or bytes: write Gbit or GB."),
        ("1,234", "'1,234' can mean two numbers: write 1234 or 1.234."),
        ("1.2.3", "The digits '1.2.3' make no number: write it like 1234.5, with one point."),
        ("1e999", "An answer is one finite number in GB, and this is inf."),
        (math.nan, "An answer is one finite number in GB, and this is nan."),
        (-math.inf, "An answer is one finite number in GB, and this is -inf."),
        (True, "An answer is one number in GB, and this is True."),
        (None, "An answer is one number in GB, and this is None."),
        (10 + 0j, "An answer is one number in GB, and this is (10+0j)."),
        ([15], "An answer is one number in GB, and this is [15]."),
        (Decimal(15), "An answer is one number in GB, and this is Decimal('15')."),
        (np.array([15.0, 16.0]), "An answer is one number in GB, and this is array([15., 16.])."),
    ],
)  # fmt: skip
def test_what_is_no_number_in_the_unit_gets_one_sentence(answer, sentence):
    with pytest.raises(UnreadableError) as caught:
        read(answer, "GB")
    assert str(caught.value) == sentence


@pytest.mark.parametrize("answer", [10**400, np.arange(1000), "x" * 1000, [[1] * 50] * 50])
def test_a_sentence_stays_short_whatever_is_answered(answer):
    with pytest.raises(UnreadableError) as caught:
        read(answer, "GB")
    assert len(str(caught.value)) < 120
    assert "\n" not in str(caught.value)


def test_another_word_than_the_one_that_is_counted_is_refused():
    with pytest.raises(UnreadableError, match=r"'tokens' is not what is counted: .* of users"):
        read("130 tokens", "users")


def test_what_was_written_is_kept_beside_its_value():
    found = read("14 GiB", "GB")
    assert (found.number, found.unit) == (14, "GiB")
    assert found.scale == pytest.approx(2**30 / 1e9)


@given(st.floats(1e-6, 1e6), st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)))
def test_a_unit_converts_back_into_itself_or_is_refused(number, unit, asked):
    if UNITS[unit][0] != UNITS[asked][0]:
        with pytest.raises(UnreadableError, match="measures"):
            read(f"{number!r} {unit}", asked)
    else:
        value = read(f"{number!r} {unit}", asked).value
        assert read(value * (1 + 0), asked).value == value
        assert read(f"{value!r} {asked}", unit).value == pytest.approx(number)


@given(st.text(max_size=20))
def test_any_text_is_read_or_answered(text):
    with contextlib.suppress(UnreadableError):
        assert math.isfinite(read(text, "GB").value)
