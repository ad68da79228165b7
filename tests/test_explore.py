import base64
import sys
from dataclasses import dataclass

import pytest

from lecture_lib.explore import choice, explore, steps
from lecture_lib.medium import STILL
from lecture_lib.scene import Scene, State


@dataclass(frozen=True, eq=False)
class Product(State):
    value: float


def product(*, left: float, right: float = 2) -> Product:
    if left == 13:
        raise ValueError("13 brings bad luck; choose another left")
    return Product(f"{left} times {right} is {left * right}.", left * right)


class Times(Scene):
    size = (200, 100)
    source = "arithmetic"
    state = staticmethod(product)

    def draw(self, figure):
        ax = figure.add_axes([0.2, 0.2, 0.7, 0.7])
        ax.set(xlim=(0, 2), ylim=(0, 100))
        self.dot = self.moving(*ax.plot([], [], "o"))

    def move(self, state):
        self.dot.set_data([1], [state.value])


def times(**settings):
    return explore(Times, **{"left": steps([1, 3, 13], start=3), **settings})


def test_a_keyword_with_a_control_moves_and_one_with_a_value_stands_still():
    shown = times(right=5)
    assert list(shown.controls) == ["left"]
    assert shown.fixed == {"right": 5}
    assert shown.state.says == "3 times 5 is 15."


def test_visiting_a_value_moves_the_control_the_picture_and_the_words():
    shown = times()
    before = shown.widget and shown._image.value
    assert shown.visit(left=1).value == 2
    assert shown._handles["left"].value == 1
    assert shown._image.value != before
    assert "1 times 2 is 2." in shown._words.value


def test_a_hand_on_a_control_moves_the_picture():
    shown = times()
    shown.widget  # noqa: B018 - made when it is first asked for
    shown._handles["left"].value = 1
    assert shown.state.value == 2
    assert "1 times 2 is 2." in shown._words.value


def test_a_preset_sets_its_controls_and_reset_returns_to_the_start():
    shown = explore(
        Times,
        left=steps([1, 3], start=3),
        right=steps([2, 4], start=2),
        presets={"large": {"right": 4}},
    )
    buttons = shown.widget.children[2].children
    assert [b.description for b in buttons] == ["large", "↺ reset"]
    buttons[0].click()
    assert shown.state.value == 12
    buttons[1].click()
    assert shown.state.value == 6


def test_an_error_in_a_state_is_raised_and_shown_where_the_words_stand():
    shown = times()
    shown.widget  # noqa: B018
    with pytest.raises(ValueError, match="13 brings bad luck"):
        shown.visit(left=13)
    assert "✕ This setting broke the picture. ValueError: 13 brings bad luck" in shown._words.value
    assert shown.visit(left=1).value == 2
    assert "✕" not in shown._words.value


def test_the_words_are_the_text_that_a_notebook_stores():
    bundle = times()._repr_mimebundle_()
    assert bundle["text/plain"] == "3 times 2 is 6."
    assert set(bundle) == {"text/plain", "application/vnd.jupyter.widget-view+json"}


def test_in_a_deck_it_is_a_picture_with_its_words(monkeypatch):
    monkeypatch.setenv(STILL, "1")
    bundle, metadata = times()._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"] == {"width": 1160, "height": 580, "alt": "3 times 2 is 6."}
    assert metadata["lecture"]["source"] == "arithmetic"


def test_without_ipywidgets_the_picture_stands_still_and_says_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    shown = times()
    bundle, _ = shown._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    assert bundle["text/plain"].endswith("Type: pip install ipywidgets, then restart the kernel.)")
    assert shown.visit(left=1).value == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"middle": 3}, "explore(Times): no argument 'middle'; the scene has left, right"),
        (
            {"presets": {"x": {"right": 1}}},
            "explore(Times): the preset 'x' sets 'right', which is not a control",
        ),
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
