"""What sharing one read of the weights brings, and where memory ends it."""

from dataclasses import dataclass

import numpy as np
from matplotlib.patches import Rectangle

from lecture_lib import catalog
from lecture_lib.decode import DecodeStep, decode_step, most_sequences
from lecture_lib.scene import State
from lecture_lib.serving import decode_roof, kept_as
from lecture_lib.units import percent, readable
from lecture_lib.views.decode.words import tokens, too_big, users
from lecture_lib.views.style import (
    COMPUTE,
    GROUND,
    INK,
    SOFT,
    TRAFFIC,
    WRONG,
    LectureScene,
    Now,
    chart,
    note,
    ticks,
)

BATCH = 2.0 ** np.arange(0, 10.01, 1 / 8)


@dataclass(frozen=True, eq=False)
class Sharing(State):
    curve: DecodeStep  # over BATCH
    here: DecodeStep
    most: int  # sequences that fit


def sharing(
    *, device: str, model: str, weights: str, context_tokens: int, sequences: int
) -> Sharing:
    """What each user and all users get as more of them share the read of the weights."""
    shape, roof = catalog.shape(model), decode_roof(device)
    setting = kept_as(weights, context_tokens)
    curve = decode_step(shape, roof, sequences=BATCH, **setting)
    here = decode_step(shape, roof, sequences=sequences, **setting)
    most = most_sequences(shape, roof, **setting)
    crowd = f"{users(sequences)} with {context_tokens:,} tokens each"
    if not here.fits:
        says = f"{crowd}. {too_big(here)}"
        says += f" Memory ends at {users(most)}." if most else ""
    else:
        share = float(here.caches / (here.weights + here.caches))
        says = (
            f"{crowd}: at most {tokens(here.user_rate)} for each and {tokens(here.total_rate)} "
            f"for all, one token every {readable(here.floor, 's')}. "
            f"The caches are {percent(share)} of the memory in use; memory ends at {users(most)}."
        )
    return Sharing(says, curve, here, most)


class BatchSharing(LectureScene):
    """Users at once against tokens per second, for each and for all, up to where memory ends."""

    state = staticmethod(sharing)
    source = (
        "Computed. Lines: floor times (arithmetic and traffic overlap); the bands reach down to "
        "the sum (nothing overlaps). Orange: memory is the limit, blue: arithmetic is."
    )

    def draw(self, figure):
        self.ax = ax = chart(figure, y="tokens per second", x="users at once", left=92, right=28)
        ax.set(xscale="log", yscale="log", xlim=(1, 1024), ylim=(1, 2e5))
        ticks(ax.yaxis, 10.0 ** np.arange(6), ["1", "10", "100", "1,000", "10,000", "100,000"])
        # bands, lines and names: of each user first, then of all together
        self.bands = [
            self.moving(
                ax.fill_between([1, 2], [1, 1], [1, 1], color=SOFT, alpha=0.13, lw=0, zorder=2)
            )
            for _ in range(2)
        ]
        self.lines = [
            self.moving(*ax.plot([], [], color=color, lw=2.8, zorder=4))
            for _ in range(2)
            for color in (TRAFFIC, COMPUTE)
        ]
        self.beyond = self.moving(
            ax.add_patch(Rectangle((1, 1), 1, 1, fc=GROUND, ec=WRONG, hatch="////", lw=0, zorder=5))
        )
        self.wall = self.moving(*ax.plot([], [], color=WRONG, lw=1.8, ls=(0, (4, 3)), zorder=6))
        self.names = [self.moving(note(ax, zorder=10, ha="left", va="bottom")) for _ in range(2)]
        self.full = self.moving(note(ax, color=WRONG, zorder=10, va="top"))
        self.full.set_bbox({"boxstyle": "square,pad=.3", "fc": GROUND, "ec": "none"})
        self.now = Now(self, ax, 2.0 ** np.arange(0, 11, 2), [f"{2**k:,}" for k in range(0, 11, 2)])
        dot = {"ms": 11, "color": INK, "mec": GROUND, "mew": 1.2, "zorder": 8, "clip_on": False}
        self.total = self.moving(*ax.plot([], [], "o", **dot))
        self.each = self.moving(*ax.plot([], [], "o", **dot))
        self.cross = self.moving(*ax.plot([], [], "X", **{**dot, "ms": 14, "color": WRONG}))

    def move(self, state):
        curve, here = state.curve, state.here
        floors = (curve.user_rate, curve.total_rate)  # rates by the floor: the most there can be
        sums = (1 / curve.sum, BATCH / curve.sum)  # rates by the sum
        bounds = (curve.memory_bound, ~curve.memory_bound)
        for k, (most, least) in enumerate(zip(floors, sums, strict=True)):
            self.bands[k].set_data(BATCH, np.maximum(least, 1e-3), most)
            for line, bound in zip(self.lines[2 * k : 2 * k + 2], bounds, strict=True):
                line.set_data(BATCH, np.where(bound, most, np.nan))
        end = min(max(state.most + 0.5, 1), 1024)
        self.beyond.set_bounds(end, 1, 1024 - end, 2e5)
        self.beyond.set_visible(state.most < 1024)
        self.wall.set_data([end, end], [1, 2e5])
        self.wall.set_visible(1 <= state.most < 1024)
        text = (
            f"memory ends at {users(state.most)}" if state.most else "the weights alone do not fit"
        )
        right = end < 40
        self.full.set(
            text=text, x=end * (1.12 if right else 0.9), y=1.2e5, ha="left" if right else "right"
        )
        self.full.set_visible(state.most < 1024)
        spot = self.clear_of(here.sequences, end)
        self.names[0].set(
            text="each user", x=BATCH[spot], y=floors[0][spot] * 0.75, va="top", ha="center"
        )
        self.names[1].set(
            text="all users together", x=BATCH[spot], y=floors[1][spot] * 1.6, ha="center"
        )
        for name in self.names:
            name.set_visible(state.most >= 3)
        fits = bool(here.fits)
        for mark, rate in ((self.each, here.user_rate), (self.total, here.total_rate)):
            mark.set_data([here.sequences], [rate])
            mark.set_visible(fits)
        self.cross.set_data([here.sequences], [min(max(float(here.total_rate), 1.5), 1e5)])
        self.cross.set_visible(not fits)
        self.now.move(here.sequences, float(here.total_rate), users(here.sequences))

    @staticmethod
    def clear_of(sequences: int, end: float) -> int:
        """Where on the curves their names stand: left of memory's end, and away from the stem."""
        places = np.log2(end) * np.array([0.5, 0.28, 0.72])
        clear = [p for p in places if abs(p - np.log2(sequences)) > 1.6]
        return int(np.argmin(abs(np.log2(BATCH) - (clear or [places[0]])[0])))
