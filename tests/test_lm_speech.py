"""Text out of a model: what is chosen, when it ends, and how letters come out whole."""

from dataclasses import replace

import numpy as np
import pytest
import tiny_model

from lecture_lib import lm
from lecture_lib.lm import speech


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return lm.load(tiny_model.write(tmp_path_factory.mktemp("lm") / "tiny.gguf"))


def saying(model, text):
    """A model that says one byte of the text after the other, since it knows what follows each."""
    letters = list(text.encode())
    vectors = np.random.default_rng(0).normal(size=(256, 64))
    head = 0 * vectors
    head[letters[1:]] = vectors[letters[:-1]]
    new = {"token_embd.weight": vectors, "output.weight": head, "output_norm.weight": np.ones(64)}
    silent = model.replaced(lambda name, weights: 0 * weights)
    return silent.replaced(lambda name, weights: new[name], new.__contains__)


def test_a_letter_of_several_bytes_comes_in_one_piece(model):
    assert list(lm.stream(saying(model, "a€ß!"), "a", 6)) == ["€", "ß", "!"]


def test_half_a_letter_at_the_end_is_shown_as_such(model):
    assert list(lm.stream(saying(model, "a€"), "a", 2)) == ["�"]


def test_a_token_that_ends_a_text_ends_it_and_is_not_shown(model):
    tokenizer = lm.ByteTokenizer()
    tokenizer.end = frozenset(b".")
    ending = replace(saying(model, "abc.d"), tokenizer=tokenizer)
    assert list(lm.stream(ending, "a", 4)) == ["b", "c"]


def test_greedy_text_is_what_the_largest_logits_say(model):
    tokens = list(model.tokenizer.encode("Call me"))
    for _ in range(12):
        tokens.append(int(lm.logits(model, tokens)[-1].argmax()))
    spoken = "".join(lm.stream(model, "Call me", 12))
    assert spoken == model.tokenizer.decode(tokens[7:])


def test_the_same_seed_says_the_same_and_another_something_else(model):
    once, again, other = (
        "".join(lm.stream(model, "Call", 20, temperature=1.0, seed=seed)) for seed in (0, 0, 1)
    )
    assert once == again != other


def test_a_hook_reaches_the_spoken_text(model):
    changed = lm.at(model.matrices, lambda values: -values)
    plain, other = ("".join(lm.stream(model, "Call", 12, hook)) for hook in (None, changed))
    assert plain != other


def test_say_prints_prompt_and_continuation(model, capsys):
    lm.say(model, "Call", 5)
    assert capsys.readouterr().out == "Call" + "".join(lm.stream(model, "Call", 5)) + "\n"


def test_an_empty_prompt_is_refused(model):
    with pytest.raises(ValueError, match="the prompt is empty, and a model continues a text"):
        next(lm.stream(model, ""))


def test_a_prompt_that_leaves_no_room_is_refused_before_anything_is_said(model):
    with pytest.raises(ValueError, match=r"44 tokens of prompt and 5 to come .* tiny, 48; shorten"):
        next(lm.stream(model, "x" * 44, 5))
    assert "".join(lm.stream(model, "x" * 44, 4))


def test_chances_are_the_softmax_and_the_temperature_divides_the_logits():
    logits = np.log([8.0, 4.0, 2.0, 2.0])
    np.testing.assert_allclose(speech.chances(logits), [0.5, 0.25, 0.125, 0.125])
    np.testing.assert_allclose(speech.chances(logits, 0.5), np.array([64, 16, 4, 4]) / 88)


def test_top_k_and_top_p_leave_the_most_likely():
    logits = np.log([2.0, 8.0, 4.0, 2.0])
    np.testing.assert_allclose(speech.chances(logits, top_k=1), [0, 1, 0, 0])
    np.testing.assert_allclose(speech.chances(logits, top_p=0.5), [0, 1, 0, 0])
    np.testing.assert_allclose(speech.chances(logits, top_p=0.51), [0, 2 / 3, 1 / 3, 0])
    np.testing.assert_allclose(speech.chances(logits, top_k=3, top_p=1.0), [1 / 7, 4 / 7, 2 / 7, 0])
    np.testing.assert_allclose(speech.chances(logits, top_k=9), [0.125, 0.5, 0.25, 0.125])


def test_tokens_are_drawn_as_often_as_their_chances_say():
    rng, logits = np.random.default_rng(0), np.log([1.0, 3.0])
    drawn = [speech.choice(logits, rng, temperature=1.0) for _ in range(2000)]
    assert np.mean(drawn) == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ({"temperature": -1.0}, "temperature must be 0 or more, not -1"),
        ({"temperature": 1.0, "top_k": 0}, "top_k must be 1 or more, not 0"),
        ({"temperature": 1.0, "top_p": 0.0}, "top_p must be above 0, and at most 1, not 0"),
        ({"temperature": 1.0, "top_p": 1.5}, "top_p must be above 0, and at most 1, not 1.5"),
    ],
)
def test_a_choice_among_nothing_is_refused(setting, named):
    with pytest.raises(ValueError, match=named):
        speech.choice(np.zeros(3), np.random.default_rng(0), **setting)
