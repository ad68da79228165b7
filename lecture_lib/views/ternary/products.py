"""A product with a small ternary matrix, row by row: by multiplying, by adding, by looking up."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib.patches import Rectangle

from lecture_lib.quantization.ternary import (
    TRITS_IN_A_BYTE,
    absmax_per_token,
    absmean,
    additions,
    dense_product,
    packed_trits,
    sum_product,
    sum_table,
    table_product,
)
from lecture_lib.scene import State
from lecture_lib.tables import Table
from lecture_lib.units import MINUS, count, percent, plain
from lecture_lib.views.bits.cells import bracket, stage
from lecture_lib.views.panel import Panel
from lecture_lib.views.style import (
    ACTIVATIONS,
    ACTIVATIONS_TEXT,
    COMPUTE,
    GREY,
    GROUND,
    INK,
    RULE,
    SOFT,
    LectureScene,
    change,
    note,
)
from lecture_lib.views.ternary.cells import box

ROWS, COLUMNS = 7, 10
SEED = 2402_17764  # any number does; the matrix is always the same
MULTIPLY, ADD, LOOK_UP = "multiply and add", "add and subtract", "look up"
WAYS = (MULTIPLY, ADD, LOOK_UP)
SUMS = 3**TRITS_IN_A_BYTE  # in a table


@cache
def operands() -> tuple[np.ndarray, np.ndarray]:
    """A ternary matrix [ROWS, COLUMNS] and a token of whole activations [1, COLUMNS]."""
    rng = np.random.default_rng(SEED)
    trits, _ = absmean(rng.normal(size=(ROWS, COLUMNS)))
    whole, _ = absmax_per_token(rng.normal(size=(1, COLUMNS)))
    return trits, whole


@dataclass(frozen=True, eq=False)
class Product(State):
    way: str
    row: int  # from 1
    terms: tuple[int | None, ...]  # of this row, one for each column; None where nothing is added
    found: tuple[tuple[int, int], ...]  # looking up: the byte of each five, and its sum
    outputs: tuple[int, ...]  # of the rows so far
    multiplications: int  # so far
    added: int  # additions and subtractions so far, the first of a row included


def product(*, way: str, row: int) -> Product:
    """The product up to this row, counted from 1: what it added, and what it multiplied."""
    trits, token = operands()
    ways = {MULTIPLY: dense_product, ADD: sum_product, LOOK_UP: table_product}
    outputs = ways[way](trits[:row], token)[0]
    if not np.array_equal(outputs, dense_product(trits[:row], token)[0]):
        raise ArithmeticError(f"{way}: another product than by multiplying")
    mine, cost = trits[row - 1], additions(trits[:row])
    terms = [int(t) * int(x) if t or way == MULTIPLY else None
             for t, x in zip(mine, token[0], strict=True)]  # fmt: skip
    fives = token[0].reshape(-1, TRITS_IN_A_BYTE)
    stored = packed_trits(mine[None])[0]
    found = [(int(byte), int(sum_table(five[None])[0, byte]))
             for byte, five in zip(stored, fives, strict=True)]  # fmt: skip
    counted = {
        MULTIPLY: (cost.dense, cost.dense),
        ADD: (0, cost.summing),
        LOOK_UP: (0, cost.tables + cost.looking_up),
    }
    multiplications, added = counted[way]
    where = f"Row {row} of {ROWS}, {way}: {plain(int(outputs[-1]), 6)}"
    says = {
        MULTIPLY: f"{where}. So far {multiplications} multiplications and as many additions.",
        ADD: (
            f"{where}, as by multiplying. {np.count_nonzero(mine)} of {COLUMNS} weights add or "
            f"subtract, zeros do nothing; so far {added} additions and no multiplication."
        ),
        LOOK_UP: (
            f"{where}, as by multiplying, from {len(found)} places of tables. Filling both tables "
            f"took {cost.tables} additions, and each row takes {len(found)}: it pays in a matrix "
            "of many rows."
        ),
    }[way]
    return Product(
        says, way, row, tuple(terms), tuple(found), tuple(int(n) for n in outputs),
        multiplications, added,
    )  # fmt: skip


LEFT, TOP = 130, 84  # CSS px: the first cell of the matrix
WIDE, HIGH = 42, 26  # a cell
ACROSS, DOWN = 46, 30  # from cell to cell
OUTPUT = LEFT + COLUMNS * ACROSS + 44  # the middle of the column of results
TERMS = TOP + ROWS * DOWN + 16


def x_of(column: float) -> float:
    return LEFT + column * ACROSS + WIDE / 2


def y_of(row: float) -> float:
    return TOP + row * DOWN + HIGH / 2


class WithoutMultiplying(LectureScene):
    """Activations above a ternary matrix, the terms of one row beneath it, its results beside."""

    state = staticmethod(product)
    source = (
        "Carried out in whole numbers, and equal to the dense product in every row. Weights: "
        "normal, made ternary by absmean. Activations: 8 bits, one scale for the token."
    )

    def draw(self, figure):
        self.ax = ax = stage(figure)
        trits, token = operands()
        small = {"color": SOFT, "weight": "normal", "size": 10.5, "va": "center"}
        for y, name in ((46, "activations"), (y_of(0), "weights")):
            note(ax, name, size=11, va="center").set(x=14, y=y)
        for row, look in enumerate(("solid: +1", f"hatched: {MINUS}1", "hollow: 0"), 1):
            note(ax, look, **small).set(x=14, y=y_of(row))
        note(ax, "terms", size=11, va="center").set(x=14, y=TERMS + 10)
        note(ax, "result", ha="center", **{**small, "color": INK}).set(x=OUTPUT, y=46)
        pill = {"fc": GROUND, "ec": ACTIVATIONS, "lw": 1.6, "zorder": 3}
        for column, value in enumerate(token[0]):
            x = x_of(column)
            ax.add_patch(Rectangle((x - WIDE / 2, 46 - HIGH / 2), WIDE, HIGH, **pill))
            name = note(ax, plain(int(value), 3), size=11, color=ACTIVATIONS_TEXT, zorder=5)
            name.set(x=x, y=46, ha="center", va="center")
        for row in range(ROWS):
            for column in range(COLUMNS):
                box(ax, int(trits[row, column]), x_of(column), y_of(row), WIDE, HIGH)
        for column in range(TRITS_IN_A_BYTE, COLUMNS, TRITS_IN_A_BYTE):
            x = LEFT + column * ACROSS - (ACROSS - WIDE) / 2
            ax.plot([x, x], [28, TERMS + 22], color=RULE, lw=1.4, ls=(0, (2, 2)), zorder=1)
        wide = COLUMNS * ACROSS + 2
        frame = {"fc": "none", "ec": INK, "lw": 2, "zorder": 8}
        self.frame = self.moving(ax.add_patch(Rectangle((LEFT - 3, 0), wide, HIGH + 6, **frame)))
        veil = {"fc": GROUND, "ec": "none", "alpha": 0.72, "zorder": 7}
        self.veil = self.moving(ax.add_patch(Rectangle((LEFT - 3, 0), wide, 1, **veil)))
        centred = {"ha": "center", "va": "center", "size": 11, "zorder": 9}
        self.terms = [self.moving(note(ax, **centred)) for _ in range(COLUMNS)]
        for column, text in enumerate(self.terms):
            text.set_position((x_of(column), TERMS + 10))
        self.found, self.brackets = [], []
        for five in range(COLUMNS // TRITS_IN_A_BYTE):
            first, last = five * TRITS_IN_A_BYTE, (five + 1) * TRITS_IN_A_BYTE - 1
            ends = bracket(LEFT + first * ACROSS, LEFT + last * ACROSS + WIDE, TERMS - 12)
            self.brackets.append(self.moving(*ax.plot(*ends, color=GREY, lw=1.2)))
            self.found.append(self.moving(note(ax, **centred)))
            self.found[-1].set_position((x_of((first + last) / 2), TERMS + 10))
        self.outputs = [self.moving(note(ax, **centred)) for _ in range(ROWS)]
        for row, text in enumerate(self.outputs):
            text.set_position((OUTPUT, y_of(row)))
        self.panel = Panel(self, figure)

    def move(self, state):
        top = TOP + (state.row - 1) * DOWN
        change(self.frame, y=top - 3)
        change(self.veil, y=top + HIGH + 4, height=max(ROWS - state.row, 0) * DOWN)
        looking = state.way == LOOK_UP
        for text, term in zip(self.terms, state.terms, strict=True):
            text.set_visible(not looking and term is not None)
            if term is not None:
                change(text, text=f"{'+' if term > 0 else ''}{plain(term)}")
        for text, line, (byte, total) in zip(self.found, self.brackets, state.found, strict=True):
            text.set_visible(looking)
            line.set_visible(looking)
            sign = "+" if total >= 0 else ""
            change(text, text=f"byte {byte} of its table: {sign}{plain(total, 5)}")
        for row, text in enumerate(self.outputs):
            text.set_visible(row < state.row)
            if row < state.row:
                change(text, text=plain(state.outputs[row], 6))
                change(text, color=COMPUTE if row == state.row - 1 else SOFT)
        trits, _ = operands()
        cost = additions(trits)
        filled = f", {cost.tables} to fill tables" if looking else " so far"
        share = 1 - cost.saved
        last = {
            MULTIPLY: (f"{COLUMNS} and {COLUMNS}", "for each further row"),
            ADD: (percent(share), "of the weights are not zero"),
            LOOK_UP: (f"{len(state.found)}", "additions for each further row"),
        }[state.way]
        self.panel.write(
            (f"= {plain(state.outputs[-1], 6)}", f"row {state.row}, the same in every way"),
            (count(state.multiplications), "multiplications so far"),
            (count(state.added), f"additions{filled}"),
            last,
        )


OUTPUTS, INPUTS, TOKENS = 512, 2560, 2  # of the matrix that the table is made of


def three_ways() -> Table:
    """What a token costs in each of the three ways, in a matrix of ordinary width; carried out."""
    rng = np.random.default_rng(SEED)
    trits, _ = absmean(rng.normal(size=(OUTPUTS, INPUTS)))
    tokens, _ = absmax_per_token(rng.normal(size=(TOKENS, INPUTS)))
    exact = dense_product(trits, tokens)
    for way in (sum_product, table_product):
        if not np.array_equal(way(trits, tokens), exact):
            raise ArithmeticError(f"{way.__name__}: another product than by multiplying")
    cost = additions(trits)
    rows = (
        (MULTIPLY, count(cost.dense), count(cost.dense), "100 %"),
        (ADD, "0", count(cost.summing), percent(cost.summing / cost.dense)),
        (LOOK_UP, "0", f"{count(cost.tables)} + {count(cost.looking_up)}",
         percent((cost.tables + cost.looking_up) / cost.dense)),
    )  # fmt: skip
    header = ("a token passes the matrix by", "multiplications", "additions", "of the dense ones")
    note = (
        f"{OUTPUTS} × {count(INPUTS)} weights, normal, made ternary by absmean; carried out for "
        f"{TOKENS} tokens, and equal in all {count(exact.size)} results. Looking up: the tables "
        "are filled once for each token, and serve every row."
    )
    return Table(header, rows, note)
