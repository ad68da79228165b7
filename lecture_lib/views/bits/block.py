"""A block of weights in its bytes: what each bit is for, and what comes back of the weights."""

from dataclasses import dataclass

import numpy as np
from matplotlib.colors import to_rgba

from lecture_lib.quantization.parts import Part
from lecture_lib.scene import State
from lecture_lib.units import percent, plain
from lecture_lib.views.bits.cells import POINTS, bracket, largest_grid, stage
from lecture_lib.views.bits.formats import written
from lecture_lib.views.bits.layouts import BLOCKS, TERNARY, kept, needed, parts_of, words_of
from lecture_lib.views.bits.samples import SOURCE, sample_weights
from lecture_lib.views.style import (
    GREY,
    GROUND,
    INK,
    RULE,
    SOFT,
    WEIGHTS,
    LectureScene,
    change,
    note,
)

WINDOW = 32  # weights that are drawn
CHART = 96, 15, 104, 62  # CSS px: the first weight, to the next, the zero line, the largest
LEDGER, ROW, LINE = 606, 41, 23  # CSS px: its left, its first line, to the next
MOST_PARTS = 5
BITS = 20, 230, 860, 124  # CSS px: left, top, width and height of where they may lie
# How the bits of each meaning are marked: the shape tells them apart where the tone does not.
MARKS = {
    "scale": {"marker": "o", "color": INK, "mew": 0},
    "minimum": {"marker": "^", "color": GREY, "mew": 0},
    "sign": {"marker": "s", "color": INK, "mew": 0},
    "exponent": {"marker": "s", "color": WEIGHTS, "mew": 0},
    "mantissa": {"marker": "s", "mfc": to_rgba(WEIGHTS, 0.3), "mec": WEIGHTS, "mew": 1},
    "value": {"marker": "s", "color": WEIGHTS, "mew": 0},
}


@dataclass(frozen=True, eq=False)
class BlockBytes(State):
    format: str
    weight: int  # from 1, in the row
    row: np.ndarray  # as it was
    back: np.ndarray  # as it comes back
    first: int  # number of the first weight of the window, from 0
    block: slice  # the weights of the block
    stored: np.ndarray  # its bytes
    parts: tuple[Part, ...]
    used: np.ndarray  # numbers of the bits that this weight needs


def block_bytes(*, format: str, weight: int, row: int = 0) -> BlockBytes:
    """A row of sample weights in a format, and the block that holds one of them, from 1 on."""
    kind, parts = BLOCKS[format], parts_of(BLOCKS[format])
    found = kept(kind, sample_weights()[row])
    number, place = divmod(weight - 1, kind.weights)
    used = needed(parts, place)
    was, now = float(found.row[weight - 1]), float(found.back[weight - 1])
    lost = found.back.astype(float) - found.row
    rms = float(np.sqrt((lost**2).mean() / (found.row.astype(float) ** 2).mean()))
    says = (
        f"{format} keeps {kind.weights} weights in {kind.bytes} bytes, "
        f"{plain(kind.bits_per_weight, 5)} bits for each. Weight {weight}, "
        f"{written(round(was, 5))}, is made of {len(used)} of these bits and comes back as "
        f"{written(round(now, 5))}; over the row the error is {percent(rms)}"
    )
    says += ", from making it ternary." if format in TERNARY else "."
    block = slice(number * kind.weights, (number + 1) * kind.weights)
    start = (weight - 1) // WINDOW * WINDOW
    stored = found.stored[number]
    return BlockBytes(
        says, format, weight, found.row, found.back, start, block, stored, parts, used
    )


class BlockInBytes(LectureScene):
    """Weights as they were and as they come back, and all bits of their block by what they mean."""

    state = staticmethod(block_bytes)
    compares = False  # two grids of bits, one over the other, cannot be read
    source = f"Carried out: GGML's formats byte for byte as in a file, others scale first. {SOURCE}"

    def draw(self, figure):
        self.ax = ax = stage(figure)
        self.small = {"color": SOFT, "weight": "normal", "size": 10.5, "va": "center"}
        self.draw_chart()
        self.draw_ledger()
        self.caption = self.moving(note(ax, **self.small))
        self.caption.set_position((14, BITS[1] - 16))
        look = {"ls": "", "zorder": 4}
        self.on = {m: self.moving(*ax.plot([], [], **mark, **look)) for m, mark in MARKS.items()}
        self.off = {m: self.moving(*ax.plot([], [], **mark, **look)) for m, mark in MARKS.items()}
        self.rings = self.moving(
            *ax.plot([], [], "s", mfc="none", mec=INK, mew=1.4, ls="", zorder=6)
        )

    def draw_chart(self):
        ax = self.ax
        x, pitch, zero, high = CHART
        last = x + pitch * (WINDOW - 1)
        for share, words in ((1, "largest"), (0, "0"), (-1, "−largest")):
            y = zero - share * high
            ax.plot([x - 10, last + 10], [y, y], color=GREY if share == 0 else RULE, lw=0.9)
            note(ax, words, ha="right", **self.small).set(x=x - 18, y=y)
        note(ax, "as it was", **self.small).set(x=x + 14, y=18)
        note(ax, "as it comes back", **self.small).set(x=x + 112, y=18)
        ax.plot([x + 4], [18], "o", ms=8, mfc=GROUND, mec=GREY, mew=1.6)
        ax.plot([x + 102], [18], "o", ms=6, color=WEIGHTS, mew=0)
        (self.stems,) = self.moving(ax.plot([], [], color=GREY, lw=1.2, zorder=2))
        (self.was,) = self.moving(
            ax.plot([], [], "o", ms=8, mfc=GROUND, mec=GREY, mew=1.6, zorder=3)
        )
        (self.back,) = self.moving(ax.plot([], [], "o", ms=6, color=WEIGHTS, mew=0, zorder=4))
        (self.chosen,) = self.moving(
            ax.plot([], [], "o", ms=16, mfc="none", mec=INK, mew=1.6, zorder=5)
        )
        (self.extent,) = self.moving(ax.plot([], [], color=GREY, lw=1.2))
        self.extent_name = self.moving(note(ax, ha="center", **self.small))

    def draw_ledger(self):
        ax = self.ax
        self.swatches = {
            m: self.moving(*ax.plot([], [], ms=10, ls="", **mark)) for m, mark in MARKS.items()
        }
        self.rows = [
            (note(ax, va="center", size=11.5), note(ax, ha="right", **self.small))
            for _ in range(MOST_PARTS)
        ]
        self.moving([text for row in self.rows for text in row])
        self.rule = self.moving(*ax.plot([], [], color=INK, lw=1))
        self.total = self.moving(note(ax, ha="right", va="center", size=11.5))
        self.result = self.moving(note(ax, ha="right", va="center", size=19))

    def move(self, state):
        x, pitch, zero, high = CHART
        window = slice(state.first, state.first + WINDOW)
        largest = float(abs(state.row).max())
        xs = x + pitch * np.arange(WINDOW)
        was = zero - high * np.clip(state.row[window] / largest, -1, 1)
        back = zero - high * np.clip(state.back[window] / largest, -1.2, 1.2)
        gaps = np.full(WINDOW, np.nan)
        change(
            self.stems,
            data=(np.stack([xs, xs, gaps], 1).ravel(), np.stack([was, back, gaps], 1).ravel()),
        )
        change(self.was, data=(xs, was))
        change(self.back, data=(xs, back))
        at = state.weight - 1 - state.first
        change(self.chosen, data=([xs[at]], [back[at]]))
        self.embrace(state, xs)
        self.write(state)
        self.lay(state)

    def embrace(self, state, xs) -> None:
        """Which of the weights seen are of the block."""
        low = max(state.block.start - state.first, 0)
        high = min(state.block.stop - state.first, WINDOW) - 1
        y, half = CHART[2] + CHART[3] + 7, CHART[1] * 0.4
        left, right = xs[low] - half, xs[high] + half
        change(self.extent, data=bracket(left, right, y))
        size = state.block.stop - state.block.start
        words = f"a block of {size} weights" if size <= WINDOW else f"{WINDOW} of {size} weights"
        change(self.extent_name, text=words, position=((left + right) / 2, y + 17))

    def write(self, state) -> None:
        """The bits of each part, and their sum for a weight."""
        weights, bits = state.block.stop - state.block.start, 8 * len(state.stored)
        lines = {meaning: [] for meaning in MARKS}
        for k, (name, count) in enumerate(self.rows):
            one = state.parts[k] if k < len(state.parts) else None
            for text in (name, count):
                text.set_visible(one is not None)
            if one is not None:
                y = ROW + LINE * k
                entries, width = one.bits.shape
                lines[one.meaning].append(y)
                change(name, text=words_of(one), position=(LEDGER + 16, y))
                change(count, text=f"{entries} × {width} = {one.bits.size:,}", position=(884, y))
        for meaning, ys in lines.items():
            change(self.swatches[meaning], data=([LEDGER] * len(ys), ys))
        y = ROW + LINE * len(state.parts) - 8
        change(self.rule, data=([LEDGER - 6, 884], [y, y]))
        change(self.total, text=f"{bits:,} bits / {weights} weights", position=(884, y + 16))
        change(
            self.result,
            text=f"{plain(bits / weights, 5)} bits a weight",
            position=(884, y + 44),
        )

    def lay(self, state) -> None:
        """All bits of the block, and round those that the weight needs a frame."""
        grid = largest_grid(*BITS, len(state.stored))
        is_set = np.unpackbits(state.stored, bitorder="little").astype(bool)
        by_meaning = {meaning: [np.empty(0, int)] for meaning in MARKS}
        for one in state.parts:
            by_meaning[one.meaning].append(one.bits.ravel())
        for meaning, found in by_meaning.items():
            bits = np.concatenate(found)
            for marks, chosen, share in (
                (self.on, bits[is_set[bits]], 0.82),
                (self.off, bits[~is_set[bits]], 0.4),
            ):
                change(marks[meaning], data=grid.place(chosen))
                change(marks[meaning], markersize=grid.pitch * share * POINTS)
        change(self.rings, data=grid.place(state.used), markersize=grid.pitch * 1.02 * POINTS)
        change(
            self.caption,
            text=f"its {len(state.stored)} bytes, bit by bit: large is 1, small is 0; framed is "
            f"what weight {state.weight} takes",
        )
