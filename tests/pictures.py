"""Looks at pictures: what a scene shows in a state, read from its artists and its pixels."""

import io

import matplotlib as mpl
import numpy as np

from lecture_lib.scene import Picture


def shown(scene_type, **setting):
    """The scene as it stands in a setting, and its state."""
    scene = scene_type()
    state = scene.state(**setting)
    Picture(scene).show(state)
    return scene, state


def xy(line) -> list[float]:
    """Where a mark stands, or what two equal numbers a line has."""
    return [float(np.squeeze(values)) for values in line.get_data()]


def moved_as_drawn_afresh(scene_type, settings) -> list[np.ndarray]:
    """The pixels of four settings, having seen that moving from any to any other gives the same."""
    states = [scene_type.state(**setting) for setting in settings]
    afresh = []
    for state in states:
        picture = Picture(scene_type())
        picture.show(state)
        afresh.append(picture.pixels().copy())
    moved = Picture(scene_type())
    for k in (0, 1, 0, 2, 0, 3, 1, 2, 1, 3, 2, 3, 0):  # every ordered pair
        moved.show(states[k])
        assert np.array_equal(moved.pixels(), afresh[k]), settings[k]
    return afresh


def to_draw(scene) -> list:
    """The moving artists that are seen and stand otherwise than when they were last drawn."""
    return [artist for artist in scene.artists if artist.get_visible() and artist.stale]


def as_svg(scene) -> str:
    """The whole picture as it stands, in matplotlib's own SVG with words as words."""
    for artist in scene.artists:
        artist.set_animated(False)
    file = io.StringIO()
    with mpl.rc_context({**scene.style, "svg.fonttype": "none"}):
        scene.ax.figure.savefig(file, format="svg")
    return file.getvalue()
