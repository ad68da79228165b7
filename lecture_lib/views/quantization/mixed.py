"""A whole model under mixed depths: what share of the weights a file keeps in how many bits."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lecture_lib import catalog
from lecture_lib.catalog import CatalogError
from lecture_lib.quantization.mixes import MIXES, Kept, average_bits, bits_of, mixed
from lecture_lib.scene import State
from lecture_lib.units import percent, plain, readable
from lecture_lib.views.panel import WIDTH, Panel
from lecture_lib.views.style import (
    GREY,
    GROUND,
    LIMIT,
    SOFT,
    WEIGHTS,
    LectureScene,
    change,
    chart,
    note,
    ticks,
)

MODELS = ("Llama-3.1-8B", "Llama-2-7B", "Llama-3.1-70B", "SmolLM2-135M")
FILES = tuple(MIXES)
COLUMNS = {
    "up, gate": ("ffn_up", "ffn_gate"),
    "down": ("ffn_down",),
    "query": ("attn_q",),
    "key": ("attn_k",),
    "value": ("attn_v",),
    "out": ("attn_output",),
    "embedding": ("embedding",),
    "head": ("output",),
}  # what stands side by side, as it is called in the picture
HIGH = 9.6  # bits, of the axis
BARS = 2 * len(COLUMNS)


@dataclass(frozen=True)
class Bar:
    """Weights of a column that are kept in the same format."""

    column: str
    share: float  # of all weights
    format: str
    wide: bool  # whether it takes more than what most matrices take

    @property
    def bits(self) -> float:
        return bits_of(self.format)


@dataclass(frozen=True, eq=False)
class MixedDepths(State):
    bars: tuple[Bar, ...]  # from the left, as COLUMNS
    average: float  # bits a weight
    stored: float  # byte
    name_says: str
    wide: float  # share of the weights
    most: str


def mixed_depths(*, model: str, file: str) -> MixedDepths:
    """What a file of this name keeps of a model, part by part."""
    shape, most = catalog.shape(model), MIXES[file].most
    kept = mixed(shape, file)
    bars = tuple(bars_of(kept, most))
    average = average_bits(kept)
    stored = average * shape.parameters / 8
    wide = sum(bar.share for bar in bars if bar.wide)
    norms = sum(one.parameters for one in kept if one.part == "norms") / shape.parameters
    says = (
        f"{model} as a {file} file takes {plain(average)} bits a weight, {readable(stored, 'B')} "
        f"in all{published(model, file, average)}. {percent(wide) if wide else 'No part'} of its "
        f"weights {'are' if wide else 'is'} kept wider than {most}, norms "
        f"({percent(norms)}) in 32 bits."
    )
    digit = next(letter for letter in file if letter.isdigit())
    return MixedDepths(says, bars, average, stored, digit, wide, most)


def published(model: str, file: str, average: float) -> str:
    """What the program's authors print of this file, in words; nothing where they print none."""
    if model != "Llama-3.1-8B":
        return ""
    try:
        found = catalog.weight_format(f"{file} file").bits_per_weight
    except CatalogError:
        return ""
    if round(found, 3) == round(average, 3):
        return ", as published"
    return f" ({plain(found)} published)"


def bars_of(kept: Iterable[Kept], most: str) -> list[Bar]:
    """The tensors gathered into bars, the wider format of a column first; norms left out."""
    kept = tuple(kept)
    total = sum(one.parameters for one in kept)
    found = []
    for column, parts in COLUMNS.items():
        sums: dict[str, int] = {}
        for one in kept:
            if one.part in parts:
                sums[one.format] = sums.get(one.format, 0) + one.parameters
        for format in sorted(sums, key=bits_of, reverse=True):
            wide = bits_of(format) > bits_of(most)
            found.append(Bar(column, sums[format] / total, format, wide))
    return found


class ModelInMixedDepths(LectureScene):
    """Bits for each weight over the share of the weights: the area of a part is its bytes."""

    state = staticmethod(mixed_depths)
    compares = False  # two skylines, one over the other, cannot be read
    source = (
        "Counted from the models' dimensions by the recipes of llama.cpp (src/llama-quant.cpp, "
        "007dbbf), without an importance matrix. Scales are counted, file headers are not."
    )

    def draw(self, figure):
        self.ax = ax = chart(
            figure, y="bits a weight", x="share of all weights", right=WIDTH, top=104
        )
        ax.set(xlim=(0, 1), ylim=(0, HIGH))
        ticks(ax.xaxis, np.arange(0, 1.01, 0.25), ["0 %", "25 %", "50 %", "75 %", "100 %"])
        ticks(ax.yaxis, range(0, 9, 2), [str(n) for n in range(0, 9, 2)])
        edge = {"ec": GROUND, "lw": 1.5, "align": "edge", "zorder": 3}
        self.narrow = ax.bar([0] * BARS, [0] * BARS, fc=WEIGHTS, alpha=0.4, **edge).patches
        self.wide = ax.bar([0] * BARS, [0] * BARS, fc=WEIGHTS, **edge).patches
        self.moving(list(self.narrow), list(self.wide))
        self.draw_names(figure)
        self.mean = self.moving(*ax.plot([], [], zorder=5, **LIMIT))
        self.mean_name = self.moving(note(ax, ha="left", va="bottom", zorder=9))
        self.panel = Panel(self, figure)

    def draw_names(self, figure):
        """Names in a row above the bars, each with a line down to what it names."""
        ax = self.ax
        above = {"transform": ax.get_xaxis_transform(), "clip_on": False}
        self.places = np.linspace(0.03, 0.97, len(COLUMNS))
        small = {"size": 10.5, "ha": "center", "va": "bottom"}
        self.names, self.depths, self.leads = [], [], []
        for x, column in zip(self.places, COLUMNS, strict=True):
            name = note(ax, column, weight="normal", color=SOFT, **small, **above)
            name.set_position((x, 1.2))
            self.names.append(name)
            depth = note(ax, color=WEIGHTS, **small, **above)
            depth.set_position((x, 1.105))
            self.depths.append(depth)
            self.leads += ax.plot([], [], color=GREY, lw=0.9, zorder=2, clip_on=False)
        self.moving(self.names, self.depths, self.leads)

    def move(self, state):
        starts = np.cumsum([0, *(bar.share for bar in state.bars)])
        for group in (self.narrow, self.wide):
            for k, patch in enumerate(group):
                bar = state.bars[k] if k < len(state.bars) else None
                seen = bar is not None and bar.wide == (group is self.wide)
                patch.set_visible(seen)
                if seen:
                    change(patch, x=starts[k], width=bar.share, height=bar.bits)
        top = HIGH * 1.09
        for k, column in enumerate(COLUMNS):
            mine = [n for n, bar in enumerate(state.bars) if bar.column == column]
            for artist in (self.names[k], self.depths[k], self.leads[k]):
                artist.set_visible(bool(mine))
            if mine:
                words = " + ".join(plain(state.bars[n].bits) for n in mine)
                change(self.depths[k], text=words)
                middle = (starts[mine[0]] + starts[mine[-1] + 1]) / 2
                high = max(state.bars[n].bits for n in mine)
                change(
                    self.leads[k],
                    data=([self.places[k], middle, middle], [top, HIGH, high + 0.1]),
                )
        change(self.mean, data=([0, 1], [state.average] * 2))
        change(
            self.mean_name,
            text=f"{plain(state.average)} on average",
            position=(0.012, state.average + 0.1),
        )
        self.panel.write(
            (state.name_says, "bits, says the name"),
            (plain(state.average), "bits a weight in the file"),
            (readable(state.stored, "B"), "of weights"),
            (percent(state.wide), f"kept wider than {state.most}"),
        )
