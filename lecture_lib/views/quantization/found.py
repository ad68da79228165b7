"""Where the outliers are: the largest magnitude that each matrix of a model reads."""

from dataclasses import dataclass

import numpy as np

from lecture_lib import slices
from lecture_lib.scene import State
from lecture_lib.slices import Sizes
from lecture_lib.units import count, plain
from lecture_lib.views.panel import WIDTH, Panel
from lecture_lib.views.style import (
    ACTIVATIONS,
    ACTIVATIONS_TEXT,
    EDGE,
    GREY,
    GROUND,
    SOFT,
    LectureScene,
    Now,
    change,
    chart,
    note,
    ticks,
)

PLACES = {
    "into the MLP's down": "ffn_down",
    "into the MLP's gate and up": "ffn_gate",
    "into query, key and value": "attn_q",
    "into the attention's output": "attn_output",
}  # gate and up read the same, and so do query, key and value
LAYERS = tuple(range(30))
LOW, HIGH = 1e-3, 1e4


@dataclass(frozen=True, eq=False)
class Found(State):
    layer: int
    first: np.ndarray  # of each layer: the largest magnitude at the first token
    others: np.ndarray  # and at all others
    median: np.ndarray
    rank: int  # of this layer's largest among all inputs of the model, from 1

    @property
    def largest(self) -> float:
        return float(max(self.first[self.layer], self.others[self.layer]))


def found(*, place: str, layer: int) -> Found:
    """The largest inputs that a kind of matrix reads, layer by layer."""
    of = slices.sizes()
    mine = [name.endswith(f"{place}.weight") for name in of.names]
    first, others, median = of.first_token[mine], of.other_tokens[mine], of.median[mine]
    largest = float(max(first[layer], others[layer]))
    rank = 1 + int((_different(of) > largest * (1 + 1e-6)).sum())
    where = next(words for words, part in PLACES.items() if part == place)
    at_first, later = first[layer], others[layer]
    says = (
        f"Layer {layer}, {where}: the largest magnitude is {plain(at_first)} at the first token "
        f"and {plain(later)} at all others; half of all values are below {plain(median[layer], 2)}."
    )
    return Found(says, layer, first, others, median, rank)


def _different(of: Sizes) -> np.ndarray:
    """The largest magnitude of each input of the model, each counted once."""
    once = [any(name.endswith(f"{part}.weight") for part in PLACES.values()) for name in of.names]
    return np.maximum(of.first_token, of.other_tokens)[once]


class OutlierFound(LectureScene):
    """The largest input of each layer, at the first token of a text and at all others."""

    state = staticmethod(found)
    source = (
        "Measured while SmolLM2-135M-Instruct read the first 256 tokens of Alice in Wonderland: "
        "lecture_lib/data/slices.npz."
    )

    def draw(self, figure):
        self.ax = ax = chart(figure, y="magnitude of inputs", x="layer", right=WIDTH)
        ax.set(xlim=(-0.8, 29.8), ylim=(LOW, HIGH), yscale="log")
        ticks(ax.yaxis, [0.01, 1, 100, 1e4], ["0.01", "1", "100", "10,000"])
        (self.stems,) = self.moving(ax.plot([], [], color=ACTIVATIONS, lw=1.4, zorder=2))
        (self.first,) = self.moving(
            ax.plot([], [], "h", ms=10, color=ACTIVATIONS, zorder=4, **EDGE)
        )
        (self.others,) = self.moving(
            ax.plot([], [], "h", ms=9, mfc=GROUND, mec=ACTIVATIONS, mew=1.6, zorder=3)
        )
        (self.median,) = self.moving(ax.plot([], [], "_", ms=10, mew=2, color=GREY, zorder=3))
        words = {"weight": "normal", "size": 10.5, "va": "center"}
        row = {"transform": ax.get_xaxis_transform(), "clip_on": False}
        for x, said, color, mark in (
            (1, "largest at the first token", ACTIVATIONS_TEXT, {"color": ACTIVATIONS, **EDGE}),
            (13, "at all others", ACTIVATIONS_TEXT,
             {"mfc": GROUND, "mec": ACTIVATIONS, "mew": 1.6}),
            (21, "median", SOFT, {"marker": "_", "mew": 2, "color": GREY}),
        ):  # fmt: skip
            ax.plot([x], [1.03], ls="", ms=9, **{"marker": "h", **mark}, **row)
            note(ax, said, color=color, **words, **row).set_position((x + 0.6, 1.03))
        self.now = Now(self, ax, range(0, 30, 5), [str(n) for n in range(0, 30, 5)])
        self.panel = Panel(self, figure)

    def move(self, state):
        xs, gaps = np.array(LAYERS), np.full(len(LAYERS), np.nan)
        change(
            self.stems,
            data=(
                np.stack([xs, xs, gaps], 1).ravel(),
                np.stack([state.median, np.maximum(state.first, state.others), gaps], 1).ravel(),
            ),
        )
        change(self.first, data=(xs, state.first))
        change(self.others, data=(xs, state.others))
        change(self.median, data=(xs, state.median))
        self.now.move(state.layer, state.largest, f"layer {state.layer}")
        median = float(state.median[state.layer])
        self.panel.write(
            (plain(state.largest), "is the largest"),
            (plain(median, 2), "is the median"),
            (f"{count(float(f'{state.largest / median:.2g}'))} ×", "the median"),
            (f"{state.rank} of {4 * len(LAYERS)}", "in size, of all inputs"),
        )
