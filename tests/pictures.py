"""Looks at pictures: what a scene shows in a state, read from its artists and its layers."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lecture_lib.picture import Picture


def shown(scene_type, **setting):
    """The scene as it stands in a setting, and its state."""
    scene = scene_type()
    state = scene.state(**setting)
    Picture(scene).show(state)
    return scene, state


def xy(line) -> list[float]:
    """Where a mark stands, or what two equal numbers a line has."""
    return [float(np.squeeze(values)) for values in line.get_data()]


def layers(picture: Picture) -> tuple[str, ...]:
    """All that the picture shows as it stands."""
    return (picture.backdrop, *picture.layers)


def shown_in(picture: Picture, state) -> tuple[str, ...]:
    """What the picture shows after a move to the state."""
    picture.show(state)
    return layers(picture)


def afresh(scene_type, state) -> tuple[str, ...]:
    """What a picture shows that was never in another state."""
    return shown_in(Picture(scene_type()), state)


def moved_as_drawn_afresh(scene_type, settings) -> list[tuple[str, ...]]:
    """The layers of each setting, all different: moving between the first four gave the same."""
    states = [scene_type.state(**setting) for setting in settings]
    fresh = [afresh(scene_type, state) for state in states]
    moved = Picture(scene_type())
    for k in (0, 1, 0, 2, 0, 3, 1, 2, 1, 3, 2, 3, 0):  # every ordered pair
        moved.show(states[k])
        assert layers(moved) == fresh[k], settings[k]
    assert len(set(fresh)) == len(fresh)
    return fresh


def stays_undrawn(scene_type, settings) -> None:
    """Sees that no artist is drawn again when a picture is moved to where it stands."""
    for setting in settings:
        scene, state = shown(scene_type, **setting)
        scene.move(state)
        assert not to_draw(scene), setting


def to_draw(scene) -> list:
    """The moving artists that are seen and stand otherwise than when they were last drawn."""
    return [artist for artist in scene.artists if artist.get_visible() and artist.stale]


def measure(figure):
    """What knows how wide words are."""
    return FigureCanvasAgg(figure).get_renderer()
