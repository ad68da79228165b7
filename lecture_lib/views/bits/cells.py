"""Boxes with a bit or a byte in each: the tone says what it is for, and a word beside it too."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.path import Path

from lecture_lib.scene import Scene
from lecture_lib.views.style import GREY, GROUND, INK, WEIGHTS, change

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


@dataclass(frozen=True)
class Grid:
    """How the bits of a block are laid out: so many bytes in a line, and the pitch of a bit."""

    left: float  # CSS px
    top: float
    columns: int  # bytes in a line
    pitch: float  # CSS px from bit to bit

    def place(self, bits) -> tuple[np.ndarray, np.ndarray]:
        """The centres of bits by their numbers; the highest of a byte stands first."""
        byte, place = np.divmod(np.asarray(bits, int), 8)
        line, column = np.divmod(byte, self.columns)
        x = self.left + self.pitch * (BYTE * column + 7.5 - place)
        return x, self.top + self.pitch * (LINE * line + 0.5)


BYTE, LINE = 8.8, 1.2  # pitches from byte to byte, and from line to line


def largest_grid(left: float, top: float, width: float, height: float, size: int) -> Grid:
    """The grid with the largest pitch that has room for so many bytes, in lines of 4 to 16."""

    def pitch(columns: int) -> float:
        return min(width / (BYTE * columns), height / (LINE * -(-size // columns)))

    columns = max((4, 8, 12, 16), key=pitch)
    return Grid(left, top, columns, round(pitch(columns), 2))


def bracket(first: float, last: float, y: float) -> tuple[list[float], list[float]]:
    """A bracket under what reaches from first to last, as the data of a line."""
    return [first, first, last, last], [y, y + 6, y + 6, y]
