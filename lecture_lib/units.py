"""Numbers: exact and in base units inside, with a prefix only where a person reads them."""

import math

import numpy as np

KILO, MEGA, GIGA, TERA, PETA = 1e3, 1e6, 1e9, 1e12, 1e15
KIBI, MEBI, GIBI = 2**10, 2**20, 2**30

MINUS = "\N{MINUS SIGN}"  # as wide as a plus, and a screen reader says "minus"
PREFIXES = {
    -5: "f",
    -4: "p",
    -3: "n",
    -2: "\N{MICRO SIGN}",
    -1: "m",
    0: "",
    1: "k",
    2: "M",
    3: "G",
    4: "T",
    5: "P",
    6: "E",
    7: "Z",
}  # power of 1000 -> SI prefix


def readable(value, unit, digits=3):
    """The quantity as a person writes it, with a decimal prefix: a string.

    `value` is one number in base units; it is rounded to `digits` significant digits, and
    trailing zeros are dropped. ValueError for NaN, infinity and digits below 1.

    >>> readable(1.008e12, "B/s")
    '1.01 TB/s'
    >>> readable(0.0069, "s")
    '6.9 ms'
    """
    leading, exponent = _rounded(value, digits)
    thousands = min(max(exponent // 3, min(PREFIXES)), max(PREFIXES))
    number = _written(leading, exponent - 3 * thousands, digits)
    return f"{number} {PREFIXES[thousands]}{unit}".rstrip()


def plain(value, digits=3):
    """The number rounded to significant digits, thousands separated by commas: a string.

    ValueError for NaN, infinity and digits below 1.

    >>> plain(31777)
    '31,800'
    """
    return _written(*_rounded(value, digits), digits)


def percent(share):
    """The share as a percentage with two significant digits, or all before the point: a string.

    ValueError for NaN and infinity.

    >>> percent(0.783), percent(0.026), percent(3.47)
    ('78 %', '2.6 %', '347 %')
    """
    return f"{plain(100 * share, 3 if abs(share) >= 1 else 2)} %"


def count(number):
    """The whole number with every digit, thousands separated by commas: a string.

    ValueError for anything that is not whole.

    >>> count(6738415616)
    '6,738,415,616'
    """
    if not math.isfinite(number) or number != int(number):
        raise ValueError(f"count: {number} is not a whole number; use plain() to round it")
    return f"{int(number):,}".replace("-", MINUS)


def _rounded(value, digits):
    """The value as (leading digits in [1, 10), power of ten); zero is (0.0, 0)."""
    if digits < 1:
        raise ValueError(f"digits must be 1 or more, not {digits}; 3 is the usual choice")
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be shown as a number; pass a finite one")
    # through text, for decimal rounding: 999.6 becomes 1.00e+03, and so "1 k" and not "1,000"
    leading, exponent = f"{value:.{digits - 1}e}".split("e")
    return float(leading), int(exponent)


def _written(leading, exponent, digits):
    """leading * 10**exponent with no more digits than were kept, as a string."""
    text = f"{leading * 10.0**exponent:,.{max(digits - 1 - exponent, 0)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.removeprefix("-") if leading == 0 else text.replace("-", MINUS)


def quantity(name, values, *, least=0):
    """The values, checked to be finite and `least` or more, ready for exact arithmetic.

    ValueError, with the name and the offending value, for anything else.
    """
    array = np.asarray(values)
    mixed = array.dtype == object and not all(isinstance(one, int | float) for one in array.flat)
    if mixed or array.dtype.kind not in "iufO":
        raise ValueError(f"{name} must be a number or an array of numbers, not {values!r}")
    # not isfinite, which knows no integers beyond 64 bits
    if np.any(wrong := ~np.asarray((array >= least) & (array < np.inf), dtype=bool)):
        raise ValueError(refusal(name, array, wrong, least))
    return exact(array)


def exact(values):
    """The same numbers; whole ones as Python integers, which never overflow.

    int64 does: a prompt of 131,072 tokens, 128 times over, takes a 405B model past 2**63 FLOP.
    """
    array = np.asarray(values)
    return array.astype(object if array.dtype.kind in "iuO" else float)[()]


def packed(values):
    """The same numbers as Python numbers or plain arrays: int64 where whole, else float64."""
    array = np.asarray(values)
    if array.dtype == object:
        array = np.array(array.tolist())
        if array.dtype.kind not in "if" and array.ndim:  # beyond int64
            array = array.astype(float)
    return array if array.ndim else array.item()


def refusal(name, array, wrong, least):
    """The sentence for the first wrong value."""
    value = array[wrong][0] if array.ndim else array
    return f"{name} must be {least} or more and finite, not {value}; correct the value passed in"
