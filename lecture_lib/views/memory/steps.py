"""Bandwidth by working set: the caches as steps, and what of a model would have to fit."""

from dataclasses import dataclass

from lecture_lib import catalog
from lecture_lib.decode import resident_bytes, streamed_bytes
from lecture_lib.scene import State
from lecture_lib.serving import bits_of
from lecture_lib.survey import Survey
from lecture_lib.units import plain, readable
from lecture_lib.views.memory.machines import SOURCE, surveyed, warning
from lecture_lib.views.panel import WIDTH, Panel
from lecture_lib.views.style import (
    DASHED,
    EDGE,
    MARKS,
    SOFT,
    TRAFFIC,
    TRAFFIC_TEXT,
    WEIGHTS,
    LectureScene,
    Now,
    change,
    chart,
    decades,
    note,
    ticks,
)

MODELS = ("Gemma-3-270M", "Llama-3.2-1B", "Llama-3.1-8B", "Llama-3.1-70B", "Llama-3.1-405B")
KEPT = ("16 bits", "8 bits", "Q4_0")
# Chips whose memory on the chip is marked, with the words for it.
CHIPS = {
    "RTX 4090": "RTX 4090",
    "MI300X": "MI300X",
    "Cerebras WSE-3": "WSE-3",
}
LOW, HIGH = 1e4, 1e12  # byte


@dataclass(frozen=True, eq=False)
class Steps(State):
    survey: Survey
    stored: float  # byte of the model
    bandwidth: float  # byte/s that one core has for so many bytes
    rate: float  # tokens per second at most


def holds(stored: float) -> list[str]:
    """The marked chips whose own memory holds so many bytes."""
    return [words for chip, words in CHIPS.items() if catalog.device(chip).sram_bytes >= stored]


def bandwidth_steps(*, machine: str, model: str, weights: str) -> Steps:
    """How fast a core of a measured machine reads what fits a cache, and what a model needs."""
    survey, shape = surveyed(machine), catalog.shape(model)
    kept = bits_of(weights)
    stored, streamed = resident_bytes(shape, **kept), streamed_bytes(shape, **kept)
    bandwidth = float(survey.bandwidth_for(streamed))
    rates = survey.read_rates
    chips = holds(stored)
    says = (
        f"One core ({survey.name}) reads {readable(rates.max(), 'B/s')} from a cache, "
        f"{readable(rates[-1], 'B/s')} from memory. {model} as {weights}, "
        f"{readable(stored, 'B')}: at most {plain(bandwidth / streamed)} tok/s; of the chips "
        f"marked, {' and '.join(chips) if chips else 'none'} could hold it.{warning(survey)}"
    )
    return Steps(says, survey, stored, bandwidth, bandwidth / streamed)


class BandwidthSteps(LectureScene):
    """Working set against the bandwidth of one core: each cache is a step, models stand beyond."""

    state = staticmethod(bandwidth_steps)
    source = f"{SOURCE} Dashed: continued."
    bottom, top = 1e9, 1e12

    def draw(self, figure):
        self.ax = ax = chart(
            figure, y="bytes read per second by one core", x="working set", left=92, right=WIDTH
        )
        ax.set(xscale="log", yscale="log", xlim=(LOW, HIGH), ylim=(self.bottom, self.top))
        ticks(ax.yaxis, *decades(9, 12, "B/s"))
        for k, (chip, words) in enumerate(CHIPS.items()):
            size = catalog.device(chip).sram_bytes
            height = self.top / 1.35 / 1.6 ** (len(CHIPS) - 1 - k)  # no line crosses a name
            ax.plot([size, size], [self.bottom, height], color=SOFT, lw=1, ls=(0, (1, 2)), zorder=2)
            name = f"{words} {readable(size, 'B')} "
            note(
                ax, name, color=SOFT, size=10.5, weight="normal", ha="right", va="top"
            ).set_position((size * 0.93, height))
        self.measured = self.moving(
            *ax.plot([], [], MARKS[TRAFFIC], ms=8, color=TRAFFIC, ls="none", zorder=5, **EDGE)
        )
        self.beyond = self.moving(*ax.plot([], [], color=TRAFFIC, lw=2.4, ls=DASHED, zorder=3))
        self.names = [
            note(ax, color=TRAFFIC_TEXT, va="bottom", zorder=6),
            note(ax, color=TRAFFIC_TEXT, va="top", zorder=6),
        ]
        self.moving(self.names)
        self.now = Now(self, ax, *decades(4, 12, "B"))
        self.mark = self.moving(
            *ax.plot([], [], MARKS[WEIGHTS], ms=11, color=WEIGHTS, zorder=8, clip_on=False, **EDGE)
        )
        self.panel = Panel(self, figure)

    def move(self, state):
        survey = state.survey
        sizes, rates = survey.sizes, survey.read_rates
        change(self.measured, data=(sizes, rates))
        change(self.beyond, data=([sizes[-1], HIGH], [rates[-1]] * 2))
        change(
            self.names[0],
            position=(LOW * 1.15, rates.max() * 1.25),
            text=f"in a cache: {readable(rates.max(), 'B/s')}",
        )
        change(
            self.names[1],
            position=(LOW * 1.15, rates[-1] * 0.8),
            text=f"from memory: {readable(rates[-1], 'B/s')}",
        )
        change(self.mark, data=([state.stored], [state.bandwidth]))
        self.now.move(state.stored, state.bandwidth, readable(state.stored, "B"))
        ratio = state.stored / sizes[rates > rates.max() / 2][-1]
        self.panel.write(
            (f"{plain(state.rate)} tok/s", "at most, by one core"),
            (readable(state.bandwidth, "B/s"), "read at that size"),
            (f"× {plain(ratio, 2)}", "the size that is read fast"),
            (f"× {plain(rates.max() / rates[-1], 2)}", "cache against memory"),
        )
