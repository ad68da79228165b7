"""A column of numbers beside a picture: large, each with what it is under it."""

from matplotlib.figure import Figure

from lecture_lib.scene import Scene
from lecture_lib.views.style import INK, SOFT, change

WIDTH = 236  # CSS px that a chart leaves at its right for a panel
INDENT = 204


class Panel:
    """Four numbers at the right of a figure."""

    def __init__(self, scene: Scene, figure: Figure):
        x = 1 - INDENT / (figure.get_size_inches()[0] * 100)
        heights = [0.94 - 0.225 * k for k in range(4)]
        self.numbers = [
            figure.text(x, y, "", size=17, weight="semibold", va="top", color=INK) for y in heights
        ]
        self.captions = [
            figure.text(x, y - 0.088, "", size=10.5, color=SOFT, va="top") for y in heights
        ]
        scene.moving(self.numbers, self.captions)

    def write(self, *rows: tuple[str, str], color: str = INK) -> None:
        """Shows these (number, what it is), the first at the top, the numbers in this colour."""
        for number, caption, (text, words) in zip(self.numbers, self.captions, rows, strict=True):
            change(number, text=text, color=color)
            change(caption, text=words)
