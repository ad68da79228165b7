import re
import tracemalloc
from dataclasses import dataclass

import pytest
from pictures import afresh, layers

from lecture_lib.palette import Colour
from lecture_lib.picture import Picture
from lecture_lib.scene import State
from lecture_lib.views.style import COMPUTE, INK, LectureScene


@dataclass(frozen=True, eq=False)
class Height(State):
    height: float


class Bar(LectureScene):
    """One point that moves; above 10 the axis must grow."""

    size = (200, 100)

    def draw(self, figure):
        self.ax = figure.add_axes([0.2, 0.2, 0.7, 0.7])
        self.ax.set(xlim=(0, 2), ylim=(0, 10))
        self.dot = self.moving(*self.ax.plot([], [], "o", color=COMPUTE))
        self.words = self.moving(self.ax.text(1, 1, "A & B < C", color=INK, gid="halo"))

    def move(self, state):
        self.ax.set_ylim(0, 10 if state.height <= 10 else 20)
        self.dot.set_data([1], [state.height])


def shown(height):
    picture = Picture(Bar())
    picture.show(Height("", height))
    return picture


def test_moving_to_a_state_gives_what_drawing_it_afresh_gives():
    picture = Picture(Bar())
    for height in (3, 7, 15, 3, 7):  # within the limits, beyond them, and back
        state = Height("", height)
        picture.show(state)
        assert layers(picture) == afresh(Bar, state)


def test_a_move_draws_again_only_what_changed():
    picture = shown(3)
    backdrop, dot, words = layers(picture)
    picture.show(Height("", 7))
    assert picture.backdrop is backdrop
    assert picture.layers[0] != dot
    assert picture.layers[1] is words
    picture.show(Height("", 15))  # the axis grows: its ticks are another backdrop
    assert picture.backdrop != backdrop


def test_what_moves_is_not_in_the_backdrop():
    picture = shown(3)
    assert Colour.COMPUTE.variable not in picture.backdrop
    assert Colour.COMPUTE.variable in picture.layers[0]


def test_words_stay_words_and_keep_their_signs():
    assert "A &amp; B &lt; C</text>" in shown(3).layers[1]


def test_a_halo_is_a_class_for_the_page_to_paint():
    assert '<g class="text halo">' in shown(3).layers[1]


def test_colours_are_left_to_the_page():
    svg = shown(3).svg()
    assert not re.search("#[0-9a-f]{6}", svg)
    assert "var(--ground)" in svg


def test_a_piece_of_a_page_brings_no_style_for_the_whole_page():
    svg = shown(3).svg()
    assert "<style" not in svg
    assert "<metadata" not in svg
    assert "<?xml" not in svg


def test_the_same_state_is_the_same_text_whenever_it_is_drawn():
    assert shown(3).svg() == shown(3).svg()


def test_the_element_says_what_it_shows():
    svg = shown(3).svg('3 < 5 & "so on"')
    assert svg.startswith('<svg class="picture" viewBox="0 0 144 72" role="img"')
    assert 'aria-label="3 &lt; 5 &amp; &quot;so on&quot;"' in svg


class Stray(Bar):
    def draw(self, figure):
        super().draw(figure)
        self.dot.set_color("#123456")


def test_a_colour_that_is_not_in_the_palette_is_refused_by_its_name():
    with pytest.raises(ValueError, match="uses the colour #123456, which has no dark tone"):
        Picture(Stray()).show(Height("", 3))


def test_nothing_is_kept_when_a_picture_moves_a_thousand_times():
    picture = shown(1)
    for k in range(100):  # what is remembered of words and ids is remembered by now
        picture.show(Height("", k % 10))
    children = len(picture.figure.findobj())
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for k in range(1000):
            picture.show(Height("", k % 10))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(picture.figure.findobj()) == children
    assert after - before < 100_000  # bytes: a hundred for each move would be a leak
