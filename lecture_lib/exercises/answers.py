"""What a student writes, "15 GB" or 15.01, as a number in the unit that was asked for."""

import math
import numbers
import re
from dataclasses import dataclass

from lecture_lib.units import GIGA, KILO, MEGA, PETA, TERA

MAJOR = {"": 1, "k": KILO, "M": MEGA, "G": GIGA, "T": TERA, "P": PETA}
BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
MINOR = {"m": 1e-3, "µ": 1e-6, "u": 1e-6, "n": 1e-9, "p": 1e-12}


def _scaled(what: str, names: str, prefixes: dict, scale: float = 1) -> dict:
    """Every prefix before every name: {unit: (what it measures, in base units)}."""
    return {p + n: (what, scale * by) for n in names.split() for p, by in prefixes.items()}


UNITS = {
    **_scaled("data", "B byte bytes", {**MAJOR, "K": KILO, **BINARY}),
    **_scaled("data", "bit bits", {**MAJOR, **BINARY}, 1 / 8),
    **_scaled("arithmetic", "FLOP FLOPs", MAJOR),
    **_scaled("arithmetic", "MAC MACs", MAJOR, 2),  # a multiplication and an addition
    **_scaled("a rate of tokens", "tok/s token/s tokens/s t/s", MAJOR),
    **_scaled("time", "s", {"": 1, **MINOR}),
    **_scaled("time", "min", {"": 60}),
    **_scaled("time", "h", {"": 3600}),
    **_scaled("power", "W", {**MAJOR, **MINOR}),
    **_scaled("energy", "J", {**MAJOR, **MINOR}),
    **_scaled("energy", "Wh", MAJOR, 3600),
}

ANSWER = re.compile(
    r"(?P<sign>[-+\u2212]?)\s*(?P<digits>\d[\d.,_\u2009\u202f ]*|\.\d+)"
    r"(?:\s*(?:[eE]|[×x*]\s*10\s*(?:\^|\*\*))\s*(?P<power>[-+\u2212]?\d+))?"
    r"\s*(?P<unit>[^\d\s].*)?"
)
THOUSANDS = re.compile(r"\d{1,3}(?:[_\u2009\u202f ]\d{3})+|\d+(?:_\d+)+")
COMMAS = re.compile(r"\d{1,3}(?:,\d{3})+")


class UnreadableError(ValueError):
    """An answer that is no number in the unit asked for; the sentence says what to write."""


@dataclass(frozen=True)
class Reading:
    """A number as it was written, in a unit that may differ from the one asked for."""

    number: float
    unit: str
    scale: float = 1  # how many of the unit asked for are in one of the unit written

    @property
    def value(self) -> float:
        """The number in the unit asked for."""
        return self.number * self.scale


def read(answer, unit: str) -> Reading:
    """The answer to a question that asks for `unit`: a number, or words like "15 GB".

    A unit that is not in UNITS counts things, such as users. UnreadableError, in one sentence for
    the student, for all that is no finite number, and for units that do not measure the same.
    """
    if isinstance(answer, str):
        return _read_words(answer, unit)
    if isinstance(answer, bool) or not isinstance(answer, numbers.Real):
        raise UnreadableError(f"An answer is one number in {unit}, and this is {_short(answer)}.")
    return Reading(_finite(answer, unit), unit)


def _finite(number, unit: str) -> float:
    try:
        found = float(number)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise UnreadableError(
            f"An answer is one finite number in {unit}, and this is {_short(number)}."
        )
    return found


def _short(value) -> str:
    words = " ".join(repr(value).split())
    return words if len(words) <= 40 else f"{words[:39]}…"


def _read_words(answer: str, unit: str) -> Reading:
    if not answer.strip():
        raise UnreadableError(f"There is no answer yet: write a number in {unit}.")
    found = ANSWER.fullmatch(answer.strip())
    if not found:
        raise UnreadableError(
            f"An answer is one number, in {unit} or with its unit, and this is {_short(answer)}."
        )
    sign = "-" if found["sign"] in {"-", "\N{MINUS SIGN}"} else ""
    power = (found["power"] or "0").replace("\N{MINUS SIGN}", "-")
    number = _finite(float(f"{sign}{_digits(found['digits'].strip(), answer)}e{power}"), unit)
    written = _spelled(found["unit"] or unit)
    return Reading(number, written, _scale(written, unit))


def _digits(digits: str, answer: str) -> str:
    """The digits with a point, and without what groups thousands."""
    if THOUSANDS.fullmatch(digits.partition(".")[0]):
        digits = re.sub(r"[_\u2009\u202f ]", "", digits)
    whole = digits.partition(".")[0]
    if COMMAS.fullmatch(whole) and not whole.startswith("0"):
        if whole.count(",") == 1 and "." not in digits:
            raise UnreadableError(
                f"{_short(answer)} can mean two numbers: write {digits.replace(',', '')} "
                f"or {digits.replace(',', '.')}."
            )
        digits = digits.replace(",", "")
    elif digits.count(",") == 1 and "." not in digits:
        digits = digits.replace(",", ".")  # a decimal comma
    try:
        float(digits)
    except ValueError:
        raise UnreadableError(
            f"The digits {digits!r} make no number: write it like 1234.5, with one point."
        ) from None
    return digits


def _spelled(unit: str) -> str:
    """The unit without spaces, "per" as a stroke: "tokens per second" is "tokens/s"."""
    unit = re.sub(r"\s*(?:/|\bper\b)\s*", "/", unit.strip().rstrip(".")).replace("\u03bc", "µ")
    return re.sub(r"(?:^|(?<=/))(?:seconds?|sec)$", "s", unit)


def _scale(written: str, unit: str) -> float:
    """How many of `unit` are in one of the unit written."""
    if written == unit:
        return 1
    if unit not in UNITS:
        if written in {unit, unit.removesuffix("s")}:
            return 1
        raise UnreadableError(
            f"{_short(written)} is not what is counted: write a number of {unit}."
        )
    if re.fullmatch(r"[kKMGTmgt]i?b", written):
        raise UnreadableError(
            f"{_short(written)} can mean bits or bytes: write {written[:-1].upper()}bit or "
            f"{written[:-1].upper()}B."
        )
    measures, size = _known(written, unit)
    asked, base = UNITS[unit]
    if measures != asked:
        raise UnreadableError(
            f"{_short(written)} measures {measures}, and this asks for {asked}: "
            f"write a number in {unit}."
        )
    return size / base


def _known(written: str, unit: str) -> tuple[str, float]:
    """What the unit measures and its size; capitals do not matter where they change nothing."""
    if written in UNITS:
        return UNITS[written]
    meant = {UNITS[name] for name in UNITS if name.lower() == written.lower()}
    if len(meant) == 1:
        return meant.pop()
    raise UnreadableError(f"{_short(written)} is no unit known here: write the number in {unit}.")
