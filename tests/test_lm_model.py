"""A model's weights: named, counted, read-only, and replaced without touching the first model."""

import numpy as np
import pytest
import tiny_model

from lecture_lib import lm
from lecture_lib.lm.model import shapes_of_weights


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return lm.load(tiny_model.write(tmp_path_factory.mktemp("lm") / "tiny.gguf"))


@pytest.mark.parametrize("other", [{}, {"tied": True}, {"sub_norms": True}])
def test_the_shape_counts_the_parameters_that_are_there(tmp_path, other):
    model = lm.load(tiny_model.write(tmp_path / "tiny.gguf", **other))
    assert model.shape.parameters == sum(w.size for w in model.weights.values())
    assert {name: w.shape for name, w in model.weights.items()} == shapes_of_weights(model.shape)


def test_the_matrices_of_the_layers_are_named_in_order(model):
    assert len(model.matrices) == 2 * 7
    assert model.matrices[0] == "blk.0.attn_q.weight"
    assert model.matrices[-1] == "blk.1.ffn_down.weight"
    assert {*model.matrices} < {*model.weights}


def test_weights_are_those_of_the_file_rounded_as_it_keeps_them(model):
    original = tiny_model.weights()
    np.testing.assert_array_equal(
        model.weights["blk.0.attn_k.weight"], original["blk.0.attn_k.weight"]
    )
    rounded = model.weights["blk.0.ffn_up.weight"] - original["blk.0.ffn_up.weight"]
    assert 0 < np.abs(rounded).max() < 0.05
    assert model.formats["blk.0.ffn_up.weight"] == "Q4_1"


def test_weights_cannot_be_written_into(model):
    with pytest.raises(ValueError, match="read-only"):
        model.weights["blk.0.attn_q.weight"][0, 0] = 1
    with pytest.raises(TypeError):
        model.weights["blk.0.attn_q.weight"] = 1


def test_replaced_changes_the_matrices_of_the_layers_and_shares_the_rest(model):
    asked = []
    other = model.replaced(lambda name, weights: asked.append(name) or weights * 2)
    assert asked == list(model.matrices)
    for name, weights in other.weights.items():
        if name in asked:
            np.testing.assert_array_equal(weights, 2 * model.weights[name])
        else:
            assert weights is model.weights[name]


def test_replaced_takes_any_weights_that_are_asked_for(model):
    other = model.replaced(lambda name, w: w + 1, where=lambda name: name.endswith("_norm.weight"))
    changed = [n for n in model.weights if other.weights[n] is not model.weights[n]]
    assert changed == [n for n in model.weights if n.endswith("_norm.weight")]


def test_a_change_that_keeps_its_array_cannot_reach_the_model_later(model):
    mine = np.zeros((64, 64), np.float32)
    other = model.replaced(lambda name, w: mine, where="blk.0.attn_q.weight".__eq__)
    mine[:] = 7
    assert not other.weights["blk.0.attn_q.weight"].any()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda name, w: w.T, r"blk.0.attn_k.weight is \(32, 64\) and came back as \(64, 32\)"),
        (lambda name, w: w / np.float32(0), r"blk.0.attn_k.weight has values that are not finite"),
    ],
)
def test_a_change_that_breaks_weights_is_refused_by_name(model, change, words):
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=words):
        model.replaced(change, where="blk.0.attn_k.weight".__eq__)


def test_a_choice_of_no_weights_is_refused(model):
    with pytest.raises(
        ValueError, match=r"no weights of tiny are chosen; .* 'blk.0.attn_q.weight'"
    ):
        model.replaced(lambda name, w: w, where=lambda name: False)


def test_at_changes_what_has_the_name_and_nothing_else():
    hook = lm.at(["a", "b"], lambda values: values + 1)
    assert [hook(name, 1) for name in "abc"] == [2, 2, 1]
    assert lm.at("ab", lambda values: values + 1)("a", 1) == 1


def test_a_model_introduces_itself_in_one_line(model):
    assert repr(model) == f"tiny: {model.shape.parameters:,} weights, 23.23 bits each in its file"
