"""Real values in a small float: their magnitudes, what becomes zero, how far the rest errs."""

from dataclasses import dataclass

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.patches import Polygon, Rectangle

from lecture_lib.bench.formats import Format, blocks, floats, integers
from lecture_lib.quantization import block_floats
from lecture_lib.quantization.errors import relative_rmse
from lecture_lib.quantization.small_floats import SMALL_FLOATS
from lecture_lib.scene import State
from lecture_lib.units import percent, plain
from lecture_lib.views.bits.formats import written
from lecture_lib.views.floats.samples import SOURCE, sample
from lecture_lib.views.panel import WIDTH, Panel
from lecture_lib.views.style import (
    ACTIVATIONS,
    ACTIVATIONS_TEXT,
    EDGE,
    GREY,
    GROUND,
    MARKS,
    SOFT,
    WEIGHTS,
    WRONG,
    WRONG_TEXT,
    LectureScene,
    change,
    note,
    ticks,
)

# In MX, and alone.
BLOCKS = {
    "INT8": block_floats.MXINT8,
    "FP8 E4M3": block_floats.MXFP8_E4M3,
    "FP8 E5M2": block_floats.MXFP8_E5M2,
    "FP6 E3M2": block_floats.MXFP6_E3M2,
    "FP6 E2M3": block_floats.MXFP6_E2M3,
    "FP4 E2M1": block_floats.MXFP4,
}
SHARED = {"all of them": "tensor", "each token or row": "row", "32 values (MX)": "block"}
PER_DECADE, LOW, HIGH = 4, 1e-5, 1e4  # of the magnitudes
EDGES = np.geomspace(LOW, HIGH, 9 * PER_DECADE + 1)
MIDDLES = np.sqrt(EDGES[1:] * EDGES[:-1])
MOST = 0.32  # of the values, in one bar
FAR = 30.0  # a largest value from here on has its name at its left
LEAST_ERROR, LOST = 1e-3, 0.9  # errors below are drawn there; from so much on nothing is left
COLORS = {"activations": (ACTIVATIONS, ACTIVATIONS_TEXT), "weights": (WEIGHTS, WEIGHTS)}
LEFT = 78  # CSS px left of the charts
ROWS = {"there": (28, 112), "largest": (168, 18), "error": (216, 92)}  # CSS px: top, height
NAMES = {
    "there": "share of the {of}, by magnitude",
    "largest": "the largest of each {row}",
    "error": "their error, the middle one, as a share of the value",
}


@dataclass(frozen=True, eq=False)
class Kept(State):
    of: str  # "activations" or "weights"
    row: str  # what a row is
    total: np.ndarray  # share of the values in each bar
    zero: np.ndarray  # share that becomes zero
    largest: np.ndarray  # of each token or row
    places: np.ndarray  # the middles of bars that have values
    errors: np.ndarray  # the middle error there, as a share of the value
    lost: float  # share of all that becomes zero
    middle: float  # error of which half of all values err less
    overall: float  # root mean square
    bits: float  # for a value, with its share of the scales


def stored(format: str, shared: str) -> Format:
    """A format with the scales that are meant: one for all, one for a row, or MX's blocks."""
    if shared == "block":
        return blocks(BLOCKS[format])
    return integers(8, shared) if format == "INT8" else floats(SMALL_FLOATS[format[4:]], shared)


def kept(*, place: str, format: str, shared: str) -> Kept:
    """What a format keeps of the values at a place, under scales that are shared so."""
    found = sample(place)
    values, how = found.values, stored(format, shared)
    back = how.rounded(values)
    there = values != 0
    magnitude, error = abs(values[there]), abs(back - values)[there] / abs(values[there])
    gone = back[there] == 0
    bar = np.clip(np.digitize(magnitude, EDGES) - 1, 0, len(MIDDLES) - 1)
    total, zero = (np.bincount(b, minlength=len(MIDDLES)) / len(bar) for b in (bar, bar[gone]))
    filled = np.flatnonzero(total)
    errors = np.array([np.median(error[bar == k]) for k in filled])
    lost, middle = float(gone.mean()), float(np.median(error))
    scales = {"tensor": "one scale for all", "row": f"a scale for each {found.row}"}
    overall = relative_rmse(values, back)
    rest = (
        f"half err by more than {percent(middle)}"
        if middle < LOST
        else f"the error over all is {percent(overall)}"
    )
    says = (
        f"Half of the {found.words} are below {plain(np.median(magnitude), 2)}, the largest is "
        f"{plain(magnitude.max(), 4)}. {format} with {scales.get(shared, 'a scale for each 32')} "
        f"makes {share(lost)} of them zero; {rest}."
    )
    return Kept(
        says, found.of, found.row, total, zero, abs(values).max(axis=1), MIDDLES[filled], errors,
        lost, middle, overall, how.bits(values.shape),
    )  # fmt: skip


def share(part: float) -> str:
    """A share of the values: as a percentage, with the digits that tell it from all and none."""
    if part == 0:
        return "none"
    return percent(part) if part < 0.99 or part == 1 else f"{plain(100 * part, 5)} %"


class KeptOfReal(LectureScene):
    """How many values have which magnitude, which of them become zero, and how far others err."""

    state = staticmethod(kept)
    compares = False  # two histograms, one over the other, hide each other
    source = SOURCE

    def draw(self, figure):
        width, height = figure.get_size_inches() * 100
        wide = (width - LEFT - WIDTH) / width
        self.axes, self.names = {}, {}
        for row, (top, high) in ROWS.items():
            box = [LEFT / width, 1 - (top + high) / height, wide, high / height]
            self.axes[row] = ax = figure.add_axes(box)
            ax.set(xscale="log", xlim=(LOW, HIGH))
            ticks(ax.xaxis, [], [])
            place = {"va": "bottom", "color": SOFT, "size": 10.5}
            self.names[row] = figure.text(2 / width, 1 - (top - 6) / height, "", **place)
        self.moving(*self.names.values())
        figure.text(1 - WIDTH / width, 8 / height, "magnitude", va="bottom", ha="right", color=SOFT)
        self.draw_bars(self.axes["there"])
        self.draw_largest(self.axes["largest"])
        self.draw_errors(self.axes["error"])
        self.panel = Panel(self, figure)

    def draw_bars(self, ax):
        ax.set(ylim=(0, MOST))
        ticks(ax.yaxis, [0.1, 0.2, 0.3], ["10 %", "20 %", "30 %"])
        empty = np.zeros((2, 2))
        gone = {"fc": GROUND, "ec": GREY, "hatch": "///", "lw": 0.9}
        self.zero = self.moving(ax.add_patch(Polygon(empty, zorder=2, **gone)))
        self.kept = self.moving(ax.add_patch(Polygon(empty, lw=0, zorder=3)))
        key = {"va": "center", "size": 10.5, "weight": "normal", "color": SOFT}
        x, (high, low) = 90, (0.285, 0.235)
        ax.add_patch(Rectangle((x, low - 0.015), x * 0.6, 0.03, **gone))
        self.swatch = self.moving(ax.add_patch(Rectangle((x, high - 0.015), x * 0.6, 0.03, lw=0)))
        for y, name in ((high, "come back"), (low, "become zero")):
            note(ax, name, **key).set_position((x * 2.1, y))

    def draw_largest(self, ax):
        ax.set(ylim=(-1, 1))
        ax.axis("off")
        ax.axhline(0, color=GREY, lw=0.9)
        self.marks = {
            of: self.moving(*ax.plot([], [], MARKS[mark], ms=9, color=mark, zorder=4, **EDGE))
            for of, (mark, _) in COLORS.items()
        }
        self.top = self.moving(note(ax, size=10.5, va="center", zorder=6))

    def draw_errors(self, ax):
        ax.set(yscale="log", ylim=(LEAST_ERROR * 0.7, 1.6))
        ticks(ax.yaxis, [1e-3, 1e-2, 1e-1, 1], ["0.1 %", "1 %", "10 %", "100 %"])
        decades = 10.0 ** np.arange(-5, 5, 1)
        ticks(ax.xaxis, decades, [written(x) if k % 2 else "" for k, x in enumerate(decades)])
        self.errors = {
            of: self.moving(*ax.plot([], [], MARKS[mark], ms=8, color=mark, zorder=4, **EDGE))
            for of, (mark, _) in COLORS.items()
        }
        lost = ax.plot([], [], MARKS[WRONG], ms=8, color=WRONG, zorder=5, **EDGE)
        self.lost = self.moving(*lost)
        self.lost_name = self.moving(note(ax, "nothing is left", color=WRONG_TEXT, va="top"))

    def move(self, state):
        mark, _ = COLORS[state.of]
        for row, name in NAMES.items():
            change(self.names[row], text=name.format(of=state.of, row=state.row))
        change(self.zero, xy=stairs(state.total, state.total - state.zero))
        change(self.kept, xy=stairs(state.total - state.zero), facecolor=to_rgba(mark))
        change(self.swatch, facecolor=to_rgba(mark))
        gone = state.errors >= LOST
        shown = np.maximum(state.errors, LEAST_ERROR)
        for of in COLORS:
            here = of == state.of
            xs = state.largest if here else []
            change(self.marks[of], data=(xs, np.zeros(len(xs))))
            rest = ~gone if here else np.zeros(len(gone), bool)
            change(self.errors[of], data=(state.places[rest], shown[rest]))
        top = float(state.largest.max())
        left = top > FAR
        words = f"largest of all {plain(top, 4)}"
        at = top / 1.6 if left else top * 1.6
        change(self.top, text=words, position=(at, 0), ha="right" if left else "left")
        change(self.lost, data=(state.places[gone], shown[gone]))
        self.lost_name.set_visible(bool(gone.any()))
        if gone.any():
            change(self.lost_name, position=(LOW * 1.3, 0.72))
        self.panel.write(
            (share(state.lost), "become zero"),
            (percent(state.middle), "the middle error"),
            (percent(state.overall), "error over all (RMS)"),
            (plain(state.bits), "bits for each, with scales"),
        )


def stairs(high: np.ndarray, low: np.ndarray | float = 0) -> np.ndarray:
    """The outline of bars from low to high over EDGES."""
    low = np.broadcast_to(low, high.shape)
    xs = np.repeat(EDGES, 2)[1:-1]
    up, down = np.repeat(high, 2), np.repeat(low, 2)
    closed = np.concatenate([np.stack([xs, up], 1), np.stack([xs, down], 1)[::-1]])
    return np.vstack([closed, closed[:1]])
