"""The forward pass: tokens in, and for each of them the logits of what comes next.

A vector for each token runs through the layers. Every layer adds to it twice: what attention
fetches from the tokens before, and what an MLP makes of that. Nearly all of the work is a matrix
times such vectors, and nearly all of the bytes are those matrices.
"""

import functools
from dataclasses import dataclass

import numpy as np

from lecture_lib.lm.model import EMBEDDING, LAST_NORM, Hook, Model
from lecture_lib.lm.tokenizer import checked

TILE = 64  # tokens


class Cache:
    """Keys and values of the tokens seen so far, so that they need not be computed again."""

    def __init__(self, model: Model, room: int = 64):
        s = model.shape
        self.tokens = 0
        self._memory = np.empty((s.layers, 2, s.kv_heads, room, s.head_dim), np.float32)

    def make_room(self, tokens: int):
        """Doubles the memory until so many more tokens fit."""
        room = self._memory.shape[3]
        while room < self.tokens + tokens:
            room *= 2
        if room > self._memory.shape[3]:
            grown = np.empty((*self._memory.shape[:3], room, self._memory.shape[4]), np.float32)
            grown[..., : self.tokens, :] = self._memory[..., : self.tokens, :]
            self._memory = grown

    def extended(self, layer: int, keys, values):
        """All keys and all values of a layer, [kv heads, tokens, head dim], the new ones behind.

        New ones are [tokens, kv heads, head dim]. They count once `tokens` is raised.
        """
        end = self.tokens + len(keys)
        for memory, new in zip(self._memory[layer], (keys, values), strict=True):
            memory[:, self.tokens : end] = new.swapaxes(0, 1)
        return self._memory[layer, :, :, :end]


def logits(model: Model, tokens, hook: Hook | None = None, cache: Cache | None = None):
    """For each token the logits of its successor: float32 [tokens, vocabulary].

    With a cache the tokens follow those that it holds, and are added to it. `hook` is called as
    hook(name, values), and what it gives takes the place of the values: the input of each of
    `model.matrices` under its name, [tokens, in], and the keys and values that enter the cache
    as "blk.N.cache_k" and "blk.N.cache_v", [tokens, kv heads, head dim].

    ValueError for no tokens, tokens out of range, more than the context holds, and a hook that
    gives another shape or what is not finite.
    """
    return states(model, tokens, hook, cache) @ model.head.T


def states(model: Model, tokens, hook: Hook | None = None, cache: Cache | None = None):
    """The vector of each token behind the last layer, normed: float32 [tokens, model dim].

    Times the head it is the logits; whoever needs those of one token alone multiplies that one.
    """
    cache = Cache(model) if cache is None else cache
    tokens = _fitting(model, tokens, cache.tokens)
    cache.make_room(len(tokens))
    turns = phases(model, np.arange(cache.tokens, cache.tokens + len(tokens)))
    x = model.weights[EMBEDDING][tokens]
    for number in range(model.shape.layers):
        layer = Layer(model, number, hook)
        x += attention(layer, x, turns, cache)
        x += mlp(layer, x)
    cache.tokens += len(tokens)
    return normed(x, model.weights[LAST_NORM], model.epsilon)


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer: its matrices and norms by the last part of their names, and what the hook sees."""

    model: Model
    number: int
    hook: Hook | None

    def times(self, part, x):
        """What the matrix of that name makes of x [tokens, in]: [tokens, out]."""
        matrix = self.model.weights[f"blk.{self.number}.{part}.weight"]
        return self.seen(f"{part}.weight", x) @ matrix.T

    def normed(self, part, x):
        gain = self.model.weights[f"blk.{self.number}.{part}.weight"]
        return normed(x, gain, self.model.epsilon)

    def sub_normed(self, part, x):
        """The same in a model that has such norms (BitNet)."""
        return self.normed(part, x) if self.model.shape.sub_norms else x

    def seen(self, part, values):
        """The values, or what the hook makes of them."""
        if self.hook is None:
            return values
        name = f"blk.{self.number}.{part}"
        changed = np.asarray(self.hook(name, values), np.float32)
        if changed.shape != values.shape:
            raise ValueError(
                f"{name}: the hook got values of the shape {values.shape} and gave "
                f"{changed.shape}; it must keep the shape"
            )
        if not np.isfinite(changed).all():
            raise ValueError(
                f"{name}: the hook gave {changed[~np.isfinite(changed)][0]} for a value; let the "
                "format saturate, or scale what goes into it"
            )
        return changed


def attention(layer: Layer, x, turns, cache: Cache):
    """What each token fetches from itself and those before it: [tokens, model dim].

    As in `lecture_lib.attention`, with old keys and values out of the cache.
    """
    s, tokens = layer.model.shape, len(x)
    x = layer.normed("attn_norm", x)
    q = layer.times("attn_q", x).reshape(tokens, s.query_heads, s.head_dim)
    k = layer.times("attn_k", x).reshape(tokens, s.kv_heads, s.head_dim)
    v = layer.times("attn_v", x).reshape(tokens, s.kv_heads, s.head_dim)
    q, k = turned(q, turns), turned(k, turns)
    keys, values = cache.extended(layer.number, layer.seen("cache_k", k), layer.seen("cache_v", v))
    # Grouped queries: those that share a head of keys are columns of one matrix.
    q = q.reshape(tokens, s.kv_heads, -1, s.head_dim) / np.float32(s.head_dim**0.5)
    fetched = np.empty_like(q)
    for rows in tiles(tokens):
        seen = cache.tokens + rows.stop  # later keys are hidden from all of these
        fetched[rows] = averages(q[rows], keys[:, :seen], values[:, :seen])
    fetched = fetched.reshape(tokens, -1)
    return layer.times("attn_output", layer.sub_normed("attn_sub_norm", fetched))


def mlp(layer: Layer, x):
    """SwiGLU: how much of what `up` finds may pass is decided by `gate`. [tokens, model dim]"""
    x = layer.normed("ffn_norm", x)
    passed = gated(layer.times("ffn_gate", x), layer.times("ffn_up", x))
    return layer.times("ffn_down", layer.sub_normed("ffn_sub_norm", passed))


def tiles(tokens: int):
    """Slices of a few tokens each: what is done to them one by one stays in a fast cache."""
    return [slice(first, min(first + TILE, tokens)) for first in range(0, tokens, TILE)]


def normed(x, gain, epsilon):
    """RMSNorm: each vector scaled to a mean square of one, times a learned gain per channel."""
    mean_square = np.vecdot(x, x)[:, None] / np.float32(x.shape[1])
    scale, result = 1 / np.sqrt(mean_square + np.float32(epsilon)), np.empty_like(x)
    for rows in tiles(len(x)):
        np.multiply(x[rows], scale[rows], out=result[rows])
        result[rows] *= gain
    return result


def gated(gate, up):
    """silu(gate) · up, with silu(x) = x · sigmoid(x). Writes into gate."""
    room = np.empty_like(gate[:TILE])
    with np.errstate(over="ignore"):  # e^100 is infinite here, and x over infinity is 0
        for rows in tiles(len(gate)):
            passed, divisor = gate[rows], room[: rows.stop - rows.start]
            np.exp(np.negative(passed, out=divisor), out=divisor)
            divisor += 1
            passed /= divisor
            passed *= up[rows]
    return gate


def averages(q, keys, values):
    """The values, averaged for the queries of the last tokens, each of which sees up to itself.

    Queries are [tokens, kv heads, those that share one, head dim], as is what they get; keys and
    values [kv heads, keys, head dim].
    """
    tokens, heads, shared, dim = q.shape
    scores = keys @ q.transpose(1, 2, 0, 3).reshape(heads, -1, dim).swapaxes(1, 2)
    scores.reshape(heads, -1, shared, tokens)[:, -tokens:] += mask(tokens)
    weights = exponentials(scores, axis=1)
    total = np.ones(len(keys[0]), np.float32) @ weights  # faster than adding up
    fetched = (weights.swapaxes(1, 2) @ values) / total[..., None]
    return fetched.reshape(heads, shared, tokens, dim).transpose(2, 0, 1, 3)


def exponentials(scores, axis=-1):
    """What softmax divides by its sum: e^score, up to a factor. Written into scores."""
    scores -= scores.max(axis=axis, keepdims=True)
    return np.exp(scores, out=scores)


@functools.cache
def mask(tokens: int):
    """What is added to scores among so many tokens: −∞ where the key comes later than the query.

    [keys, 1, queries]
    """
    return np.tril(np.full((tokens, tokens), -np.inf, np.float32), k=-1)[:, None]


def phases(model: Model, places):
    """By how much RoPE turns each pair of a head at these places, as complex numbers of length 1.

    [tokens, 1, head dim / 2]. In a token pair i turns by base^(−2i / head dim).
    """
    dim = model.shape.head_dim
    speeds = model.rope_base ** (-np.arange(0, dim, 2) / dim)
    return np.exp(1j * np.multiply.outer(places, speeds)).astype(np.complex64)[:, None]


def turned(heads, turns):
    """RoPE (arXiv:2104.09864): two neighbours in a head are one complex number, which is turned.

    That they are neighbours is GGUF's order for this family; other files have half a head between.
    """
    return (heads.view(np.complex64) * turns).view(np.float32)


def _fitting(model: Model, tokens, before: int) -> np.ndarray:
    tokens = checked(tokens, model.shape.vocabulary)
    if not len(tokens):
        raise ValueError("there are no tokens to read; a model continues a text of one or more")
    if before + len(tokens) > model.context:
        raise ValueError(
            f"{before + len(tokens):,} tokens do not fit the context of {model.name}, "
            f"{model.context:,}; shorten the text or cut it into windows"
        )
    return tokens
