"""How few bits will do: added loss against bits a weight, ours measured and others' published."""

from dataclasses import dataclass

import numpy as np

from lecture_lib.catalog import Trial
from lecture_lib.scene import State
from lecture_lib.trials import (
    FAMILIES,
    SIGNIFICANT,
    Published,
    family,
    grown,
    guessed,
    guessing_evenly,
    of_weights,
    published,
    seen,
    short,
    trial,
    untouched,
)
from lecture_lib.units import percent, plain
from lecture_lib.views.panel import WIDTH, Panel
from lecture_lib.views.style import (
    EDGE,
    GREY,
    GROUND,
    INK,
    LIMIT,
    PALE,
    SOFT,
    WEIGHTS,
    LectureScene,
    Now,
    change,
    chart,
    note,
    ticks,
)

LEAST, MOST = 7e-4, 60  # nats a token: of the axis
TICKS = {
    "+0.1 %": 0.001,
    "+1 %": 0.01,
    "+10 %": 0.1,
    "× 2": 1.0,
    "× 10": 9.0,
    "× 1,000": 999.0,
}  # fmt: skip - perplexity beside the untouched model, and what is added to it as a share
MARKS = dict(zip(FAMILIES, "os^DPv", strict=True))
FORMATS = {
    FAMILIES[name]: [short(one) for one in trials]
    for name, trials in of_weights().items()
    if trials
}  # as a menu shows them
BESIDE = tuple(published())


@dataclass(frozen=True, eq=False)
class Rates(State):
    chosen: Trial
    families: dict[str, tuple[Trial, ...]]
    beside: tuple[Published, ...]


def rates(*, format: str, beside: str) -> Rates:
    """A format of the weights among all others, and what is published of a larger model."""
    chosen = trial(f"weights {format}")
    others = published()[beside]
    cost = grown(chosen.difference) if seen(chosen) else "no loss that can be told from chance"
    says = (
        f"{format}, {plain(chosen.bits)} bits a weight: SmolLM2's perplexity goes from "
        f"{plain(untouched().perplexity)} to {guessed(chosen)}, {cost}. "
        f"{_nearest(chosen, others, beside)}"
    )
    return Rates(says, chosen, dict(of_weights()), others)


def _nearest(chosen: Trial, others: tuple[Published, ...], model: str) -> str:
    """The published file that takes about as many bits."""
    near = min(others, key=lambda one: abs(one.bits - chosen.bits))
    if abs(near.bits - chosen.bits) > 0.75:
        return f"Of {model} nothing near so few bits is published here."
    return f"{model} as {near.format}, {plain(near.bits)} bits: {grown(near.added)}."


class LossAgainstBits(LectureScene):
    """Perplexity beside the untouched model's, against the bits that a weight takes with scales."""

    state = staticmethod(rates)
    source = (
        "SmolLM2-135M: rows of lecture_lib/data/bench.toml, bars of 1.96 standard errors, paired. "
        "Squares: published, rows of perplexities.toml; bits of the whole file."
    )

    def draw(self, figure):
        self.ax = ax = chart(
            figure, y="perplexity, beside the untouched model's", x="bits a weight, with scales",
            left=84, right=WIDTH,
        )  # fmt: skip
        ax.set(xlim=(0.8, 9), ylim=(LEAST, MOST), yscale="log")
        ticks(ax.yaxis, np.log1p(list(TICKS.values())), list(TICKS))
        guess = np.log(guessing_evenly()) - untouched().loss
        ax.plot([0.8, 9], [guess, guess], zorder=2, **{**LIMIT, "lw": 1.6})
        name = note(ax, "guessing evenly among all tokens", size=10.5, ha="right", va="top")
        name.set_position((8.95, guess * 0.9))
        (self.beside,) = self.moving(
            ax.plot([], [], "s", ms=8, mfc=GROUND, mec=GREY, mew=1.6, ls="", zorder=3)
        )
        self.bars = self.moving(*ax.plot([], [], color=WEIGHTS, lw=1.6, zorder=4))
        self.pale, self.solid = {}, {}
        for name, mark in MARKS.items():
            (self.pale[name],) = ax.plot([], [], mark, ms=8, color=PALE, ls="", zorder=4, **EDGE)
            (self.solid[name],) = ax.plot(
                [], [], mark, ms=9, color=WEIGHTS, ls="", zorder=6, **EDGE
            )
        self.moving(list(self.pale.values()), list(self.solid.values()))
        self.family = self.moving(note(ax, color=WEIGHTS, va="center"))
        self.family.set_position((5.6, 33))
        self.model = self.moving(note(ax, color=SOFT, weight="normal", va="center"))
        self.model.set_position((5.6, 16))
        self.keys = {
            name: self.moving(*ax.plot([], [], mark, ms=9, color=WEIGHTS, zorder=6, **EDGE))
            for name, mark in MARKS.items()
        }
        ax.plot([5.4], [16], "s", ms=8, mfc=GROUND, mec=GREY, mew=1.6)
        (self.here,) = self.moving(ax.plot([], [], "o", ms=5, color=INK, zorder=8))
        self.now = Now(self, ax, range(1, 10), [str(n) for n in range(1, 10)])
        self.panel = Panel(self, figure)

    def move(self, state):
        chosen = state.chosen
        for name, trials in state.families.items():
            data = [one.bits for one in trials], _clipped(one.difference for one in trials)
            mine = name == family(chosen)
            change(self.solid[name], data=data if mine else ([], []))
            change(self.pale[name], data=([], []) if mine else data)
            if mine:
                ends = [
                    _clipped(one.difference + far * one.difference_error for one in trials)
                    for far in (-SIGNIFICANT, SIGNIFICANT)
                ]
                gaps = np.full(len(trials), np.nan)
                xs = np.stack([data[0], data[0], gaps], 1).ravel()
                change(self.bars, data=(xs, np.stack([*ends, gaps], 1).ravel()))
                change(self.family, text=FAMILIES[name])
            change(self.keys[name], data=([5.4], [33]) if mine else ([], []))
        change(self.model, text=f"published: {state.beside[0].model}")
        change(
            self.beside,
            data=([one.bits for one in state.beside], _clipped(one.added for one in state.beside)),
        )
        (y,) = _clipped([chosen.difference])
        change(self.here, data=([chosen.bits], [y]))
        self.now.move(chosen.bits, y, f"{plain(chosen.bits)} bits")
        self.panel.write(
            (guessed(chosen), f"perplexity, {plain(untouched().perplexity)} untouched"),
            (f"± {percent(np.expm1(chosen.difference_error))}", "of it, one standard error"),
            (plain(chosen.bits, 4), "bits a weight"),
            (percent(chosen.relative_error or 0), "error of the weights"),
        )


def _clipped(values) -> list[float]:
    return [float(np.clip(value, LEAST, MOST)) for value in values]
