"""One number in one format: its bits, what they mean, and how far that is from what was wished."""

from dataclasses import dataclass

import numpy as np

from lecture_lib.scene import State
from lecture_lib.units import percent
from lecture_lib.views.bits.cells import LOOKS, Boxes, bracket, stage
from lecture_lib.views.bits.fields import Factor, Field, factors_of, fields_of, fraction
from lecture_lib.views.bits.formats import FORMATS, Format, written
from lecture_lib.views.style import GREY, INK, SOFT, WEIGHTS, LectureScene, change, note

SIDE, GAP, APART = 44, 4, 20  # CSS px: a box, between boxes, between fields
PITCH = SIDE + GAP
LEFT, ROW = 16, 92  # of the first box, and the middle of all
MOST_BOXES = 17  # 16 bits, and the hidden one
FACTOR, FACTORS = 211, 168  # the line of the factors, and how far they are apart
MOST_FACTORS = 5  # sign, power, significand, scale, and the value
LINE, LOW, HIGH = 322, 200, 700  # the piece of the number line and its two values

CENTRED = {"ha": "center", "va": "center"}
BOLD = {"weight": "semibold", **CENTRED}
SMALL = {"color": SOFT, "weight": "normal", "size": 10.5, "va": "center"}


@dataclass(frozen=True, eq=False)
class NumberBits(State):
    format: str
    wished: float
    value: float  # that is stored
    fields: tuple[Field, ...]
    factors: tuple[Factor, ...]  # the last is the value
    below: float  # the largest value of the format that is not above the wished one
    above: float | None  # the next; None beyond the last


def neighbours(kind: Format, wished: float, scale: float) -> tuple[float, float | None]:
    """The largest value not above a number, and the next one; None where there is none.

    Below the least value it is the least that takes the place of the largest.
    """
    values = np.unique(kind.decode(np.arange(2**kind.bits)).astype(float)) * scale
    values = values[np.isfinite(values)]
    at = max(int(np.searchsorted(values, wished, side="right")) - 1, 0)
    return float(values[at]), float(values[at + 1]) if at + 1 < len(values) else None


def side_of(value: float, number: float) -> str:
    """On which side of the wished number the value lies, in words."""
    if number < 0:
        return "too far from zero" if value < number else "too near to zero"
    return "too large" if value > number else "too small"


def number_bits(*, format: str, number: float, scale: float = 1.0) -> NumberBits:
    """What a format makes of a number: round(number / scale), times the scale."""
    kind = FORMATS[format]
    (code,) = (int(c) for c in kind.encode(np.array([number / scale])))
    value = float(kind.decode(code)) * scale
    fields = fields_of(kind, code)
    below, above = neighbours(kind, number, scale)
    scaled = "" if scale == 1 else f" with the scale {fraction(scale)}"
    says = f"{format}{scaled} stores {written(number)} as {written(value)}"
    error = value - number
    if abs(error) <= 1e-12 * abs(number):
        says += ": exactly."
    elif above is None or number < below:
        says += f", the {'largest' if above is None else 'least'} number that it has."
    else:
        far = f"{percent(abs(error / number))} {side_of(value, number)}"
        far = far if value else "all of it is lost"
        says += f": {far}. The values around it are {written(below)} and {written(above)}."
    factors = factors_of(kind, fields, scale, value)
    return NumberBits(says, format, number, value, fields, factors, below, above)


class NumberInBits(LectureScene):
    """The bits of a number in boxes by field, the factors that they stand for, its neighbours."""

    state = staticmethod(number_bits)
    source = (
        "Carried out: rounded to the nearest, ties to even, clipped at the largest. E4M3 to E2M1: "
        "OCP OFP8 and MX 1.0; FP16: IEEE 754; whole numbers: two's complement."
    )

    def draw(self, figure):
        self.ax = ax = stage(figure)
        note(ax, "a 1 in this place counts", **SMALL).set(x=LEFT, y=30)
        self.boxes = {meaning: Boxes(self, ax, meaning, SIDE) for meaning in LOOKS}
        # without the halo of other words: it would be as light as a digit in a dark box
        self.digits = [ax.text(0, 0, "", size=17, **BOLD, zorder=6) for _ in range(MOST_BOXES)]
        self.places = [note(ax, **SMALL, ha="center") for _ in range(MOST_BOXES)]
        self.brackets, self.names, self.widths = {}, {}, {}
        for meaning in LOOKS:
            (self.brackets[meaning],) = ax.plot([], [], color=GREY, lw=1.2)
            self.names[meaning] = note(ax, size=11, **CENTRED)
            self.widths[meaning] = note(ax, ha="center", **SMALL)
        self.moving(self.digits, self.places, *self.brackets.values())
        self.moving(*self.names.values(), *self.widths.values())
        self.width = self.moving(note(ax, size=19, ha="right", va="center"))
        self.width.set_position((884, 30))
        self.draw_factors()
        self.draw_line()

    def draw_factors(self):
        ax, each = self.ax, range(MOST_FACTORS)
        self.factors = [note(ax, size=19, **CENTRED) for _ in each]
        self.powers = [note(ax, size=13, ha="left", va="center") for _ in each]
        self.signs = [note(ax, size=17, color=SOFT, weight="normal", **CENTRED) for _ in each]
        self.because = [note(ax, ha="center", **SMALL) for _ in each]
        self.also = [note(ax, ha="center", **SMALL) for _ in each]
        for k in each:
            x = 84 + FACTORS * k
            self.also[k].set_position((x, FACTOR + 46))
            self.powers[k].set_position((x + 10, FACTOR - 9))
            self.signs[k].set_position((x + FACTORS / 2, FACTOR))
        self.moving(self.factors, self.powers, self.signs, self.because, self.also)

    def draw_line(self):
        ax = self.ax
        ax.plot([60, 840], [LINE, LINE], color=GREY, lw=0.9)
        self.ends = self.moving(*ax.plot([], [], "|", ms=14, mew=1.6, color=WEIGHTS, zorder=3))
        self.stored = self.moving(*ax.plot([], [], "o", ms=10, color=WEIGHTS, mew=0, zorder=5))
        self.wish = self.moving(*ax.plot([], [], "v", ms=9, color=INK, zorder=6))
        self.end_names = [note(ax, size=11, color=WEIGHTS, **CENTRED) for _ in range(2)]
        self.wish_name = note(ax, size=11, **CENTRED)
        self.moving(self.end_names, self.wish_name)

    def move(self, state):
        x, box = LEFT, 0
        present = {field.meaning for field in state.fields}
        for meaning in set(LOOKS) - present:
            self.boxes[meaning].place([], [])
        for meaning in LOOKS:
            for artist in (self.brackets[meaning], self.names[meaning], self.widths[meaning]):
                artist.set_visible(meaning in present)
        for field in state.fields:
            centres = [x + SIDE / 2 + PITCH * k for k in range(len(field.bits))]
            self.boxes[field.meaning].place(centres, [ROW] * len(centres))
            ink = LOOKS[field.meaning][3]
            for centre, bit, place in zip(centres, field.bits, field.places, strict=True):
                change(self.digits[box], text=bit, position=(centre, ROW), color=ink)
                change(self.places[box], text=place, position=(centre, ROW - 36))
                box += 1
            last = centres[-1] + SIDE / 2
            self.label(field, x, last)
            x = last + APART
        for k in range(MOST_BOXES):
            for text in (self.digits[k], self.places[k]):
                text.set_visible(k < box)
        stored = sum(len(f.bits) for f in state.fields if f.meaning != "hidden")
        change(self.width, text=f"{stored} bits")
        self.write(state.factors)
        self.compare(state)

    def label(self, field: Field, first: float, last: float) -> None:
        """The bracket and the words under a field."""
        middle, bits = (first + last) / 2, len(field.bits)
        width = f"{bits} bit{'s' * (bits > 1)}"
        if field.meaning in ("exponent", "mantissa"):
            width += f": {field.number}"
        change(self.brackets[field.meaning], data=bracket(first, last, ROW + 28))
        change(
            self.names[field.meaning],
            text=field.name or field.meaning,
            position=(middle, ROW + 48),
        )
        change(
            self.widths[field.meaning],
            text="0 bits" if field.meaning == "hidden" else width,
            position=(middle, ROW + 67),
        )

    def write(self, factors: tuple[Factor, ...]) -> None:
        """The factors from the left, and the value behind a sign of equality."""
        missing = [Factor("")] * (MOST_FACTORS - len(factors))
        for k, factor in enumerate((*factors, *missing)):
            behind = len(factors) - 2 - k  # factors that follow this one
            x = 84 + FACTORS * k
            # the value may be long: it begins behind its sign, where the factors are centred
            x, side = (x - 66, "left") if behind < 0 else (x, "center")
            change(self.factors[k], text=factor.text, position=(x, FACTOR), ha=side)
            change(self.powers[k], text=factor.power)
            change(self.because[k], text=factor.because, position=(x, FACTOR + 28), ha=side)
            change(self.also[k], text=factor.also)
            change(self.signs[k], text="×" if behind > 0 else "=" * (behind == 0))
            for texts in (self.factors, self.powers, self.because, self.also, self.signs):
                texts[k].set_visible(bool(texts[k].get_text()))

    def compare(self, state: NumberBits) -> None:
        """The wished number between the two values around it."""
        below, above, wished = state.below, state.above, state.wished
        ends = [below] if above is None else [below, above]
        change(self.ends, data=([LOW, HIGH][: len(ends)], [LINE] * len(ends)))
        if above is None:
            share = 0.5 if wished > below else 0
        else:
            share = max((wished - below) / (above - below), -0.15)
        at = LOW + (HIGH - LOW) * share
        change(self.wish, data=([at], [LINE - 12]))
        change(self.wish_name, text=f"wished: {written(wished)}", position=(at, LINE - 32))
        change(self.stored, data=([HIGH if state.value == above else LOW], [LINE]))
        names = [written(value) for value in ends] + ["no value beyond"] * (above is None)
        for text, words, place in zip(self.end_names, names, (LOW, HIGH), strict=True):
            change(text, text=words, position=(place, LINE + 22))
