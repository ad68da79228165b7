"""The operators of attention: projections, what they look at, and what of it goes to memory."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lecture_lib.operators.record import EVERY, GLOBAL, WINDOWED
from lecture_lib.operators.step import ROTARY_FLOPS, SOFTMAX_FLOPS
from lecture_lib.units import exact


@dataclass(frozen=True)
class Look:
    """What all sequences together look at in one layer, and what they leave in its cache."""

    where: str  # GLOBAL or WINDOWED
    twice_pairs: Any  # twice the (query, key) pairs
    cached: Any  # tokens whose keys and values are read from the cache
    stored: Any  # tokens whose keys and values are written to it
    passed: Any  # tokens that the window has forgotten, handed on as activations


def decode_looks(shape, context, sequences):
    """One new token per sequence looks at the cache."""
    for where, window in ((GLOBAL, None), (WINDOWED, shape.window)):
        kept = sequences * _within(context, window)
        yield Look(where, 2 * kept, kept, sequences, 0)


def prefill_looks(shape, prompt, sequences, causal):
    """Each token of the prompts looks at those before it and at itself, or at all of them."""
    for where, window in ((GLOBAL, None), (WINDOWED, shape.window)):
        kept = _within(prompt, window)  # these tokens see all before them, the rest a window each
        masked = kept * (kept + 1) + 2 * (prompt - kept) * kept
        twice = sequences * (masked if causal else 2 * prompt**2)
        yield Look(where, twice, *[sequences * kept] * 2, sequences * (prompt - kept))


def _within(tokens, window):
    return tokens if window is None else exact(np.minimum(tokens, window))


@dataclass(frozen=True)
class Heads:
    """Widths [values per token] of what the query heads meet, and where it comes from."""

    key: int  # of the key that one head meets
    value: int
    cached_keys: int  # of all keys in the cache
    cached_values: int
    restored_keys: int = 0  # of all keys that were restored from a latent vector
    restored_values: int = 0
    shared: bool = False  # the cached keys hold the values


def attention_operators(step, looks, *, fused, absorbed):
    """All operators from the norm's result to the block's: the projections and the attention.

    `fused`: one pass over queries, keys and values, and no score leaves the chip
    (FlashAttention, arXiv:2205.14135). Otherwise the scores are written, read and written by
    the softmax, and read. `absorbed`: under Mla, decoding looks at the latent vectors themselves.
    """
    looks = list(looks)
    if step.shape.mla:
        return _latent(step, looks, fused, absorbed)
    s, dim = step.shape, step.shape.model_dim
    query, kv = s.query_heads * s.head_dim, s.kv_heads * s.head_dim
    heads = Heads(s.head_dim, s.head_dim, kv, kv)
    rotary = step.elementwise("rotary", EVERY, ROTARY_FLOPS * (query + kv))
    return [
        *step.matrix("q", EVERY, dim, query, bias=s.qkv_bias),
        *_cached_matrices(step, looks, "k", kv, s.qkv_bias),
        *_cached_matrices(step, looks, "v", kv, s.qkv_bias),
        *_head_norms(step),
        *(() if s.learned_positions else rotary),
        *(one for look in looks for one in _look(step, look, heads, fused)),
        *_before_output(step),
        *step.matrix("o", EVERY, query, dim, bias=s.output_bias),
    ]


def _latent(step, looks, fused, absorbed):
    """Latent attention; its weights are the same in both orders, its scores are not."""
    s, m, dim = step.shape, step.shape.mla, step.shape.model_dim
    count, plain, turned = s.query_heads, m.qk_nope_head_dim, m.qk_rope_head_dim
    query, latent = count * (plain + turned), m.kv_lora_rank
    compressed = [
        *step.matrix("q down", EVERY, dim, m.q_lora_rank),
        *step.norm("q latent norm", EVERY, m.q_lora_rank, moves=False),
        *step.matrix("q up", EVERY, m.q_lora_rank, query),
    ]
    if absorbed:
        heads = Heads(latent + turned, latent, latent + turned, latent, shared=True)
        before = _each_head(step, "k absorbed", plain, latent)
        after = _each_head(step, "v absorbed", latent, m.v_head_dim)
    else:
        keys, values = count * plain, count * m.v_head_dim
        heads = Heads(plain + turned, m.v_head_dim, turned, 0, keys, values)
        before = [one for look in looks for one in _restored(step, look, keys + values)]
        after = []
    return [
        *(compressed if m.q_lora_rank else step.matrix("q", EVERY, dim, query)),
        *_cached_matrices(step, looks, "kv down", latent + turned, False),
        *step.norm("kv latent norm", EVERY, latent, moves=False),
        *_head_norms(step),
        *step.elementwise("rotary", EVERY, ROTARY_FLOPS * (count + 1) * turned),
        *before,
        *(one for look in looks for one in _look(step, look, heads, fused)),
        *after,
        *_before_output(step),
        *step.matrix("o", EVERY, count * m.v_head_dim, dim),
    ]


def _head_norms(step):
    """A norm for queries and one for keys, while they are on the chip."""
    s = step.shape
    if not s.qk_norm:
        return []
    return [
        *step.norm("q norm", EVERY, s.head_dim, heads=s.query_heads, moves=False),
        *step.norm("k norm", EVERY, s.head_dim, heads=s.kv_heads, moves=False),
    ]


def _before_output(step):
    width = step.shape.query_heads * step.shape.head_dim
    return step.norm("o norm", EVERY, width) if step.shape.sub_norms else []


def _each_head(step, name, inside, outside):
    """A matrix [inside, outside] for each query head, which reads its own part of the vector."""
    return step.matrix(name, EVERY, inside, outside, copies=step.shape.query_heads)


def _cached_matrices(step, looks, name, width, bias):
    """A projection whose result goes to the cache, but for what a window forgets at once."""
    dim = step.shape.model_dim
    parameters = (dim + bias) * width
    for look in looks:
        yield from step.operator(
            name,
            look.where,
            flops=2 * parameters * step.tokens,
            weight_bytes=parameters * step.weight_bytes,
            read_bytes=dim * step.tokens * step.activation_bytes,
            written_bytes=width * look.passed * step.activation_bytes,
            cache_written_bytes=width * look.stored * step.value_bytes,
        )


def _restored(step, look, width):
    """Keys and values of all heads from the latent vectors: prefill under Mla."""
    latent = step.shape.mla.kv_lora_rank
    parameters = latent * width
    return step.operator(
        "kv up",
        look.where,
        flops=2 * parameters * step.tokens,
        weight_bytes=parameters * step.weight_bytes,
        read_bytes=latent * look.passed * step.activation_bytes,
        written_bytes=width * step.tokens * step.activation_bytes,
        cache_read_bytes=latent * look.cached * step.value_bytes,
    )


def _look(step, look, heads, fused):
    """Scores, softmax and values, or the three in one."""
    count, each = step.shape.query_heads, step.activation_bytes
    # one learned logit per head; latent attention has none
    sinks = 0 if step.shape.mla else step.shape.attention_sinks * count
    pairs = count * _half(look.twice_pairs)
    queries = count * heads.key * step.tokens * each
    keys = heads.restored_keys * step.tokens + heads.cached_keys * look.passed
    values = heads.restored_values * step.tokens + heads.cached_values * look.passed
    results = count * heads.value * step.tokens * each
    scores = {
        "flops": count * heads.key * look.twice_pairs,
        "read_bytes": queries + keys * each,
        "written_bytes": pairs * each,
        "cache_read_bytes": heads.cached_keys * look.cached * step.value_bytes,
    }
    softmax = {
        "flops": 2 * sinks * step.tokens,  # by its parameters, as in transformer.decode_work
        "elementwise_flops": SOFTMAX_FLOPS * pairs,
        "weight_bytes": sinks * step.weight_bytes,
        "read_bytes": pairs * each,
        "written_bytes": pairs * each,
    }
    weighted = {
        "flops": count * heads.value * look.twice_pairs,
        "read_bytes": pairs * each + values * each,
        "written_bytes": results,
        "cache_read_bytes": heads.cached_values * look.cached * step.value_bytes,
    }
    if not fused:
        yield from step.operator("scores", look.where, **scores)
        yield from step.operator("softmax", look.where, **softmax)
        yield from step.operator("values", look.where, **weighted)
        return
    again = 0 if heads.shared else weighted["cache_read_bytes"]
    yield from step.operator(
        "attention",
        look.where,
        flops=scores["flops"] + softmax["flops"] + weighted["flops"],
        elementwise_flops=softmax["elementwise_flops"],
        weight_bytes=softmax["weight_bytes"],
        read_bytes=queries + (keys + values) * each,
        written_bytes=results,
        cache_read_bytes=scores["cache_read_bytes"] + again,
    )


def _half(twice):
    """Half of an even count, exactly; of any other number, its half."""
    return twice / 2 if np.asarray(twice).dtype.kind == "f" else twice // 2
