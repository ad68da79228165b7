import gzip
import json
import re
import sys
from base64 import b64decode
from dataclasses import dataclass

import pytest

from lecture_lib.explore import choice, explore, steps, switch
from lecture_lib.medium import MEDIUM
from lecture_lib.packed import MOST_STATES, element, settings
from lecture_lib.scene import State
from lecture_lib.views.style import COMPUTE, LectureScene


@dataclass(frozen=True, eq=False)
class Product(State):
    value: float


def product(*, left: float, right: float = 2) -> Product:
    if left == 13:
        raise ValueError("13 brings bad luck; choose another left")
    return Product(f"{left} times {right} is {left * right}.", left * right)


class Times(LectureScene):
    """A product as a point.

    More about it.
    """

    size = (200, 100)
    source = "arithmetic"
    state = staticmethod(product)

    def draw(self, figure):
        ax = figure.add_axes([0.2, 0.2, 0.7, 0.7])
        ax.set(xlim=(0, 2), ylim=(0, 100))
        self.dot = self.moving(*ax.plot([], [], "o", color=COMPUTE))

    def move(self, state):
        self.dot.set_data([1], [state.value])


def times(**settings):
    return explore(Times, **{"left": steps([1, 3, 13], start=3), **settings})


def unpacked(html: str) -> dict:
    """What the script of an element carries."""
    return json.loads(gzip.decompress(b64decode(re.search(r"gzip\">(.+?)</script>", html)[1])))


def test_a_keyword_with_a_control_moves_and_one_with_a_value_stands_still():
    shown = times(right=5)
    assert list(shown.controls) == ["left"]
    assert shown.fixed == {"right": 5}
    assert shown.state.says == "3 times 5 is 15."


# -- live ---------------------------------------------------------------------------------------


def test_visiting_a_value_moves_the_control_the_picture_and_the_words():
    shown = times()
    before = shown.widget.backdrop, shown.widget.layers
    assert shown.visit(left=1).value == 2
    assert shown.widget.at == [0]
    assert shown.widget.says == "1 times 2 is 2."
    assert shown.widget.backdrop == before[0]
    assert shown.widget.layers != before[1]


def test_a_hand_on_a_control_moves_the_picture():
    shown = times()
    shown.widget.at = [0]  # as the front end sets it
    assert shown.state.value == 2
    assert shown.widget.says == "1 times 2 is 2."


def test_a_move_by_hand_is_answered_by_one_message(monkeypatch):
    shown = times()
    sent = []
    monkeypatch.setattr(shown.widget, "_send", lambda message, buffers=None: sent.append(message))
    shown.widget.set_state({"at": [0]})  # as a message from the page does
    assert [set(message["state"]) for message in sent] == [{"layers", "says", "answered"}]


def test_a_visit_from_python_is_no_move_by_a_hand(monkeypatch):
    waiting = []
    monkeypatch.setattr("lecture_lib.live.later", waiting.append)
    shown = explore(Times, left=steps([1, 3, 5], start=1))
    assert shown.widget.at == [0]
    shown.visit(left=3)
    assert shown.widget.at == [1]
    assert not waiting


def test_what_was_to_be_drawn_ahead_is_forgotten_when_the_hand_moves_on(monkeypatch):
    class Timer:
        cancelled = False

        def cancel(self):
            self.cancelled = True

    timers = []
    monkeypatch.setattr("lecture_lib.live.later", lambda _: timers.append(Timer()) or timers[-1])
    shown = explore(Times, left=steps([1, 3, 5, 7], start=1))
    shown.widget.at = [1]
    shown.widget.at = [2]
    assert [timer.cancelled for timer in timers] == [True, False]


def test_the_state_after_the_next_step_of_the_hand_is_drawn_ahead(monkeypatch):
    waiting = []
    monkeypatch.setattr("lecture_lib.live.later", waiting.append)
    shown = explore(Times, left=steps([1, 3, 5, 13], start=1), right=steps([2, 4], start=2))
    shown.widget.at = [1, 0]
    assert not shown.widget.ahead  # the answer goes first
    waiting.pop()()
    assert shown.widget.ahead["at"] == [2, 0]
    assert shown.widget.ahead["says"] == "5 times 2 is 10."
    assert shown.state.value == 6
    assert shown.widget.says == "3 times 2 is 6."
    shown.widget.at = [2, 0]
    waiting.pop()()  # the next one is 13, and raises: nobody is told before the hand gets there
    assert shown.widget.ahead["at"] == [2, 0]
    assert shown.widget.fault == ""
    shown.widget.at = [2, 1]  # the last value: nothing comes after it
    shown.widget.at = [0, 0]  # two controls at once, as by a preset: nobody knows what comes next
    assert not waiting


def test_an_error_in_a_state_is_raised_and_shown_and_the_last_good_picture_stays():
    shown = times()
    layers = shown.widget.layers
    with pytest.raises(ValueError, match="13 brings bad luck"):
        shown.visit(left=13)
    fault = "✕ This setting broke the picture. ValueError: 13 brings bad luck; choose another left"
    assert shown.widget.fault == fault
    assert shown.widget.layers == layers
    assert shown.state.value == 6
    assert shown.visit(left=1).value == 2
    assert shown.widget.fault == ""


def test_the_page_is_told_what_the_controls_are_and_what_stands_around_the_picture():
    shown = times(right=switch(name="right hand"), presets={"large": {"left": 1}})
    spec = shown.widget.spec
    assert spec["size"] == [200, 100]
    assert spec["alt"] == "A product as a point."
    assert spec["source"] == "arithmetic"
    assert spec["start"] == [1, 0]
    assert spec["presets"] == [{"words": "large", "at": [0, 0]}]
    left, right = spec["controls"]
    assert (left["argument"], left["name"], left["kind"]) == ("left", "left", "slider")
    assert (right["argument"], right["name"], right["kind"]) == ("right", "right hand", "switch")
    assert left["labels"] == ["1", "3", "13"]
    assert right["written"] == ["False", "True"]


def test_the_call_redraws_what_is_on_the_screen():
    shown = explore(Times, left=choice({"one": 1, "three": 3}), right=5)
    shown.visit(left=3)
    assert shown.call == "explore(test_explore.Times, left=3, right=5)"


# -- how it shows -------------------------------------------------------------------------------


def test_the_words_are_the_text_that_a_notebook_stores():
    data, _ = times()._repr_mimebundle_()
    assert data["text/plain"] == "3 times 2 is 6."
    assert set(data) == {"text/plain", "application/vnd.jupyter.widget-view+json"}


def test_in_a_deck_it_moves_between_states_that_were_drawn_beforehand(monkeypatch):
    monkeypatch.setenv(MEDIUM, "deck")
    shown = explore(Times, left=steps([1, 3], start=3), right=choice({"two": 2, "four": 4}))
    data, metadata = shown._repr_mimebundle_()
    assert set(data) == {"text/html", "text/plain"}
    assert metadata["lecture"]["says"] == data["text/plain"] == "3 times 2 is 6."
    content = unpacked(data["text/html"])
    assert set(content["states"]) == {"0,0", "0,1", "1,0", "1,1"}
    assert content["spec"]["deck"]
    backdrop, says, *layers = (content["texts"][k] for k in content["states"]["0,1"])
    shown.visit(left=1, right=4)
    assert says == shown.state.says == "1 times 4 is 4."
    assert [backdrop, *layers] == [shown.picture.backdrop, *shown.picture.layers]


def test_where_no_script_runs_there_is_the_start_with_its_words(monkeypatch):
    monkeypatch.setenv(MEDIUM, "deck")
    shown = times(left=steps([1, 3], start=3))
    still = shown._repr_mimebundle_()[0]["text/html"].partition("<script")[0]
    assert 'aria-label="3 times 2 is 6."' in still
    assert '<p class="says">3 times 2 is 6.</p>' in still


def test_the_author_names_what_moves_in_a_deck():
    shown = times(
        left=steps([1, 3], start=3),
        right=steps([2, 4, 6], start=2),
        in_deck=["left"],
        presets={"large": {"right": 6}},
    )
    reached = settings(shown, shown.in_deck)
    assert len(reached) == 4
    assert {s["right"] for s in reached} == {2, 6}
    spec = unpacked(element(shown, deck=True))["spec"]
    assert [control["values"] for control in spec["controls"]] == [[0, 1], [0]]


def test_more_states_than_can_be_drawn_are_refused_with_the_way_out(monkeypatch):
    many = list(range(100, 100 + MOST_STATES + 1))
    shown = times(left=steps(many, start=100))
    assert shown._repr_mimebundle_()  # a notebook has a kernel, and needs none of them beforehand
    monkeypatch.setenv(MEDIUM, "deck")
    with pytest.raises(ValueError, match=r"would need 1,001 states, and 1,000 can .* in_deck="):
        shown._repr_mimebundle_()


def test_a_page_brings_script_style_and_fonts(monkeypatch):
    monkeypatch.setenv(MEDIUM, "page")
    html = times(left=steps([1, 3], start=3))._repr_mimebundle_()[0]["text/html"]
    for part in ('<script type="module">', ".lecture-ex", "font/woff2", "<lecture-explorable>"):
        assert part in html
    assert "pip install" not in html


def test_without_anywidget_it_still_moves_and_says_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    shown = times(left=steps([1, 3], start=3))
    data, _ = shown._repr_mimebundle_()
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/plain"].endswith("type: pip install anywidget, then restart the kernel.)")
    assert "<lecture-explorable>" in data["text/html"]
    assert shown.visit(left=1).value == 2


def test_without_anywidget_more_states_than_can_be_drawn_are_the_start_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    many = list(range(100, 100 + MOST_STATES + 1))
    html = times(left=steps(many, start=100))._repr_mimebundle_()[0]["text/html"]
    assert set(unpacked(html)["states"]) == {"0"}


# -- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"middle": 3}, "explore(Times): no argument 'middle'; the scene has left, right"),
        (
            {"presets": {"x": {"right": 1}}},
            "explore(Times): the preset 'x' sets 'right', which is not a control",
        ),
        ({"in_deck": ["right"]}, "explore(Times): in_deck names 'right', which is not a control"),
    ],
)
def test_a_name_that_the_scene_does_not_have_is_refused(settings, message):
    with pytest.raises(TypeError) as error:
        times(**settings)
    assert str(error.value) == message


def test_an_argument_without_a_value_is_missed():
    with pytest.raises(
        TypeError, match="the argument 'left' is missing; give it a control or a value"
    ):
        explore(Times)


def test_a_preset_outside_the_values_is_refused():
    with pytest.raises(ValueError, match="the preset 'x' sets left to 2, not one of its values"):
        times(presets={"x": {"left": 2}})


def test_a_menu_hands_over_what_its_words_stand_for():
    shown = explore(Times, left=choice({"one": 1, "three": 3}, start=3))
    assert shown.state_at(left=1).value == 2
