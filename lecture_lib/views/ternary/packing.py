"""Some neighbours of a row of weights on their way into one byte, in three ways."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib.patches import Rectangle

from lecture_lib import catalog
from lecture_lib.quantization.bit_packing import packed_bits
from lecture_lib.quantization.ggml.trits import in_base_three
from lecture_lib.quantization.ternary import INFORMATION, absmean, packed_trits
from lecture_lib.scene import State
from lecture_lib.tables import Table
from lecture_lib.units import MINUS, percent, plain
from lecture_lib.views.bits.cells import Boxes, stage
from lecture_lib.views.bits.samples import SOURCE, sample_weights
from lecture_lib.views.style import (
    GREY,
    GROUND,
    INK,
    RULE,
    SOFT,
    WEIGHTS,
    LectureScene,
    change,
    note,
)
from lecture_lib.views.ternary.cells import TritBox

CODES = 256  # of a byte
GAMMA = "\N{GREEK SMALL LETTER GAMMA}"  # as the paper calls the mean magnitude
FIVE, FOUR, FRACTION = "five, in base three", "four, two bits each", "five, as TQ1_0 does"


def fraction(trits) -> np.ndarray:
    """The byte of each row of five trits, as in TQ1_0: the number of base three, out of 256."""
    digits = (np.asarray(trits) + 1).astype(np.uint8)
    return in_base_three(digits.T[:, None])[0]


@dataclass(frozen=True)
class Packing:
    """A way to put trits into a byte, and the format that uses it, with a scale for each block."""

    trits: int  # in a byte
    places: tuple[int, ...]  # what the digit of each trit counts, the first trit first
    format: str  # of the catalog
    stored: object  # trits [rows, n] -> the byte of each row

    @property
    def bits(self) -> float:
        return 8 / self.trits


PACKINGS = {
    FIVE: Packing(5, (1, 3, 9, 27, 81), "TQ1_0", lambda trits: packed_trits(trits)[:, 0]),
    FOUR: Packing(4, (1, 4, 16, 64), "TQ2_0", lambda t: packed_bits((t + 1).astype("u1"), 2)[:, 0]),
    FRACTION: Packing(5, (81, 27, 9, 3, 1), "TQ1_0", fraction),
}
GROUPS = 32  # so many groups of neighbours are shown


@cache
def used_codes(packing: str) -> tuple[int, ...]:
    """The bytes that stand for trits, rising: all that some trits are stored as."""
    count = PACKINGS[packing].trits
    every = np.indices((3,) * count).reshape(count, -1).T - 1
    return tuple(sorted(int(code) for code in PACKINGS[packing].stored(every)))


@dataclass(frozen=True, eq=False)
class Packed(State):
    packing: str
    first: int  # number of the first weight, from 1
    gamma: float
    weights: np.ndarray  # as they were, float32 [n]
    trits: np.ndarray  # int8 [n]
    number: int  # that their digits make
    byte: int


def packed(*, packing: str, group: int) -> Packed:
    """Some neighbours of a row of sample weights, made ternary by absmean, in one byte."""
    kind, matrix = PACKINGS[packing], sample_weights()
    trits, gamma = absmean(matrix)
    first = (group - 1) * kind.trits
    window = slice(first, first + kind.trits)
    mine = trits[0, window]
    byte = int(kind.stored(mine[None])[0])
    number = int(((mine.astype(int) + 1) * kind.places).sum())
    made = f"the byte {byte}" if byte == number else f"{number} of 243, the byte {byte} of 256"
    says = (
        f"Weights {first + 1} to {first + kind.trits} become {read_aloud(mine)} and {made}. "
        f"That is {plain(kind.bits)} bits a weight, {bits_of(kind.format)} with the scales of "
        f"{kind.format}; {CODES - len(used_codes(packing))} of 256 codes stand for nothing."
    )
    return Packed(says, packing, first + 1, float(gamma), matrix[0, window], mine, number, byte)


def read_aloud(trits) -> str:
    """Trits as one reads them: + 0 −."""
    return " ".join({1: "+", 0: "0", -1: MINUS}[int(trit)] for trit in trits)


def bits_of(format: str) -> str:
    """Bits of a weight with its share of the scales, in words."""
    return plain(catalog.weight_format(format).bits_per_weight, 5)


def runs(codes) -> list[tuple[int, int]]:
    """Neighbouring codes as (first, last), rising."""
    ends = np.flatnonzero(np.diff(codes) > 1)
    firsts = [codes[0], *(codes[k + 1] for k in ends)]
    return list(zip(firsts, [*(codes[k] for k in ends), codes[-1]], strict=True))


LEFT, PITCH = 128, 86  # CSS px: where the first box begins, and from box to box
BOX = 74, 46
BIT, BITS_PITCH, BITS_ROW = 36, 44, 226
STRIP, CODE, STRIP_ROW = LEFT, 1.66, 298  # where code 0 stands, the width of a code
BARS, OF_A_BIT, WIDEST = 620, 124, 2.1  # where bars begin, CSS px of a bit
MOST = 5  # trits


class TritsInAByte(LectureScene):
    """Weights, their three values, digits times places, their byte, and the bits of a weight."""

    state = staticmethod(packed)
    compares = False  # one byte over another cannot be read
    source = (
        "Carried out. TQ1_0 lays weights of one byte 32 apart in its blocks of 256; here they are "
        f"neighbours. {SOURCE}"
    )

    def draw(self, figure):
        self.ax = ax = stage(figure)
        small = {"color": SOFT, "weight": "normal", "size": 10.5, "va": "center"}
        for y, name in ((62, "weights"), (112, f"÷ {GAMMA}, rounded"), (BITS_ROW, "one byte")):
            note(ax, name, size=11, va="center").set(x=14, y=y)
        note(ax, "digit × place", **small).set(x=14, y=156)
        note(ax, "all 256 codes", **small).set(x=14, y=STRIP_ROW)
        self.caption = self.moving(note(ax, **small))
        self.caption.set_position((14, 24))
        centres = [LEFT + BOX[0] / 2 + PITCH * k for k in range(MOST)]
        centred = {**small, "ha": "center"}
        self.weights = [note(ax, **{**centred, "size": 11}) for _ in centres]
        self.digits = [note(ax, **centred) for _ in centres]
        for row, y in ((self.weights, 62), (self.digits, 156)):
            for text, x in zip(row, centres, strict=True):
                text.set_position((x, y))
        self.moving(self.weights, self.digits)
        self.trits = [TritBox(self, ax, x, 112, *BOX) for x in centres]
        self.bracket = self.moving(*ax.plot([], [], color=GREY, lw=1.2))
        self.bits = {look: Boxes(self, ax, look, BIT) for look in ("mantissa",)}
        self.centres = [LEFT + BIT / 2 + BITS_PITCH * k for k in range(8)]
        bold = {"ha": "center", "va": "center", "weight": "semibold", "size": 15, "zorder": 6}
        self.words = [ax.text(x, BITS_ROW, "", **bold) for x in self.centres]
        self.moving(self.words)
        self.sum = self.moving(note(ax, size=17, va="center"))
        self.sum.set_position((self.centres[-1] + 34, BITS_ROW))
        self.scaled = self.moving(note(ax, **small))
        self.scaled.set_position((LEFT, BITS_ROW + 32))
        self.draw_strip(small)
        self.draw_bars(small)

    def draw_strip(self, small):
        ax = self.ax
        frame = {"fc": GROUND, "ec": RULE, "hatch": "////", "lw": 0, "zorder": 2}
        ax.add_patch(Rectangle((STRIP, STRIP_ROW - 9), CODES * CODE, 18, **frame))
        wide = {"color": WEIGHTS, "lw": 18 * 0.72, "solid_capstyle": "butt", "zorder": 3}
        self.used = self.moving(*ax.plot([], [], **wide))
        self.here = self.moving(*ax.plot([], [], "v", ms=9, color=INK, zorder=6))
        self.unused = self.moving(note(ax, **small))
        self.unused.set_position((STRIP, STRIP_ROW + 26))

    def draw_bars(self, small):
        ax, rows = self.ax, []
        for packing, words in ((FIVE, "five in a byte"), (FOUR, "two bits each")):
            kind = PACKINGS[packing]
            rows.append((kind.format, f"{words}, codes alone", kind.bits))
            kept = catalog.weight_format(kind.format).bits_per_weight
            rows.append((kind.format, f"with the scales of {kind.format}", kept))
        self.bars = {}
        for k, (format, words, bits) in enumerate(rows):
            y = 92 + 62 * k
            place = ((BARS, y), bits * OF_A_BIT, 16)
            ax.add_patch(Rectangle(*place, fc=GROUND, ec=GREY, lw=1.2, zorder=3))
            solid = ax.add_patch(Rectangle(*place, fc=WEIGHTS, ec="none", zorder=4))
            self.bars.setdefault(format, []).append(self.moving(solid))
            note(ax, words, **{**small, "va": "bottom"}).set(x=BARS, y=y - 5)
            note(ax, f"{plain(bits, 5)}", va="bottom", ha="right").set(x=884, y=y - 4)
        least = BARS + INFORMATION * OF_A_BIT
        ax.plot([least, least], [62, 306], color=INK, lw=2.4, zorder=6)
        words = f"log₂ 3 = {plain(INFORMATION, 4)}: the least"
        note(ax, words, ha="right", va="center", size=11).set(x=884, y=48)
        note(ax, "bits for each weight", **small).set(x=BARS, y=24)

    def move(self, state):
        kind, count = PACKINGS[state.packing], len(state.trits)
        last = state.first + count - 1
        change(
            self.caption,
            text=f"weights {state.first} to {last} of a row; {GAMMA}, the mean magnitude "
            f"of its matrix, is {plain(state.gamma)}",
        )
        for k in range(MOST):
            seen = k < count
            self.trits[k].show(int(state.trits[k]) if seen else None)
            for text in (self.weights[k], self.digits[k]):
                text.set_visible(seen)
            if seen:
                change(self.weights[k], text=plain(float(state.weights[k]), 2))
                digit = f"{state.trits[k] + 1} × {kind.places[k]}"
                change(self.digits[k], text=digit)
        first, end = (LEFT + BOX[0] / 2 + PITCH * k for k in (0, count - 1))
        middle = (self.centres[0] + self.centres[-1]) / 2
        xs = [first, first, end, end, np.nan, middle, middle]
        change(self.bracket, data=(xs, [168, 180, 180, 168, np.nan, 180, 200]))
        self.bits["mantissa"].place(self.centres, [BITS_ROW] * 8)
        for text, bit in zip(self.words, f"{state.byte:08b}", strict=True):
            change(text, text=bit)
        change(self.sum, text=f"= {state.byte}")
        change(self.scaled, text=f"{state.number} × 256 / 243, rounded up, as a fraction of 256")
        self.scaled.set_visible(state.packing == FRACTION)
        used = used_codes(state.packing)
        ends = [(STRIP + a * CODE, STRIP + (b + 1) * CODE, np.nan) for a, b in runs(used)]
        change(self.used, data=(np.ravel(ends), np.full(3 * len(ends), STRIP_ROW)))
        change(self.here, data=([STRIP + (state.byte + 0.5) * CODE], [STRIP_ROW - 15]))
        unused = CODES - len(used)
        change(
            self.unused,
            text=f"hatched: {unused} codes, {percent(unused / CODES)}, stand for nothing",
        )
        for format, bars in self.bars.items():
            for bar in bars:
                bar.set_visible(format == kind.format)


def stored_widths() -> Table:
    """What a weight takes in each way to store trits, and how far Q4_0 is from that."""
    from_four = catalog.weight_format("Q4_0").bits_per_weight
    named = [
        ("the nominal widths: 4 over 1.58", 1.58, 4.0),
        ("information, log₂ 3", INFORMATION, from_four),
        ("five in a byte, codes alone", 1.6, from_four),
    ]
    formats = (("TQ1_0", "five in a byte, with scales"), ("I2_S", "two bits, one scale a tensor"),
               ("TQ2_0", "two bits, with scales"))  # fmt: skip
    for format, words in formats:
        bits = catalog.weight_format(format).bits_per_weight
        named.append((f"{format}: {words}", bits, from_four))
    rows = tuple(
        (words, plain(bits, 5), plain(four, 2), f"{plain(four / bits)} ×")
        for words, bits, four in named
    )
    header = ("a weight is stored as", "bits", "four-bit side", "smaller by")
    note = "Four-bit side: 4 bits as they are called, 4.5 as Q4_0 stores them with its scales."
    return Table(header, rows, note)
