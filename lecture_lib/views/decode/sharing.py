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
    DASHED,
    EDGE,
    GROUND,
    IMPOSSIBLE,
    INK,
    MARKS,
    SOFT,
    TRAFFIC,
    WASH,
    WRONG,
    WRONG_TEXT,
    LectureScene,
    Now,
    change,
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
            self.moving(*ax.fill([1], [1], color=SOFT, alpha=WASH, lw=0, zorder=2))
            for _ in range(2)
        ]
        self.lines = [
            self.moving(*ax.plot([], [], color=color, lw=2.8, zorder=4))
            for _ in range(2)
            for color in (TRAFFIC, COMPUTE)
        ]
        self.beyond = self.moving(ax.add_patch(Rectangle((1, 1), 1, 2e5, zorder=5, **IMPOSSIBLE)))
        self.wall = self.moving(*ax.plot([], [], color=WRONG, lw=1.8, ls=DASHED, zorder=6))
        self.names = [
            self.moving(note(ax, words, zorder=10, ha="center", va=va))
            for words, va in (("each user", "top"), ("all users together", "bottom"))
        ]
        self.full = self.moving(note(ax, color=WRONG_TEXT, zorder=10, va="top"))
        self.full.set_bbox({"boxstyle": "square,pad=.3", "fc": GROUND, "ec": "none"})
        self.now = Now(self, ax, 2.0 ** np.arange(0, 11, 2), [f"{2**k:,}" for k in range(0, 11, 2)])
        dot = {"zorder": 8, "clip_on": False, **EDGE}
        self.total = self.moving(*ax.plot([], [], "o", ms=11, color=INK, **dot))
        self.each = self.moving(*ax.plot([], [], "o", ms=11, color=INK, **dot))
        self.cross = self.moving(*ax.plot([], [], MARKS[WRONG], ms=14, color=WRONG, **dot))

    def move(self, state):
        curve, here = state.curve, state.here
        floors = (curve.user_rate, curve.total_rate)  # rates by the floor: the most there can be
        sums = (1 / curve.sum, BATCH / curve.sum)  # rates by the sum
        bounds = (curve.memory_bound, ~curve.memory_bound)
        for k, (most, least) in enumerate(zip(floors, sums, strict=True)):
            change(self.bands[k], xy=outline(np.maximum(least, 1e-3), most))
            for line, bound in zip(self.lines[2 * k : 2 * k + 2], bounds, strict=True):
                change(line, data=(BATCH, np.where(bound, most, np.nan)))
        end = min(max(state.most + 0.5, 1), 1024)
        change(self.beyond, x=end, width=1024 - end)
        self.beyond.set_visible(state.most < 1024)
        change(self.wall, data=([end, end], [1, 2e5]))
        self.wall.set_visible(1 <= state.most < 1024)
        text = (
            f"memory ends at {users(state.most)}" if state.most else "the weights alone do not fit"
        )
        right = end < 40
        change(
            self.full,
            text=text,
            position=(end * (1.12 if right else 0.9), 1.2e5),
            ha="left" if right else "right",
        )
        self.full.set_visible(state.most < 1024)
        spot = self.clear_of(here.sequences, end)
        for name, floor, away in zip(self.names, floors, (0.75, 2), strict=True):
            change(name, position=(BATCH[spot], floor[spot] * away))
            name.set_visible(state.most >= 3)
        fits = bool(here.fits)
        for mark, rate in ((self.each, here.user_rate), (self.total, here.total_rate)):
            change(mark, data=([here.sequences], [rate]))
            mark.set_visible(fits)
        crossed = min(max(float(here.total_rate), 1.5), 1e5)
        change(self.cross, data=([here.sequences], [crossed]))
        self.cross.set_visible(not fits)
        self.now.move(here.sequences, float(here.total_rate), users(here.sequences))

    @staticmethod
    def clear_of(sequences: int, end: float) -> int:
        """Where on the curves their names stand: left of memory's end, and away from the stem."""
        places = np.log2(end) * np.array([0.5, 0.28, 0.72])
        clear = [p for p in places if abs(p - np.log2(sequences)) > 1.6]
        return int(np.argmin(abs(np.log2(BATCH) - (clear or [places[0]])[0])))


def outline(low, high) -> np.ndarray:
    """The corners [users, tokens per second] around what lies between two curves over BATCH."""
    there_and_back = np.r_[BATCH, BATCH[::-1], BATCH[0]]
    return np.column_stack([there_and_back, np.r_[low, high[::-1], low[0]]])
