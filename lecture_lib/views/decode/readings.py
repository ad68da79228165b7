"""What must be true for a claimed rate: it stands against the ceilings of what it could mean."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lecture_lib import catalog
from lecture_lib.decode import decode_step
from lecture_lib.measured import reached_shares
from lecture_lib.scene import State
from lecture_lib.serving import decode_roof, kept_as
from lecture_lib.units import percent, plain
from lecture_lib.views.style import (
    COMPUTE,
    GREY,
    INK,
    LIMIT,
    RULE,
    SOFT,
    TRAFFIC,
    WRONG_TEXT,
    LectureScene,
    change,
    chart,
    note,
    ticks,
)


@dataclass(frozen=True)
class Unsourced:
    """What a claim without a source says, and the models that it could be about."""

    device: str
    weights: str
    sequences: int
    models: tuple[str, ...]


READINGS = {"each": "each user", "all": "all users together"}  # what a rate can count

UNSOURCED = {
    "C14": Unsourced(
        device="H100 SXM",
        weights="8 bits",
        sequences=4,
        models=("LLaMA-7B", "LLaMA-13B", "LLaMA-30B", "LLaMA-65B"),
    ),
    "C13": Unsourced(
        device="RTX 3090",
        weights="16 bits",
        sequences=160,
        models=("RWKV-5-Eagle-0.4B", "RWKV-5-Eagle-1.5B", "RWKV-5-Eagle-3B", "RWKV-5-Eagle-7B"),
    ),
}


@dataclass(frozen=True, eq=False)
class MustBe(State):
    """A claimed rate against the ceilings of the models that it could be about, in their order."""

    claimed: float  # tok/s
    models: tuple[str, ...]
    most: Any  # tok/s at most, for each model
    memory_bound: Any
    fits: Any

    @property
    def share(self):
        """What the claim asks of each model: the share of its ceiling [-]."""
        return self.claimed / self.most

    @property
    def possible(self):
        """Which models fit the memory and have a ceiling above the claim."""
        return self.fits & (self.share <= 1)


def must_be(*, claim: str, reading: str, context_tokens: int) -> MustBe:
    """What a claimed rate asks of each model size, read for each user or for all together."""
    asked = UNSOURCED[claim]
    claimed = float(catalog.claim(claim).quantity)
    roof, setting = decode_roof(asked.device), kept_as(asked.weights, context_tokens)
    shapes = [catalog.shape(model) for model in asked.models]
    steps = [decode_step(shape, roof, sequences=asked.sequences, **setting) for shape in shapes]
    state = MustBe(
        "",
        claimed,
        asked.models,
        np.array([float(s.user_rate if reading == "each" else s.total_rate) for s in steps]),
        np.array([bool(s.memory_bound) for s in steps]),
        np.array([bool(s.fits) for s in steps]),
    )
    low, high = reached_shares()
    says = (
        f"{plain(claimed)} tok/s for {READINGS[reading]}, {asked.sequences} at once, on an "
        f"{asked.device}: {who_could(state)}. "
    )
    if not any(shape.kv_bytes_per_token() for shape in shapes):  # recurrent: a state, no cache
        says += f"Its state does not grow: {context_tokens:,} tokens or more, the answer stays."
    else:
        says += f"Measured rows at batch 1 reach {percent(low)} to {percent(high)} of theirs."
    return replace(state, says=says)


def who_could(state: MustBe) -> str:
    """Which sizes could do what is claimed, and what it asks of the one that it asks most of."""
    possible = int(state.possible.sum())
    if not possible:
        return "no size could do it"
    hardest = int(np.argmax(np.where(state.possible, state.share, -1)))
    model, asks = state.models[hardest], percent(state.share[hardest])
    if possible == 1:
        return f"only {model} could do it, at {asks} of its ceiling"
    who = (
        "every size"
        if possible == len(state.models)
        else f"{possible} of {len(state.models)} sizes"
    )
    return f"{who} could do it, {model} at {asks} of its ceiling"


class ClaimMustBe(LectureScene):
    """A claimed rate as a line through the ceilings of the models that it could be about."""

    state = staticmethod(must_be)
    source = (
        "C13 and C14 have no source that we could find. Ceilings: floor times, orange where memory "
        "is the limit, blue where arithmetic is. Grey: what measured rows of other devices reach."
    )
    rows = 4

    def draw(self, figure):
        self.ax = ax = chart(figure, y="model", x="tokens per second", left=172, right=214)
        ax.set(xscale="log", xlim=(1, 1e5), ylim=(self.rows - 0.4, -0.75))
        ax.grid(False)
        ticks(ax.xaxis, 10.0 ** np.arange(6), ["1", "10", "100", "1,000", "10,000", "100,000"])
        ticks(ax.yaxis, [], [])
        row = ax.get_yaxis_transform()
        self.bands, self.marks, self.names, self.words = [], [], [], []
        for k in range(self.rows):
            ax.axhline(k, color=RULE, lw=0.8, zorder=1)
            self.bands.append(
                ax.plot([], [], color=GREY, lw=13, alpha=0.4, solid_capstyle="butt", zorder=2)[0]
            )
            self.marks.append(ax.plot([], [], "|", ms=24, mew=4, zorder=4)[0])
            self.names.append(
                ax.text(-0.02, k, "", transform=row, ha="right", va="center", color=INK)
            )
            self.words.append(ax.text(1.02, k, "", transform=row, va="center", weight="semibold"))
        (self.line,) = ax.plot([], [], zorder=5, **LIMIT)
        self.name = note(ax, ha="center", va="center", zorder=6)
        self.moving(self.bands, self.marks, self.names, self.words, self.line, self.name)
        ax.text(1.02, -0.62, "the claim asks for", transform=row, va="center", color=SOFT)

    def move(self, state):
        low, high = reached_shares()
        for k, (model, most) in enumerate(zip(state.models, state.most, strict=True)):
            fits, share, possible = state.fits[k], state.share[k], state.possible[k]
            self.names[k].set_text(model)
            change(self.bands[k], data=([most * low, most * high], [k, k]))
            self.bands[k].set_visible(bool(fits))
            color = TRAFFIC if state.memory_bound[k] else COMPUTE
            change(self.marks[k], data=([most], [k]), color=color)
            self.marks[k].set_visible(bool(fits))
            if not fits:
                words = "does not fit"
            elif possible:
                words = f"{percent(share)} of the ceiling"
            else:
                words = f"{plain(share, 2)} × the ceiling"
            change(self.words[k], text=words, color=INK if possible else WRONG_TEXT)
        change(self.line, data=([state.claimed] * 2, [-0.45, self.rows - 0.4]))
        claimed = f"claimed: {plain(state.claimed)} tok/s"
        change(self.name, text=claimed, position=(state.claimed, -0.62))
