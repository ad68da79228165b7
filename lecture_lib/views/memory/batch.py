"""A matrix times ever more vectors: what a batch brings, and what it costs."""

from dataclasses import dataclass

import numpy as np

from lecture_lib import catalog
from lecture_lib.decode import CONTEXT_TOKENS
from lecture_lib.roofline import Roof, attainable_rate
from lecture_lib.scene import State
from lecture_lib.survey import BATCHES, VALUE_BYTES, Survey
from lecture_lib.tables import Table
from lecture_lib.units import percent, plain, readable
from lecture_lib.views.memory.machines import SOURCE, surveyed, warning
from lecture_lib.views.panel import WIDTH, Panel
from lecture_lib.views.roofs import Roofs
from lecture_lib.views.style import (
    EDGE,
    INK,
    MEASURED,
    SOFT,
    LectureScene,
    Now,
    change,
    chart,
    decades,
    note,
    ticks,
)

USERS_MODEL = "Llama-3.1-8B"  # whose caches the users of a batch would bring


@dataclass(frozen=True, eq=False)
class Batch(State):
    survey: Survey
    roof: Roof
    batch: int
    seconds: float  # of the product
    alone: float  # of the product with one vector
    rate: float  # FLOP/s
    caches: int  # byte, of so many users


def intensity_of(batch):
    """FLOP for each byte of the matrix: the vectors are small beside it."""
    return 2 * np.asarray(batch) / VALUE_BYTES


def batched(*, machine: str, batch: int) -> Batch:
    """A matrix of 32-bit numbers times a batch of vectors on a machine that was measured."""
    survey = surveyed(machine)
    at = survey.batches.tolist().index(batch)
    times, rates = survey.product_seconds, survey.product_rates
    roof = survey.roof
    caches = catalog.shape(USERS_MODEL).cache_bytes(CONTEXT_TOKENS, sequences=batch)
    share = rates[at] / roof.peak_rate
    plural, name = "s" * (batch > 1), survey.name[0].upper() + survey.name[1:]
    longer = "" if batch == 1 else f", {plain(times[at] / times[0], 2)} times as long as one"
    says = (
        f"{name}: {readable(survey.matrix_bytes, 'B')} times {batch} vector{plural} took "
        f"{readable(times[at], 's')}{longer}, at {percent(share)} of the measured peak. "
        f"{batch} cache{plural} of {USERS_MODEL}, {CONTEXT_TOKENS:,} tokens each, take"
        f"{'' if plural else 's'} {readable(caches, 'B')}.{warning(survey)}"
    )
    return Batch(
        says, survey, roof, batch, float(times[at]), float(times[0]), float(rates[at]), caches
    )


class BatchOnMachine(LectureScene):
    """Vectors in a batch against the arithmetic rate: measured marks under a measured roof."""

    state = staticmethod(batched)
    source = SOURCE
    low, high = 1e9, 1e13

    def draw(self, figure):
        self.ax = ax = chart(
            figure, y="arithmetic rate", x="vectors in the batch", left=104, right=WIDTH
        )
        ax.set(xscale="log", yscale="log", xlim=(0.8, 320), ylim=(self.low, self.high))
        ticks(ax.yaxis, *decades(9, 13, "FLOP/s"))
        self.roofs = Roofs(self, ax, names_zorder=6)
        self.measured = self.moving(*ax.plot([], [], ms=8, zorder=5, **MEASURED))
        self.measured_name = self.moving(
            note(ax, "measured", color=SOFT, weight="normal", size=10.5, va="top", zorder=6)
        )
        self.now = Now(self, ax, BATCHES[::2], [str(n) for n in BATCHES[::2]])
        self.mark = self.moving(*ax.plot([], [], "o", ms=11, color=INK, zorder=8, **EDGE))
        self.panel = Panel(self, figure)

    def move(self, state):
        survey, roof = state.survey, state.roof
        ridge = roof.ridge * VALUE_BYTES / 2  # in vectors
        ends = np.array([0.8, max(ridge, 0.8)])
        above = roof.peak_rate * 1.75  # clear of the ring around the last mark
        self.roofs.move(
            roof,
            slope=(ends, attainable_rate(intensity_of(ends), roof)),
            flat=([max(ridge, 0.8), 320], [roof.peak_rate] * 2),
            names=((ridge * 0.8, above), (300, above)),
        )
        self.roofs.memory_name.set_visible(ridge > 4)
        change(self.measured, data=(survey.batches, survey.product_rates))
        spot = 1 if state.batch != survey.batches[1] else 2
        at = (survey.batches[spot] * 1.1, survey.product_rates[spot] * 0.75)
        change(self.measured_name, position=at)
        change(self.mark, data=([state.batch], [state.rate]))
        self.now.move(state.batch, state.rate, f"{state.batch}")
        self.panel.write(
            (percent(state.rate / roof.peak_rate), "of the measured peak"),
            (readable(state.seconds, "s"), "until each has its result"),
            (
                f"× {plain(state.seconds / state.alone, 2)}",
                f"the time, × {state.batch} the work",
            ),
            (readable(state.caches, "B"), f"caches of {state.batch} user{'s' * (state.batch > 1)}"),
        )


def predicted(machine: str) -> Table:
    """What the floor says of each product of a machine, and what it took."""
    survey = surveyed(machine)
    roof, flops = survey.roof, 2 * survey.matrix_side**2 * survey.batches
    floors = np.maximum(survey.matrix_bytes / roof.bandwidth, flops / roof.peak_rate)
    rows = tuple(
        (str(batch), readable(floor, "s"), readable(took, "s"), f"{plain(took / floor, 2)} ×")
        for batch, floor, took in zip(survey.batches, floors, survey.product_seconds, strict=True)
    )
    return Table(
        ("vectors", "floor", "measured", "measured / floor"),
        rows,
        f"{survey.name}, {survey.blas}, {survey.threads} threads, {survey.measured_on}: best of "
        f"{survey.rounds} rounds. Its own roof is the floor's, so no row can be below 1.",
    )
