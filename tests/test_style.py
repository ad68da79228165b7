"""The style of the pictures: their fonts, the slider's value, and what is drawn again."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from pictures import measure, to_draw

from lecture_lib.picture import Picture
from lecture_lib.scene import State
from lecture_lib.views import style


def test_the_fonts_travel_with_the_package():
    assert style.fonts()[0] == "IBM Plex Sans"


class Stem(style.LectureScene):
    def draw(self, figure: Figure):
        self.ax = style.chart(figure, x="users", y="tokens")
        self.ax.set(xlim=(0, 100), ylim=(0, 10))
        self.now = style.Now(self, self.ax, [0, 50, 100], ["0", "50", "100"])

    def move(self, state):
        self.now.move(float(state.says), 5, f"{state.says} users")


def ticks_seen(x: str) -> list[str]:
    scene = Stem()
    Picture(scene).show(State(x))
    return [tick.get_text() for tick in scene.now.ticks if tick.get_visible()]


def test_the_pill_takes_the_place_of_the_tick_that_it_would_cover():
    assert ticks_seen("51") == ["0", "100"]
    assert ticks_seen("25") == ["0", "50", "100"]


@pytest.mark.parametrize("x", ["0", "100"])
def test_the_pill_stays_inside_the_picture(x):
    scene = Stem()
    picture = Picture(scene)
    picture.show(State(x))
    box = scene.now.pill.get_window_extent(measure(picture.figure))
    assert box.x0 >= 0
    assert box.x1 <= picture.figure.bbox.width


def test_decades_carry_their_unit():
    values, words = style.decades(8, 10, "B")
    assert values.tolist() == [1e8, 1e9, 1e10]
    assert words == ["100 MB", "1 GB", "10 GB"]


def test_the_words_of_a_note_and_the_stem_ask_the_page_for_a_halo():
    scene = Stem()
    Picture(scene).show(State("50"))
    assert style.note(scene.ax, "words").get_gid() == "halo"
    assert scene.now.stem.get_gid() == "halo-line"


def test_a_value_that_stays_is_not_drawn_again():
    scene = Stem()
    Picture(scene).show(State("20"))
    scene.move(State("20"))
    assert not to_draw(scene)


def test_a_value_that_moves_draws_what_moved_and_no_tick_that_did_not():
    scene = Stem()
    Picture(scene).show(State("20"))
    scene.move(State("25"))
    now = scene.now
    assert set(to_draw(scene)) == {now.line, now.stem, now.foot, now.ring, now.pill}


def test_a_pill_that_moves_with_the_same_words_is_drawn_again():
    scene = Stem()
    Picture(scene).show(State("20"))
    scene.now.move(25, 5, "20 users")
    assert scene.now.pill.stale


@pytest.mark.parametrize(
    "data", [([1.0, 2.0], [3.0, np.nan]), ([], []), ([1], [2]), (np.ones(3), [1, 2, 3])]
)
def test_a_change_sets_what_is_new_and_nothing_else(data):
    scene = Stem()
    Picture(scene).show(State("50"))
    (line,) = scene.ax.plot([0.5], [0.5])
    style.change(line, data=data, color=style.CACHE)
    assert line.stale
    np.testing.assert_array_equal(line.get_data(), data)
    line.stale = False
    style.change(line, data=tuple(np.array(values) for values in data), color=style.CACHE)
    assert not line.stale
    style.change(line, color=style.WRONG)
    assert line.stale
    assert line.get_color() == style.WRONG
