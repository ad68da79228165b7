"""FlashAttention carried out, a tile at a time: what is on the chip, what moved, what came out."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib.patches import Rectangle

from lecture_lib.attention import FlashStep, Mask, attention, flash_attention, flash_steps
from lecture_lib.attention_cost import on_chip_values, score_bytes, stored_work
from lecture_lib.scene import State
from lecture_lib.tables import Table
from lecture_lib.units import MINUS, plain, readable
from lecture_lib.views.style import (
    ACTIVATIONS,
    CACHE,
    COMPUTE,
    GROUND,
    INK,
    RULE,
    SOFT,
    TRAFFIC,
    LectureScene,
    change,
    note,
)

TOKENS, WIDTH, TILE = 96, 8, 16
BLOCKS = TOKENS // TILE
SEED = 2205_14135  # any numbers do; these are always the same
MASKS = {"causal": {}, "full": {"causal": False}, "window of 32": {"window": 32}}
EXACT = 1e-6  # 32-bit arithmetic in another order differs by less than this here
WORKING_BYTES = 4  # of a value, in 32 bits
LONG_TILE = 1024  # of the long context: threads of a busy machine wait at each end of a smaller one

CELL, GAP = 36, 4  # CSS px
PITCH = CELL + GAP
LEFT, TOP = 92, 104  # of the first cell
PANEL, WIDEST = 410, 456  # where the numbers and bars begin, and the longest bar


@dataclass(frozen=True, eq=False)
class Tiles(State):
    number: int  # of the tile, from 1
    tile: tuple[int, int]  # its block of queries, and of keys
    hidden: bool  # whether the mask hides the tile, so that it is left out
    step: FlashStep  # the last tile that was worked on
    mask: str
    chip: int  # byte, on the chip now
    moved: int  # byte so far
    stored: int  # byte that a stored matrix moves in all
    difference: float  # largest difference of the finished rows from direct attention


@cache
def carried_out(mask: str) -> tuple[tuple[FlashStep, ...], np.ndarray]:
    """Every tile of one head that is worked on, and what direct attention gives."""
    rng = np.random.default_rng(SEED)
    q, k, v = (rng.normal(size=(1, TOKENS, WIDTH)).astype(np.float32) for _ in range(3))
    steps = flash_steps(q[0], k[0], v[0], tile=(TILE, TILE), **MASKS[mask])
    return tuple(steps), attention(q, k, v, **MASKS[mask])[0]


def largest_difference(steps, direct) -> float:
    """Between the rows that these steps finished and direct attention."""
    ends = [abs(s.output - direct[slice(*s.queries)]).max() for s in steps if s.finished]
    return float(max(ends, default=0))


def tiles(*, mask: str, number: int) -> Tiles:
    """Where FlashAttention stands at this tile, counted row by row from 1."""
    steps, direct = carried_out(mask)
    tile = divmod(number - 1, BLOCKS)
    done = [step for step in steps if step.tile <= tile]
    step, hidden = done[-1], done[-1].tile != tile
    moved = step.read + step.written
    stored = stored_work(TOKENS, WIDTH, value_bytes=WORKING_BYTES).traffic
    chip = WORKING_BYTES * on_chip_values((TILE, TILE), WIDTH)
    difference = largest_difference(done, direct)
    row = step.queries[0] + 1  # the first of its block: it sees something of every tile
    if number == BLOCKS**2:
        says = (
            f"All {TOKENS} rows are done, and differ from direct attention by less than "
            f"{EXACT:f}. {readable(moved, 'B')} moved, where a stored matrix moves "
            f"{readable(stored, 'B')}: {plain(stored / moved, 2)} times as much."
        )
    elif hidden:
        says = (
            f"Tile {number} of {BLOCKS**2}: the mask ({mask}) hides all of it, so nothing is read "
            f"and nothing calculated. {readable(moved, 'B')} moved so far."
        )
    else:
        says = (
            f"Tile {number} of {BLOCKS**2}, {mask}: queries {row} to {step.queries[1]} meet "
            f"keys {step.keys[0] + 1} to {step.keys[1]}. Row {row} has seen the maximum "
            f"{plain(step.maximum[0])} and the sum {plain(step.total[0])}; "
            f"{readable(moved, 'B')} moved so far."
        )
    if difference >= EXACT:
        raise ArithmeticError(f"tiles and direct attention differ by {difference}")
    return Tiles(says, number, tile, hidden, step, mask, chip, moved, stored, difference)


def centre(block: int, first: float) -> float:
    return first + block * PITCH + CELL / 2


class FlashTiles(LectureScene):
    """Scores in tiles, keys and values above, queries left, and bars of what was moved."""

    state = staticmethod(tiles)
    source = (
        f"Carried out: one head of {TOKENS} tokens of width {WIDTH}, tiles of {TILE} × {TILE}, "
        "32 bits (arXiv:2205.14135, in the order of arXiv:2307.08691). Bars are to scale."
    )

    def draw(self, figure):
        self.ax = ax = figure.add_axes([0, 0, 1, 1])
        ax.set(xlim=(0, 900), ylim=(360, 0))
        ax.axis("off")
        small = {"color": SOFT, "weight": "normal", "size": 10.5, "va": "center"}
        note(ax, f"a cell: {TILE} × {TILE} scores that are never stored", **small).set(x=14, y=26)
        for words, y in (("keys", TOP - 40), ("values", TOP - 18)):
            note(ax, words, ha="right", **small).set(x=LEFT - 8, y=y)
        note(ax, "queries", ha="right", **small).set(x=LEFT - 28, y=centre(0, TOP))
        note(ax, "output", ha="left", **small).set(x=LEFT + BLOCKS * PITCH + 22, y=centre(5, TOP))
        side = LEFT - 20, LEFT + BLOCKS * PITCH + 2
        frame = {"fc": "none", "ec": RULE, "lw": 1}
        for block in range(BLOCKS):
            for y in (TOP - 47, TOP - 25):
                ax.add_patch(Rectangle((LEFT + block * PITCH, y), CELL, 14, **frame))
            for x in side:
                ax.add_patch(Rectangle((x, TOP + block * PITCH), 14, CELL, **frame))
            for other in range(BLOCKS):
                corner = LEFT + other * PITCH, TOP + block * PITCH
                ax.add_patch(Rectangle(corner, CELL, CELL, **frame))
        self.hidden = {mask: [self.hatch(*t) for t in hidden_tiles(mask)] for mask in MASKS}
        self.moving(*self.hidden.values())
        self.past = self.cells(COMPUTE, 0.25)
        self.current = self.cells(COMPUTE, 1)
        thick = {"solid_capstyle": "butt", "lw": 14 * 0.72, "zorder": 5}
        self.strips = [
            self.moving(*ax.plot([], [], color=color, alpha=alpha, **thick))
            for color in (CACHE, ACTIVATIONS, ACTIVATIONS)
            for alpha in (0.3, 1)
        ]
        self.counter = self.moving(note(ax, size=19, va="center"))
        self.counter.set_position((PANEL, 50))
        self.row_name = self.moving(note(ax, **small))
        self.row_name.set_position((PANEL, 83))
        self.row = self.moving(note(ax, size=17, va="center"))
        self.row.set_position((PANEL, 111))
        self.rescaled = self.moving(note(ax, **small))
        self.rescaled.set_position((PANEL, 138))
        self.bars, self.bar_names = [], []
        for k, color in enumerate((ACTIVATIONS, TRAFFIC, TRAFFIC)):
            y = 184 + 52 * k
            bar = ax.add_patch(Rectangle((PANEL, y), 3, 16, fc=color, ec="none", zorder=4))
            self.bars.append(self.moving(bar))
            self.bar_names.append(self.moving(note(ax, va="bottom")))
            self.bar_names[-1].set_position((PANEL, y - 4))
        self.result = self.moving(note(ax, color=INK, weight="normal", size=11, va="center"))
        self.result.set_position((PANEL, 336))

    def cells(self, color, alpha):
        """Squares that fill cells; their places are data."""
        look = {"ms": CELL * 0.72, "mew": 0, "color": color, "alpha": alpha, "zorder": 4}
        return self.moving(*self.ax.plot([], [], "s", **look))

    def hatch(self, i: int, j: int):
        place = LEFT + j * PITCH, TOP + i * PITCH
        look = {"fc": GROUND, "ec": RULE, "hatch": "////", "lw": 0, "zorder": 3}
        return self.ax.add_patch(Rectangle(place, CELL, CELL, **look))

    def move(self, state):
        i, j = state.tile
        for mask, patches in self.hidden.items():
            for patch in patches:
                patch.set_visible(mask == state.mask)
        steps, _ = carried_out(state.mask)
        done = [step.tile for step in steps if step.tile < state.tile]
        change(self.past, data=places(done))
        change(self.current, data=places([] if state.hidden else [state.tile]))
        over = [] if state.hidden else [j]
        before = [b for a, b in done if a == i]
        finished = [step.tile[0] for step in steps if step.finished and step.tile <= state.tile]
        sides = LEFT - 13, LEFT + BLOCKS * PITCH + 9
        drawn = (
            *(along(blocks, (TOP - 40, TOP - 18)) for blocks in (before, over)),
            *(down(blocks, sides[0]) for blocks in (range(i), [i])),
            *(down(blocks, sides[1]) for blocks in ([] if i in finished else [i], finished)),
        )
        for strip, data in zip(self.strips, drawn, strict=True):
            change(strip, data=data)
        step, row = state.step, state.step.queries[0] + 1
        change(self.counter, text=f"tile {state.number} of {BLOCKS**2}")
        last = "hidden by the mask; before it, " if state.hidden else ""
        change(self.row_name, text=f"{last}row {row}, the first of its block, has seen")
        running = f"maximum {step.maximum[0]:.2f}    sum {step.total[0]:.2f}"
        change(self.row, text=running.replace("-", MINUS))
        first = step.rescaled[0] == 0
        change(
            self.rescaled,
            text="its first tile that counts: no earlier sum"
            if first
            else f"this tile multiplied the sum before it by {step.rescaled[0]:.2f}",
        )
        bars = (
            ("on the chip", state.chip), ("moved so far", state.moved),
            ("moved in all, where the matrix is stored", state.stored),
        )  # fmt: skip
        for bar, name, (words, size) in zip(self.bars, self.bar_names, bars, strict=True):
            change(bar, width=max(3, WIDEST * size / state.stored))
            change(name, text=f"{words}: {readable(size, 'B')}")
        rows = TILE * len(finished)
        exact = f", within {EXACT:f} of direct attention" if rows else ""
        change(self.result, text=f"{rows} of {TOKENS} rows done{exact}")


def hidden_tiles(mask: str) -> list[tuple[int, int]]:
    """The tiles that the mask hides whole."""
    places = np.arange(TOKENS)
    seen = Mask(**MASKS[mask]).allows(places, places).reshape(BLOCKS, TILE, BLOCKS, TILE)
    return [(int(i), int(j)) for i, j in np.argwhere(~seen.any(axis=(1, 3)))]


def places(tiles) -> tuple[list[float], list[float]]:
    """The centres of cells."""
    return [centre(j, LEFT) for _, j in tiles], [centre(i, TOP) for i, _ in tiles]


def along(blocks, rows) -> tuple[list[float], list[float]]:
    """Pieces of the strips above, as one broken line."""
    ends = [(LEFT + b * PITCH, LEFT + b * PITCH + CELL, np.nan) for b in blocks]
    xs = [x for end in ends for x in end]
    return xs * len(rows), [y for y in rows for _ in xs]


def down(blocks, x: float) -> tuple[list[float], list[float]]:
    """Pieces of a strip beside the cells, as one broken line."""
    ends = [(TOP + b * PITCH, TOP + b * PITCH + CELL, np.nan) for b in blocks]
    return [x] * (3 * len(ends)), [y for end in ends for y in end]


def long_context(tokens: int) -> Table:
    """A prompt that goes through in tiles and would not with its scores stored; carried out."""
    rng = np.random.default_rng(SEED)
    q, k, v = (rng.normal(size=(1, tokens, 16)).astype(np.float32) for _ in range(3))
    tiled = flash_attention(q, k, v, tile=(LONG_TILE, LONG_TILE))
    checked = slice(tokens - TILE, tokens)
    difference = abs(tiled[:, checked] - attention(q[:, checked], k, v)).max()
    held = WORKING_BYTES * on_chip_values((LONG_TILE, LONG_TILE), 16)
    rows = (
        ("scores stored", readable(score_bytes(tokens, value_bytes=WORKING_BYTES), "B"), "refused"),
        (
            f"in tiles of {LONG_TILE:,} × {LONG_TILE:,}",
            readable(held, "B"),
            f"last {TILE} rows within {EXACT:f}",
        ),
    )
    if difference >= EXACT:
        raise ArithmeticError(f"tiles and direct attention differ by {difference}")
    words = f"{tokens:,} tokens of one head"
    note = "Carried out here, 32 bits, causal; the last rows were also worked out directly."
    return Table((words, "memory beside queries, keys, values, output", "result"), rows, note)
