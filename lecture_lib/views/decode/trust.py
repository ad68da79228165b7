"""How far to trust the models: predicted against measured."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lecture_lib.measured import compared
from lecture_lib.scene import State
from lecture_lib.units import percent, plain, readable
from lecture_lib.views.style import (
    GREY,
    LIMIT,
    MEASURED,
    SOFT,
    LectureScene,
    change,
    chart,
    note,
    ticks,
)

# Device and engine with rows enough to fit the estimate's two constants.
SYSTEMS = {
    "RTX 4090, llama.cpp": ("RTX 4090", "llama.cpp"),
    "RTX 4090, ExLlamaV2": ("RTX 4090", "ExLlamaV2"),
    "A100 SXM 80GB, llama.cpp": ("A100 SXM 80GB", "llama.cpp"),
    "RK3588, rknn-llm": ("Rockchip RK3588 (LPDDR5)", "rknn-llm"),
}


@dataclass(frozen=True, eq=False)
class Trust(State):
    predicted: Any  # tok/s, of each row
    rates: Any  # tok/s, measured
    names: tuple[str, ...]


def trust(*, system: str, kind: str) -> Trust:
    """Predicted against measured tokens per second, batch 1, of one device and engine."""
    device, engine = SYSTEMS[system]
    rows = compared(device=device, engine=engine)
    predicted = np.array([c.predicted(kind) for c in rows])
    rates = np.array([c.rate for c in rows])
    errors = abs(predicted / rates - 1)
    says = f"{system}, {len(rows)} measured rows: the {kind}"
    if kind == "estimate":
        fit = rows[0].fit
        says += (
            f" is off by {percent(np.mean(errors))} on average, after fitting "
            f"{percent(fit.bandwidth_share)} of the bandwidth and "
            f"{readable(fit.seconds_per_layer, 's')} a layer to the same rows."
        )
    else:
        times, worst = plain(np.mean(predicted / rates), 2), rows[int(np.argmax(errors))]
        says += f" promises {times} times the measured rate on average; the worst is {worst.name}."
    return Trust(says, predicted, rates, tuple(c.name for c in rows))


class PredictedMeasured(LectureScene):
    """Predicted against measured tokens per second; a perfect model's marks are on the diagonal."""

    state = staticmethod(trust)
    source = (
        "Measured at batch 1: rows of lecture_lib/data/measured.toml, each with its source. "
        "Builds of 2023 to 2025; newer ones are faster."
    )

    def draw(self, figure):
        self.ax = ax = chart(
            figure, y="measured, tokens per second", x="predicted, tokens per second", right=176
        )
        low, high = 5, 640
        ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
        for axis in (ax.xaxis, ax.yaxis):
            ticks(
                axis, [5, 10, 20, 50, 100, 200, 500], ["5", "10", "20", "50", "100", "200", "500"]
            )
        box = ax.get_window_extent()
        rise = {
            "rotation": np.degrees(np.arctan2(box.height, box.width)),
            "rotation_mode": "anchor",
            "ha": "center",
        }
        ax.plot([low, high], [low, high], **LIMIT)
        ax.plot([low, high], [low / 2, high / 2], color=GREY, lw=1.2)
        note(ax, "as predicted").set(x=400, y=455, **rise)
        note(ax, "half of it", color=SOFT, weight="normal", size=10.5).set(x=20, y=10.8, **rise)
        self.marks = self.moving(*ax.plot([], [], ms=9, zorder=5, **MEASURED))
        self.labels = [
            note(ax, color=SOFT, weight="normal", size=10.5, va="center", zorder=6)
            for _ in range(max(len(compared(device=d, engine=e)) for d, e in SYSTEMS.values()))
        ]
        self.moving(self.labels)

    def move(self, state):
        change(self.marks, data=(state.predicted, state.rates))
        named, below, seen = set(), np.inf, set()
        for k in np.argsort(-state.rates):
            y = np.log(state.rates[k])
            if state.names[k] in named or below - y < 0.3:  # the words of two marks would touch
                continue
            named.add(state.names[k])
            below = y
            seen.add(k)
            place = (state.predicted[k] * 1.06, state.rates[k] * 0.97)
            change(self.labels[k], position=place, text=state.names[k])
        for k, label in enumerate(self.labels):
            label.set_visible(k in seen)
