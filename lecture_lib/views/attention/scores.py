"""How large the score matrix grows, and what a decode step has instead of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lecture_lib import catalog
from lecture_lib.attention_cost import score_bytes
from lecture_lib.roofline import Roof
from lecture_lib.scene import State
from lecture_lib.serving import decode_roof
from lecture_lib.units import readable
from lecture_lib.views.attention.words import CONTEXT_LABELS, CONTEXT_TICKS, CONTEXTS
from lecture_lib.views.style import (
    ACTIVATIONS,
    ACTIVATIONS_TEXT,
    DASHED,
    EDGE,
    IMPOSSIBLE,
    INK,
    LIMIT,
    MARKS,
    WRONG,
    LectureScene,
    Now,
    change,
    chart,
    note,
    ticks,
)

LOW, HIGH = 1e2, 1e17  # bytes


@dataclass(frozen=True, eq=False)
class Scores(State):
    tokens: int
    here: dict[str, int]  # bytes of one head, of one layer, of all layers, of one row of a layer
    curves: dict[str, Any]  # the same over CONTEXTS
    roof: Roof
    most: int  # tokens at which one layer's scores still fit the memory


def sizes(shape, tokens) -> dict[str, Any]:
    """Bytes of the scores in 16 bits: what a prompt stores, and the row of a decode step."""
    heads, layers = shape.query_heads, shape.layers
    return {
        "all layers": score_bytes(tokens, heads=heads, layers=layers),
        "one layer": score_bytes(tokens, heads=heads),
        "one head": score_bytes(tokens),
        "decode, one layer": score_bytes(tokens, heads=heads, queries=1),
    }


def scores(*, device: str, model: str, tokens: int) -> Scores:
    """How large the scores of a prompt are, if somebody stores them."""
    shape, roof = catalog.shape(model), decode_roof(device)
    here = sizes(shape, tokens)
    most = int(np.sqrt(roof.capacity / score_bytes(1, heads=shape.query_heads)))
    layer, row = (readable(here[part], "B") for part in ("one layer", "decode, one layer"))
    memory = f"the {readable(roof.capacity, 'B')} of the {device}"
    fits = "fit" if tokens <= most else "do not fit"
    says = (
        f"{model}, {tokens:,} tokens: the scores of a layer's {shape.query_heads} heads take "
        f"{layer} and {fits} {memory}; {most:,} tokens fill it. A decode step has one row a head, "
        f"{row} a layer."
    )
    return Scores(says, tokens, here, sizes(shape, CONTEXTS), roof, most)


class ScoreMatrix(LectureScene):
    """Bytes of the score matrix against the tokens of a prompt, and of a decode step's row."""

    state = staticmethod(scores)
    source = (
        "Computed: heads × tokens × tokens × 2 bytes, the matrix that a kernel stores which works "
        "step by step (arXiv:1706.03762); one layer's at a time."
    )

    def draw(self, figure):
        self.ax = ax = chart(figure, y="bytes of scores", x="tokens", left=78, right=246)
        ax.set(xscale="log", yscale="log", xlim=(256, 2**20), ylim=(LOW, HIGH))
        ticks(ax.yaxis, [1e3, 1e6, 1e9, 1e12, 1e15], ["1 kB", "1 MB", "1 GB", "1 TB", "1 PB"])
        self.beyond = self.moving(*ax.fill([256], [LOW], zorder=2, **IMPOSSIBLE))
        self.limit = self.moving(*ax.plot([], [], zorder=3, **LIMIT))
        self.limit_name = self.moving(note(ax, ha="left", va="bottom", zorder=9))
        self.lines, self.names, self.dots = {}, {}, {}
        dot = {"zorder": 8.5, "clip_on": False, **EDGE}  # whole at both ends of the slider too
        for part in sizes(catalog.shape("Llama-2-13B"), 1):
            whole = part != "decode, one layer"
            look = {"color": ACTIVATIONS, "zorder": 4, "ls": "-" if whole else DASHED}
            self.lines[part] = self.moving(*ax.plot([], [], lw=2.8, **look))
            self.names[part] = self.moving(
                note(ax, color=ACTIVATIONS_TEXT, va="center", clip_on=False, zorder=9)
            )
            self.dots[part] = self.moving(
                *ax.plot([], [], MARKS[ACTIVATIONS], ms=9, color=ACTIVATIONS, **dot)
            )
        self.cross = self.moving(*ax.plot([], [], MARKS[WRONG], ms=14, color=WRONG, **dot))
        self.mark = self.moving(*ax.plot([], [], "o", ms=11, color=INK, **dot))
        self.now = Now(self, ax, CONTEXT_TICKS, CONTEXT_LABELS)

    def move(self, state):
        room, layer = state.roof.capacity, state.curves["one layer"]
        change(self.limit, data=([256, 2**20], [room, room]))
        words = f"{state.roof.name} {readable(room, 'B')}"
        change(self.limit_name, text=words, position=(280, room * 1.3))
        over = np.append(max(state.most, 256), CONTEXTS[state.most < CONTEXTS])
        top = np.interp(np.log(over), np.log(CONTEXTS), np.log(layer))
        there = np.column_stack([over, np.exp(top)])
        back = np.array([[2**20, room], [over[0], room]])
        change(self.beyond, xy=np.vstack([there, back, there[:1]]))
        for part, curve in state.curves.items():
            change(self.lines[part], data=(CONTEXTS, curve))
            words = f"{part} {readable(state.here[part], 'B')}"
            change(self.names[part], position=(2**20 * 1.55, curve[-1]), text=words)
            change(self.dots[part], data=([state.tokens], [state.here[part]]))
        here, fits = state.here["one layer"], state.tokens <= state.most
        for mark, seen in ((self.mark, fits), (self.cross, not fits)):
            change(mark, data=([state.tokens], [here]))
            mark.set_visible(seen)
        self.dots["one layer"].set_visible(False)
        self.now.move(state.tokens, here, f"{state.tokens:,} tokens")
