"""Compute against bandwidth since 2010: what grew how fast, in which line and format."""

from dataclasses import dataclass

import numpy as np

from lecture_lib import catalog
from lecture_lib.controls import Control
from lecture_lib.growth import Growth, fit_growth, year_of
from lecture_lib.scene import State
from lecture_lib.units import plain
from lecture_lib.views.panel import WIDTH, Panel
from lecture_lib.views.style import (
    COMPUTE,
    EDGE,
    MARKS,
    SOFT,
    TRAFFIC,
    TRAFFIC_TEXT,
    LectureScene,
    change,
    chart,
    note,
    ticks,
)

LINES = {"data-centre parts": "data centre", "GeForce cards": "GeForce"}
RATES = {
    "the best matrix rate, in any format": "matmul_ops_per_s",
    "the vector rate in FP32": "fp32_ops_per_s",
}
YEARS = tuple(range(2015, 2026))
UNTIL = Control(YEARS, tuple(map(str, YEARS)), YEARS[-1], "slider", "launched until")
FORMATS = ("fp32", "fp16", "bf16", "fp8", "fp4")
MOST_ROWS = 12


@dataclass(frozen=True, eq=False)
class Wall(State):
    names: tuple[str, ...]
    years: np.ndarray
    compute: np.ndarray  # times that of the first part
    bandwidth: np.ndarray  # the same
    formats: tuple[str, ...]
    compute_fit: Growth
    bandwidth_fit: Growth
    per_byte: np.ndarray  # FLOP for each byte, of each part
    until: int


def wall(*, line: str, rate: str, until: int) -> Wall:
    """How compute and bandwidth of a line of NVIDIA parts grew, up to the end of a year."""
    rows = [row for row in catalog.history() if row.line == line and row.year <= until]
    rows = sorted(rows, key=lambda row: (row.year, getattr(row, rate)))
    years = np.array([year_of(row.released) for row in rows])
    compute = np.array([getattr(row, rate) for row in rows])
    bandwidth = np.array([row.bandwidth for row in rows])
    matrix = rate == "matmul_ops_per_s"
    formats = tuple(
        next(f for f in FORMATS if row.matmul_format.startswith(f)) if matrix else "fp32"
        for row in rows
    )
    fits = [fit_growth(years, column / column[0]) for column in (compute, bandwidth)]
    per_byte = compute / bandwidth
    what = "the best matrix rate" if matrix else "the FP32 rate"
    says = (
        f"{'Data-centre parts' if line == 'data centre' else 'GeForce cards'} launched from "
        f"{rows[0].year} to {until}: in two years {what} grew {plain(fits[0].factor)} times, "
        f"bandwidth {plain(fits[1].factor)} times. {rows[0].name} had {plain(per_byte[0], 2)} FLOP "
        f"for each byte, {rows[-1].name} has {plain(per_byte[-1])}."
    )
    names = tuple(row.name for row in rows)
    return Wall(
        says, names, years, compute / compute[0], bandwidth / bandwidth[0], formats, *fits,
        per_byte, until,
    )  # fmt: skip


class ComputeAndBandwidth(LectureScene):
    """Compute and bandwidth of NVIDIA parts over the years, as multiples of the first part's."""

    state = staticmethod(wall)
    source = (
        "Rows of lecture_lib/data/history.toml: dense peaks. Lines: least squares of the "
        "logarithms over the date of launch, all parts shown weighing the same."
    )

    def draw(self, figure):
        self.ax = ax = chart(
            figure,
            y="times the first part of the line",
            x="launched",
            left=92,
            right=WIDTH,
        )
        ax.set(xlim=(2010, 2026.5), ylim=(0.2, 8000), yscale="log")
        ticks(ax.xaxis, range(2010, 2027, 4), [str(y) for y in range(2010, 2027, 4)])
        ticks(ax.yaxis, 10.0 ** np.arange(4), ["1 ×", "10 ×", "100 ×", "1,000 ×"])
        self.beyond = self.moving(ax.axvspan(2026, 2027, color=SOFT, alpha=0.12, lw=0, zorder=1))
        self.fits = [
            self.moving(*ax.plot([], [], color=color, lw=2.4, zorder=3))
            for color in (COMPUTE, TRAFFIC)
        ]
        self.marks = [
            self.moving(*ax.plot([], [], MARKS[color], ms=9, color=color, zorder=5, **EDGE))
            for color in (COMPUTE, TRAFFIC)
        ]
        for words, sign, color, y in (
            ("compute", COMPUTE, COMPUTE, 2500), ("bandwidth", TRAFFIC, TRAFFIC_TEXT, 800),
        ):  # fmt: skip
            ax.plot(2010.6, y, MARKS[sign], ms=9, color=sign, **EDGE)
            note(ax, words, color=color, va="center").set_position((2011, y))
        self.formats = [
            note(ax, color=COMPUTE, size=10.5, weight="normal", ha="center", va="bottom", zorder=7)
            for _ in range(MOST_ROWS)
        ]
        self.moving(self.formats)
        self.panel = Panel(self, figure)

    def move(self, state):
        ends = np.array([state.years[0], state.until + 1])
        columns = (state.compute, state.bandwidth)
        fits = (state.compute_fit, state.bandwidth_fit)
        for mark, line, column, fit in zip(self.marks, self.fits, columns, fits, strict=True):
            change(mark, data=(state.years, column))
            change(line, data=(ends, fit.at(ends)))
        change(self.beyond, x=state.until + 1, width=2026.5 - state.until - 1)
        changed = [
            k == 0 or state.formats[k] != state.formats[k - 1] for k in range(len(state.formats))
        ]
        for k, label in enumerate(self.formats):
            seen = k < len(changed) and changed[k]
            if seen:
                at = (state.years[k], state.compute[k] * 1.5)
                change(label, position=at, text=state.formats[k].upper())
            label.set_visible(seen)
        self.panel.write(
            (f"× {plain(fits[0].factor)}", "compute, in two years"),
            (f"× {plain(fits[1].factor)}", "bandwidth, in two years"),
            (f"{plain(state.per_byte[0], 2)} → {plain(state.per_byte[-1])}", "FLOP for each byte"),
            (state.formats[-1].upper(), state.names[-1]),
        )
