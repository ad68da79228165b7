"""What a token costs: bytes moved for a step against steps per second."""

from dataclasses import dataclass

import numpy as np

from lecture_lib import catalog
from lecture_lib.decode import CONTEXT_TOKENS, DecodeStep, decode_step, most_sequences
from lecture_lib.measured import Compared, compared
from lecture_lib.scene import State
from lecture_lib.serving import decode_roof, kept_as
from lecture_lib.tables import Table
from lecture_lib.units import plain, readable
from lecture_lib.views.decode.words import tokens, too_big, users
from lecture_lib.views.panel import WIDTH, Panel
from lecture_lib.views.roofs import Roofs
from lecture_lib.views.style import (
    EDGE,
    INK,
    MARKS,
    MEASURED,
    PALE,
    SOFT,
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

# Names of formats as a menu shows them: a format of the catalog each.
WEIGHTS_KEPT = {
    "16 bits": "16 bits",
    "8 bits": "8 bits",
    "4 bits, GPTQ in groups of 128": "GPTQ 4-bit g128",
    "4.9 bits, llama.cpp Q4_K_M": "Q4_K_M file",
    "3.2 bits, llama.cpp Q2_K": "Q2_K file",
}

# Powers of two, and the batch that the draft names.
USERS_AT_ONCE = (1, 2, 4, 8, 16, 32, 64, 128, 160, 256, 512, 1024)

# What the draft set side by side, in early 2024. It names no size for the last two; these fit best.
DRAFT_SYSTEMS = {
    "RTX 4090 · LLaMA-2 13B, 4 bits": {
        "device": "RTX 4090",
        "model": "Llama-2-13B",
        "weights": "GPTQ 4-bit g128",
        "sequences": 1,
    },
    "RTX 3090 · RWKV-5 7B, batch 160": {
        "device": "RTX 3090",
        "model": "RWKV-5-Eagle-7B",
        "weights": "16 bits",
        "sequences": 160,
    },
    "H100 · LLaMA 7B, 8 bits, batch 4": {
        "device": "H100 SXM",
        "model": "LLaMA-7B",
        "weights": "8 bits",
        "sequences": 4,
    },
}


@dataclass(frozen=True, eq=False)
class Price(State):
    step: DecodeStep
    most: int  # sequences that fit
    measured: tuple[Compared, ...]


def price(*, device: str, model: str, weights: str, sequences: int) -> Price:
    """What one decode step costs: a device, a model, a format of the weights, some users."""
    shape, roof = catalog.shape(model), decode_roof(device)
    setting = kept_as(weights)
    step = decode_step(shape, roof, sequences=sequences, **setting)
    if not step.fits:
        says = f"{model} on {device} with {users(sequences)}. {too_big(step)}"
    else:
        limit = "" if step.memory_bound else " and is limited by arithmetic"
        says = (
            f"{device} with {model} and {users(sequences)} moves "
            f"{readable(step.work.traffic, 'B')} for each step{limit}: "
            f"at most {tokens(step.user_rate)}"
        )
        if sequences != 1:
            says += f" for each, {tokens(step.total_rate)} for all"
        if step.energy is not None:
            says += f", {readable(step.energy, 'J')} a token if it drew its {roof.power:g} W"
        says += "."
    return Price(says, step, most_sequences(shape, roof, **setting), compared(device=device))


class TokenPrice(LectureScene):
    """Bytes moved for a step against steps per second: memory's roof slopes, arithmetic is flat."""

    state = staticmethod(price)
    source = (
        "Computed from the model's dimensions and the device's data sheet, "
        f"{CONTEXT_TOKENS:,} tokens of context, floor times. "
        "Circles are measured (batch 1); every row names its source in lecture_lib/data."
    )
    low, high = 3e7, 3e12

    def draw(self, figure):
        self.ax = ax = chart(
            figure,
            y="tokens per second for one user",
            x="bytes moved for one step",
            left=92,
            right=WIDTH,
        )
        ax.set(xscale="log", yscale="log", xlim=(self.low, self.high), ylim=(0.1, 1e6))
        ticks(
            ax.yaxis,
            10.0 ** np.arange(-1, 7),
            ["0.1", "1", "10", "100", "1,000", "10,000", "100,000", "1 M"],
        )
        others = compared()
        ax.plot(
            [c.step.work.traffic for c in others],
            [c.rate for c in others],
            "o",
            ms=4,
            color=PALE,
            mew=0,
        )
        self.roofs = Roofs(self, ax, names_zorder=3)
        self.measured = self.moving(*ax.plot([], [], ms=7, zorder=5, **MEASURED))
        self.mark = self.moving(
            *ax.plot([], [], "o", ms=11, color=INK, zorder=8, clip_on=False, **EDGE)
        )
        self.cross = self.moving(
            *ax.plot([], [], MARKS[WRONG], ms=14, color=WRONG, zorder=9, **EDGE)
        )
        box = ax.get_window_extent()
        steep = np.degrees(np.arctan2(box.height / 7, box.width / np.log10(self.high / self.low)))
        self.roofs.memory_name.set(rotation=-steep, rotation_mode="anchor", ha="center")
        self.measured_name = self.moving(
            note(ax, "measured", color=SOFT, weight="normal", size=10.5, va="top", ha="center")
        )
        self.beyond = self.moving(note(ax, color=SOFT, size=10.5, zorder=9, va="center"))
        self.now = Now(self, ax, *decades(8, 12, "B"))
        self.panel = Panel(self, figure)

    def move(self, state):
        step = state.step
        traffic, roof = float(step.work.traffic), step.roof
        reads = np.array([self.low, self.high])
        flat = roof.peak_rate / float(step.work.flops)
        left = traffic > 2e11  # the names keep clear of the stem
        ends = np.clip([roof.bandwidth / 1e6, roof.bandwidth / 0.1], self.low, self.high)
        at = np.exp(np.interp(0.7 if traffic < 2e10 else 0.26, [0, 1], np.log(ends)))
        beside = (self.low * 1.2 if left else self.high * 0.9, flat * 1.22)
        self.roofs.move(
            roof,
            slope=(reads, roof.bandwidth / reads),
            flat=(reads, [flat, flat]),
            names=((at, roof.bandwidth / at * 1.3), beside),
            peak=f"{plain(flat)} tok/s",
        )
        change(self.roofs.compute_name, ha="left" if left else "right")
        self.roofs.compute_name.set_visible(0.1 < flat < 4e5)
        rows = state.measured
        change(self.measured, data=([c.step.work.traffic for c in rows], [c.rate for c in rows]))
        if rows:
            rows = sorted(rows, key=lambda c: c.step.work.traffic)
            # the stem would cross the word
            near = abs(np.log10(rows[0].step.work.traffic / traffic)) < 0.4
            named = rows[-1 if near else 0]
            change(self.measured_name, position=(float(named.step.work.traffic), named.rate * 0.5))
        self.measured_name.set_visible(bool(rows))
        fits = bool(step.fits)
        rate = float(step.user_rate)
        self.now.move(traffic, rate, readable(traffic, "B"))
        low, high = self.ax.get_ylim()
        for mark, seen in ((self.mark, fits), (self.cross, not fits)):
            change(mark, data=([traffic], [min(max(rate, low), high)]))
            mark.set_visible(seen)
        self.beyond.set_visible(fits and not low <= rate <= high)
        above = rate > high
        change(
            self.beyond,
            position=(traffic * 1.9, high / 2.2 if above else low * 2.2),
            text=f"{'above' if above else 'below'} the scale: {tokens(rate)}",
        )
        self.write(step, fits, state.most)

    def write(self, step, fits: bool, most: int):
        """The four numbers at the right: for each user, for all, for each token, and who fits."""
        would_fit = f"would fit, {CONTEXT_TOKENS:,} tokens each"
        if fits:
            energy = "?" if step.energy is None else readable(step.energy, "J")
            watts = (
                "power not published"
                if step.roof.power is None
                else f"a token, if it draws {step.roof.power:g} W"
            )
            rows = [
                (tokens(step.user_rate), "for each user, at most"),
                (tokens(step.total_rate), f"for {users(step.sequences)} in all, at most"),
                (energy, watts),
                (users(most) if most < 1e5 else "over 100,000", would_fit),
            ]
        else:
            rows = [
                ("does not fit", "in the device's memory"),
                (readable(step.needed, "B"), "needed"),
                (readable(step.roof.capacity, "B") if step.roof.capacity else "none", "there"),
                (users(most), would_fit),
            ]
        self.panel.write(*rows, color=INK if fits else WRONG_TEXT)


def draft_systems() -> Table:
    """The draft's three systems as numbers: what a step moves, and what it gives at most."""
    rows = []
    for words, system in DRAFT_SYSTEMS.items():
        step = price(**system).step
        row = (
            words,
            readable(step.needed, "B"),
            readable(step.work.traffic, "B"),
            tokens(step.user_rate),
            tokens(step.total_rate),
            readable(step.energy, "J"),
            "memory" if step.memory_bound else "arithmetic",
        )
        rows.append(row)
    header = (
        "system",
        "memory needed",
        "moved for a step",
        "each user",
        "all users",
        "energy for a token",
        "limit",
    )
    return Table(
        header,
        tuple(rows),
        f"Rates: at most these (floor times, {CONTEXT_TOKENS:,} tokens of context). "
        "Energy: full power for the least time, neither a floor nor a ceiling.",
    )
