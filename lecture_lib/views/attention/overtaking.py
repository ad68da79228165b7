"""From how many tokens on attention costs more than the weights: in decode, and in prefill."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lecture_lib import catalog
from lecture_lib.attention_cost import (
    ATTENTION,
    MATRICES,
    context_of_equal_reads,
    prompt_of_equal_flops,
)
from lecture_lib.decode import streamed_bytes
from lecture_lib.scene import State
from lecture_lib.serving import bits_of
from lecture_lib.transformer import kv_cache_bytes, prefill_flops_by_part
from lecture_lib.units import plain
from lecture_lib.views.attention.words import CONTEXT_LABELS, CONTEXT_TICKS, CONTEXTS, apart
from lecture_lib.views.decode.words import users
from lecture_lib.views.style import (
    CACHE,
    COMPUTE,
    EDGE,
    GROUND,
    INK,
    LIMIT,
    LectureScene,
    Now,
    change,
    chart,
    note,
    ticks,
)

LOW, HIGH = 2e-3, 1e2
LINES = {"decode": (CACHE, "decode: cache bytes"), "prefill": (COMPUTE, "prefill: attention FLOP")}


@dataclass(frozen=True, eq=False)
class Overtaking(State):
    tokens: int
    curves: dict[str, Any]  # over CONTEXTS: attention's cost as a multiple of the weights'
    here: dict[str, float]
    equal: dict[str, int | None]  # tokens from which it is 1 or more


def multiples(shape, tokens, sequences: int, kept: dict) -> dict[str, Any]:
    """Attention's cost as a multiple of the weights': bytes in decode, FLOP in prefill."""
    parts = prefill_flops_by_part(shape, tokens)
    attention, matrices = (sum(parts[p] for p in names) for names in (ATTENTION, MATRICES))
    caches = kv_cache_bytes(shape, tokens, sequences=sequences)
    read = streamed_bytes(shape, tokens=sequences, **kept)
    return {"decode": caches / read, "prefill": attention / matrices}


def overtaking(*, model: str, weights: str, sequences: int, tokens: int) -> Overtaking:
    """What attention costs beside the weights: of a decode step's bytes, of a prompt's FLOP."""
    shape, kept = catalog.shape(model), bits_of(weights)
    here = multiples(shape, tokens, sequences, kept)
    equal = {
        "decode": context_of_equal_reads(shape, sequences=sequences, **kept),
        "prefill": prompt_of_equal_flops(shape),
    }
    said = {k: f"equal at {n:,} tokens" if n else "never equal" for k, n in equal.items()}
    says = (
        f"{model}, {users(sequences)}, {tokens:,} tokens: per byte of weights decode reads "
        f"{plain(here['decode'], 2)} of cache ({said['decode']}), per FLOP of matrices prefill "
        f"takes {plain(here['prefill'], 2)} of attention ({said['prefill']})."
    )
    curves = multiples(shape, CONTEXTS, sequences, kept)
    return Overtaking(says, tokens, curves, here, equal)


class AttentionOvertakes(LectureScene):
    """Attention's cost as a multiple of the weights', against tokens, in decode and in prefill."""

    state = staticmethod(overtaking)
    source = (
        "Computed. Decode: caches read, 16 bits, against the weights that a step streams. Prefill: "
        "scores and values under the causal mask against all matrices of the layers."
    )

    def draw(self, figure):
        self.ax = ax = chart(
            figure,
            y="attention, as a multiple of the weights",
            x="tokens of context, or of the prompt",
            left=64,
            right=216,
        )
        ax.set(xscale="log", yscale="log", xlim=(256, 2**20), ylim=(LOW, HIGH))
        ticks(ax.yaxis, 10.0 ** np.arange(-2, 3), ["0.01", "0.1", "1", "10", "100"])
        ax.plot([256, 2**20], [1, 1], zorder=3, **LIMIT)
        self.level = self.moving(note(ax, "as much as the weights", zorder=9))
        self.lines, self.names, self.crossings, self.counts = {}, {}, {}, {}
        for line, (color, words) in LINES.items():
            self.lines[line] = self.moving(*ax.plot([], [], color=color, lw=3, zorder=5))
            self.names[line] = self.moving(
                note(ax, words, color=color, va="center", clip_on=False, zorder=9)
            )
            self.crossings[line] = self.moving(
                *ax.plot([], [], "o", ms=9, mfc=GROUND, mec=color, mew=2, zorder=7, clip_on=False)
            )
            self.counts[line] = self.moving(
                note(ax, color=color, size=10.5, va="center", clip_on=False, zorder=9)
            )
        self.dot = self.moving(
            *ax.plot([], [], "s", ms=9, color=COMPUTE, zorder=8, clip_on=False, **EDGE)
        )
        self.mark = self.moving(
            *ax.plot([], [], "D", ms=9, color=INK, zorder=8, clip_on=False, **EDGE)
        )
        self.now = Now(self, ax, CONTEXT_TICKS, CONTEXT_LABELS)

    def move(self, state):
        for line, curve in state.curves.items():
            inside = (curve >= LOW) & (curve <= HIGH)
            change(self.lines[line], data=(CONTEXTS[inside], curve[inside]))
        ends = [np.log10(max(float(c[-1]), 1.3 * LOW)) for c in state.curves.values()]
        ends = np.array(apart(np.minimum(ends, np.log10(HIGH)), 0.9))
        ends -= max(0, ends.max() - np.log10(HIGH))
        for line, end in zip(state.curves, ends, strict=True):
            equal = state.equal[line]
            change(self.names[line], position=(2**20 * 1.5, 10**end))
            words = f"equal at {equal:,} tokens" if equal else "never equal"
            change(self.counts[line], position=(2**20 * 1.5, 10 ** (end - 0.42)), text=words)
            change(self.crossings[line], data=([equal or 1], [1]))
            self.crossings[line].set_visible(equal is not None and 256 <= equal <= 2**20)
        x, va = clear_of(sorted(n for n in state.equal.values() if n))
        change(self.level, position=(x, 1.25 if va == "bottom" else 0.8), va=va)
        low = {line: max(value, LOW) for line, value in state.here.items()}
        change(self.dot, data=([state.tokens], [min(low["prefill"], HIGH)]))
        change(self.mark, data=([state.tokens], [min(low["decode"], HIGH)]))
        self.now.move(state.tokens, state.here["decode"], f"{state.tokens:,} tokens")


def clear_of(crossings: list[int]) -> tuple[float, str]:
    """Where the name of the level stands, and on which of its edges: where no curve meets it.

    Curves rise: left of all crossings the place above the level is free, and right of one the
    place below it.
    """
    left, wide = 280, 16  # the name is as wide as a factor of so much
    first = crossings[0] if crossings else np.inf
    if first > wide * left:
        return left, "bottom"
    after = next((c for c in crossings[1:] if c < 2 * wide * first), first)
    return max(1.25 * after, left), "top"
