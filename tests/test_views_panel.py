"""The column of numbers beside a picture: what stands where, and in which colour."""

import pytest
from pictures import to_draw

from lecture_lib.picture import Picture
from lecture_lib.scene import State
from lecture_lib.views.panel import Panel
from lecture_lib.views.style import INK, WRONG_TEXT, LectureScene

ROWS = [("34 tok/s", "for each user"), ("1 kW", "drawn"), ("2 J", "a token"), ("5 users", "fit")]


class Numbers(LectureScene):
    def draw(self, figure):
        self.panel = Panel(self, figure)

    def move(self, state):
        self.panel.write(*ROWS, color=WRONG_TEXT if state.says else INK)


def test_each_number_has_under_it_what_it_is():
    scene = Numbers()
    Picture(scene).show(State(""))
    panel = scene.panel
    for number, caption, row in zip(panel.numbers, panel.captions, ROWS, strict=True):
        assert (number.get_text(), caption.get_text()) == row
        assert number.get_position()[0] == caption.get_position()[0]
        assert number.get_position()[1] > caption.get_position()[1]
    heights = [number.get_position()[1] for number in panel.numbers]
    assert heights == sorted(heights, reverse=True)


def test_a_warning_colours_the_numbers_and_draws_nothing_else_again():
    scene = Numbers()
    Picture(scene).show(State(""))
    scene.move(State(""))
    assert not to_draw(scene)
    scene.move(State("too big"))
    assert to_draw(scene) == scene.panel.numbers
    assert {number.get_color() for number in scene.panel.numbers} == {WRONG_TEXT}


def test_a_panel_of_three_numbers_is_refused():
    scene = Numbers()
    Picture(scene).show(State(""))
    with pytest.raises(ValueError, match="zip"):
        scene.panel.write(*ROWS[:3])
