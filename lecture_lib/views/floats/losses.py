"""What few bits do to a language model: perplexity against bits, as the bench measured it."""

from dataclasses import dataclass
from math import expm1, log

import numpy as np

from lecture_lib import catalog
from lecture_lib.catalog import Trial
from lecture_lib.scene import State
from lecture_lib.trials import guessed, untouched
from lecture_lib.units import plain
from lecture_lib.views.panel import WIDTH, Panel
from lecture_lib.views.style import (
    ACTIVATIONS,
    ACTIVATIONS_TEXT,
    GROUND,
    INK,
    MARKS,
    SOFT,
    WEIGHTS,
    LectureScene,
    change,
    chart,
    note,
    ticks,
)

KINDS = {
    "activations": (ACTIVATIONS, ACTIVATIONS_TEXT),
    "weights": (WEIGHTS, WEIGHTS),
    "weights and activations": (INK, INK),
}  # what is rounded: the colour of its mark and of its words
SIGNS = {**MARKS, INK: "D"}
ASIDE = dict(zip(KINDS, (-0.06, 0, 0.06), strict=True))  # bits
WHOLE = ("INT", "MXINT", "BFP")  # how formats begin whose values have no exponent of their own
FLOATS = ("E4M3", "E5M2", "E3M2", "E2M3", "E2M1", "MX", "NV")
BITS = 3.6, 9.2
NATS = 0.003, 14  # that are lost; what is less stands on the lower edge
RATIOS = {1.01: "+1 %", 1.1: "+10 %", 2: "2 ×", 10: "10 ×", 1000: "1,000 ×"}  # of perplexities
LETTERS = 60  # of what the model says, at most


def trials() -> dict[str, Trial]:
    """The trials of this chapter, by name: what is rounded, then the most bits first."""
    kept = {}
    for of in KINDS:
        found = [
            trial
            for trial in catalog.trials().values()
            if trial.of == of and belongs(trial) and "ggml" not in trial.name
        ]
        kept |= {one.name: one for one in sorted(found, key=lambda one: (-one.bits, one.name))}
    return kept


def belongs(trial: Trial) -> bool:
    """Whether all was rounded, to the nearest, into a format of this chapter: of 4 bits or more."""
    known = (*FLOATS, *WHOLE) if trial.of == "activations" else (*FLOATS, "BFP", "MXINT")
    return (
        trial.method == "RTN"
        and trial.where == catalog.trial(START).where
        and trial.bits >= 4
        and trial.format.startswith(known)
    )


START = "activations INT8 per tensor"  # a trial that changed all matrices


def groups() -> dict[str, list[str]]:
    """The names of the trials for a menu, by what is rounded."""
    return {of: [name for name, one in trials().items() if one.of == of] for of in KINDS}


def more(difference: float, error: float) -> str:
    """How much larger a perplexity is, in words: "2.1 ± 0.4 % more", "190 times"."""
    if difference > log(1.5):
        return f"{plain(np.exp(difference), 3)} times"
    way = "more" if difference >= 0 else "less"
    share = round(100 * abs(expm1(difference)), 1)
    return f"{plain(share, 2)} ± {plain(100 * error, 1)} % {way}"


@dataclass(frozen=True, eq=False)
class Lost(State):
    trial: Trial
    base: float  # perplexity of the untouched model


def lost(*, trial: str) -> Lost:
    """What the bench found of one trial."""
    one = catalog.trial(trial)
    base = untouched().perplexity
    what, _, how = one.name.partition(" ")
    whose = "weights and activations" if what == "both" else what
    says = (
        f"{whose.capitalize()} in {how}, {plain(one.bits, 4)} bits each: perplexity "
        f"{guessed(one)}, untouched {plain(base)}: "
        f"{more(one.difference, one.difference_error)}."
    )
    if one.says:
        says += f" It goes on: “{spoken(one.says)}”"
    return Lost(says, one, base)


def spoken(words: str) -> str:
    """The beginning of what a model said, on one line."""
    line = " ".join(words.split())
    return line if len(line) <= LETTERS else f"{line[:LETTERS].rpartition(' ')[0]} …"


class LossByBits(LectureScene):
    """Bits of each value against the perplexity that is lost, for all trials, and one of them."""

    state = staticmethod(lost)
    compares = False  # a ring is one among many marks, and two could not be told apart
    source = (
        "SmolLM2-135M-Instruct, 5 bits a weight as shipped, on Alice in Wonderland: rows of "
        "lecture_lib/data/bench.toml. Bars: two standard errors of the paired differences."
    )

    def draw(self, figure):
        self.ax = ax = chart(
            figure, y="perplexity, beside the untouched model", x="bits for each value", right=WIDTH
        )
        ax.set(xlim=BITS, yscale="log", ylim=NATS)
        ticks(ax.xaxis, range(4, 10), [str(bits) for bits in range(4, 10)])
        ticks(ax.yaxis, [log(ratio) for ratio in RATIOS], list(RATIOS.values()))
        for of, (color, _) in KINDS.items():
            for whole in (False, True):
                some = [
                    one
                    for one in trials().values()
                    if one.of == of and one.format.startswith(WHOLE) is whole
                ]
                self.draw_trials(some, color, hollow=whole)
        self.draw_key()
        self.ring = self.moving(*ax.plot([], [], "o", ms=20, mfc="none", mec=INK, mew=1.6))
        self.name = self.moving(note(ax, va="center", zorder=8))
        self.panel = Panel(self, figure)

    def draw_trials(self, some, color: str, hollow: bool) -> None:
        """Marks with bars, which stay where they are."""
        at = [place(one) for one in some]
        for one, (x, _) in zip(some, at, strict=True):
            reach = [clipped(one.difference + sign * 2 * one.difference_error) for sign in (-1, 1)]
            self.ax.plot([x, x], reach, color=color, lw=1.2, zorder=3)
        face = {"mfc": GROUND, "mec": color, "mew": 1.8} if hollow else {"mec": GROUND, "mew": 1.2}
        xs, ys = zip(*at, strict=True) if at else ([], [])
        self.ax.plot(xs, ys, SIGNS[color], ms=9, ls="", color=color, zorder=4, **face)

    def draw_key(self):
        """What the marks mean, where no trial is: few bits and little lost."""
        look = {"va": "center", "size": 10.5, "weight": "normal"}
        for k, (of, (color, words)) in enumerate(KINDS.items()):
            y = 0.031 / 1.75**k
            self.ax.plot(3.75, y, SIGNS[color], ms=9, color=color, mec=GROUND, mew=1.2)
            note(self.ax, f"{of} rounded", color=words, **look).set_position((3.88, y))
        y = 0.031 / 1.75**3
        self.ax.plot(3.75, y, "o", ms=8, mfc=GROUND, mec=SOFT, mew=1.8)
        hollow = note(self.ax, "hollow: no exponent of its own", color=SOFT, **look)
        hollow.set_position((3.88, y))

    def move(self, state):
        one = state.trial
        at = place(one)
        change(self.ring, data=([at[0]], [at[1]]))
        right = one.bits < 7  # beside the key
        change(
            self.name,
            text=one.name.partition(" ")[2],
            color=KINDS[one.of][1],
            position=(at[0] + (0.16 if right else -0.16), at[1] * 1.3),
            ha="left" if right else "right",
        )
        how, *way = more(one.difference, one.difference_error).rsplit(" ", 1)
        factor = way == ["times"]
        self.panel.write(
            (guessed(one), "perplexity"),
            (plain(state.base), "untouched"),
            (f"{how} ×", "of the untouched") if factor else (how, f"{way[0]} than untouched"),
            (plain(one.bits, 4), "bits for each value"),
        )


def clipped(nats: float) -> float:
    """The nats as they are drawn: what is less than the lower edge stands on it."""
    return float(np.clip(nats, *NATS))


def place(trial: Trial) -> tuple[float, float]:
    """Where a trial's mark stands; those of one format stand a little beside each other."""
    return trial.bits + ASIDE[trial.of], clipped(trial.difference)
