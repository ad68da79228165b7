"""Boxes with a bit or a byte in each: the tone says what it is for, and a word beside it too."""

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.path import Path

from lecture_lib.scene import Scene
from lecture_lib.views.style import GREY, GROUND, INK, RULE, WEIGHTS, change

POINTS = 0.72  # of a CSS pixel

# How a field looks: the fill and its opacity, the edge, and the colour of what stands in the box.
LOOKS = {
    "sign": (INK, 1, INK, GROUND),
    "exponent": (WEIGHTS, 1, WEIGHTS, GROUND),
    "mantissa": (WEIGHTS, 0.16, WEIGHTS, INK),
    "hidden": (GROUND, 1, GREY, INK),  # an outline: it counts, and is not stored
}


def _rounded_square(radius: float = 0.1) -> Path:
    """A marker: the unit square with round corners."""
    a, b = 0.5 - radius, 0.5
    line, curve = Path.LINETO, Path.CURVE3
    points = [(-a, -b), (a, -b), (b, -b), (b, -a), (b, a), (b, b), (a, b), (-a, b), (-b, b)]
    points += [(-b, a), (-b, -a), (-b, -b), (-a, -b)]
    turns = [Path.MOVETO, line, curve, curve] + [line, curve, curve] * 3
    return Path(points, turns)


ROUND = _rounded_square()


class Boxes:
    """Boxes of one look and one size; their centres are data, so that they move at once."""

    def __init__(self, scene: Scene, ax: Axes, look: str, side: float):
        fill, opacity, edge, _ = LOOKS[look]
        size = {"ms": (side - 2) * POINTS, "zorder": 4}
        (self.fill,) = ax.plot(
            [], [], marker=ROUND, ls="", color=fill, alpha=opacity, mew=0, **size
        )
        (self.edge,) = ax.plot([], [], marker=ROUND, ls="", mfc="none", mec=edge, mew=1.5, **size)
        scene.moving(self.fill, self.edge)

    def place(self, xs, ys) -> None:
        for line in (self.fill, self.edge):
            change(line, data=(xs, ys))


def stage(figure) -> Axes:
    """The whole picture as axes: one unit is one CSS pixel, and y runs down."""
    width, height = figure.get_size_inches() * 100
    ax = figure.add_axes([0, 0, 1, 1])
    ax.set(xlim=(0, width), ylim=(height, 0))
    ax.axis("off")
    return ax


def bracket(first: float, last: float, y: float) -> tuple[list[float], list[float]]:
    """A bracket under what reaches from first to last, as the data of a line."""
    return [first, first, last, last], [y, y + 6, y + 6, y]


def frame(ax: Axes, x: float, y: float, width: float, height: float):
    """An outline that holds a place."""
    return ax.add_patch(Rectangle((x, y), width, height, fc="none", ec=RULE, lw=1))
