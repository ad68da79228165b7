"""Bits or smaller groups: real weights on a grid, and the error against all that is stored."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from lecture_lib.quantization.errors import relative_rmse
from lecture_lib.quantization.rounding import Grid
from lecture_lib.scene import State
from lecture_lib.units import percent, plain
from lecture_lib.views.quantization import samples
from lecture_lib.views.quantization.samples import ROW, WEIGHTS_SOURCE, weights_of
from lecture_lib.views.style import (
    EDGE,
    GREY,
    GROUND,
    INK,
    PALE,
    SOFT,
    WEIGHTS,
    LectureScene,
    Now,
    change,
    note,
    ticks,
)

BITS = tuple(range(2, 9))
GROUPS = (16, 32, 64, 128, 256, ROW)
MATRICES = tuple(samples.WEIGHTS)
RANGES = {"from −largest to largest": True, "from the least to the largest": False}
WINDOW = 64  # weights that are drawn
DRAWN_LEVELS = 32  # more of them are a haze
LEFT, RIGHT = (66, 366), (524, 352)  # CSS px: where the charts begin, and how wide they are
TOP, BOTTOM = 44, 54
HIGHEST = 1.001  # as a share of the largest weight that is drawn
MOST_BITS, LEAST, MOST = 9.7, 2e-3, 1.2


@dataclass(frozen=True)
class Kept:
    """What a grid makes of the weights."""

    bits_per_weight: float
    error: float  # root mean square, of that of the weights


@dataclass(frozen=True, eq=False)
class OnGrid(State):
    grid: Grid
    was: np.ndarray  # [WINDOW], as shares of the largest that is drawn
    back: np.ndarray
    levels: np.ndarray  # [levels, 3]: of a group its first place, its last, and a value it has
    here: Kept
    lines: dict[int, tuple[Kept, ...]]  # by group: for each number of bits


def grid_of(bits: int, group: int, symmetric: bool) -> Grid:
    return Grid(bits, symmetric=symmetric, group="row" if group == ROW else group)


@cache
def kept(weights: str, bits: int, group: int, symmetric: bool) -> Kept:
    """Bits a weight with scales, and the error over all of the sample."""
    values = weights_of(weights)
    stored = grid_of(bits, group, symmetric).quantize(values)
    return Kept(stored.bits_per_weight, relative_rmse(values, stored.restored))


def on_grid(*, weights: str, bits: int, group: int, symmetric: bool) -> OnGrid:
    """Rows of real weights on a grid of so many bits, with a scale for each group."""
    grid = grid_of(bits, group, symmetric)
    row = weights_of(weights)[:1]
    found = grid.quantize(row)
    drawn, back = row[0, :WINDOW], found.restored[0, :WINDOW]
    largest = float(max(np.abs(drawn).max(), np.abs(back).max()))
    here = kept(weights, bits, group, symmetric)
    lines = {g: tuple(kept(weights, b, g, symmetric) for b in BITS) for g in GROUPS}
    scale, zero = found.steps.scale[0].ravel(), found.steps.zero[0].ravel()
    levels = _levels(grid, scale, zero, min(group, ROW), largest)
    whose = "a row of 512" if group == ROW else f"groups of {group}"
    says = (
        f"{bits} bits in {whose}, {plain(here.bits_per_weight)} bits a weight with scales: the "
        f"error is {percent(here.error)} of the weights. {_comparison(here, lines)}"
    )
    return OnGrid(says, grid, drawn / largest, back / largest, levels, here, lines)


def _comparison(here: Kept, lines) -> str:
    """What one bit more would bring, or one less take: the rule of 6 dB, on these weights."""
    if here.error == 0:
        return "They lie on this very grid: so the model's file keeps them."
    line = next(line for line in lines.values() if here in line)
    more, less = line[line.index(here) + 1 :], line[: line.index(here)]
    if more and more[0].error:
        return f"One bit more would divide it by {plain(here.error / more[0].error, 2)}."
    return f"One bit less would be {plain(less[-1].error / here.error, 2)} times that."


def _levels(grid: Grid, scale, zero, group: int, largest: float) -> np.ndarray:
    """All values of each group that the window shows, each with where the group begins and ends."""
    codes = np.arange(grid.lowest, grid.highest + 1)
    if len(codes) > DRAWN_LEVELS:
        return np.empty((0, 3))
    found = []
    for k in range(-(-WINDOW // group)):
        first, last = k * group + 0.5, min((k + 1) * group, WINDOW) + 0.5
        levels = scale[k] * (codes - zero[k]) / largest
        found += [(first, last, level) for level in levels if abs(level) <= HIGHEST]
    return np.array(found)


class WeightsOnGrid(LectureScene):
    """Weights as they were and on their grid, beside the error against the bits of a weight."""

    state = staticmethod(on_grid)
    compares = False
    source = f"Carried out on {WEIGHTS_SOURCE}. Scales take 16 bits, zero points as many as a code."

    def draw(self, figure):
        width, height = figure.get_size_inches() * 100
        high = (height - TOP - BOTTOM) / height

        def axes(left, wide):
            return figure.add_axes([left / width, BOTTOM / height, wide / width, high])

        self.draw_weights(figure, axes(*LEFT))
        self.draw_errors(figure, axes(*RIGHT))
        words = {"va": "top", "color": SOFT}
        figure.text(2 / width, 1 - 12 / height, "weights of a row, of the largest", **words)
        figure.text((RIGHT[0] - 64) / width, 1 - 12 / height, "error, of the weights", **words)
        end = {"va": "bottom", "ha": "right", "color": SOFT}
        figure.text((LEFT[0] + LEFT[1]) / width, 8 / height, "number of the weight", **end)
        figure.text((RIGHT[0] + RIGHT[1]) / width, 8 / height, "bits a weight, with scales", **end)

    def draw_weights(self, figure, ax):
        ax.set(xlim=(0, WINDOW + 1), ylim=(-1.08, 1.22))
        ax.grid(False)
        ticks(ax.xaxis, [1, 16, 32, 48, 64], ["1", "16", "32", "48", "64"])
        ticks(ax.yaxis, [-1, 0, 1], ["\u2212largest", "0", "largest"])
        (self.levels,) = self.moving(ax.plot([], [], color=PALE, lw=1, zorder=1))
        (self.walls,) = self.moving(ax.plot([], [], color=GREY, lw=1.2, zorder=2))
        (self.stems,) = self.moving(ax.plot([], [], color=GREY, lw=1.2, zorder=3))
        (self.was,) = self.moving(
            ax.plot([], [], "o", ms=7, mfc=GROUND, mec=GREY, mew=1.4, zorder=4)
        )
        (self.back,) = self.moving(ax.plot([], [], "o", ms=5, color=WEIGHTS, mew=0, zorder=5))
        small = {"size": 10.5, "weight": "normal", "va": "center", "color": SOFT}
        ax.plot([2], [1.14], "o", ms=7, mfc=GROUND, mec=GREY, mew=1.4)
        note(ax, "as it was", **small).set_position((4, 1.14))
        ax.plot([20], [1.14], "o", ms=5, color=WEIGHTS, mew=0)
        note(ax, "as it comes back", **small).set_position((22, 1.14))

    def draw_errors(self, figure, ax):
        ax.set(xlim=(1.9, MOST_BITS), ylim=(LEAST, MOST), yscale="log")
        ticks(ax.yaxis, [0.01, 0.1, 1], ["1 %", "10 %", "100 %"])
        self.others = {
            group: self.moving(*ax.plot([], [], color=PALE, lw=1.4, zorder=2)) for group in GROUPS
        }
        (self.line,) = self.moving(ax.plot([], [], color=WEIGHTS, lw=2.4, zorder=3))
        (self.marks,) = self.moving(ax.plot([], [], "o", ms=8, color=WEIGHTS, zorder=4, **EDGE))
        self.name = self.moving(note(ax, color=WEIGHTS, ha="left", va="bottom", zorder=9))
        (self.here,) = self.moving(ax.plot([], [], "o", ms=10, color=INK, zorder=8, **EDGE))
        self.now = Now(self, ax, range(2, 10), [str(n) for n in range(2, 10)])

    def move(self, state):
        xs = np.arange(1, WINDOW + 1)
        gaps = np.full(WINDOW, np.nan)
        first, last, level = state.levels.T
        between = np.full(len(level), np.nan)
        change(
            self.levels,
            data=(
                np.stack([first, last, between], 1).ravel(),
                np.stack([level, level, between], 1).ravel(),
            ),
        )
        group = state.grid.group
        walls = np.arange(group, WINDOW, group) + 0.5 if isinstance(group, int) else np.array([])
        change(
            self.walls,
            data=(np.repeat(walls, 3), np.tile([-1.08, 1.08, np.nan], len(walls))),
        )
        change(
            self.stems,
            data=(
                np.stack([xs, xs, gaps], 1).ravel(),
                np.stack([state.was, state.back, gaps], 1).ravel(),
            ),
        )
        change(self.was, data=(xs, state.was))
        change(self.back, data=(xs, state.back))
        for each, line in self.others.items():
            change(line, data=_points(state.lines[each]))
        mine = state.lines[ROW if group == "row" else group]
        change(self.line, data=_points(mine))
        change(self.marks, data=_points(mine))
        words = "a scale a row" if group == "row" else f"groups of {group}"
        first = mine[0]
        change(self.name, text=words, position=(first.bits_per_weight + 0.18, first.error * 1.02))
        here = state.here
        error = max(here.error, LEAST)
        change(self.here, data=([here.bits_per_weight], [error]))
        self.now.move(here.bits_per_weight, error, f"{plain(here.bits_per_weight)} bits")


def _points(line: tuple[Kept, ...]):
    return [one.bits_per_weight for one in line], [max(one.error, LEAST) for one in line]
