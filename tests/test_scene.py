import pytest
from matplotlib.figure import Figure

from lecture_lib.scene import Scene, State


def test_what_moves_is_kept_apart_from_what_does_not():
    scene, ax = Scene(), Figure().add_axes([0, 0, 1, 1])
    lines = ax.plot([0], [0], [1], [1])
    words = ax.text(0, 0, "")
    assert scene.moving(*lines, words) is lines[0]
    assert scene.artists == [*lines, words]
    assert all(artist.get_animated() for artist in scene.artists)


def test_a_state_without_words_is_none():
    with pytest.raises(TypeError, match="says"):
        State()
