"""A model speaks, untouched and in fewer bits: the same prompt, the most likely token each time."""

from dataclasses import dataclass
from textwrap import wrap

import numpy as np

from lecture_lib import catalog, lm
from lecture_lib.scene import State
from lecture_lib.trials import UNTOUCHED, guessed, guessing_evenly, perplexity, trial, untouched
from lecture_lib.units import plain
from lecture_lib.views.bits.cells import stage
from lecture_lib.views.style import (
    EDGE,
    GREY,
    GROUND,
    INK,
    RULE,
    SOFT,
    LectureScene,
    change,
    note,
)

PROMPT = "The three primary colors are"
SIDES = 14, 464  # CSS px: left of the untouched model's words, and of the other's
WORDS, LINE, MOST_LINES = 96, 25, 6  # CSS px: of the first line, to the next; and how many
LETTERS = 38  # of a line
AXIS, START, END = 290, 150, 860  # CSS px: the scale of perplexity
LOW, HIGH = 20, 1e8
POWERS = {100: "100", 1e4: "10,000", 1e6: "1 million", 1e8: "more"}


MOST_TELLING = {
    "weights": [
        "weights Q8_0", "weights Q6_K", "weights Q4_0", "weights ggml MXFP4", "weights Q3_K",
        "weights Q2_K", "weights INT8 per tensor", "weights INT4 per row",
        "weights UINT3 in 32 values", "weights UINT3 in 64 values, GPTQ",
        "weights UINT3 in 64 values, AWQ", "weights UINT2 in 32 values", "weights ternary",
        "weights binary",
    ],
    "activations": [
        "activations INT8 per tensor", "activations INT8 per token", "activations INT6 per token",
        "activations INT4 per token", "activations INT4 in 32 values",
        "activations E4M3 per tensor", "activations INT8 per tensor, LLM.int8()",
        "activations INT8 per tensor, SmoothQuant", "activations INT8 per tensor, rotated whole",
        "activations INT4 per token, rotated whole",
    ],
    "KV cache": [
        "cache INT8 per token and head", "cache INT4 per token and head",
        "cache UINT4 in 32 values", "cache UINT2 in 32 values", "cache UINT2, keys by channel",
    ],
}  # fmt: skip
RECORDED = catalog.trials()
SPEAKING = {
    what: found
    for what, names in MOST_TELLING.items()
    if (found := [name for name in names if name in RECORDED and RECORDED[name].says])
}  # of these, what is on record


@dataclass(frozen=True, eq=False)
class Speech(State):
    name: str
    theirs: tuple[str, ...]  # lines of the untouched model
    ours: tuple[str, ...]
    same: int  # lines of ours that begin it and are word for word the untouched model's
    perplexity: float
    guessed: str  # the same in words
    of_base: float


def speech(*, format: str) -> Speech:
    """What the model says in a format, beside what it says untouched."""
    found, base = trial(format), untouched()
    said, theirs = found.says.strip(), base.says.strip()
    alike = shared(said, theirs)
    begins = lines(alike) if alike else ()
    ours = (*begins, *(lines(said[len(alike) :]) if alike != said else ()))
    says = (
        f"{format[0].upper()}{format[1:]}: {after(alike, said)}. Its perplexity is "
        f"{guessed(found)}, untouched {plain(base.perplexity)}."
    )
    return Speech(
        says, format, lines(theirs)[:MOST_LINES], ours[:MOST_LINES], len(begins),
        perplexity(found), guessed(found), base.perplexity,
    )  # fmt: skip


def shared(one: str, other: str) -> str:
    """The whole words with which both begin."""
    if one == other:
        return one
    pairs = enumerate(zip(one, other, strict=False))
    apart = next((k for k, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))
    return one[: one.rfind(" ", 0, apart) + 1]


def after(alike: str, said: str) -> str:
    """How long a continuation is the untouched model's, in words."""
    count = len(alike.split())
    if alike == said:
        return "the same words, one and all"
    if not count:
        return "another text from the first word on"
    return f"the same for {count} word{'s' * (count > 1)}, then another text"


def lines(text: str) -> tuple[str, ...]:
    """The text in lines; a sign stands for what the lecture's font has no letter for."""
    shown = "".join(_shown(letter) for letter in text)
    return tuple(wrap(shown, LETTERS, break_long_words=True)) or ("(nothing)",)


def _shown(letter: str) -> str:
    if letter.isspace():
        return " "
    return letter if letter.isprintable() and letter < "\u0180" else "\ufffd"


def hear(model: lm.Model | None, prompt: str, name: str = UNTOUCHED, tokens: int = 16) -> None:
    """Lets the model speak, or prints what was recorded where there is none, and says so."""
    if model is not None:
        lm.say(model, prompt, tokens)
        return
    row = trial(name)
    if row.prompt != prompt:
        print(f"No model is installed here, and nothing was recorded for {prompt!r}.")
        return
    print(f"{prompt}{row.says}\n(No model is installed here: recorded, {row.measured_on}.)")


class ModelSpeaks(LectureScene):
    """What a model says, untouched and in fewer bits, and where its perplexity is."""

    state = staticmethod(speech)
    compares = False
    source = (
        "SmolLM2-135M-Instruct, the most likely token each time: recorded, rows of "
        "lecture_lib/data/bench.toml. Its file keeps 5 bits a weight; perplexity on Alice."
    )

    def draw(self, figure):
        self.ax = ax = stage(figure)
        note(ax, f"“{PROMPT} …”", size=15).set_position((SIDES[0], 34))
        head = {"size": 11, "weight": "normal", "color": SOFT}
        note(ax, "untouched", **head).set_position((SIDES[0], 66))
        self.head = self.moving(note(ax, size=11.5))
        self.head.set_position((SIDES[1], 66))
        ax.plot([SIDES[1] - 16] * 2, [54, 236], color=RULE, lw=1.2)
        text = {"weight": "normal", "size": 14, "va": "baseline"}
        self.theirs = [note(ax, color=SOFT, **text) for _ in range(MOST_LINES)]
        self.ours = [note(ax, color=INK, **text) for _ in range(MOST_LINES)]
        for k in range(MOST_LINES):
            self.theirs[k].set_position((SIDES[0], WORDS + LINE * k))
            self.ours[k].set_position((SIDES[1], WORDS + LINE * k))
        self.moving(self.theirs, self.ours)
        self.draw_scale()

    def draw_scale(self):
        ax = self.ax
        small = {"size": 10.5, "weight": "normal", "color": SOFT}
        ax.plot([START, END], [AXIS, AXIS], color=GREY, lw=0.9)
        note(ax, "perplexity", va="center", **small).set_position((SIDES[0], AXIS))
        for value, words in POWERS.items():
            ax.plot([self.at(value)] * 2, [AXIS, AXIS + 5], color=GREY, lw=0.9)
            note(ax, words, ha="center", va="top", **small).set_position((self.at(value), AXIS + 9))
        guess = self.at(guessing_evenly())
        ax.plot([guess] * 2, [AXIS - 9, AXIS + 24], color=INK, lw=2.4)
        note(ax, "guessing evenly", ha="center", va="top", size=10.5).set_position(
            (guess, AXIS + 26)
        )
        (self.base,) = self.moving(
            ax.plot([], [], "o", ms=10, mfc=GROUND, mec=GREY, mew=1.8, zorder=4)
        )
        (self.here,) = self.moving(ax.plot([], [], "o", ms=11, color=INK, zorder=5, **EDGE))
        self.number = self.moving(note(ax, ha="center", va="bottom", size=11.5, zorder=6))

    @staticmethod
    def at(perplexity: float) -> float:
        """Where a perplexity stands on the scale [CSS px]."""
        share = np.log(np.clip(perplexity, LOW, HIGH) / LOW) / np.log(HIGH / LOW)
        return float(START + (END - START) * share)

    def move(self, state):
        change(self.head, text=state.name)
        for texts, words in ((self.theirs, state.theirs), (self.ours, state.ours)):
            for k, text in enumerate(texts):
                text.set_visible(k < len(words))
                if k < len(words):
                    change(text, text=words[k])
        for k, text in enumerate(self.ours):
            change(text, color=SOFT if k < state.same else INK)
        change(self.base, data=([self.at(state.of_base)], [AXIS]))
        here = self.at(state.perplexity)
        change(self.here, data=([here], [AXIS]))
        change(self.number, text=state.guessed, position=(min(here, END - 50), AXIS - 13))
