"""Exercises that check themselves: the right answer is right, and each slip has its own hint."""

import itertools
import json
import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.decode import decode_step
from lecture_lib.exercises import LETTERS, Exercise, Prediction, Reply, decode
from lecture_lib.medium import STILL
from lecture_lib.serving import decode_roof
from lecture_lib.units import GIBI, readable

EXERCISES = {name: e for name, e in vars(decode).items() if isinstance(e, Exercise)}
PREDICTIONS = {name: f for name, f in vars(decode).items() if name.startswith("predict_")}
each_exercise = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
each_prediction = pytest.mark.parametrize("ask", PREDICTIONS.values(), ids=list(PREDICTIONS))

PREFIX = "✕ Not yet. You are off by a factor of {}: look at the prefix of the unit."
WAY = "✕ Not yet. That is {}, and not by a slip we know: write the units beside each step."
TOY = Exercise(
    truth=lambda: 10,
    unit="GB",
    right="Well done.",
    mistakes={"That is half.": lambda: 5, "That is twice.": lambda: 20},
)
QUESTION = Prediction("1 < 2?", (Reply("<yes>", "It is."), Reply("no", "Count.")), right=0)


# an exercise by hand


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (10, "✓ Right. Well done."),
        (10.1, "✓ Right. Well done."),
        (5, "✕ Not yet. That is half."),
        (20, "✕ Not yet. That is twice."),
        (10_000, PREFIX.format("1,000")),
        (1e-2, PREFIX.format("1,000")),
        (1e7, PREFIX.format("a million")),
        (1e-8, PREFIX.format("a thousand million")),
        (11, WAY.format("too large")),
        (9, WAY.format("too small")),
        (0, WAY.format("too small")),
        (-10, WAY.format("too small")),
        (None, "No answer yet. Put a number in place of the dots, in GB."),
        (..., "No answer yet. Put a number in place of the dots, in GB."),
    ],
)  # fmt: skip
def test_an_answer_gets_the_sentence_that_is_meant_for_it(answer, words):
    assert TOY(answer) == words


@pytest.mark.parametrize(
    "answer", [math.nan, math.inf, -math.inf, True, False, "10", [10], 10 + 0j, np.nan]
)
def test_what_is_no_finite_number_is_answered_and_not_raised(answer):
    assert TOY(answer) == f"An answer is one finite number in GB, and this is {answer!r}."


def test_a_number_too_long_for_a_float_is_answered_and_not_raised():
    assert "✓" not in TOY(10**400)


@pytest.mark.parametrize(
    "number", [np.int64, np.int32, np.float64, np.float32, np.float16], ids=lambda n: n.__name__
)
def test_a_number_from_numpy_is_a_number(number):
    assert TOY(number(10)) == "✓ Right. Well done."
    assert TOY(number(5)) == "✕ Not yet. That is half."


def test_a_notebook_shows_the_sentence_without_quotation_marks():
    assert repr(TOY(10)) == "✓ Right. Well done."


# the exercises of the chapters


@each_exercise
def test_the_right_answer_is_accepted_as_it_is_and_rounded_to_three_digits(exercise):
    truth = exercise.truth()
    assert exercise(truth) == f"✓ Right. {exercise.right}"
    assert exercise(float(f"{truth:.3g}")) == f"✓ Right. {exercise.right}"


@each_exercise
def test_each_slip_gets_its_own_hint(exercise):
    for hint, slip in exercise.mistakes.items():
        assert exercise(slip()) == f"✕ Not yet. {hint}"
    assert len(exercise.mistakes) >= 3


@each_exercise
def test_no_answer_can_be_two_things_at_once(exercise):
    values = [exercise.truth(), *(slip() for slip in exercise.mistakes.values())]
    for one, other in itertools.combinations(values, 2):
        if exercise.whole:
            assert math.floor(one) != math.floor(other)
        else:
            assert not math.isclose(one, other, rel_tol=2.1 * exercise.tolerance)


@each_exercise
@pytest.mark.parametrize("power", [1e3, 1e6, 1e9, 1e-3, 1e-6, 1e-9])
def test_a_wrong_prefix_is_named_unless_it_is_a_slip_of_its_own(exercise, power):
    answer = exercise.truth() * power
    known = [
        hint for hint, slip in exercise.mistakes.items()
        if math.isclose(answer, slip(), rel_tol=exercise.tolerance)
    ]  # fmt: skip
    assert (known[0] if known else "look at the prefix of the unit") in exercise(answer)


@each_exercise
def test_the_unit_is_asked_for(exercise):
    assert exercise(...) == f"No answer yet. Put a number in place of the dots, in {exercise.unit}."


def test_the_gigabytes_are_those_of_every_parameter_but_the_input_table():
    # meta-llama/Llama-3.1-8B: 8,030,261,248 parameters, tables of 128,256 x 4,096
    truth = 2 * (8_030_261_248 - 128_256 * 4096) / 1e9
    assert decode.gigabytes_per_token(truth).startswith("✓")


def test_the_users_are_what_80_gib_hold_beside_16_gb_of_weights():
    cache = 2 * 32 * 8 * 128 * 2 * 4096
    assert decode.users_that_fit.truth() == (80 * 2**30 - 2 * 8_030_261_248) // cache


def test_one_user_more_than_fit_is_no_right_answer():
    assert not decode.users_that_fit(decode.users_that_fit.truth() + 1).startswith("✓")


def test_a_slip_in_whole_users_gets_its_hint():
    for hint, slip in decode.users_that_fit.mistakes.items():
        assert decode.users_that_fit(int(slip())) == f"✕ Not yet. {hint}"


def test_a_million_tokens_at_350_watts_and_100_a_second_are_just_under_a_kilowatt_hour():
    assert decode.kilowatt_hours(350 / 100 * 1e6 / 3.6e6).startswith("✓")


# predictions


@each_prediction
def test_a_prediction_has_one_right_option_and_a_reply_to_each(ask):
    found = ask()
    assert 0 <= found.right < len(found.options) <= len(LETTERS)
    assert len({option.words for option in found.options}) == len(found.options)
    assert all(option.why.endswith(".") for option in found.options)


@each_prediction
def test_a_wrong_choice_hears_the_right_letter_and_a_right_one_its_reason(ask):
    found = ask()
    for choice, option in enumerate(found.options):
        answer = found.answer(choice)
        assert option.why in answer
        if choice == found.right:
            assert answer == f"✓ Right. {option.why}"
        else:
            assert answer.startswith("✕ Not so")
            assert re.search(rf"\b[iI]t is {LETTERS[found.right]}[.:]", answer)


def apart(values, right) -> float:
    """How far the nearest other value is from the right one, as a ratio."""
    others = [v for k, v in enumerate(values) if k != right]
    return min(max(v / values[right], values[right] / v) for v in others)


def test_the_rate_of_one_user_is_the_computed_one_and_far_from_the_others():
    kept, found = catalog.weight_format("GPTQ 4-bit g128"), decode.predict_one_user()
    step = decode_step(
        catalog.shape("Llama-2-13B"), decode_roof("RTX 4090"),
        weight_bits=kept.bits_per_weight, table_bits=kept.table_bits,
    )  # fmt: skip
    rates = [float(o.words.removesuffix(" tok/s").replace(",", "")) for o in found.options]
    assert rates[found.right] == pytest.approx(float(step.user_rate), rel=0.05)
    assert apart(rates, found.right) > 1.25


def test_what_is_left_of_the_speed_is_the_computed_share_and_far_from_the_others():
    share = {
        "a 32nd of it": 1 / 32,
        "about half": 1 / 2,
        "about four fifths": 4 / 5,
        "all of it": 1,
    }
    shape, roof, found = (
        catalog.shape("Llama-3.1-8B"),
        decode_roof("H100 SXM"),
        decode.predict_sharing(),
    )
    alone, shared = (decode_step(shape, roof, sequences=n).user_rate for n in (1, 32))
    shares = [share[option.words] for option in found.options]
    assert shares[found.right] == pytest.approx(shared / alone, rel=0.1)
    shares[found.right] = shared / alone
    assert apart(shares, found.right) > 1.25


def test_the_unit_of_the_drafts_rwkv_figure_alone_decides_which_system_is_faster():
    rwkv, llama = (catalog.claim(name).quantity for name in ("C13", "C14"))
    for llama_in_all in (llama, 4 * llama):
        assert 160 * rwkv > llama_in_all > rwkv
    found = decode.predict_units()
    assert found.options[found.right].words == "whether RWKV's 8 is for each user"


# how a prediction shows


def buttons_of(widget):
    if hasattr(widget, "on_click"):
        return [widget]
    return [b for child in getattr(widget, "children", ()) for b in buttons_of(child)]


def pages_of(widget):
    if hasattr(widget, "children"):
        return "".join(pages_of(child) for child in widget.children)
    return str(getattr(widget, "value", ""))


@each_prediction
@pytest.mark.parametrize("choice", [0, 2])
def test_a_click_locks_all_buttons_and_marks_the_right_one(ask, choice):
    found = ask()
    widget = found._widget()
    buttons = buttons_of(widget)
    assert not any(button.disabled for button in buttons)
    buttons[choice].click()
    assert all(button.disabled for button in buttons)
    assert [b.description.startswith("✓") for b in buttons] == [
        k == found.right for k in range(len(buttons))
    ]
    assert buttons[choice].description.startswith("✓" if choice == found.right else "✕")


def test_a_click_is_answered():
    widget = QUESTION._widget()
    assert "Count." not in pages_of(widget)
    buttons_of(widget)[1].click()
    assert "✕ Not so" in pages_of(widget)
    assert "Count." in pages_of(widget)


def test_a_notebook_stores_the_question_and_its_options():
    bundle = QUESTION._repr_mimebundle_()
    assert bundle["text/plain"] == "1 < 2?\nA  <yes>\nB  no"
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_without_ipywidgets_the_question_is_words(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert QUESTION._repr_mimebundle_() == {"text/plain": "1 < 2?\nA  <yes>\nB  no"}


def test_a_slide_asks_and_does_not_tell(monkeypatch):
    monkeypatch.setenv(STILL, "1")
    page = QUESTION._repr_mimebundle_()["text/html"]
    assert "1 &lt; 2?" in page
    assert "<li>&lt;yes&gt;</li><li>no</li>" in page
    assert "Count." not in page
    assert "✓" not in page


def test_the_numbers_in_the_words_of_the_exercises_are_those_of_the_rows():
    chapter = Path(__file__).parents[1] / "notebooks" / "01_the_price_of_a_token.ipynb"
    cells = json.loads(chapter.read_text("utf-8"))["cells"]
    words = "\n".join("".join(cell["source"]) for cell in cells)
    shape, roof = catalog.shape("Llama-3.1-8B"), decode_roof("H100 SXM")
    rate, watts = (catalog.claim(name).quantity for name in ("C01", "C02"))
    for said in (
        f"Llama-3.1-8B has {shape.parameters:,} parameters",
        f"{shape.vocabulary:,} × {shape.model_dim:,} each",
        f"The H100's memory gives {readable(roof.bandwidth, 'B/s')}",
        f"an H100 ({roof.capacity / GIBI:.0f} GiB)",
        f"with {decode.LONG_CONTEXT:,} tokens of context",
        f"{shape.layers} layers, {shape.query_heads} query heads that share "
        f"{shape.kv_heads} KV heads of {shape.head_dim}",
        f"At the draft's {rate:g} tokens per second and {watts:g} watts",
    ):
        assert said in words
