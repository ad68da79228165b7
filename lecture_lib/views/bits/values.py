"""All values of a format on a line, the gap around a number, and the error over a range."""

from dataclasses import dataclass

import numpy as np

from lecture_lib.scene import State
from lecture_lib.units import percent
from lecture_lib.views.bits.errors import corners, worst_error
from lecture_lib.views.bits.formats import FORMATS, positive_values, written
from lecture_lib.views.panel import WIDTH, Panel
from lecture_lib.views.style import (
    EDGE,
    GREY,
    INK,
    SOFT,
    WEIGHTS,
    WRONG,
    WRONG_TEXT,
    LectureScene,
    Now,
    change,
    note,
    ticks,
)

LOW, HIGH = 1e-5, 1e5  # of the numbers on the axis
LEAST, MOST = 1e-4, 1.6  # of the errors
EACH = 300  # as many values are drawn one by one, and more as a band
LEFT = 78  # CSS px left of the chart
ROWS = {"even": (34, 26), "tenfold": (96, 26), "error": (166, 140)}  # CSS px: upper edge, height


@dataclass(frozen=True, eq=False)
class FormatValues(State):
    values: np.ndarray  # from 0 up, rising
    number: float
    below: float  # the largest value that is not above the number
    gap: float | None  # around the number; None beyond the largest
    error: float  # at most, of a number of this magnitude, as a share of it


def format_values(*, format: str, number: float) -> FormatValues:
    """The values of a format above zero, and how far apart they are around a number."""
    values = positive_values(FORMATS[format])
    at = int(np.searchsorted(values, number, side="right")) - 1
    below = float(values[at])
    gap = float(values[at + 1] - below) if at + 1 < len(values) else None
    error = float(worst_error(values, number) / number)
    span = f"{format} has {len(values) - 1:,} values above zero, {written(values[1])} to "
    span += f"{written(values[-1])}."
    if number > values[-1]:
        left = percent(values[-1] / number)
        says = f"{written(number)} is beyond the largest: only {left} of it is left."
    elif gap is None:
        says = f"{written(number)} is the largest."
    elif error == 1:
        says = f"{written(number)} is so near to zero that it becomes zero."
    else:
        says = (
            f"Around {written(number)} they are {written(gap)} apart, so that rounding errs by at "
            f"most {percent(error)} of the number."
        )
    return FormatValues(f"{span} {says}", values, number, below, gap, error)


class ValuesOfFormat(LectureScene):
    """All values of a format on two number lines, and under them the rounding error at most."""

    state = staticmethod(format_values)
    source = (
        "Computed from all codes of the format: half the gap between neighbours, over the number. "
        "Negative values mirror these; whole numbers have no scale here."
    )

    def draw(self, figure):
        width, height = figure.get_size_inches() * 100
        wide = width - LEFT - WIDTH
        self.axes = {
            row: figure.add_axes(
                [LEFT / width, 1 - (top + high) / height, wide / width, high / height]
            )
            for row, (top, high) in ROWS.items()
        }
        names = {
            "even": "all its values from 0 to the largest",
            "tenfold": "the same, each mark ten times the last",
            "error": "rounding error, at most, of the number",
        }
        for row, words in names.items():
            figure.text(2 / width, 1 - (ROWS[row][0] - 9) / height, words, color=SOFT, size=10.5)
        figure.text(
            1 - WIDTH / width, 8 / height, "the number", va="bottom", ha="right", color=SOFT
        )
        self.axes["even"].set(xlim=(0, 1))
        for row in ("tenfold", "error"):
            self.axes[row].set(xscale="log", xlim=(LOW, HIGH))
        self.ticks, self.bands, self.here = {}, {}, {}
        for row in ("even", "tenfold"):
            ax = self.axes[row]
            ax.set(ylim=(-1, 1))
            ax.axis("off")
            ax.axhline(0, color=GREY, lw=0.9)
            look = {"color": WEIGHTS, "clip_on": False}
            (self.ticks[row],) = ax.plot([], [], "|", ms=15, mew=1, **look)
            (self.bands[row],) = ax.plot([], [], lw=15, solid_capstyle="butt", alpha=0.55, **look)
            (self.here[row],) = ax.plot([], [], "^", ms=9, color=INK, clip_on=False, zorder=6)
            self.moving(self.ticks[row], self.bands[row], self.here[row])
        ax = self.axes["error"]
        ax.set(yscale="log", ylim=(LEAST, MOST))
        ticks(ax.yaxis, [1e-4, 1e-3, 1e-2, 1e-1, 1], ["0.01 %", "0.1 %", "1 %", "10 %", "100 %"])
        (self.line,) = self.moving(ax.plot([], [], color=WEIGHTS, zorder=4))
        (self.lost,) = self.moving(ax.plot([], [], color=WRONG, ls=(0, (2, 1.5)), zorder=4))
        self.mark = self.moving(*ax.plot([], [], "o", ms=10, color=INK, zorder=8, **EDGE))
        centred = {"ha": "center", "va": "top", "color": WRONG_TEXT}
        self.to_zero = self.moving(note(ax, "become zero", **centred))
        self.cut_off = self.moving(note(ax, "cut off", **centred))
        decades = 10.0 ** np.arange(-5, 6, 2)
        self.now = Now(self, ax, decades, [written(x) for x in decades])
        self.panel = Panel(self, figure)

    def move(self, state):
        values, number, largest = state.values, state.number, state.values[-1]
        few = len(values) <= EACH
        places = {"even": values / largest, "tenfold": values[(values >= LOW) & (values <= HIGH)]}
        for row, xs in places.items():
            change(self.ticks[row], data=(xs if few else [], np.zeros(len(xs) * few)))
            change(self.bands[row], data=([] if few else xs[[0, -1]], [] if few else [0, 0]))
        change(self.here["even"], data=([number / largest], [-1.3]))
        self.here["even"].set_visible(bool(number <= largest))
        change(self.here["tenfold"], data=([number], [-1.3]))
        xs = corners(values, LOW, HIGH)
        errors = worst_error(values, xs) / xs
        kept = (errors < 1) & (xs <= largest)
        change(self.line, data=(xs[kept], errors[kept]))
        change(self.lost, data=(xs, np.where(kept, np.nan, errors)))
        self.name(self.to_zero, LOW, values[1] / 2)
        self.name(self.cut_off, largest, HIGH)
        change(self.mark, data=([number], [np.clip(state.error, LEAST, MOST)]))
        self.now.move(number, state.error, written(number))
        lost = percent(state.error), "of it lost in rounding, at most"
        if number > largest:  # what is cut off would soon round to 100 %
            lost = percent(largest / number), "of it is left, the rest cut off"
        self.panel.write(
            (written(state.gap) if state.gap else "none", f"the gap around {written(number)}"),
            lost,
            (f"{len(values) - 1:,}", "values above zero"),
            (written(largest), "is the largest"),
        )

    def name(self, text, low: float, high: float) -> None:
        """Words in the middle of a range of numbers, where it is wide enough for them."""
        text.set_visible(bool(high > 12 * low))
        change(text, position=(np.sqrt(low * max(high, low)), 0.75))
