"""An outlier, carried out: what one scale makes of a layer's inputs, and what mends it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lecture_lib.quantization.activations import rotation, smoothing, split_rounded
from lecture_lib.quantization.rounding import Grid
from lecture_lib.quantization.small_floats import SMALL_FLOATS
from lecture_lib.scene import State
from lecture_lib.units import count, percent, plain
from lecture_lib.views.panel import WIDTH, Panel
from lecture_lib.views.quantization import samples
from lecture_lib.views.quantization.samples import ACTIVATIONS_SOURCE, Inputs, inputs_of
from lecture_lib.views.style import (
    ACTIVATIONS,
    ACTIVATIONS_TEXT,
    EDGE,
    GROUND,
    INK,
    MARKS,
    SOFT,
    WRONG,
    WRONG_TEXT,
    LectureScene,
    change,
    chart,
    note,
    ticks,
)

INPUTS = tuple(samples.INPUTS)
BITS = (8, 6, 4)
FLOATS = {8: "E4M3", 6: "E2M3", 4: "E2M1"}
LOW, HIGH = 1e-4, 1e4
LOST = 0.5  # an error of half of what a token says leaves little of it


def whole(inputs: Inputs, bits: int):
    """A scale for the whole tensor."""
    return Grid(bits, group="tensor", scale_bits=32).rounded(inputs.values)


def by_token(inputs: Inputs, bits: int):
    """A scale for each token."""
    return Grid(bits, scale_bits=32).rounded(inputs.values)


def by_group(inputs: Inputs, bits: int):
    """A scale for each 64 channels of a token."""
    return Grid(bits, group=64, scale_bits=32).rounded(inputs.values)


def split(inputs: Inputs, bits: int):
    """LLM.int8(): channels with outliers stay floats, the others share a scale."""
    return split_rounded(inputs.values, Grid(bits, group="tensor", scale_bits=32))


def smooth(inputs: Inputs, bits: int):
    """SmoothQuant with alpha one half, and then a scale for the whole tensor."""
    change = smoothing(inputs.calibrated, inputs.heaviest[None])
    return change.rounded(inputs.values, Grid(bits, group="tensor", scale_bits=32))


def rotated(inputs: Inputs, bits: int):
    """All channels of a token rotated, and then a scale for the whole tensor."""
    turn = rotation(inputs.values.shape[1], np.random.default_rng(1))
    return turn.rounded(inputs.values, Grid(bits, group="tensor", scale_bits=32))


def rotated_by_token(inputs: Inputs, bits: int):
    """All channels of a token rotated, and then a scale for each token."""
    turn = rotation(inputs.values.shape[1], np.random.default_rng(1))
    return turn.rounded(inputs.values, Grid(bits, scale_bits=32))


def as_float(inputs: Inputs, bits: int):
    """A small float, with a scale for the whole tensor that puts the largest on its largest."""
    small = SMALL_FLOATS[FLOATS[bits]]
    scale = np.float32(np.abs(inputs.values).max() / small.largest)
    return small.rounded(inputs.values / scale) * scale


METHODS: dict[str, Callable] = {
    "a scale for all": whole,
    "a scale a token": by_token,
    "a scale a group of 64": by_group,
    "outlier channels apart (LLM.int8)": split,
    "smoothed (SmoothQuant)": smooth,
    "rotated, a scale for all": rotated,
    "rotated, a scale a token": rotated_by_token,
    "a small float, a scale for all": as_float,
}


@dataclass(frozen=True, eq=False)
class Rounded(State):
    largest: np.ndarray  # of each token: the largest magnitude
    strength: np.ndarray  # of each token: root mean square
    error: np.ndarray  # of each token: root mean square of what rounding lost
    zeros: float  # share of the values that became zero
    lost: int  # tokens whose error is more than LOST of what they say
    typical: float  # median over the tokens of error over strength


def rounded(*, inputs: str, method: str, bits: int) -> Rounded:
    """The inputs of a layer, rounded in some way, token by token."""
    found = inputs_of(inputs)
    values = found.values.astype(float)
    back = METHODS[method](found, bits).astype(float)
    strength = np.sqrt(np.square(values).mean(axis=1))
    error = np.sqrt(np.square(values - back).mean(axis=1))
    zeros = float(((back == 0) & (values != 0)).mean())
    share = error / strength
    lost = int((share > LOST).sum())
    what = FLOATS[bits] if METHODS[method] is as_float else f"INT{bits}"
    lose = f"{lost or 'none'} {'loses' if lost == 1 else 'lose'}"
    says = (
        f"{inputs[0].upper()}{inputs[1:]}, {what}, {method}: of {len(values)} tokens {lose} "
        f"more than half of what they say. The typical error is "
        f"{percent(float(np.median(share)))} of the token; {become_zero(back, values)}."
    )
    return Rounded(
        says, np.abs(values).max(axis=1), strength, error, zeros, lost, float(np.median(share))
    )


def become_zero(back: np.ndarray, values: np.ndarray) -> str:
    """How many of the values became zero, in words."""
    left, some = int((back != 0).sum()), int((values != 0).sum())
    if left <= 0.01 * some:
        return f"all values become zero but {count(left)} of {count(some)}"
    return f"{percent(1 - left / some)} of all values become zero"


class OutlierRounded(LectureScene):
    """For each token of a text: its largest value, its strength, and the error of rounding it."""

    state = staticmethod(rounded)
    source = f"Carried out on {ACTIVATIONS_SOURCE}."

    def draw(self, figure):
        self.ax = ax = chart(
            figure, y="magnitude of a layer's inputs", x="token of the text", right=WIDTH
        )
        tokens = len(inputs_of().values)
        ax.set(xlim=(0.2, tokens + 0.8), ylim=(LOW, HIGH), yscale="log")
        at = [1, *range(4, tokens + 1, 4)]
        ticks(ax.xaxis, at, [str(k) for k in at])
        ticks(ax.yaxis, 10.0 ** np.arange(-4, 5, 2), ["0.0001", "0.01", "1", "100", "10,000"])
        (self.stems,) = self.moving(ax.plot([], [], color=ACTIVATIONS, lw=1.4, zorder=2))
        (self.gone,) = self.moving(ax.plot([], [], color=WRONG, lw=1.4, ls=(0, (2, 1.5)), zorder=2))
        (self.peaks,) = self.moving(
            ax.plot([], [], "h", ms=8, mfc=GROUND, mec=ACTIVATIONS, mew=1.6, zorder=3)
        )
        (self.says,) = self.moving(
            ax.plot([], [], MARKS[ACTIVATIONS], ms=9, color=ACTIVATIONS, zorder=4, **EDGE)
        )
        (self.errors,) = self.moving(ax.plot([], [], "_", ms=10, mew=2.4, color=INK, zorder=5))
        (self.wrong,) = self.moving(
            ax.plot([], [], MARKS[WRONG], ms=9, color=WRONG, zorder=6, **EDGE)
        )
        self.key()
        self.panel = Panel(self, figure)

    def key(self):
        """What the marks are, in a row at the top."""
        ax = self.ax
        row = ax.get_xaxis_transform()
        look = {"transform": row, "clip_on": False}
        words = {"weight": "normal", "size": 10.5, "va": "center", **look}
        right = ax.get_xlim()[1]
        hollow = {"marker": "h", "mfc": GROUND, "mec": ACTIVATIONS, "mew": 1.6}
        filled = {"marker": "h", "color": ACTIVATIONS, **EDGE}
        dash = {"marker": "_", "mew": 2.4, "color": INK}
        cross = {"marker": "X", "color": WRONG, **EDGE}
        for share, said, color, mark in (
            (0.10, "largest value", ACTIVATIONS_TEXT, hollow),
            (0.34, "all values (rms)", ACTIVATIONS_TEXT, filled),
            (0.60, "error (rms)", SOFT, dash),
            (0.80, "error above half", WRONG_TEXT, cross),
        ):
            ax.plot([share * right], [0.95], ms=9, ls="", **mark, **look)
            note(ax, said, color=color, **words).set_position(((share + 0.02) * right, 0.95))

    def move(self, state):
        xs = np.arange(1, len(state.strength) + 1)
        gaps = np.full(len(xs), np.nan)
        lost = state.error > LOST * state.strength
        for line, chosen in ((self.stems, ~lost), (self.gone, lost)):
            low = np.clip(state.error, LOW, HIGH)[chosen]
            change(
                line,
                data=(
                    np.stack([xs[chosen]] * 2 + [gaps[chosen]], 1).ravel(),
                    np.stack([low, state.largest[chosen], gaps[chosen]], 1).ravel(),
                ),
            )
        change(self.peaks, data=(xs, state.largest))
        change(self.says, data=(xs, state.strength))
        change(self.errors, data=(xs[~lost], np.clip(state.error, LOW, HIGH)[~lost]))
        change(self.wrong, data=(xs[lost], state.error[lost]))
        self.panel.write(
            (f"{state.lost} of {len(xs)}", "tokens lose more than half"),
            (percent(state.typical), "of a typical token is error"),
            (percent(state.zeros), "of all values become zero"),
            (plain(float(state.largest.max())), "is the largest value"),
        )
