"""Growth: lines through logarithms by hand, and the lecture's two lines of parts."""

import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.growth import fit_growth, year_of


def test_what_doubles_every_two_years_grows_by_two():
    found = fit_growth([2010, 2012, 2014], [3, 6, 12])
    assert (found.start, found.at_start, found.factor) == pytest.approx((2010, 3, 2))
    assert found.at([2010, 2016]) == pytest.approx([3, 24])


def test_a_fit_makes_the_squares_of_the_logarithms_least():
    found = fit_growth([0, 2, 4], [1, 4, 4])  # logs 0, 2, 2 in bits: slope 1 a step of two years
    assert found.factor == pytest.approx(2)
    assert found.at(0) == pytest.approx(2 ** (1 / 3))


def test_the_order_of_the_rows_does_not_matter():
    years, values = np.array([2012, 2017, 2022.5]), np.array([4.0, 125, 1979])
    one, other = fit_growth(years, values), fit_growth(years[::-1], values[::-1])
    assert one.factor == pytest.approx(other.factor)
    assert one.at(2020) == pytest.approx(other.at(2020))


# the fits of the lecture: factor for each two years, of the best matrix rate, bandwidth and FP32
@pytest.mark.parametrize(
    ("line", "factors"), [("GeForce", (2.53, 1.36, 1.78)), ("data centre", (3.45, 1.72, 1.64))]
)
def test_the_two_lines_of_parts_grow_as_the_claim_says(line, factors):
    rows = [row for row in catalog.history() if row.line == line]
    years = [year_of(row.released) for row in rows]
    found = [
        fit_growth(years, [getattr(row, key) for row in rows]).factor
        for key in ("matmul_ops_per_s", "bandwidth", "fp32_ops_per_s")
    ]
    assert found == pytest.approx(factors, rel=0.02)


@pytest.mark.parametrize(
    ("day", "year"), [("2012-01-01", 2012), ("2012-12-31", 2012.999), ("2017-06-21", 2017.468)]
)
def test_a_day_is_a_year_and_a_fraction(day, year):
    assert year_of(day) == pytest.approx(year, abs=2e-3)


def test_one_year_alone_does_not_grow():
    with pytest.raises(ValueError, match="two different years or more"):
        fit_growth([2012, 2012], [1, 2])


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf])
def test_a_value_without_a_logarithm_is_refused(value):
    with pytest.raises(ValueError, match="must be above 0, not"):
        fit_growth([2012, 2014], [1, value])
