"""The 2.53 taken apart: a whole model in Q4_0 and in trits, with what is kept wide."""

from dataclasses import dataclass, replace

from matplotlib.patches import Rectangle

from lecture_lib import catalog
from lecture_lib.quantization.ternary import INFORMATION
from lecture_lib.scene import State
from lecture_lib.tables import Table
from lecture_lib.units import percent, plain, readable
from lecture_lib.views.bits.cells import stage
from lecture_lib.views.style import (
    DASHED,
    GREY,
    GROUND,
    INK,
    SOFT,
    WEIGHTS,
    LectureScene,
    change,
    note,
)
from lecture_lib.wide_tables import bytes_by_part

MODELS = (
    "Gemma-3-1B", "Llama-3.2-1B", "BitNet-b1.58-2B4T", "Llama-3.2-3B", "Llama-2-7B", "Llama-3.1-8B",
    "Llama-3.1-70B", "Llama-3.1-405B",
)  # fmt: skip
BOUND = "log₂ 3, 1.585 bits: the bound"
PACKED = {
    "TQ1_0, 1.6875 bits": "TQ1_0",
    "I2_S, 2 bits": "I2_S",
    "TQ2_0, 2.0625 bits": "TQ2_0",
    BOUND: None,
}
WIDE = {"16 bits": "16 bits", "8.5 bits, Q8_0": "Q8_0", "6.5625 bits, Q6_K": "Q6_K"}
RIVAL, RIVAL_TABLES = "Q4_0", "Q6_K"  # llama.cpp keeps the output table of its Q4_0 files wider
CLAIM = {"fc": GROUND, "ec": INK, "lw": 1.8, "ls": DASHED}
PAPER = 4 / 1.58  # nominal bits over information: the draft's 2.53


@dataclass(frozen=True, eq=False)
class Whole(State):
    model: str
    packed: str
    wide: dict[str, float]  # byte by part, all in 16 bits
    rival: dict[str, float]  # in Q4_0
    ternary: dict[str, float]

    @property
    def ratio(self) -> float:
        """How many times smaller the ternary model is than the one in Q4_0."""
        return sum(self.rival.values()) / sum(self.ternary.values())

    @property
    def tables_share(self) -> float:
        """The share of the ternary model that is tables."""
        return self.ternary["tables"] / sum(self.ternary.values())


def whole_model(*, model: str, packed: str, tables: str) -> Whole:
    """A model's bytes in 16 bits, in Q4_0, and ternary with its tables kept wide."""
    shape = catalog.shape(model)
    format = PACKED[packed]
    bits = catalog.weight_format(format).bits_per_weight if format else INFORMATION
    wide = bytes_by_part(shape, layer_bits=16, table_bits=16)
    rival = bytes_by_part(
        shape,
        layer_bits=catalog.weight_format(RIVAL).bits_per_weight,
        table_bits=catalog.weight_format(RIVAL_TABLES).bits_per_weight,
    )
    kept = catalog.weight_format(WIDE[tables]).bits_per_weight
    ternary = bytes_by_part(shape, layer_bits=bits, table_bits=kept)
    found = Whole("", model, packed, wide, rival, ternary)
    smaller = f"{plain(found.ratio)} times smaller"
    if found.ratio < 1:
        smaller = f"{plain(1 / found.ratio)} times larger"
    says = (
        f"{model}: {readable(sum(rival.values()), 'B')} in Q4_0, "
        f"{readable(sum(ternary.values()), 'B')} with layers in {format or 'log₂ 3 bits'} and "
        f"tables in {tables.partition(',')[0]}: {smaller}. Tables are "
        f"{percent(found.tables_share)} of it."
    )
    return replace(found, says=says)


LEFT, LONGEST = 168, 420  # CSS px: where bars begin, and the longest
TOP, APART, HIGH = 84, 84, 36
RIGHT = 700
LOOKS = {
    "layers": {"fc": WEIGHTS, "ec": GROUND, "lw": 1.5},
    "tables": {"fc": GROUND, "ec": WEIGHTS, "lw": 1.6},
}


def longest(model: str) -> float:
    """Bytes of the largest bar that a model can have: its scale stays while the formats change."""
    shape = catalog.shape(model)
    most = max(catalog.weight_format(name).bits_per_weight for name in PACKED.values() if name)
    widest = bytes_by_part(shape, layer_bits=most, table_bits=16)
    rival = whole_model(model=model, packed=BOUND, tables="16 bits").rival
    return max(sum(widest.values()), sum(rival.values()))


class WholeModel(LectureScene):
    """Bars of a model's bytes, layers and tables: in Q4_0, ternary, and as the claim has it."""

    state = staticmethod(whole_model)
    source = (
        "Counted from each model's dimensions, scales included; Q4_0 with tables in Q6_K (6.5625 "
        "bits), norms in 32 bits. All models but BitNet's: as if they had been trained ternary."
    )

    def draw(self, figure):
        self.ax = ax = stage(figure)
        small = {"color": SOFT, "weight": "normal", "size": 10.5, "va": "center"}
        self.caption = self.moving(note(ax, **small))
        self.caption.set_position((14, 340))
        self.bars, self.sizes, self.shares = [], [], []
        for k, row in enumerate(("Q4_0", "ternary", "the claim")):
            y = TOP + APART * k
            note(ax, row, size=12, va="center").set(x=14, y=y + HIGH / 2)
            bars = {
                part: ax.add_patch(Rectangle((LEFT, y), 1, HIGH, zorder=3, **look))
                for part, look in LOOKS.items()
                if k < 2
            } or {"all": ax.add_patch(Rectangle((LEFT, y), 1, HIGH, zorder=3, **CLAIM))}
            self.moving(*bars.values())
            self.bars.append(bars)
            self.sizes.append(self.moving(note(ax, size=13, va="center")))
            self.shares.append(self.moving(note(ax, **{**small, "va": "bottom"})))
            self.shares[-1].set_position((LEFT, y - 6))
        ax.plot([LEFT, LEFT], [TOP - 4, TOP + 2 * APART + HIGH + 4], color=GREY, lw=0.9, zorder=2)
        beside = (
            (30, "Q4_0 over ternary, in all"), (17, "its layers alone"),
            (17, "4 bits over 1.58: the claim"),
        )  # fmt: skip
        self.ratios = []
        for k, (size, words) in enumerate(beside):
            y = TOP + APART * k + 8
            self.ratios.append(self.moving(note(ax, size=size, va="center")))
            self.ratios[-1].set_position((RIGHT, y))
            note(ax, words, **small).set(x=RIGHT, y=y + 30)

    def move(self, state):
        sixteen = readable(sum(state.wide.values()), "B")
        words = f"hollow: tables, embedding and head; all of it in 16 bits: {sixteen}"
        change(self.caption, text=words)
        unit = LONGEST / longest(state.model)
        for k, parts in enumerate((state.rival, state.ternary)):
            x, whole = LEFT, sum(parts.values())
            for part, bar in self.bars[k].items():
                width = (parts[part] + parts["norms"] * (part == "layers")) * unit
                change(bar, x=x, width=width)
                x += width
            self.say(k, whole, x, f"tables {percent(parts['tables'] / whole)}")
        claimed = sum(state.rival.values()) / PAPER
        change(self.bars[2]["all"], width=claimed * unit)
        self.say(2, claimed, LEFT + claimed * unit, "Q4_0 over 2.53")
        layers = state.rival["layers"] / state.ternary["layers"]
        for text, ratio in zip(self.ratios, (state.ratio, layers, PAPER), strict=True):
            change(text, text=f"× {plain(ratio)}")

    def say(self, k: int, size: float, end: float, words: str) -> None:
        """The bytes behind a bar, and the words above it."""
        place = (end + 10, TOP + APART * k + HIGH / 2)
        change(self.sizes[k], text=readable(size, "B"), position=place)
        change(self.shares[k], text=words)


def published_sizes() -> Table:
    """Memory, time and quality of ternary models beside others, as their studies print them."""
    rows = []
    for row in catalog.ternary_results():
        quality = (
            f"perplexity {plain(row.perplexity, 4)}" if row.perplexity
            else f"mean score {plain(row.mean_score, 4)} %"
        )  # fmt: skip
        shown = row.name.partition(",")[0]
        rows.append((
            row.study, shown, row.weights, readable(row.memory_bytes, "B"),
            readable(row.seconds_per_token, "s"), quality,
        ))  # fmt: skip
    header = ("study", "model", "layers", "memory", "a token", "quality")
    note = (
        "Memory: all that ran on a GPU (BitNet b1.58, 2-bit kernels), or all but the tables "
        "(2B4T). A token: on that GPU, or on a laptop's processor. Qualities compare within a "
        "study only."
    )
    return Table(header, tuple(rows), note)
