"""A scene on a figure that stays, as SVG: the backdrop once, and a layer for each thing that moves.

A move draws again only the layers that changed. Text stays text, so that a state takes a few
kilobytes at any size of the page, and colours are the page's own, so that a dark page needs no
other picture.
"""

import io
import re
from functools import lru_cache

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from lecture_lib.palette import themed
from lecture_lib.scene import Scene, State

# Text as text, and names of clips and hatches that depend only on what they are.
SVG = {"svg.fonttype": "none", "svg.hashsalt": "lecture"}


class Picture:
    """A scene that is drawn once and then moved from state to state.

    backdrop    SVG of everything that does not move
    layers      SVG of each moving artist, the lowest first
    If a move changes the limits of an axis, everything is drawn again.
    """

    def __init__(self, scene: Scene):
        self.scene = scene
        self.style = {**scene.style, **SVG}
        width, height = scene.size
        with mpl.rc_context(self.style):
            # 72 dots to the inch: the SVG is written in points
            self.figure = Figure(figsize=(width / 100, height / 100), dpi=72)
            scene.draw(self.figure)
        self.artists = sorted(scene.artists, key=lambda artist: artist.get_zorder())
        self.backdrop, self.layers = "", [""] * len(self.artists)
        self.limits = None

    def show(self, state: State) -> None:
        """Moves the picture to the state."""
        with mpl.rc_context(self.style):
            self.scene.move(state)
            limits = [ax.viewLim.bounds for ax in self.figure.axes]
            rescaled = limits != self.limits
            if rescaled:
                self.backdrop, self.limits = self._svg(self.figure), limits
            for k, artist in enumerate(self.artists):
                if rescaled or artist.stale:
                    self.layers[k] = self._svg(artist)

    def _svg(self, artist: Artist) -> str:
        """What the artist draws, as the inside of an <svg> element."""
        file = io.StringIO()
        width, height = self.figure.bbox.size
        renderer = _Renderer(width, height, file)
        artist.draw(renderer)
        renderer.finalize()
        inside = re.search(r"<svg[^>]*>(.*)</svg>", file.getvalue(), re.DOTALL)
        return themed(re.sub(r"\n\s*", "", inside[1])) if inside else ""

    def svg(self, says: str = "") -> str:
        """The picture as it stands, as an <svg> element of a page."""
        width, height = self.figure.bbox.size
        label = says.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        layers = "".join(f"<g>{layer}</g>" for layer in self.layers)
        return (
            f'<svg class="picture" viewBox="0 0 {width:g} {height:g}" role="img" '
            f'aria-label="{label}"><g>{self.backdrop}</g>{layers}</svg>'
        )


class _Renderer(RendererSVG):
    """matplotlib's SVG for a piece of a page: no style for the whole page, classes for groups."""

    def _write_metadata(self, metadata):
        pass

    def _write_default_style(self):
        pass

    def get_text_width_height_descent(self, s, prop, ismath):
        return _text_size(s, prop.copy(), ismath)  # a copy: matplotlib changes what it hands over

    def open_group(self, s, gid=None):
        self.writer.start("g", attrib={"class": f"{s} {gid}" if gid else s})


@lru_cache(maxsize=4096)
def _text_size(words: str, font: FontProperties, ismath) -> tuple[float, float, float]:
    """Width, height and depth of words in points: asked for again and again, and slow to find."""
    return TextToPath().get_text_width_height_descent(words, font, ismath)
