"""Growth over the years: a line through logarithms, told as a factor for each two years."""

from dataclasses import dataclass
from datetime import date

import numpy as np

DAYS_PER_YEAR = 365.25
YEARS = 2  # for which a factor is told: the field's habit since Moore


@dataclass(frozen=True)
class Growth:
    """value = at_start * factor ** ((year - start) / 2), the line that fits best."""

    start: float  # year
    at_start: float
    factor: float  # for each two years

    def at(self, years):
        """The line's value at these years."""
        return self.at_start * self.factor ** ((np.asarray(years) - self.start) / YEARS)


def year_of(day: str) -> float:
    """A day as a year with its fraction: 2020-07-01 is about 2020.5.

    >>> round(year_of("2020-07-01"), 1)
    2020.5
    """
    when = date.fromisoformat(day)
    first = date(when.year, 1, 1)
    return when.year + (when - first).days / DAYS_PER_YEAR


def fit_growth(years, values) -> Growth:
    """The growth that fits these values best: least squares of their logarithms over the years.

    ValueError for fewer than two different years, and for values that are not above 0.
    """
    years, values = (np.asarray(column, float) for column in (years, values))
    if np.unique(years).size < 2:
        raise ValueError(f"growth needs two different years or more, not {years.tolist()}")
    if np.any(wrong := ~((values > 0) & np.isfinite(values))):
        raise ValueError(f"a growing value must be above 0, not {values[wrong][0]}; mend the row")
    slope, middle = np.polyfit(years - years[0], np.log(values), 1)
    return Growth(float(years[0]), float(np.exp(middle)), float(np.exp(YEARS * slope)))
