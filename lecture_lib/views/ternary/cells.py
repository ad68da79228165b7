"""A trit in a box: 1 is solid, -1 hatched, 0 hollow, and its number stands in it."""

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from lecture_lib.scene import Scene
from lecture_lib.units import MINUS
from lecture_lib.views.style import GREY, GROUND, INK, WEIGHTS, change

WORDS = {1: "+1", 0: "0", -1: f"{MINUS}1"}
INKS = {1: GROUND, 0: INK, -1: INK}
LOOKS = {
    1: {"fc": WEIGHTS, "ec": WEIGHTS, "lw": 1.6},
    0: {"fc": GROUND, "ec": GREY, "lw": 1.4},
    -1: {"fc": GROUND, "ec": WEIGHTS, "lw": 1.6, "hatch": "\\\\\\\\"},
}


def box(ax: Axes, trit: int, x: float, y: float, width: float, height: float, **more) -> Rectangle:
    """A box of a trit's look with this centre [CSS px]."""
    corner = (x - width / 2, y - height / 2)
    return ax.add_patch(Rectangle(corner, width, height, **LOOKS[trit], **{"zorder": 3, **more}))


class TritBox:
    """A box that can show each of the three: a patch for each look, of which one is seen."""

    def __init__(self, scene: Scene, ax: Axes, x: float, y: float, width: float, height: float):
        self.boxes = {trit: box(ax, trit, x, y, width, height) for trit in LOOKS}
        # the number of -1 stands on a plate, or the hatch would cross it
        plate = (width * 0.56, height * 0.56)
        corner = (x - plate[0] / 2, y - plate[1] / 2)
        self.plate = ax.add_patch(Rectangle(corner, *plate, fc=GROUND, ec="none", zorder=4))
        place = {"ha": "center", "va": "center", "weight": "semibold", "zorder": 6}
        self.word = ax.text(x, y, "", size=14, **place)
        scene.moving(*self.boxes.values(), self.plate, self.word)

    def show(self, trit: int | None) -> None:
        """Shows this trit, or nothing."""
        for other, patch in self.boxes.items():
            patch.set_visible(other == trit)
        self.plate.set_visible(trit == -1)
        self.word.set_visible(trit is not None)
        if trit is not None:
            change(self.word, text=WORDS[trit], color=INKS[trit])
