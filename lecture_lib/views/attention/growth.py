"""How a KV cache grows with the context, by the way a model keeps it, until the memory is full."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from lecture_lib import catalog
from lecture_lib.attention_cost import most_context
from lecture_lib.roofline import Roof
from lecture_lib.scene import State
from lecture_lib.serving import decode_roof
from lecture_lib.tables import Table
from lecture_lib.transformer import TransformerShape, kv_cache_bytes
from lecture_lib.units import percent, plain, readable
from lecture_lib.views.attention.words import (
    CONTEXT_LABELS,
    CONTEXT_TICKS,
    CONTEXTS,
    NAMES,
    SCHEMES,
    apart,
)
from lecture_lib.views.style import (
    CACHE,
    DASHED,
    EDGE,
    GREY,
    GROUND,
    IMPOSSIBLE,
    INK,
    LIMIT,
    MARKS,
    SOFT,
    WEIGHTS,
    WRONG,
    WRONG_TEXT,
    LectureScene,
    Now,
    change,
    chart,
    decades,
    note,
    ticks,
)

LOW, HIGH = 1e6, 2e12  # bytes
OTHERWISE = ("as MHA", "as MQA", "without windows")
LONG = 131_072  # tokens of the table's long context


@dataclass(frozen=True, eq=False)
class Growth(State):
    tokens: int
    cache: int  # byte
    weights: float  # byte
    roof: Roof
    most: int | None  # tokens that fit; None: all
    curves: dict[str, Any]  # byte over CONTEXTS: the cache as it is, and what else it could be


def otherwise(shape: TransformerShape) -> dict[str, TransformerShape]:
    """The same model with its cache kept in other ways, as far as they differ from its own."""
    ways = (with_kv_heads(shape, shape.query_heads), with_kv_heads(shape, 1), unwindowed(shape))
    return {name: way for name, way in zip(OTHERWISE, ways, strict=True) if way != shape}


def with_kv_heads(shape: TransformerShape, kv_heads: int) -> TransformerShape:
    """The model with so many heads of keys and values, of its own total width under MLA."""
    if shape.mla:
        width = shape.mla.qk_nope_head_dim + shape.mla.qk_rope_head_dim + shape.mla.v_head_dim
        shape = replace(shape, mla=None, head_dim=width // 2)
    return replace(shape, kv_heads=kv_heads)


def unwindowed(shape: TransformerShape) -> TransformerShape:
    return replace(shape, window=None, window_layers=0, global_layers=())


def growth(*, device: str, model: str, tokens: int) -> Growth:
    """How much memory one user's cache takes beside the weights, all in 16 bits."""
    shape, roof = catalog.shape(model), decode_roof(device)
    weights, cache = 2 * shape.parameters, kv_cache_bytes(shape, tokens)
    most = most_context(shape, roof)
    ways = {"as it is": shape, **otherwise(shape)}
    curves = {name: kv_cache_bytes(way, CONTEXTS) for name, way in ways.items()}
    needed, room = weights + cache, roof.capacity
    if weights > room:
        says = (
            f"{model} does not fit the {device}: its weights alone take {readable(weights, 'B')}, "
            f"the memory is {readable(room, 'B')}. {tokens:,} tokens would keep "
            f"{readable(cache, 'B')} of cache."
        )
    else:
        end = "memory never ends" if most is None else f"memory ends at {plain(most)} tokens"
        fits = (
            f"{percent(needed / room)} of the {device} with the {readable(weights, 'B')} of weights"
            if needed <= room
            else f"which does not fit the {device}: {readable(needed - room, 'B')} is missing"
        )
        says = (
            f"{NAMES[model]}: after {tokens:,} tokens the cache takes "
            f"{readable(cache, 'B')}, {fits}; {end}."
        )
    return Growth(says, tokens, cache, weights, roof, most, curves)


class CacheGrowth(LectureScene):
    """Memory of one user's cache against the tokens of context, beside the weights."""

    state = staticmethod(growth)
    source = (
        "Computed from each model's dimensions, one user, 16 bits: 2 × layers × KV heads × width "
        "for a token, one vector in MLA (arXiv:2405.04434), at most a window where there is one."
    )

    def draw(self, figure):
        self.ax = ax = chart(figure, y="memory", x="tokens of context", left=78, right=164)
        ax.set(xscale="log", yscale="log", xlim=(256, 2**20), ylim=(LOW, HIGH))
        ticks(ax.yaxis, *decades(7, 12, "B"))
        self.beyond = self.moving(
            ax.add_patch(Rectangle((256, LOW), 1, HIGH - LOW, zorder=2, **IMPOSSIBLE))
        )
        self.wall = self.moving(*ax.plot([], [], color=WRONG, lw=1.8, ls=DASHED, zorder=3))
        self.limit = self.moving(*ax.plot([], [], zorder=4, **LIMIT))
        self.weights = self.moving(*ax.plot([], [], color=WEIGHTS, lw=2.8, zorder=5))
        self.lines = {
            name: self.moving(*ax.plot([], [], color=GREY, lw=1.8, ls=DASHED, zorder=5))
            for name in OTHERWISE
        }
        self.lines["as it is"] = self.moving(*ax.plot([], [], color=CACHE, lw=3.2, zorder=6))
        small = {"weight": "normal", "size": 10.5, "color": SOFT}
        end = {"va": "center", "clip_on": False, "zorder": 9}
        self.names = {name: self.moving(note(ax, name, **end, **small)) for name in OTHERWISE}
        self.names["as it is"] = self.moving(note(ax, "cache, as it is", color=CACHE, **end))
        self.weights_name = self.moving(note(ax, color=WEIGHTS, va="bottom", zorder=9))
        self.limit_name = self.moving(note(ax, va="bottom", zorder=9))
        self.full = self.moving(note(ax, color=WRONG_TEXT, va="top", zorder=10))
        self.full.set_bbox({"boxstyle": "square,pad=.3", "fc": GROUND, "ec": "none"})
        dot = {"zorder": 8, "clip_on": False, **EDGE}
        self.mark = self.moving(*ax.plot([], [], MARKS[CACHE], ms=10, color=INK, **dot))
        self.cross = self.moving(*ax.plot([], [], MARKS[WRONG], ms=14, color=WRONG, **dot))
        self.now = Now(self, ax, CONTEXT_TICKS, CONTEXT_LABELS)

    def move(self, state):
        room, last = state.roof.capacity, 2**20
        for name, line in self.lines.items():
            line.set_visible(name in state.curves)
            self.names[name].set_visible(name in state.curves)
            if name in state.curves:
                change(line, data=(CONTEXTS, state.curves[name]))
        ends = apart([np.log10(curve[-1]) for curve in state.curves.values()], 0.42)
        for name, end in zip(state.curves, ends, strict=True):
            change(self.names[name], position=(last * 1.55, 10**end))
        upper = max(room, state.weights)  # its name stands above its line, the other's below
        memory = f"{state.roof.name} {readable(room, 'B')}"
        kept = f"weights {readable(state.weights, 'B')}"
        for line, name, size, words in (
            (self.limit, self.limit_name, room, memory),
            (self.weights, self.weights_name, state.weights, kept),
        ):
            change(line, data=([256, last], [size, size]))
            above = size == upper
            place = (280, size * (1.12 if above else 0.86))
            change(name, text=words, position=place, va="bottom" if above else "top")
        end = last if state.most is None else min(max(state.most, 256), last)
        change(self.beyond, x=end, width=last - end)
        self.beyond.set_visible(end < last)
        change(self.wall, data=([end, end], [LOW, HIGH]))
        self.wall.set_visible(256 < end < last)
        text = f"memory ends at {plain(state.most)} tokens" if state.most else "weights too big"
        left = end > 20_000
        change(self.full, text=text, position=(end * (0.92 if left else 1.08), HIGH * 0.7))
        change(self.full, ha="right" if left else "left")
        self.full.set_visible(end < last)
        fits = state.weights + state.cache <= room
        for mark, seen in ((self.mark, fits), (self.cross, not fits)):
            change(mark, data=([state.tokens], [state.cache]))
            mark.set_visible(seen)
        self.now.move(state.tokens, state.cache, f"{state.tokens:,} tokens")


def schemes() -> Table:
    """What one token and one long context leave in the caches of real models."""
    rows = []
    for model, words in SCHEMES.items():
        shape = catalog.shape(model)
        most_kept = unwindowed(with_kv_heads(shape, shape.query_heads))
        long, most = kv_cache_bytes(shape, LONG), kv_cache_bytes(most_kept, LONG)
        token = readable(shape.kv_bytes_per_token(), "B")
        rows.append((model, words, token, readable(long, "B"), f"{plain(most / long)} ×"))
    header = ("model", "how it keeps keys and values", "a token", f"{LONG:,} tokens", "less")
    return Table(header, tuple(rows))
