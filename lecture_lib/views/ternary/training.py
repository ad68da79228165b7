"""Two byte models while they learn, and what is left of them after rounding: bits, and words."""

from dataclasses import dataclass
from textwrap import wrap

import numpy as np
from matplotlib.lines import Line2D

from lecture_lib import byte_models, catalog, texts
from lecture_lib.bench.measure import weights_error
from lecture_lib.catalog import ByteTrial, Training
from lecture_lib.catalog.trials import Scored
from lecture_lib.scene import State
from lecture_lib.tables import Table
from lecture_lib.trials import guessing_evenly, perplexity
from lecture_lib.units import MEGA, MINUS, percent, plain, readable
from lecture_lib.views.style import (
    DASHED,
    EDGE,
    GREY,
    GROUND,
    INK,
    RULE,
    SOFT,
    WEIGHTS,
    LectureScene,
    change,
    chart,
    note,
    ticks,
)

TWINS = {"full": "full weights", "ternary": "three values, trained in"}
ROUNDED = "full, rounded to three values"
VARIANTS = {
    "full weights": "full",
    "full, rounded to 4 bits": "full, rounded to 4 bits",
    ROUNDED: "full, rounded to three values",
    "three values, trained in": "ternary",
    "three values, five in a byte": "ternary, packed in TQ1_0",
}
TEXTS = {"Persuasion": "held_out", "Alice": "alice"}  # field of the trial
DRAWN = "drawn by chance"
WRITTEN = {"the likeliest byte": "says", DRAWN: "draws"}
TERNARY_TRIAL = "weights ternary"
AGREES = 0.002  # bits per byte: adding in another order differs by less
LOW, HIGH = 1.4, 6.0  # bits per byte


@dataclass(frozen=True, eq=False)
class Learnt(State):
    trainings: dict[str, Training]
    trial: ByteTrial
    twin_bits: float  # per byte on the chosen text, of the twin as it was trained
    bits: float  # of the variant
    words: str  # that it wrote, as a page can show them


def readable_bytes(text: str) -> str:
    """The text in one line, with a dot for what cannot be printed."""
    flat = "".join(" " if letter.isspace() else letter for letter in text)
    return "".join(letter if " " <= letter <= "~" else "·" for letter in flat)


def learnt(*, variant: str, judged: str, writes: str) -> Learnt:
    """A byte model in a variant: its bits per byte on a text, and how it goes on."""
    trial = catalog.byte_trials()[VARIANTS[variant]]
    scored = getattr(trial, TEXTS[judged])
    words = readable_bytes(getattr(trial, WRITTEN[writes]))
    twin = catalog.byte_trials()[VARIANTS[variant].partition(",")[0]]
    begun = " ".join(words.removeprefix(readable_bytes(trial.prompt)).split()[:5])
    says = (
        f"{variant[0].upper()}{variant[1:]}: {plain(scored.bits)} bits a byte on {judged}"
        f"{beside(trial, scored)}. It goes on: “{begun} …”"
    )
    twin_bits = getattr(twin, TEXTS[judged]).bits
    return Learnt(says, dict(catalog.trainings()), trial, twin_bits, scored.bits, words)


def beside(trial: ByteTrial, scored: Scored) -> str:
    """How far a variant is from what it is held against, in words."""
    if trial.beside == trial.name:
        return ""
    if not scored.error:
        return ", bit for bit as before"
    way = "more" if scored.difference >= 0 else "fewer"
    than = {"full": "full weights", "ternary": "as trained"}[trial.beside]
    return f", {plain(abs(scored.difference), 2)} ± {plain(scored.error, 1)} {way} than {than}"


def read_bytes(training: Training) -> np.ndarray:
    """Bytes that the model had read at each point of its curve [millions]."""
    steps = np.array([point.step for point in training.curve])
    return steps * training.windows * training.context / MEGA


def held_out(training: Training) -> np.ndarray:
    return np.array([point.held_out for point in training.curve])


LEFT, BOX = 64, 372  # CSS px: left of the chart, and what it leaves for the words
LINES, LETTERS = 9, 36
LOOKS = {  # where the twins agree, the circle stands in the square
    "full": {"marker": "s", "ms": 8, "mfc": GROUND, "mec": GREY, "mew": 1.4},
    "ternary": {"marker": "o", "ms": 4, "color": WEIGHTS},
}
NAMES = {"full": SOFT, "ternary": WEIGHTS}


class TrainedBesideRounded(LectureScene):
    """Loss of two byte models while they read, a variant's afterwards, and what it writes."""

    state = staticmethod(learnt)
    compares = False  # one text over another cannot be read
    source = (
        "Trained for this lecture on novels of Jane Austen (training/README.md); measured, rows of "
        "lecture_lib/data/byte_models.toml. Curves: on the end of Persuasion, which was held out."
    )

    def draw(self, figure):
        trainings = catalog.trainings()
        self.end = max(float(read_bytes(t)[-1]) for t in trainings.values())
        right = self.end * 1.16
        self.ax = ax = chart(
            figure, y="bits per byte", x="million bytes read in training", left=LEFT, right=BOX
        )
        ax.set(xlim=(0, right), ylim=(LOW, HIGH))
        at = np.arange(2, HIGH)
        ticks(ax.yaxis, at, [plain(y) for y in at])
        at = np.arange(0, self.end, 2)
        ticks(ax.xaxis, at, [plain(x) for x in at])
        pairs = next(iter(trainings.values())).pairs
        ax.plot([0, right], [pairs, pairs], color=GREY, lw=1.4, ls=DASHED, zorder=3)
        words = f"a table of which byte follows which: {plain(pairs)}"
        table = note(ax, words, color=SOFT, size=10.5, va="bottom", weight="normal")
        table.set_position((self.end * 0.18, pairs + 0.06))
        for twin, training in trainings.items():
            ax.plot(read_bytes(training), held_out(training), ls="", zorder=5, **LOOKS[twin])
        self.names = {twin: note(ax, words, color=NAMES[twin], size=10.5, zorder=7)
                      for twin, words in TWINS.items()}  # fmt: skip
        first = {twin: held_out(t)[-1] for twin, t in trainings.items()}
        for twin, text in self.names.items():
            below = twin == min(first, key=first.get)
            at = read_bytes(trainings[twin]), held_out(trainings[twin])
            middle = float(np.interp(self.end / 2, *at)) + (-0.2 if below else 0.2)
            text.set(x=self.end / 2, y=middle, va="top" if below else "bottom", ha="center")
        self.way = self.moving(*ax.plot([], [], color=INK, lw=1.6, zorder=4))
        hollow = {"mfc": GROUND, "mec": INK, "mew": 1.6, "ms": 9, "zorder": 7}
        self.twin = self.moving(*ax.plot([], [], "D", **hollow))
        self.mark = self.moving(
            *ax.plot([], [], "D", ms=10, color=INK, zorder=8, clip_on=False, **EDGE)
        )
        self.number = self.moving(note(ax, size=13, zorder=9, ha="center"))
        self.draw_words(figure)

    def draw_words(self, figure):
        width, height = figure.get_size_inches() * 100
        x = 1 - (BOX - 34) / width
        self.title = figure.text(x, 1 - 22 / height, "", size=12, weight="semibold", va="center")
        self.kept = figure.text(x, 1 - 46 / height, "", size=10.5, color=SOFT, va="center")
        self.lines = [
            figure.text(x, 1 - (86 + 24 * k) / height, "", size=12, va="center")
            for k in range(LINES)
        ]
        line = np.array([x - 12 / width] * 2)
        ends = [1 - 70 / height, 1 - (80 + 24 * LINES) / height]
        place = {"transform": figure.transFigure, "figure": figure}
        figure.add_artist(Line2D(line, ends, color=RULE, lw=2, **place))
        self.moving(self.title, self.kept, self.lines)

    def move(self, state):
        x = self.end * 1.07
        change(self.way, data=([x, x], [state.twin_bits, state.bits]))
        change(self.twin, data=([x], [state.twin_bits]))
        change(self.mark, data=([x], [state.bits]))
        change(self.number, text=plain(state.bits), position=(x, state.bits + 0.2))
        name = next(words for words, name in VARIANTS.items() if name == state.trial.name)
        change(self.title, text=name[0].upper() + name[1:])
        size = readable(state.trial.matrix_bytes, "B")
        change(self.kept, text=f"layers in {state.trial.format}, {size}; it writes:")
        lines = wrap(state.words, LETTERS, break_long_words=True, drop_whitespace=True)[:LINES]
        for k, text in enumerate(self.lines):
            text.set_visible(k < len(lines))
            if k < len(lines):
                change(text, text=lines[k])


def variants_told() -> Table:
    """All that was done to the two byte models: bits per byte on two texts, and their bytes."""
    rows = tuple(
        (
            trial.name, trial.format, readable(trial.matrix_bytes, "B"), weights_err(trial.name),
            plain(trial.held_out.bits), signed(trial), trial.beside, plain(trial.alice.bits),
        )
        for trial in catalog.byte_trials().values()
    )  # fmt: skip
    header = (
        "variant", "layers in", "bytes", "weights err", "Persuasion, bits", "difference", "to",
        "Alice, bits",
    )  # fmt: skip
    note = (
        "Weights: root of mean squares, as a share of the twin's. Bits per byte; ± is one standard "
        "error of the difference, taken byte by byte."
    )
    return Table(header, rows, note)


def weights_err(name: str) -> str:
    """How far a variant's matrices are from its twin's, computed here: as a share of these."""
    variant = byte_models.variant(name)
    error = weights_error(byte_models.load(variant.twin), variant.model)
    return percent(error) if error else "–"


def signed(trial: ByteTrial) -> str:
    """The difference to the variant beside it on the text held out, with its error."""
    scored = trial.held_out
    if trial.beside == trial.name:
        return "–"
    if not scored.error:
        return "0, exactly"
    sign = MINUS if scored.difference < 0 else "+"
    return f"{sign}{plain(abs(scored.difference), 2)} ± {plain(scored.error, 1)}"


def again() -> Table:
    """What two recorded variants lose, found again on the beginning of the text."""
    text = texts.persuasion()[: byte_models.BEGINNING]
    rows = []
    for name in ("full, rounded to three values", "ternary"):
        now, then = byte_models.losses(name, text).mean(), catalog.byte_trials()[name].beginning
        agrees = "yes" if abs(now - then) < AGREES else f"no: {plain(now, 4)} now"
        rows.append((name, plain(then, 4), agrees))
    note = f"Recorded: bits per byte of the first {byte_models.BEGINNING:,} bytes held out. "
    note += f"Again: run here with numpy alone, within {AGREES} bits."
    return Table(("variant", "recorded", "found again"), tuple(rows), note)


def rounded_models() -> Table:
    """A real model and our own small one, before and after rounding to three values."""
    base, trits = catalog.trial("as shipped"), catalog.trial(TERNARY_TRIAL)
    rows = [
        ("SmolLM2-135M-Instruct", layers, written(perplexity(one)), begun(one.says))
        for layers, one in (("as shipped, 5 bits", base), ("rounded to three values", trits))
    ]
    for name in ("full", "full, rounded to three values", "ternary"):
        trial = catalog.byte_trials()[name]
        words = begun(trial.draws.removeprefix(trial.prompt))
        rows.append(("byte model", name, f"{plain(trial.held_out.bits)} bits a byte", words))
    header = ("model", "layers", "loss", "goes on")
    note = (
        f"SmolLM2: perplexity on Alice, and after “{base.prompt}”. Byte models: on Persuasion, and "
        f"after “{trial.prompt}”, drawn by chance."
    )
    return Table(header, tuple(rows), note)


def written(found: float) -> str:
    """A perplexity in words; one beyond the vocabulary is worse than guessing."""
    if found > guessing_evenly():
        return f"perplexity above {guessing_evenly():,}, worse than guessing"
    return f"perplexity {plain(found)}"


def begun(words: str, most: int = 44) -> str:
    """The first words, as many as stand in a cell."""
    flat = " ".join(readable_bytes(words).split())
    return flat if len(flat) <= most else f"{flat[:most].rstrip()} …"
