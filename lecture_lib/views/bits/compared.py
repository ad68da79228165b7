"""Two formats over the same range: how far each errs, in steps of the range and of the number."""

from dataclasses import dataclass

import numpy as np
from matplotlib.lines import Line2D

from lecture_lib.scene import State
from lecture_lib.units import percent
from lecture_lib.views.bits.errors import corners, worst_error
from lecture_lib.views.bits.formats import FORMATS, positive_values, written
from lecture_lib.views.bits.samples import SPREAD, sample_weights
from lecture_lib.views.style import (
    DASHED,
    EDGE,
    GREY,
    SOFT,
    WEIGHTS,
    LectureScene,
    Now,
    change,
    ticks,
)

LOW = 2.0**-12  # of the magnitudes, as shares of the largest
LEAST, MOST = 1e-7, 1.6  # of the errors
PANELS = {"of the range": 92, "of the number": 516}  # CSS px: where each begins
WIDE, TOP, BOTTOM = 354, 84, 54  # CSS px
MAGNITUDES = {2.0**-k: f"1/{2**k:,}" if k else "1" for k in range(12, -1, -2)}
LOOKS = {
    "one": {"color": WEIGHTS, "zorder": 4},
    "other": {"color": GREY, "ls": DASHED, "zorder": 5},
}
NAMES = {"one": (92, WEIGHTS), "other": (292, SOFT)}  # CSS px, and the colour of the words


@dataclass(frozen=True)
class Rounded:
    """A format whose largest value is scaled to 1."""

    name: str
    values: np.ndarray  # from 0 to 1, rising
    error: float  # at most, at the magnitude that was asked for
    rms: float  # of the sample weights, as a share of theirs


@dataclass(frozen=True, eq=False)
class TwoErrors(State):
    magnitude: float
    one: Rounded
    other: Rounded


def rounded(name: str, magnitude: float) -> Rounded:
    """What a format does to a number of this magnitude, and to the sample weights."""
    kind = FORMATS[name]
    values = positive_values(kind) / kind.largest
    weights = sample_weights().astype(float)
    unit = abs(weights).max() / kind.largest
    errors = kind.rounded(weights / unit) * unit - weights
    rms = float(np.sqrt((errors**2).mean() / (weights**2).mean()))
    return Rounded(name, values, float(worst_error(values, magnitude)), rms)


def two_errors(*, one: str, other: str, magnitude: float) -> TwoErrors:
    """Two formats, each scaled so that its largest value is 1, at a magnitude from 0 to 1."""
    both = [rounded(name, magnitude) for name in (one, other)]
    share = "the largest" if magnitude == 1 else f"{label(magnitude)} of the largest"
    here = [percent(kind.error / magnitude) for kind in both]
    rms = [percent(kind.rms) for kind in both]
    says = f"At {share}, {one} errs by at most {here[0]} of the number"
    if one == other:
        says += f"; over normally distributed weights by {rms[0]}."
    else:
        says += f", {other} by {here[1]}; over normally distributed weights {rms[0]} and {rms[1]}."
    return TwoErrors(says, magnitude, *both)


class TwoFormats(LectureScene):
    """The rounding error of two formats against magnitude: of the range, and of the number."""

    state = staticmethod(two_errors)
    source = (
        "Computed from all values of each format: half the gap between neighbours. Both are scaled "
        f"to the same largest number. Sample weights: generated, normal, spread {SPREAD}."
    )

    def draw(self, figure):
        width, height = figure.get_size_inches() * 100
        box = [WIDE / width, (height - TOP - BOTTOM) / height]
        self.lines, self.marks, self.now = {}, {}, {}
        for panel, left in PANELS.items():
            ax = figure.add_axes([left / width, BOTTOM / height, *box])
            ax.set(xscale="log", yscale="log", xlim=(LOW, 1), ylim=(LEAST, MOST))
            words = [f"{written(10.0 ** (k + 2))} %" for k in range(-7, 1)]
            ticks(ax.yaxis, 10.0 ** np.arange(-7, 1), words if left == 92 else [""] * 8)
            figure.text(
                left / width, 1 - 62 / height, f"error, {panel}", size=12, weight="semibold"
            )
            self.now[panel] = Now(self, ax, list(MAGNITUDES)[::2], list(MAGNITUDES.values())[::2])
            for which, look in LOOKS.items():
                line = ax.plot([], [], **look)
                mark = ax.plot([], [], "o", ms=8, color=look["color"], zorder=8, **EDGE)
                self.lines[panel, which] = self.moving(*line)
                self.marks[panel, which] = self.moving(*mark)
        self.names = {which: self.legend(figure, which) for which in NAMES}
        self.moving(*self.names.values())
        words = "magnitude, as a share of the largest"
        figure.text(1 - 30 / width, 8 / height, words, va="bottom", ha="right", color=SOFT)

    def legend(self, figure, which: str):
        """A piece of the line, and the name behind it."""
        width, height = figure.get_size_inches() * 100
        x, color = NAMES[which]
        y = 1 - 24 / height
        place = {"transform": figure.transFigure, "figure": figure}
        figure.add_artist(Line2D([x / width, (x + 34) / width], [y, y], **LOOKS[which], **place))
        look = {"size": 12, "weight": "semibold", "color": color}
        return figure.text((x + 42) / width, y, "", va="center", **look)

    def move(self, state):
        kinds = {"one": state.one, "other": state.other}
        for which, kind in kinds.items():
            change(self.names[which], text=kind.name)
        for panel in PANELS:
            relative = panel == "of the number"
            unit = state.magnitude if relative else 1.0
            here = {}
            for which, kind in kinds.items():
                xs = corners(kind.values, LOW, 1)
                errors = worst_error(kind.values, xs)
                here[which] = float(np.clip(kind.error / unit, LEAST, MOST))
                change(self.lines[panel, which], data=(xs, errors / xs if relative else errors))
                change(self.marks[panel, which], data=([state.magnitude], [here[which]]))
            words = label(state.magnitude)
            self.now[panel].move(state.magnitude, max(here.values()), words)


def label(magnitude: float) -> str:
    """A share of the largest as a fraction."""
    return "1" if magnitude == 1 else f"1/{1 / magnitude:,.0f}"
