"""What narrower numbers save: cells counted, energies and areas published, as shares of FP32's."""

from dataclasses import dataclass

import numpy as np

from lecture_lib import catalog
from lecture_lib.arithmetic import OPERANDS, Operand, multiplier, multiply_add, summing
from lecture_lib.scene import State
from lecture_lib.units import plain
from lecture_lib.views.bits.cells import stage
from lecture_lib.views.style import (
    COMPUTE,
    DASHED,
    EDGE,
    ENERGY,
    GREY,
    INK,
    MARKS,
    RULE,
    SOFT,
    TRAFFIC,
    LectureScene,
    change,
    note,
    ticks,
)

WIDE = OPERANDS["FP32"]
NARROW = {
    "FP16": "FP16", "BF16": "BF16", "INT8": "INT8", "FP8 E4M3": "E4M3", "FP8 E5M2": "E5M2",
    "FP4 E2M1": "E2M1",
}  # fmt: skip
PROCESSES = {"45 nm": "45nm", "7 nm": "7nm"}
# What is compared, how it is known, and the colour of its mark.
ROWS = (
    ("a product", "cells", COMPUTE),
    ("", "energy", ENERGY),
    ("", "area", INK),
    ("a sum", "cells", COMPUTE),
    ("", "energy", ENERGY),
    ("", "area", INK),
    ("product and wide sum", "cells", COMPUTE),
    ("reading the number", "bits", TRAFFIC),
)
SIGNS, SIZES = {**MARKS, INK: "D"}, {ENERGY: 15}
LEAST, MOST = 1 / 256, 1.5  # of the shares
TICKS = {2.0**-k: f"1/{2**k}" if k else "as FP32" for k in range(0, 9, 2)}
CORNER, PITCH = (16, 64), 11  # CSS px: of the bits that are multiplied, and from bit to bit
LEFT, WIDTH, TOP, HEIGHT = 538, 340, 46, 270  # CSS px: of the chart
RULES = {"bits": ("as the bits", DASHED), "square": ("as their square", "-")}


@dataclass(frozen=True, eq=False)
class Narrower(State):
    format: str
    significand: int
    shares: tuple[float | None, ...]  # in each of ROWS, of what FP32 takes; None: not published
    rules: dict[str, float]  # in each of RULES


def wide_sum(operand: Operand) -> Operand:
    """The total that products of such numbers are added to: 32 bits wide."""
    return OPERANDS["FP32" if operand.exponent else "INT32"]


def figures(process: str, operand: Operand, operation: str):
    """Published energy and area of an operation, as shares of FP32's; None where there is none."""
    rows = catalog.energies()
    for group in (f"{process}/", f"area/{process}_"):
        one, whole = (rows.get(f"{group}{o.name.lower()}_{operation}") for o in (operand, WIDE))
        yield one.low / whole.low if one and whole else None


def shares_of(operand: Operand, process: str) -> tuple[float | None, ...]:
    """What arithmetic on such numbers takes in each of ROWS, as a share of FP32's."""

    def cells(count) -> float:
        return count(operand).total / count(WIDE).total

    return (
        cells(multiplier), *figures(process, operand, "mult"),
        cells(summing), *figures(process, operand, "add"),
        cells(lambda one: multiply_add(one, wide_sum(one))),
        operand.bits / WIDE.bits,
    )  # fmt: skip


def narrower(*, format: str, process: str) -> Narrower:
    """What arithmetic in a format takes, as shares of what it takes in FP32."""
    operand = OPERANDS[NARROW[format]]
    shares = shares_of(operand, process)
    linear = operand.bits / WIDE.bits
    product, energy, _, added, energy_added, _, both, _ = shares
    node = next(words for words, name in PROCESSES.items() if name == process)
    says = (
        f"{format} has {plain(1 / linear)} times fewer bits than FP32: a product takes "
        f"{plain(1 / product)} times fewer cells, a sum {plain(1 / added)}, both with a wide total "
        f"{plain(1 / both, 2)}. At {node} "
    )
    if energy:
        says += f"energies are {plain(1 / energy)} and {plain(1 / energy_added)} times less."
    else:
        says += "no energy of it is published."
    return Narrower(
        says, format, operand.significand, shares, {"bits": linear, "square": linear**2}
    )


class NarrowArithmetic(LectureScene):
    """The bits that a product multiplies, and what narrower arithmetic takes beside FP32's."""

    state = staticmethod(narrower)
    compares = False  # marks of two formats on one row could not be told apart
    source = (
        "Cells: counted in an array multiplier, ripple-carry adders and shifters. Energies and "
        "areas: rows 45nm, 7nm and area of lecture_lib/data/energies.toml (areas recalled)."
    )

    def draw(self, figure):
        self.draw_square(figure)
        width, height = figure.get_size_inches() * 100
        box = [LEFT / width, 1 - (TOP + HEIGHT) / height, WIDTH / width, HEIGHT / height]
        self.ax = ax = figure.add_axes(box)
        ax.set(xscale="log", xlim=(LEAST, MOST), ylim=(len(ROWS) - 0.5, -0.5))
        ticks(ax.xaxis, list(TICKS), list(TICKS.values()))
        ticks(ax.yaxis, [], [])
        ax.grid(visible=False)
        self.rules, self.rule_names = {}, {}
        row = ax.get_xaxis_transform()
        for rule, (words, line) in RULES.items():
            look = {"color": GREY, "lw": 1.6, "ls": line, "zorder": 2}
            self.rules[rule] = self.moving(*ax.plot([], [], transform=row, **look))
            self.rule_names[rule] = self.moving(
                note(ax, words, color=SOFT, size=10.5, va="bottom", weight="normal")
            )
            self.rule_names[rule].set_transform(row)
        self.marks, self.values = [], []
        for k, (what, known, color) in enumerate(ROWS):
            ax.axhline(k, color=RULE, lw=0.8, zorder=1)
            place = {"va": "center", "transform": ax.get_yaxis_transform(), "size": 11}
            ax.text(-0.65, k, what, color=INK, weight="semibold", **place)
            ax.text(-0.03, k, known, color=SOFT, ha="right", **place)
            mark = ax.plot(
                [], [], SIGNS[color], ms=SIZES.get(color, 10), color=color, zorder=5, **EDGE
            )
            self.marks.append(self.moving(*mark))
            self.values.append(self.moving(note(ax, size=10.5, va="center", zorder=6)))

    def draw_square(self, figure):
        """Every pair of bits that a product of two FP32 significands multiplies, hollow."""
        self.stage = ax = stage(figure)
        small = {"color": SOFT, "weight": "normal", "size": 10.5, "va": "center"}
        note(ax, "bits that a product multiplies, each with each", **small).set(x=CORNER[0], y=18)
        full = WIDE.significand
        ax.plot(*pairs(full), "s", ms=5, mfc="none", mec=GREY, mew=0.7, ls="", zorder=2)
        look = {"ms": 6.8, "color": COMPUTE, "mew": 0, "ls": "", "zorder": 3}
        self.pairs = self.moving(*ax.plot([], [], "s", **look))
        words = f"FP32: {full} × {full} = {full**2}"
        x, y = CORNER[0], CORNER[1] + PITCH * full + 13
        note(ax, words, **small).set(x=x, y=y)
        self.size = self.moving(note(ax, color=COMPUTE, va="center", size=11.5))
        self.size.set_position((CORNER[0], CORNER[1] - 20))

    def move(self, state):
        side = state.significand
        change(self.pairs, data=pairs(side))
        change(self.size, text=f"{state.format}: {side} × {side} = {side**2}")
        for rule, share in state.rules.items():
            change(self.rules[rule], data=([share, share], [0, 1]))
            right = rule == "bits"  # the larger share of the two
            change(
                self.rule_names[rule],
                position=(share, 1.015),
                ha="left" if right else "right",
            )
        for k, (mark, value, share) in enumerate(
            zip(self.marks, self.values, state.shares, strict=True)
        ):
            change(mark, data=([] if share is None else [share], [] if share is None else [k]))
            words = "not published" if share is None else f"1/{plain(1 / share, 2)}"
            at = LEAST * 1.15 if share is None else share * 1.2
            change(value, text=words, position=(at, k))


def pairs(side: int) -> tuple[np.ndarray, np.ndarray]:
    """The places of all pairs of so many bits by so many, from the corner on."""
    down, right = np.divmod(np.arange(side**2), side)
    return CORNER[0] + PITCH * (right + 0.5), CORNER[1] + PITCH * (down + 0.5)
