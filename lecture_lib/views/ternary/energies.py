"""The 71.4 taken apart: a token's joules with and without the reading of its weights."""

from dataclasses import dataclass

import numpy as np

from lecture_lib import catalog
from lecture_lib.catalog import Energy
from lecture_lib.operation_costs import (
    PROCESSES,
    TokenEnergy,
    layers_energy,
    multiply_add_energy,
    operation_energy,
    token_energy,
    without_multiplying,
)
from lecture_lib.scene import State
from lecture_lib.tables import Table
from lecture_lib.units import percent, plain, readable
from lecture_lib.views.panel import WIDTH, Panel
from lecture_lib.views.style import (
    COMPUTE,
    DASHED,
    EDGE,
    MARKS,
    TRAFFIC,
    TRAFFIC_TEXT,
    WASH,
    WEIGHTS,
    LectureScene,
    Now,
    change,
    chart,
    decades,
    note,
    ticks,
)

MODEL = "Llama-2-7B"
PROCESS = "7nm"  # of the paper's 71.4
MEMORIES = {
    "HBM2": "dram/hbm2",
    "GDDR6": "dram/gddr6",
    "DDR4": "dram/ddr4",
    "SRAM beside the adders": "sram/7nm_1MB",
}
TERNARY = {
    "1.6875 bits, TQ1_0": "TQ1_0",
    "2 bits, I2_S": "I2_S",
    "still 16 bits": "16 bits",
}
KEPT = {"1.6875 bits, TQ1_0": "in 1.6875 bits", "2 bits, I2_S": "in 2", "still 16 bits": "in 16"}
USERS = tuple(2**k for k in range(13))
LOW, HIGH = 1e-5, 10.0  # J


@dataclass(frozen=True, eq=False)
class Joules(State):
    users: int
    wide: TokenEnergy  # FP16 weights, FP16 multiply-adds
    ternary: TokenEnergy  # ternary weights, INT8 additions
    wide_range: np.ndarray  # J, least and most [2, users] of reading and arithmetic
    ternary_range: np.ndarray

    @property
    def saving(self) -> float:
        return self.wide.total / self.ternary.total


def bounds_per_bit(memory: str) -> tuple[float, float]:
    """Least and most energy [J] to read a bit."""
    row: Energy = catalog.energy(MEMORIES[memory])
    unit = 8 if row.unit == "J/byte" else 1
    return row.low / unit, row.high / unit


def joules(*, memory: str, kept: str, users: int) -> Joules:
    """What a token of a 7B model takes: weights read for so many users, and the arithmetic."""
    weights = catalog.shape(MODEL).streamed_parameters()
    low, high = bounds_per_bit(memory)
    bits = catalog.weight_format(TERNARY[kept]).bits_per_weight
    multiply = multiply_add_energy(PROCESS, "FP16")
    add = operation_energy(PROCESS, "INT8", "add")

    def token(width, operation, per_bit, sharing):
        return token_energy(
            weights, bits=width, per_bit=per_bit, operation=operation, users=sharing
        )

    wide, ternary = token(16, multiply, low, users), token(bits, add, low, users)
    ranges = [
        np.array([[token(*side, per_bit, n).total for n in USERS] for per_bit in (low, high)])
        for side in ((16, multiply), (bits, add))
    ]
    shared = "one user" if users == 1 else f"{users:,} users share a read"
    calculated = percent(wide.arithmetic / wide.total)
    says = (
        f"{memory}, {shared}: {readable(wide.total, 'J')} a token with FP16 weights "
        f"({calculated} arithmetic), {readable(ternary.total, 'J')} with "
        f"ternary ones {KEPT[kept]}: {plain(wide.total / ternary.total)} times less. "
        f"Arithmetic alone says {plain(multiply / add)}."
    )
    return Joules(says, users, wide, ternary, *ranges)


class EnergyOfAToken(LectureScene):
    """Energy of a token against the users that share a read, with the reading and without."""

    state = staticmethod(joules)
    source = (
        f"Computed for {MODEL} from energies of an operation (7 nm) and of a bit, rows of "
        "lecture_lib/data/energies.toml: washes from least to most. Without caches and idling."
    )

    def draw(self, figure):
        self.ax = ax = chart(
            figure, y="energy of a token, weights and arithmetic",
            x="users that share a read of the weights", left=82, right=WIDTH + 92,
        )  # fmt: skip
        ax.set(xscale="log", yscale="log", xlim=(0.8, USERS[-1] * 1.25), ylim=(LOW, HIGH))
        ticks(ax.yaxis, *decades(-5, 1, "J"))
        self.washes, self.lines, self.names, self.bare, self.bare_names = [], [], [], [], []
        for color in (TRAFFIC, WEIGHTS):
            wash = ax.fill_between(USERS, 1, 2, color=color, alpha=WASH, lw=0, zorder=2)
            self.washes.append(self.moving(wash))
            self.lines.append(self.moving(*ax.plot([], [], color=color, lw=2.8, zorder=5)))
            text = TRAFFIC_TEXT if color == TRAFFIC else color
            self.names.append(self.moving(note(ax, color=text, va="bottom", zorder=9)))
        weights = catalog.shape(MODEL).streamed_parameters()
        energies = {
            "FP16 products": weights * multiply_add_energy(PROCESS, "FP16"),
            "INT8 additions": weights * operation_energy(PROCESS, "INT8", "add"),
        }
        ends = [USERS[0], USERS[-1]]
        for words, energy in energies.items():
            ax.plot(ends, [energy] * 2, color=COMPUTE, lw=2, ls=DASHED, zorder=4)
            name = f"{words}\nalone, {readable(energy, 'J', 2)}"
            name = note(ax, name, color=COMPUTE, size=10.5, va="center", linespacing=1.3)
            name.set_position((USERS[-1] * 1.4, energy))
        self.now = Now(self, ax, USERS[::2], [f"{n:,}" for n in USERS[::2]])
        dot = {"ms": 10, "zorder": 8, **EDGE}
        self.marks = [
            self.moving(*ax.plot([], [], MARKS[color], color=color, **dot))
            for color in (TRAFFIC, WEIGHTS)
        ]
        self.panel = Panel(self, figure)

    def move(self, state):
        both = (state.wide, state.wide_range), (state.ternary, state.ternary_range)
        words = ("FP16 weights, with reading", "ternary, with reading")
        for k, (token, (least, most)) in enumerate(both):
            self.wash(self.washes[k], least, most)
            change(self.lines[k], data=(USERS, least))
            at = (1, 7)[k]  # where the names are clear of each other, and of the lines
            change(self.names[k], text=words[k], position=(USERS[at] * 1.3, most[at] * 1.02))
            change(self.marks[k], data=([state.users], [token.total]))
        self.now.move(state.users, state.wide.total, f"{state.users:,}")
        wide, ternary = state.wide, state.ternary
        shares = [percent(token.arithmetic / token.total) for token in (wide, ternary)]
        alone = wide.arithmetic / ternary.arithmetic
        self.panel.write(
            (f"× {plain(state.saving)}", "less energy in all"),
            (f"× {plain(alone)}", "less in arithmetic alone"),
            (readable(wide.total, "J"), f"FP16, {shares[0]} arithmetic"),
            (readable(ternary.total, "J"), f"ternary, {shares[1]} arithmetic"),
        )

    def wash(self, area, least, most):
        """Moves a range; it is drawn again only where it changed."""
        path = np.column_stack([(*USERS, *USERS[::-1]), (*least, *most[::-1])])
        old = area.get_paths()[0].vertices
        if old.shape != (len(path) + 1, 2) or not np.array_equal(old[:-1], path):
            area.set_verts([path])


ADDERS = ("INT8", "INT16", "INT32")


def arithmetic_alone() -> Table:
    """How many times less an addition takes than a multiply-add, by process, rival and adder."""
    rows = []
    for process in PROCESSES:
        for operand, total in (("FP16", None), ("INT8", "INT32")):
            product = multiply_add_energy(process, operand, total)
            ratios = [product / operation_energy(process, adder, "add")
                      for adder in ("INT8", "INT32")]  # fmt: skip
            words = "FP16 product, FP16 sum" if operand == "FP16" else "INT8 product, INT32 sum"
            node = process.replace("nm", " nm")
            rows.append((node, words, readable(product, "J"), *(f"{plain(r)} ×" for r in ratios)))
    assert rows[2][3] == f"{plain(without_multiplying(PROCESS))} ×"
    header = ("process", "instead of", "takes", "an INT8 addition", "an INT32 addition")
    note = (
        "Published energies of one operation. A sum of thousands of 8-bit numbers does not fit 8 "
        "bits, so that the last column is nearer to what a chip would build."
    )
    return Table(header, tuple(rows), note)


TOKENS = 512  # of the estimates on the model card


def is_ternary(model: str) -> bool:
    return catalog.model(model).family == "BitNet"


def reading(model: str) -> float:
    """Least energy [J] to read all weights from HBM2 once, the ternary ones in 2 bits."""
    shape, (low, _) = catalog.shape(model), bounds_per_bit("HBM2")
    head = shape.vocabulary * shape.model_dim
    bits = catalog.weight_format("I2_S").bits_per_weight if is_ternary(model) else 16
    return ((shape.streamed_parameters() - head) * bits + head * 16) * low


def published_energies() -> Table:
    """The energies that the 2B4T model card prints, recomputed, and what they leave out."""
    found = {
        row.model: (
            row.energy,
            layers_energy(row.model, TOKENS),
            layers_energy(row.model, TOKENS) + TOKENS * reading(row.model),
        )
        for row in catalog.ternary_results()
        if row.energy is not None and row.model in catalog.models()
    }
    ternary = next(energies for model, energies in found.items() if is_ternary(model))
    rows = tuple(
        (
            model,
            readable(printed, "J"), readable(own, "J"), f"{plain(printed / ternary[0], 2)} ×",
            readable(read, "J"), f"{plain(read / ternary[2], 2)} ×",
        )
        for model, (printed, own, read) in found.items()
    )  # fmt: skip
    header = (
        "model", "printed", "recomputed: arithmetic", "over BitNet's", "with reads",
        "over BitNet's, so",
    )  # fmt: skip
    note = (
        f"Arithmetic: {TOKENS} tokens through the layers at 7 nm; no mask, no head. With reads: "
        "the weights from HBM2 for each token, 3.9 pJ a bit; ternary layers in 2 bits, all else "
        "in 16."
    )
    return Table(header, rows, note)
