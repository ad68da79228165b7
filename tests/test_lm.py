"""The real model: SmolLM2-135M says, counts and foresees what other programs do with its file."""

import numpy as np
import pytest

from lecture_lib import lm

pytestmark = pytest.mark.skipif(not lm.available(), reason="the language model is not installed")

TEXT = (
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, "
    "must be in want of a wife. However little known the feelings or views of such a man may be "
    "on his first entering a neighbourhood, this truth is so well fixed in the minds of the "
    "surrounding families, that he is considered as the rightful property of some one or other of "
    "their daughters."
)  # Jane Austen, Pride and Prejudice (1813)


@pytest.fixture(scope="module")
def model():
    return lm.load()


def test_it_has_the_dimensions_that_its_makers_give(model):
    # https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct, config.json
    s = model.shape
    assert (s.layers, s.model_dim, s.mlp_dim, s.vocabulary) == (30, 576, 1536, 49152)
    assert (s.query_heads, s.kv_heads, s.head_dim, s.tied_embeddings) == (9, 3, 64, True)
    assert s.parameters == sum(w.size for w in model.weights.values()) == 134_515_008
    assert len(model.matrices) == 210
    assert {model.formats[name] for name in model.matrices} == {"Q4_1"}
    assert model.stored_bits_per_weight == pytest.approx(5.744, abs=0.001)


def test_it_says_what_transformers_says(model):
    # benchmarks/language_model_peer.py prints it
    spoken = "".join(lm.stream(model, "Gravity is", 11))
    assert spoken == " a fundamental concept in physics that describes the curvature of spacetime"


def test_the_same_text_comes_out_in_one_read_and_token_by_token(model):
    tokens = model.tokenizer.encode(TEXT)
    cache = lm.Cache(model)
    parts = [lm.logits(model, tokens[:-5], cache=cache)]
    parts += [lm.logits(model, [token], cache=cache) for token in tokens[-5:]]
    np.testing.assert_allclose(np.concatenate(parts), lm.logits(model, tokens), atol=2e-3)


def test_a_hook_and_a_replacement_of_one_line_each_make_it_worse(model):
    tokens = model.tokenizer.encode(TEXT)
    base = lm.losses(model, tokens)
    step = 2.0**-3

    def coarse(values):
        return np.round(values / step) * step

    for changed in (
        lm.losses(model, tokens, hook=lm.at(model.matrices, coarse)),
        lm.losses(model.replaced(lambda name, weights: coarse(weights)), tokens),
    ):
        found = lm.compare(changed, base)
        assert found.difference > 3 * found.error
