"""How questions show: the words, the live card's face, the slide and the page."""

import html
import json
import re
import sys
from importlib import resources

import numpy as np
import pytest
import traitlets

from lecture_lib import medium
from lecture_lib.exercises import (
    Choice,
    Exercise,
    Number,
    Option,
    Slip,
    Task,
    check,
    decode,
    predict,
    prediction,
    variants,
)
from lecture_lib.medium import anywidget

WIDGET = "application/vnd.jupyter.widget-view+json"
WHYS = ("It is.", "Count.")


@prediction
def less():
    return Choice(
        "1 < 2?", (Option("<yes>", WHYS[0]), Option("no", WHYS[1])), right=0, source="made up"
    )


@prediction
def pace():
    return Number("How fast?", "tok/s", 130.0, "Every token waits for 7.76 GB.", "made up")


@variants((15.4, "A"), (33.3, "B"))
def size(truth, name):
    return Task(
        ask=f"How many GB is {name}?",
        unit="GB",
        truth=truth,
        right="Well done.",
        slips=(Slip("half", truth / 2, "That is half."),),
        hint="Think.",
        solution="Count.",
        code=f"{truth}",
    )


def shown_in(monkeypatch, where):
    monkeypatch.setattr(medium, "medium", lambda: where)


# as words


def test_the_words_of_a_prediction_say_how_to_commit_in_code():
    assert str(predict(less)) == (
        '1 < 2?\nA  <yes>\nB  no\nTo commit, type: predict(exercise.less, "A")'
    )
    assert str(predict(pace)) == ('How fast?\nTo commit, type: predict(exercise.pace, "... tok/s")')


def test_the_words_of_an_exercise_say_how_to_answer_in_code_and_where_help_is():
    assert str(check(size, variant=1)) == (
        'How many GB is B?\nTo answer, type: check(exercise.size, "... GB", variant=1)\n'
        "For help: check(exercise.size, variant=1).hint or .solution"
    )
    assert repr(check(size).hint) == "Think."
    assert repr(check(size).solution) == "Count.\n15.4  # 15.4 GB"


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (predict(less, "A"), "✓ Right: A, <yes>. It is."),
        (predict(less, "b"), "✕ Not so. Count. It is A, <yes>."),
        (predict(less, 3), "Choose one of A or B, not 3."),
        (predict(pace, 130), "✓ Right: the models say 130 tok/s. Every token waits for 7.76 GB."),
        (
            predict(pace, "6.2 kt/s"),
            "✕ 48 times too large: the models say 130 tok/s. Every token waits for 7.76 GB.",
        ),
        (check(size, "15 GB"), "✓ Right. Well done."),
        (check(size, 7.7), "✕ Not yet. That is half."),
        (check(size, 16.65, variant=1), "✕ Not yet. That is half."),
        (check(size, None), "The answer is None: does a function of yours forget to return?"),
        (check(size, "15 ms"), "'ms' measures time, and this asks for data: write a number in GB."),
    ],
)
def test_an_answer_in_code_is_answered_after_the_question(card, words):
    question, _, said = str(card).rpartition("\n")
    assert said == words
    assert question.startswith(card.face()["ask"])


def test_the_line_to_type_does_not_give_the_answer_away():
    assert predict(pace, "... tok/s").reply.kind == "unread"
    assert check(size, "... GB").reply.kind == "unread"


def test_without_anywidget_a_question_is_words(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    for card in (predict(less), predict(pace, 1), check(size)):
        assert card._repr_mimebundle_() == {"text/plain": str(card)}


# live


@pytest.mark.parametrize("card", [predict(less, "A"), predict(pace), check(size)])
def test_a_live_card_keeps_its_words_for_those_who_store_the_notebook(card):
    data, _ = card._repr_mimebundle_()
    assert data["text/plain"] == str(card)
    assert data[WIDGET]["model_id"] == card.widget.model_id
    assert set(data) == {"text/plain", WIDGET}
    assert isinstance(card.widget, anywidget().AnyWidget)


def test_the_front_end_comes_from_the_package():
    front = resources.files("lecture_lib") / "front"
    widget = check(size).widget
    assert (front / "question.js").read_text("utf-8") in widget._esm
    assert (front / "question.css").read_text("utf-8") in widget._css


def pressed(card, **message):
    """What the card shows after a message of the page, as the kernel gets it."""
    card.widget._handle_custom_msg(message, [])
    assert card.widget.face == card.face()
    json.dumps(card.face())
    return card.widget.face


KEYS = {
    less: ["It is.", "Count.", "right", "Right"],
    pace: ["130", "7.76"],
    size: ["15.4", "Count.", "Well done", "half"],
}


@pytest.mark.parametrize("question", KEYS, ids=lambda q: q.name)
def test_the_key_is_not_on_the_page_before_an_answer(question):
    card = (check if isinstance(question, Exercise) else predict)(question)
    sent = json.dumps(card.widget.get_state(), ensure_ascii=False)
    sent = sent.replace(card.widget._esm, "").replace(card.widget._css, "")
    face = json.dumps(card.face(), ensure_ascii=False)
    for key in KEYS[question]:
        assert key not in face
        assert key not in sent.partition('"face"')[2].partition('"layout"')[0]


def test_one_commitment_counts_and_again_frees_the_card():
    card = predict(less)
    face = pressed(card, do="commit", answer="B")
    assert face["locked"]
    assert [option["mark"] for option in face["options"]] == ["right", "wrong"]
    assert face["reply"] == {"kind": "wrong", "says": "✕ Not so. Count. It is A, <yes>."}
    assert pressed(card, do="commit", answer="A") == face
    assert pressed(card, do="show") == face
    face = pressed(card, do="again")
    assert (face["locked"], face["reply"], face["typed"]) == (False, None, "")
    assert [option["mark"] for option in face["options"]] == ["", ""]
    assert pressed(card, do="commit", answer="A")["reply"]["kind"] == "right"


def test_what_cannot_be_read_does_not_count_as_a_commitment():
    card = predict(pace)
    face = pressed(card, do="commit", answer="fast")
    assert (face["locked"], face["typed"], face["reply"]["kind"]) == (False, "fast", "unread")
    assert pressed(card, do="commit", answer="200")["reply"]["kind"] == "close"


@pytest.mark.parametrize("question", [less, pace], ids=lambda q: q.name)
def test_the_answer_can_be_shown_without_a_commitment(question):
    face = pressed(predict(question), do="show")
    assert face["locked"]
    assert face["reply"]["kind"] == "shown"
    assert [option["mark"] for option in face["options"]] == ["right", ""][: len(face["options"])]


def test_an_exercise_may_be_tried_until_it_is_right_and_then_asks_another_variant():
    card = check(size)
    assert pressed(card, do="commit", answer="7.7")["reply"]["kind"] == "wrong"
    face = pressed(card, do="commit", answer="15 GB")
    assert (face["reply"]["kind"], face["typed"], face["locked"]) == ("right", "15 GB", False)
    face = pressed(card, do="next")
    assert (face["variant"], face["ask"], face["reply"], face["typed"]) == (
        1, "How many GB is B?", None, "",
    )  # fmt: skip
    assert pressed(card, do="commit", answer="33.3")["reply"]["kind"] == "right"
    assert pressed(card, do="next")["variant"] == 0


def test_the_solution_is_sent_when_it_is_opened_and_folded_with_the_next_variant():
    card = check(size)
    assert card.face()["solution"] is None
    way = {"words": "Count.", "code": "15.4", "truth": "15.4 GB"}
    assert pressed(card, do="solution")["solution"] == way
    assert pressed(card, do="next")["solution"] is None


@pytest.mark.parametrize("message", [{}, {"do": "else"}, {"do": None, "answer": []}])
def test_an_unknown_message_changes_nothing(message):
    for card in (predict(less), predict(pace), check(size)):
        before = card.face()
        assert pressed(card, **message) == before


def test_an_answer_in_code_stands_on_the_card():
    assert predict(less, " a ").face()["locked"]
    assert predict(pace, 130.5).face()["typed"] == "130.5"
    assert check(size, np.float64(15.4)).face()["typed"] == "15.4"
    assert check(size).face()["typed"] == ""
    assert check(size, None).face()["typed"] == ""


def test_two_cards_do_not_share_what_they_show():
    one, two = predict(less), predict(less)
    pressed(one, do="show")
    assert two.widget.face["reply"] is None
    assert isinstance(type(one.widget).face, traitlets.Dict)


# in a deck and on a page


def test_a_slide_asks_and_its_answer_is_one_step(monkeypatch):
    shown_in(monkeypatch, "deck")
    data = predict(less)._repr_mimebundle_()[0]
    assert set(data) == {"text/plain", "text/html"}
    step = 'data-fragment-index="0"'
    assert (
        f'<li class="right fragment custom" {step}>&lt;yes&gt;</li><li>no</li>'
        in (data["text/html"])
    )
    assert f'<p class="why fragment" {step}>It is.</p>' in data["text/html"]
    box = predict(pace)._repr_mimebundle_()[0]["text/html"]
    assert f"{step}><span>? tok/s</span><strong>130 tok/s</strong></p>" in box
    assert predict(pace)._repr_mimebundle_()[1] == {"lecture": {"source": "made up"}}
    asked = check(size)._repr_mimebundle_()[0]["text/html"]
    assert "How many GB is A?" in asked
    assert "15.4" not in asked


def test_a_page_folds_the_answer_away(monkeypatch):
    shown_in(monkeypatch, "page")
    for card, answer in (
        (predict(less), "It is A, &lt;yes&gt;. It is."),
        (predict(pace), "It is 130 tok/s."),
        (check(size), "<code>15.4</code>That is 15.4 GB."),
    ):
        page = card._repr_mimebundle_()[0]["text/html"]
        before, _, folded = page.rpartition("<details>")
        assert answer in folded
        assert answer not in before
        assert html.escape(card.face()["ask"]) in before
        assert len(re.findall("<details>", page)) == page.count("</details>")
    assert '<ol type="A"><li>&lt;yes&gt;</li><li>no</li></ol>' in predict(less).page()


def test_the_questions_of_the_package_show_everywhere():
    for name in decode.__all__:
        question = getattr(decode, name)
        card = (check if isinstance(question, Exercise) else predict)(question)
        assert f"exercise.{name}" in str(card)
        assert card.slide()
        assert card.page()
