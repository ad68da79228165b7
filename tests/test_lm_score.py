"""Losses, perplexity, and two models on the same text."""

import numpy as np
import pytest
import tiny_model

from lecture_lib import lm
from lecture_lib.lm import score

TOKENS = np.random.default_rng(3).integers(0, 256, 41)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return lm.load(tiny_model.write(tmp_path_factory.mktemp("lm") / "tiny.gguf"))


def test_the_loss_of_a_token_is_minus_the_logarithm_of_its_chance():
    logits = np.log(np.float32([[1, 2, 5], [4, 4, 8], [1, 1, 2]]))
    np.testing.assert_allclose(score.surprise(logits, [2, 0, 1]), -np.log([5 / 8, 1 / 4, 1 / 4]))


def test_huge_logits_neither_overflow_nor_lose_their_loss():
    logits = np.float32([[3e4, 0, -3e4]])
    assert score.surprise(logits, [0]) == 0
    assert score.surprise(logits, [2]) == 6e4


@pytest.mark.parametrize("window", [8, 10, 40, 48])
def test_every_token_but_the_first_is_predicted_once_from_its_window(model, window):
    found = lm.losses(model, TOKENS, window=window)
    assert (found.shape, found.dtype) == ((40,), np.float64)
    for place in (0, 7, 8, 9, 10, 39):
        start = place - place % window
        logits = lm.logits(model, TOKENS[start : place + 1])[-1:]
        assert found[place] == pytest.approx(
            score.surprise(logits, TOKENS[[place + 1]])[0], abs=1e-5
        )


def test_a_hook_reaches_the_losses(model):
    name = "blk.0.ffn_down.weight"
    hooked = lm.losses(model, TOKENS, 48, hook=lm.at(name, lambda values: 0 * values))
    without = lm.losses(model.replaced(lambda _, w: 0 * w, name.__eq__), TOKENS, 48)
    np.testing.assert_array_equal(hooked, without)


def test_of_equal_chances_the_perplexity_is_their_number():
    assert lm.perplexity(np.log([7.0, 7.0, 7.0])) == pytest.approx(7)


def test_a_comparison_by_hand():
    found = lm.compare([1.0, 2.0, 6.0], [1.0, 1.0, 1.0])
    assert found.of_base == pytest.approx(np.e)
    assert found.perplexity == pytest.approx(np.exp(3))
    assert found.difference == 2
    assert found.error == pytest.approx(np.sqrt(7) / np.sqrt(3))  # of 0, 1 and 5
    assert found.ratio == pytest.approx(np.exp(2))


def test_pairs_tell_a_small_difference_where_single_losses_vary_much():
    rng = np.random.default_rng(0)
    base = rng.exponential(3, 2000)
    found = lm.compare(base + rng.normal(0.02, 0.1, 2000), base)
    alone = base.std() / np.sqrt(2000)
    assert found.error < alone / 10
    assert abs(found.difference - 0.02) < 3 * found.error


def test_losses_of_different_texts_are_not_compared():
    with pytest.raises(ValueError, match="3 losses beside 2; take both on the same text"):
        lm.compare([1, 2, 3], [1, 2])


def test_a_text_of_one_token_predicts_nothing_and_is_refused(model):
    with pytest.raises(ValueError, match=r"1 token.* two or more"):
        lm.losses(model, [5])


@pytest.mark.parametrize("window", [0, 49])
def test_a_window_must_fit_the_context(model, window):
    with pytest.raises(ValueError, match=f"window must be 1 to 48 tokens, .* not {window}"):
        lm.losses(model, TOKENS, window=window)
