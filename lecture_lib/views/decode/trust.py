"""How far to trust the models: predicted against measured."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lecture_lib.measured import compared
from lecture_lib.scene import State
from lecture_lib.units import percent, readable
from lecture_lib.views.style import (
    GREY,
    GROUND,
    INK,
    SOFT,
    TRAFFIC,
    LectureScene,
    chart,
    note,
    ticks,
)

KINDS = {
    "floor": "the floor (all overlapped)",
    "sum": "the sum (nothing overlapped)",
    "estimate": "the estimate (fitted)",
}


@dataclass(frozen=True, eq=False)
class Trust(State):
    predicted: Any  # tok/s, of each row
    rates: Any  # tok/s, measured
    names: tuple[str, ...]


def trust(*, device: str, kind: str) -> Trust:
    """Predicted against measured tokens per second, batch 1, llama.cpp rows of the catalog."""
    rows = compared(device=device, engine="llama.cpp")
    predicted = np.array([c.predicted(kind) for c in rows])
    rates = np.array([c.rate for c in rows])
    errors = abs(predicted / rates - 1)
    worst = rows[int(np.argmax(errors))]
    bias = "too fast" if np.mean(predicted / rates) > 1 else "too slow"
    name, off = KINDS[kind].split(" (")[0], percent(np.mean(errors))
    says = f"{device}, {len(rows)} measured rows: {name} is off by {off} on average"
    if kind == "estimate":
        fit = rows[0].fit
        says += (
            f", after fitting {percent(fit.bandwidth_share)} of the bandwidth and "
            f"{readable(fit.seconds_per_layer, 's')} a layer to the same rows."
        )
    else:
        says += f", mostly {bias}; the worst is {worst.name}."
    return Trust(says, predicted, rates, tuple(c.name for c in rows))


class PredictedMeasured(LectureScene):
    """Predicted against measured tokens per second; a perfect model's marks are on the diagonal."""

    state = staticmethod(trust)
    source = (
        "Measured: llama.cpp, batch 1, rows of lecture_lib/data/measured.toml with their sources."
    )

    def draw(self, figure):
        self.ax = ax = chart(
            figure, y="measured, tokens per second", x="predicted, tokens per second", right=176
        )
        low, high = 10, 400
        ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
        for axis in (ax.xaxis, ax.yaxis):
            ticks(axis, [10, 20, 50, 100, 200, 400], ["10", "20", "50", "100", "200", "400"])
        box = ax.get_window_extent()
        rise = {
            "rotation": np.degrees(np.arctan2(box.height, box.width)),
            "rotation_mode": "anchor",
            "ha": "center",
        }
        ax.plot([low, high], [low, high], color=INK, lw=2.4)
        ax.plot([low, high], [low / 2, high / 2], color=GREY, lw=1.2)
        note(ax, "as predicted").set(x=290, y=304, **rise)
        note(ax, "half of it", color=SOFT, weight="normal", size=10.5).set(x=31, y=16.3, **rise)
        self.marks = self.moving(
            *ax.plot([], [], "o", ms=9, color=TRAFFIC, mec=GROUND, mew=1.2, zorder=5)
        )
        self.labels = [
            note(ax, color=SOFT, weight="normal", size=10.5, va="center", zorder=6)
            for _ in range(20)
        ]
        self.moving(self.labels)

    def move(self, state):
        self.marks.set_data(state.predicted, state.rates)
        for label in self.labels:
            label.set_visible(False)
        named, below = set(), np.inf
        for k in np.argsort(-state.rates):
            y = np.log(state.rates[k])
            if state.names[k] in named or below - y < 0.24:  # the words of two marks would touch
                continue
            named.add(state.names[k])
            below = y
            self.labels[k].set(
                x=state.predicted[k] * 1.05, y=state.rates[k] * 0.97, text=state.names[k]
            )
            self.labels[k].set_visible(True)
