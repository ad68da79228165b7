"""The picture of the machine in front of you: its roofline, with a model's decode step on it."""

from dataclasses import dataclass

import numpy as np

from lecture_lib import catalog
from lecture_lib.decode import DecodeStep, decode_step
from lecture_lib.machine import Measured, this_machine
from lecture_lib.medium import as_html
from lecture_lib.roofline import attainable_rate
from lecture_lib.scene import State
from lecture_lib.serving import kept_as
from lecture_lib.units import plain, readable
from lecture_lib.views.memory.machines import RECORDED
from lecture_lib.views.roofs import Roofs
from lecture_lib.views.style import (
    EDGE,
    MARKS,
    RIDGE,
    WEIGHTS,
    LectureScene,
    Now,
    change,
    chart,
    decades,
    ticks,
)


@dataclass(frozen=True, eq=False)
class OnThisMachine(State):
    step: DecodeStep


def on_this_machine(*, model: str, weights: str, sequences: int) -> OnThisMachine:
    """Where a model's decode step would stand under the roof measured on this machine.

    A page without a kernel has none: there it is the recorded machine's, and the words name it.
    """
    recorded = catalog.machine(RECORDED).roof
    measured = Measured(recorded, spread=1) if as_html() else this_machine()
    roof = measured.roof
    step = decode_step(
        catalog.shape(model),
        roof,
        sequences=sequences,
        **kept_as(weights),
    )
    who = f"The {roof.name}, recorded," if as_html() else "This machine"
    says = (
        f"{who} read {readable(roof.bandwidth, 'B/s')} and calculated "
        f"{readable(roof.peak_rate, 'FLOP/s')}. {model} at {weights} would make at most "
        f"{plain(step.total_rate)} tok/s, {sequences} at a time, in "
        f"{readable(step.needed, 'B')} of memory."
    )
    if not measured.steady:
        says += (
            " But this measurement cannot tell: other programs got in its way. Close them, restart "
            "the kernel, try again."
        )
    return OnThisMachine(says, step)


class MachineRoof(LectureScene):
    """The roofline of this machine: intensity against rate, with one decode step under it."""

    state = staticmethod(on_this_machine)
    source = (
        "Measured with numpy in 32 bits, the best of some repeats: here and now, or as recorded. "
        "The step's place is computed."
    )

    def draw(self, figure):
        self.ax = ax = chart(
            figure,
            y="arithmetic rate",
            x="arithmetic intensity, FLOP per byte moved",
            left=104,
            right=32,
        )
        ax.set(xscale="log", yscale="log", xlim=(0.1, 1e4), ylim=(1e8, 1e13))
        ticks(ax.yaxis, *decades(8, 13, "FLOP/s"))
        self.roofs = Roofs(self, ax, names_zorder=6)
        self.ridge = self.moving(*ax.plot([], [], zorder=5, **RIDGE))
        self.mark = self.moving(
            *ax.plot([], [], MARKS[WEIGHTS], ms=11, color=WEIGHTS, zorder=8, **EDGE)
        )
        self.now = Now(
            self, ax, 10.0 ** np.arange(-1, 5), ["0.1", "1", "10", "100", "1,000", "10,000"]
        )

    def move(self, state):
        roof = state.step.roof
        change(self.ridge, data=([roof.ridge], [roof.peak_rate]))
        intensity = float(state.step.work.intensity)
        rate = float(attainable_rate(intensity, roof))
        near = 0.15 < intensity / roof.ridge < 1  # the ring would cover the end of the name
        end = intensity * 0.6 if near else roof.ridge * 0.5
        self.roofs.move(
            roof,
            slope=([0.1, roof.ridge], [0.1 * roof.bandwidth, roof.peak_rate]),
            flat=([roof.ridge, 1e4], [roof.peak_rate] * 2),
            names=((end, end * roof.bandwidth * 1.24), (8e3, roof.peak_rate * 1.25)),
        )
        change(self.mark, data=([intensity], [rate]))
        self.now.move(intensity, rate, f"{plain(intensity, 2)} FLOP/B")
