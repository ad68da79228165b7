"""How far to trust the models: predicted against measured."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lecture_lib.measured import Compared, class_rows, compared, left_out
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
# Classes of devices and an engine: each device is predicted from the rows of the others.
CLASSES = {
    "all NVIDIA with GDDR, llama.cpp": ("NVIDIA GDDR", "llama.cpp"),
    "all NVIDIA with HBM, llama.cpp": ("NVIDIA HBM", "llama.cpp"),
    "all Apple chips, llama.cpp": ("Apple LPDDR", "llama.cpp"),
}
HALF = 20, 10.8  # where the line of half the rate has its name


@dataclass(frozen=True, eq=False)
class Trust(State):
    predicted: Any  # tok/s, of each row
    rates: Any  # tok/s, measured
    names: tuple[str, ...]


def trust(*, system: str, kind: str) -> Trust:
    """Predicted against measured tokens per second, batch 1, of one device and engine."""
    rows, predicted = predictions(system, kind)
    rates = np.array([c.rate for c in rows])
    errors = abs(rates / predicted - 1)  # of the times
    says = f"{system}, {len(rows)} measured rows: the {kind}"
    names = [c.row.device if system in CLASSES else c.name for c in rows]
    if kind == "estimate":
        says += f" of the time is off by {percent(np.mean(errors))} on average, "
        if system in CLASSES:
            devices = len({c.row.device for c in rows})
            says += f"each of {devices} devices predicted from the rows of the others."
        else:
            fit = rows[0].fit
            says += (
                f"after fitting {percent(fit.bandwidth_share)} of the bandwidth and "
                f"{readable(fit.seconds_per_layer, 's')} a layer to the same rows."
            )
    else:
        times, worst = plain(np.mean(predicted / rates), 2), names[int(np.argmax(errors))]
        says += f" promises {times} times the measured rate on average; the worst is {worst}."
    return Trust(says, predicted, rates, tuple(names))


def predictions(system: str, kind: str) -> tuple[tuple[Compared, ...], np.ndarray]:
    """The measured rows of a system or a class, and what is predicted for each [tok/s]."""
    if system in SYSTEMS:
        device, engine = SYSTEMS[system]
        rows = compared(device=device, engine=engine)
    else:
        rows = class_rows(*CLASSES[system])
        if kind == "estimate":
            rows, _, seconds = zip(*left_out(rows), strict=True)
            return rows, 1 / np.array(seconds)
    return rows, np.array([c.predicted(kind) for c in rows])


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
        low, high = 3, 640
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
        x, y = HALF
        note(ax, "half of it", color=SOFT, weight="normal", size=10.5).set(x=x, y=y, **rise)
        self.marks = self.moving(*ax.plot([], [], ms=9, zorder=5, **MEASURED))
        self.labels = [
            note(ax, color=SOFT, weight="normal", size=10.5, va="center", zorder=6)
            for _ in range(max(len(predictions(s, "floor")[0]) for s in (*SYSTEMS, *CLASSES)))
        ]
        self.moving(self.labels)

    def move(self, state):
        change(self.marks, data=(state.predicted, state.rates))
        named, below, seen = set(), np.inf, set()
        for k in np.argsort(-state.rates):
            y = np.log(state.rates[k])
            x = np.log(state.predicted[k] / HALF[0])
            on_half = -1.9 < x < 0.5 and abs(y - np.log(HALF[1])) < 0.6
            if state.names[k] in named or below - y < 0.3 or on_half:  # words would touch
                continue
            named.add(state.names[k])
            below = y
            seen.add(k)
            place = (state.predicted[k] * 1.1, state.rates[k] * 0.97)
            change(self.labels[k], position=place, text=state.names[k])
        for k, label in enumerate(self.labels):
            label.set_visible(k in seen)
