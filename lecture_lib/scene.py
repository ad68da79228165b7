"""A scene draws its picture once and then moves it: that is what lets a picture follow the hand."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image


@dataclass(frozen=True, eq=False)
class State:
    """What one setting of the controls means: the numbers in the picture and the words beside it.

    `says` is one or two plain sentences. It is the caption, the alternative text, the line that a
    still keeps, and the text that the notebooks' test compares. A scene adds fields of its own.
    """

    says: str


class Scene:
    """One kind of picture. A subclass says what a setting means and how it looks.

    state   a pure function of the controls that returns a State (or a subclass of it)
    draw    builds the axes and every artist once, in a figure of `size`, and shows no state yet;
            what will move is handed to `moving`
    move    sets the moving artists to a State, whichever state they showed before
    """

    size = (900, 360)  # CSS pixels; points keep their size because the figure has 100 dpi
    source = ""  # where the numbers come from, printed small under the picture
    style: dict = {}  # noqa: RUF012 - matplotlib settings, read and never written

    def __init__(self):
        self.artists: list[Artist] = []

    @staticmethod
    def state(**controls) -> State:
        raise NotImplementedError

    def draw(self, figure: Figure) -> None:
        raise NotImplementedError

    def move(self, state: State) -> None:
        raise NotImplementedError

    def moving(self, *artists: Artist | Sequence[Artist]):
        """Marks artists as moving, and hands back the first one so that it can be named at once."""
        flat = [
            a for group in artists for a in (group if isinstance(group, list | tuple) else [group])
        ]
        for artist in flat:
            artist.set_animated(True)
        self.artists.extend(flat)
        return artists[0]


class Picture:
    """A scene on a canvas that stays: whatever does not move is drawn once and kept as a backdrop.

    Drawing everything afresh costs several times as much as restoring the backdrop and drawing
    what moves on top of it. If a move changes the limits of an axis, the backdrop is drawn again.
    """

    def __init__(self, scene: Scene, pixel_ratio: float = 1.0):
        self.scene = scene
        width, height = scene.size
        with mpl.rc_context(scene.style):
            self.figure = Figure(figsize=(width / 100, height / 100), dpi=100 * pixel_ratio)
            self.canvas = FigureCanvasAgg(self.figure)
            scene.draw(self.figure)
        scene.artists.sort(key=lambda artist: artist.get_zorder())
        self.limits = None

    def show(self, state: State) -> None:
        """Moves the picture to the state."""
        with mpl.rc_context(self.scene.style):
            self.scene.move(state)
            limits = [ax.viewLim.bounds for ax in self.figure.axes]
            if limits != self.limits:
                self.canvas.draw()
                self.backdrop = self.canvas.copy_from_bbox(self.figure.bbox)
                self.limits = limits
            else:
                self.canvas.restore_region(self.backdrop)
            for artist in self.scene.artists:
                artist.draw(self.canvas.renderer)

    def pixels(self) -> np.ndarray:
        """The picture as it stands: [rows, columns, 3], red, green and blue from 0 to 255."""
        return np.asarray(self.canvas.buffer_rgba())[:, :, :3]

    def png(self, *, small: bool = False) -> bytes:
        """The picture as a PNG file. `small` takes longer and is for stills that are stored."""
        image = Image.fromarray(self.pixels())
        file = io.BytesIO()
        if small:
            image.quantize(192, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        else:
            image.save(file, "PNG", compress_level=1)
        return file.getvalue()
