"""The two roofs of a roofline, memory's sloping and arithmetic's flat, each with its name."""

from matplotlib.axes import Axes

from lecture_lib.roofline import Roof
from lecture_lib.scene import Scene
from lecture_lib.units import readable
from lecture_lib.views.style import COMPUTE, TRAFFIC, TRAFFIC_TEXT, change, note


class Roofs:
    """The lines of both roofs in a picture, and the words that name them with their rates."""

    def __init__(self, scene: Scene, ax: Axes, *, names_zorder: float):
        self.memory, self.compute = (
            scene.moving(*ax.plot([], [], color=color, lw=4, zorder=3))
            for color in (TRAFFIC, COMPUTE)
        )
        self.memory_name, self.compute_name = (
            scene.moving(note(ax, color=color, ha="right", va="bottom", zorder=names_zorder))
            for color in (TRAFFIC_TEXT, COMPUTE)
        )

    def move(self, roof: Roof, *, slope, flat, names, peak: str = "") -> None:
        """Puts the lines through these points (xs, ys), and the names at these two places (x, y).

        `peak` is the rate of the flat roof in words, where the picture has another than FLOP/s.
        """
        change(self.memory, data=slope)
        change(self.compute, data=flat)
        memory = f"memory roof {readable(roof.bandwidth, 'B/s')}"
        compute = f"arithmetic roof {peak or readable(roof.peak_rate, 'FLOP/s')}"
        change(self.memory_name, position=names[0], text=memory)
        change(self.compute_name, position=names[1], text=compute)
