"""A scene draws its picture once and then moves it: that is what lets a picture follow the hand."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class State:
    """What one setting of the controls means: the numbers in the picture and the words beside it.

    `says` is one or two plain sentences. It is the caption, the alternative text, the line that is
    read aloud, and the text that the notebooks' test compares. A scene adds fields of its own.
    """

    says: str


class Scene:
    """One kind of picture. A subclass says what a setting means and how it looks.

    state   a pure function of the controls that returns a State (or a subclass of it)
    draw    builds the axes and every artist once, in a figure of `size`, and shows no state yet;
            what will move is handed to `moving`
    move    sets the moving artists to a State, whichever state they showed before
    """

    size = (900, 360)  # CSS pixels, 100 to the inch of the figure
    source = ""  # where the numbers come from, printed small under the picture
    compares = True  # whether one state can be read that lies in grey under another
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
