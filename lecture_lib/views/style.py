"""One visual language: a colour is a meaning, ink the reader's own mark, words beside things."""

from functools import cache
from importlib import resources

import numpy as np
from matplotlib import font_manager, ticker
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lecture_lib.palette import Colour
from lecture_lib.scene import Scene
from lecture_lib.units import readable

# What a thing is: the light tone, which becomes a CSS variable when a picture is shown.
COMPUTE = Colour.COMPUTE.light
TRAFFIC = Colour.TRAFFIC.light
TRAFFIC_TEXT = Colour.TRAFFIC_TEXT.light
WEIGHTS = Colour.WEIGHTS.light
CACHE = Colour.CACHE.light
ACTIVATIONS = Colour.ACTIVATIONS.light
ACTIVATIONS_TEXT = Colour.ACTIVATIONS_TEXT.light
ENERGY = Colour.ENERGY.light
WRONG = Colour.WRONG.light
WRONG_TEXT = Colour.WRONG_TEXT.light

GROUND = Colour.GROUND.light
INK = Colour.INK.light
SOFT = Colour.SOFT.light
GREY = Colour.GREY.light
RULE = Colour.RULE.light
PALE = Colour.PALE.light

# The second cue beside the colour, for a hue is never the only one.
MARKS = {
    COMPUTE: "s",
    TRAFFIC: ">",
    WEIGHTS: "o",
    CACHE: "D",
    ACTIVATIONS: "h",
    ENERGY: "*",
    WRONG: "X",
}
EDGE = {"mec": GROUND, "mew": 1.2}  # keeps a mark apart from what it lies on
MEASURED = {"marker": "o", "ls": "none", "color": SOFT, **EDGE}  # never joined by a line
RIDGE = {"marker": "o", "ls": "none", "ms": 9, "mfc": GROUND, "mec": INK, "mew": 1.6}
LIMIT = {"color": INK, "lw": 2.4}
DASHED = (0, (4, 3))  # an estimate, or an end that is computed
IMPOSSIBLE = {"fc": GROUND, "ec": WRONG, "hatch": "////", "lw": 0}
WASH = 0.2  # the opacity of a range: its edges are seen on either ground

LEAST_POINTS = 10  # 18 px on a slide of 1280 px: nothing in a picture is set smaller


@cache
def fonts() -> tuple[str, ...]:
    """The font family of the pictures; registers the fonts that travel with the package."""
    folder = resources.files("lecture_lib") / "fonts"
    if folder.is_dir():
        for face in sorted(folder.iterdir(), key=lambda f: f.name):
            if face.name.endswith(".ttf"):
                font_manager.fontManager.addfont(str(face))
    known = {font.name for font in font_manager.fontManager.ttflist}
    return ("IBM Plex Sans",) if "IBM Plex Sans" in known else ("DejaVu Sans",)


def style() -> dict:
    """The matplotlib settings of a picture."""
    return {
        "font.family": list(fonts()),
        "font.size": 11,
        "text.color": INK,
        "axes.labelcolor": SOFT,
        "axes.labelsize": 11,
        "xtick.labelsize": 10.5,
        "ytick.labelsize": 10.5,
        "xtick.color": GREY,
        "xtick.labelcolor": SOFT,
        "ytick.labelcolor": SOFT,
        "figure.facecolor": GROUND,
        "axes.facecolor": GROUND,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.edgecolor": GREY,
        "axes.linewidth": 0.9,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "grid.color": RULE,
        "grid.linewidth": 0.8,
        "axes.axisbelow": True,
        "ytick.major.size": 0,
        "lines.linewidth": 2.4,
        "hatch.linewidth": 1.1,
    }


class LectureScene(Scene):
    """A scene in the lecture's style."""

    style = style()


def chart(figure: Figure, *, x: str, y: str, left=78, right=24, top=44, bottom=54) -> Axes:
    """Axes with fixed margins [CSS px]; the y name stands above, flush with the sentence below."""
    width, height = figure.get_size_inches() * 100
    wide, high = width - left - right, height - top - bottom
    ax = figure.add_axes([left / width, bottom / height, wide / width, high / height])
    figure.text(2 / width, 1 - 12 / height, y, va="top", color=SOFT)
    figure.text(1 - right / width, 8 / height, x, va="bottom", ha="right", color=SOFT)
    return ax


def ticks(axis, values, labels) -> None:
    """Ticks at the values only, each with its words."""
    axis.set_major_locator(ticker.FixedLocator(values))
    axis.set_major_formatter(ticker.FixedFormatter(labels))
    axis.set_minor_locator(ticker.NullLocator())


def note(ax: Axes, text="", *, color=INK, size=11.5, weight="semibold", **placing):
    """Words in the picture, in the colour of what they name; the page gives them a halo."""
    return ax.text(0, 0, text, color=color, size=size, weight=weight, gid="halo", **placing)


def change(artist: Artist, **properties) -> None:
    """Sets the properties whose values are new: an artist that stays as it is is not drawn again.

    A property is one that the artist has a setter and a getter for: data, position, text, color.
    """
    new = {
        name: value
        for name, value in properties.items()
        if not _same(getattr(artist, f"get_{name}")(), value)
    }
    if new:
        artist.set(**new)


def _same(old, new) -> bool:
    """Whether two values are equal, where no number equals no number: a line may have gaps."""
    gaps = np.asarray(old).dtype.kind == np.asarray(new).dtype.kind == "f"
    return np.array_equal(old, new, equal_nan=gaps)


class Now:
    """The slider's value in a picture: stem, pill on the tick row, ring round the mark.

    The ticks are drawn here as moving words, because the pill takes the place of those that it
    would cover.
    """

    def __init__(self, scene: Scene, ax: Axes, values, labels):
        ax.xaxis.set_major_locator(ticker.FixedLocator(values))
        ax.xaxis.set_major_formatter(ticker.NullFormatter())
        ax.xaxis.set_minor_locator(ticker.NullLocator())
        self.ax = ax
        row = ax.get_xaxis_transform()
        under = {
            "xycoords": row,
            "textcoords": "offset points",
            "va": "top",
            "annotation_clip": False,
        }
        self.ticks = [
            ax.annotate(s, (v, 0), xytext=(0, -6), ha="center", size=10.5, color=SOFT, **under)
            for v, s in zip(values, labels, strict=True)
        ]
        (self.line,) = ax.plot([1, 1], [0, 1], color=RULE, lw=1.2, zorder=1.5, transform=row)
        (self.stem,) = ax.plot([], [], color=INK, lw=1.6, zorder=6, gid="halo-line")
        (self.foot,) = ax.plot(
            [], [], "^", ms=8, color=INK, clip_on=False, transform=row, zorder=11
        )
        (self.ring,) = ax.plot(
            [], [], "o", ms=20, mfc="none", mec=INK, mew=1.6, zorder=7, clip_on=False
        )
        self.pill = ax.annotate(
            "",
            (1, 0),
            xytext=(0, -7),
            ha="center",
            size=11,
            weight="semibold",
            color=GROUND,
            zorder=12,
            bbox={"boxstyle": "round,pad=.25,rounding_size=.35", "fc": INK, "ec": "none"},
            **under,
        )
        scene.moving(*self.ticks, self.line, self.stem, self.foot, self.ring, self.pill)

    def move(self, x, y, text: str) -> None:
        """Puts the stem at x, its ring at y, and the words in the pill."""
        low, high = self.ax.get_xlim()
        x = min(max(x, low), high)
        bottom, top = self.ax.get_ylim()
        y = min(max(y, bottom), top)
        change(self.line, data=([x, x], [0, 1]))
        change(self.stem, data=([x, x], [bottom, y]))
        change(self.foot, data=([x], [0]))
        change(self.ring, data=([x], [y]))
        if self.pill.xy != (x, 0):  # matplotlib has no setter that would notice
            self.pill.xy = (x, 0)
            self.pill.stale = True
        width = 7.6 * len(text) + 14  # CSS px, a little more than the words take
        figure = self.ax.figure
        scale = 100 / figure.dpi
        place = self.ax.transData.transform((x, bottom))[0] * scale
        page = figure.get_size_inches()[0] * 100
        shift = min(max(place, width / 2 + 4), page - width / 2 - 4) - place
        change(self.pill, text=text, position=(shift * 0.72, -7))
        for tick in self.ticks:
            at = self.ax.transData.transform((tick.xy[0], bottom))[0] * scale
            tick.set_visible(abs(at - place - shift) > width / 2 + 3.6 * len(tick.get_text()) + 6)


def decades(first: int, last: int, unit: str) -> tuple[np.ndarray, list[str]]:
    """Tick values 10^first ... 10^last and their words with the unit: 1 GB, 10 GB, 100 GB."""
    values = 10.0 ** np.arange(first, last + 1)
    return values, [readable(value, unit) for value in values]
