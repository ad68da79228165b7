"""The forward pass, against the same written with loops, and what may not enter it."""

import numpy as np
import pytest
import tiny_model

from lecture_lib import lm
from lecture_lib.lm import forward

TOKENS = np.random.default_rng(1).integers(0, 256, 19)


@pytest.fixture(scope="module", params=["plain", "tied", "sub_norms"])
def model(request, tmp_path_factory):
    other = {} if request.param == "plain" else {request.param: True}
    return lm.load(tiny_model.write(tmp_path_factory.mktemp("lm") / "tiny.gguf", **other))


def by_loops(model, tokens):
    """Logits in float64: token by token, head by head, pair by pair."""
    s, w = model.shape, {name: values.astype(float) for name, values in model.weights.items()}

    def norm(x, gain):
        return x / np.sqrt(sum(x * x) / len(x) + model.epsilon) * w[gain]

    def turn(head, place):
        new = head.copy()
        for i in range(0, s.head_dim, 2):
            angle = place * model.rope_base ** (-i / s.head_dim)
            new[i] = head[i] * np.cos(angle) - head[i + 1] * np.sin(angle)
            new[i + 1] = head[i] * np.sin(angle) + head[i + 1] * np.cos(angle)
        return new

    seen = [[] for _ in range(s.layers)]
    found = []
    for place, token in enumerate(tokens):
        x = w["token_embd.weight"][token]
        for n in range(s.layers):
            b = f"blk.{n}."
            y = norm(x, b + "attn_norm.weight")
            q, k, v = ((w[f"{b}attn_{part}.weight"] @ y).reshape(-1, s.head_dim) for part in "qkv")
            seen[n].append(([turn(head, place) for head in k], v))
            heads = []
            for number, head in enumerate(q):
                own = number // (s.query_heads // s.kv_heads)
                head = turn(head, place)
                scores = [head @ keys[own] / s.head_dim**0.5 for keys, _ in seen[n]]
                chance = np.exp(scores) / np.exp(scores).sum()
                heads.append(sum(c * v[own] for c, (_, v) in zip(chance, seen[n], strict=True)))
            y = np.concatenate(heads)
            y = norm(y, b + "attn_sub_norm.weight") if s.sub_norms else y
            x = x + w[b + "attn_output.weight"] @ y
            y = norm(x, b + "ffn_norm.weight")
            gate, up = w[b + "ffn_gate.weight"] @ y, w[b + "ffn_up.weight"] @ y
            y = gate / (1 + np.exp(-gate)) * up
            y = norm(y, b + "ffn_sub_norm.weight") if s.sub_norms else y
            x = x + w[b + "ffn_down.weight"] @ y
        head = w["token_embd.weight" if s.tied_embeddings else "output.weight"]
        found.append(head @ norm(x, "output_norm.weight"))
    return np.array(found)


def test_it_gives_what_loops_over_tokens_heads_and_pairs_give(model):
    found = lm.logits(model, TOKENS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_loops(model, TOKENS), atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("parts", [[19], [1] * 19, [7, 12], [1, 16, 2]])
def test_with_a_cache_it_does_not_matter_in_how_many_parts_a_text_comes(model, parts):
    cache = lm.Cache(model, room=2)
    cuts = np.split(TOKENS, np.cumsum(parts)[:-1])
    found = np.concatenate([lm.logits(model, part, cache=cache) for part in cuts])
    assert cache.tokens == len(TOKENS)
    np.testing.assert_allclose(found, lm.logits(model, TOKENS), atol=2e-5, rtol=2e-5)


def test_a_token_does_not_see_those_behind_it(model):
    changed = TOKENS.copy()
    changed[-1] ^= 1
    old, new = lm.logits(model, TOKENS), lm.logits(model, changed)
    np.testing.assert_array_equal(old[:-1], new[:-1])
    assert np.abs(old[-1] - new[-1]).max() > 0.1


def test_a_hook_sees_the_input_of_every_matrix_of_the_layers_and_what_enters_the_cache(model):
    seen = {}
    lm.logits(model, TOKENS, hook=lambda name, values: seen.setdefault(name, values))
    cached = [f"blk.{n}.cache_{part}" for n in range(2) for part in "kv"]
    assert {*seen} == {*model.matrices, *cached}
    for name in model.matrices:
        assert seen[name].shape == (19, model.weights[name].shape[1])
    assert seen["blk.1.cache_k"].shape == (19, 2, 16)


def test_what_a_hook_gives_takes_the_place_of_what_it_got(model):
    name = "blk.1.ffn_down.weight"
    without = lm.logits(model.replaced(lambda _, w: 0 * w, lambda n: n == name), TOKENS)
    hooked = lm.logits(model, TOKENS, hook=lm.at(name, lambda values: 0 * values))
    np.testing.assert_array_equal(hooked, without)


def test_a_hook_at_the_cache_changes_what_later_tokens_find_there(model):
    forgotten = lm.at("blk.0.cache_v", lambda values: 0 * values)
    zeroed = model.replaced(lambda _, w: 0 * w, lambda n: n == "blk.0.attn_v.weight")
    found = lm.logits(model, TOKENS, hook=forgotten)
    np.testing.assert_array_equal(found, lm.logits(zeroed, TOKENS))


def test_a_hook_must_keep_the_shape(model):
    with pytest.raises(ValueError, match=r"blk.0.attn_q.weight: .* \(19, 64\) and gave \(64,\)"):
        lm.logits(model, TOKENS, hook=lambda name, values: values[0])


def test_a_hook_must_give_finite_values(model):
    hook = lm.at("blk.0.cache_v", lambda values: values * np.inf)
    with pytest.raises(ValueError, match=r"blk.0.cache_v: the hook gave -?inf .* saturate"):
        lm.logits(model, TOKENS, hook=hook)


def test_no_tokens_are_no_text(model):
    with pytest.raises(ValueError, match="no tokens to read"):
        lm.logits(model, [])


@pytest.mark.parametrize("token", [-1, 256])
def test_a_token_out_of_range_is_named_with_its_place(model, token):
    with pytest.raises(ValueError, match=f"token {token} at place 1 is not in .* 0 to 255"):
        lm.logits(model, [3, token])


def test_more_tokens_than_the_context_are_refused_the_cache_counted(model):
    cache = lm.Cache(model)
    lm.logits(model, range(40), cache=cache)
    with pytest.raises(ValueError, match="49 tokens do not fit the context of tiny, 48; shorten"):
        lm.logits(model, range(9), cache=cache)
    assert lm.logits(model, range(8), cache=cache).shape == (8, 256)


def test_a_norm_leaves_a_mean_square_of_one():
    x = np.float32([[3, -4, 0, 0], [1e-3, 1e-3, 1e-3, -1e-3]])
    scaled = forward.normed(x, np.ones(4, np.float32), epsilon=0)
    np.testing.assert_allclose(np.mean(scaled**2, axis=1), 1, rtol=1e-6)


def test_silu_is_the_identity_far_right_nothing_far_left_and_silent_at_both():
    gate = np.float32([[200, 0, -200]])
    np.testing.assert_allclose(forward.gated(gate, np.ones_like(gate)), [[200, 0, 0]], atol=1e-30)


@pytest.mark.parametrize("tokens", [1, 4, 5, 11])
def test_tiles_of_queries_change_nothing(model, tokens, monkeypatch):
    """The last tile may be a short one, and a cache may stand before the first."""
    text = np.random.default_rng(5).integers(0, 256, tokens + 7)

    def read():
        cache = lm.Cache(model)
        lm.logits(model, text[:7], cache=cache)
        return lm.logits(model, text[7:], cache=cache)

    whole = read()
    monkeypatch.setattr(forward, "TILE", 4)
    np.testing.assert_allclose(read(), whole, atol=2e-5)


def test_turning_keeps_lengths_and_gives_scores_that_know_only_the_distance(model):
    q, k = np.random.default_rng(2).normal(size=(2, 1, 1, 16)).astype(np.float32)

    def score(query_at, key_at):
        turns = forward.phases(model, np.array([query_at, key_at]))
        return np.sum(forward.turned(q, turns[:1]) * forward.turned(k, turns[1:]))

    assert score(9, 4) == pytest.approx(score(30, 25), rel=1e-4)
    assert score(9, 4) != pytest.approx(score(9, 5), rel=1e-2)
