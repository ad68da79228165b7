import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from lecture_lib.scene import Picture, Scene, State


@dataclass(frozen=True, eq=False)
class Height(State):
    height: float


class Bar(Scene):
    """One point that moves; above 10 the axis must grow."""

    size = (200, 100)

    def draw(self, figure):
        self.ax = figure.add_axes([0.2, 0.2, 0.7, 0.7])
        self.ax.set(xlim=(0, 2), ylim=(0, 10))
        self.dot = self.moving(*self.ax.plot([], [], "o"))

    def move(self, state):
        self.ax.set_ylim(0, 10 if state.height <= 10 else 20)
        self.dot.set_data([1], [state.height])


def shown(picture, height):
    picture.show(Height("", height))
    return picture.pixels().copy()


def test_moving_to_a_state_gives_the_same_pixels_as_drawing_it_afresh():
    picture = Picture(Bar())
    for height in (3, 7, 15, 3, 7):  # within the limits, beyond them, and back
        assert np.array_equal(shown(picture, height), shown(Picture(Bar()), height))


def test_different_states_look_different():
    picture = Picture(Bar())
    assert not np.array_equal(shown(picture, 3), shown(picture, 7))


def test_a_picture_has_the_size_of_its_scene_times_the_pixel_ratio():
    assert shown(Picture(Bar(), 2), 3).shape == (200, 400, 3)


def test_a_small_png_shows_the_same_picture():
    picture = Picture(Bar())
    pixels = shown(picture, 3)
    small = np.asarray(Image.open(io.BytesIO(picture.png(small=True))).convert("RGB"))
    exact = np.asarray(Image.open(io.BytesIO(picture.png())))
    assert np.array_equal(exact, pixels)
    assert np.abs(small.astype(int) - pixels).max() < 24


def test_nothing_is_kept_when_a_picture_moves_a_thousand_times():
    picture = Picture(Bar())
    shown(picture, 1)
    children = len(picture.figure.findobj())
    for k in range(1000):
        picture.show(Height("", k % 10))
    assert len(picture.figure.findobj()) == children
