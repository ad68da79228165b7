"""The forward pass: tokens in, and for each of them the logits of what comes next.

A token's vector runs through the layers. Each adds to it twice: what attention fetches from the
tokens before, and what an MLP makes of that. All else is a matrix times what stands before it.
"""

import numpy as np

from lecture_lib.lm.model import EMBEDDING, LAST_NORM, TURNS, Model
from lecture_lib.lm.tokenizer import checked


class Cache:
    """Keys and values of the tokens seen so far, so that a new token need not compute them again."""

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
        """Writes keys and values [tokens, kv heads, head dim]; gives all of the layer's, old and new.

        [kv heads, tokens, head dim] each, as views.
        """
        end = self.tokens + len(keys)
        memory = self._memory[layer, :, :, :end]
        memory[0, :, self.tokens :] = keys.swapaxes(0, 1)
        memory[1, :, self.tokens :] = values.swapaxes(0, 1)
        return memory


def logits(model: Model, tokens, hook=None, cache: Cache | None = None) -> np.ndarray:
    """For each token the logits of its successor: float32 [tokens, vocabulary].

    With a cache the tokens follow those that it holds, and are added to it. `hook` is called as
    hook(name, values), and what it gives takes the place of the values: the input of each of
    `model.matrices` under its name, [tokens, in], and the keys and values that enter the cache
    as "blk.N.cache_k" and "blk.N.cache_v", [tokens, kv heads, head dim].

    ValueError for no tokens, tokens out of range, more than the context holds, and a hook that
    gives another shape or what is not finite.
    """
    return states(model, tokens, hook, cache) @ model.head.T


def states(model: Model, tokens, hook=None, cache: Cache | None = None) -> np.ndarray:
    """The vector of each token behind the last layer, normed: float32 [tokens, model dim]."""
    cache = cache or Cache(model)
    tokens = _fitting(model, tokens, cache.tokens)
    cache.make_room(len(tokens))
    positions = phases(model, cache.tokens + np.arange(len(tokens)))
    x = model.weights[EMBEDDING][tokens]
    for layer in range(model.shape.layers):
        block = _Block(model, f"blk.{layer}.", hook)
        x = x + attend(block, x, positions, cache, layer)
        x = x + mlp(block, x)
    cache.tokens += len(tokens)
    return normed(x, model.weights[LAST_NORM], model.epsilon)


class _Block:
    """A layer: its matrices and norms by their short names, and the hook at what enters them."""

    def __init__(self, model, prefix, hook):
        self.model, self.prefix, self.hook = model, prefix, hook

    def through(self, part, x):
        """The matrix of that name times x."""
        name = f"{self.prefix}{part}.weight"
        return self.seen(f"{part}.weight", x) @ self.model.weights[name].T

    def normed(self, part, x):
        return normed(x, self.model.weights[f"{self.prefix}{part}.weight"], self.model.epsilon)

    def sub_normed(self, part, x):
        """The same where the model has such a norm (BitNet's)."""
        return self.normed(part, x) if self.model.shape.sub_norms else x

    def seen(self, part, values):
        """The values, or what the hook makes of them."""
        if self.hook is None:
            return values
        name = self.prefix + part
        changed = np.asarray(self.hook(name, values), np.float32)
        if changed.shape != values.shape or not np.isfinite(changed).all():
            raise ValueError(
                f"{name}: the hook got finite values of {values.shape} and gave {changed.shape}, "
                "or what is not finite; give values of the same shape, and let a format saturate"
            )
        return changed


def attend(block, x, positions, cache, layer):
    """What each token fetches from itself and those before it: [tokens, model dim]."""
    s, tokens = block.model.shape, len(x)
    x = block.normed("attn_norm", x)
    q = block.through("attn_q", x).reshape(tokens, s.query_heads, s.head_dim)
    k = block.through("attn_k", x).reshape(tokens, s.kv_heads, s.head_dim)
    v = block.through("attn_v", x).reshape(tokens, s.kv_heads, s.head_dim)
    q, k = turned(q, positions), turned(k, positions)
    k, v = cache.extended(layer, block.seen("cache_k", k), block.seen("cache_v", v))
    # the query heads that share a head of keys stand together: [kv heads, tokens * sharing, dim]
    q = (
        q.reshape(tokens, s.kv_heads, -1, s.head_dim)
        .swapaxes(0, 1)
        .reshape(s.kv_heads, -1, s.head_dim)
    )
    scores = q @ k.swapaxes(1, 2) / np.float32(s.head_dim**0.5)
    weights = softmax(masked(scores.reshape(s.kv_heads, tokens, -1, k.shape[1])))
    fetched = weights.reshape(scores.shape) @ v
    fetched = fetched.reshape(s.kv_heads, tokens, -1).swapaxes(0, 1).reshape(tokens, -1)
    return block.through("attn_output", block.sub_normed("attn_sub_norm", fetched))


def mlp(block, x):
    """SwiGLU: one matrix decides how much of the other's outcome passes. [tokens, model dim]"""
    x = block.normed("ffn_norm", x)
    opened = silu(block.through("ffn_gate", x)) * block.through("ffn_up", x)
    return block.through("ffn_down", block.sub_normed("ffn_sub_norm", opened))


def normed(x, gain, epsilon):
    """RMSNorm: each token's vector at a mean square of one, times a gain for each channel."""
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + np.float32(epsilon)) * gain


def silu(x):
    """x · sigmoid(x)."""
    with np.errstate(over="ignore"):  # exp of much is infinite, and x / infinity is 0
        return x / (1 + np.exp(-x))


def softmax(scores):
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def masked(scores):
    """Scores [kv heads, tokens, sharing, keys] with −∞ for what comes later than a token."""
    tokens, keys = scores.shape[1], scores.shape[3]
    if tokens > 1:
        later = np.triu(np.ones((tokens, keys), bool), k=1 + keys - tokens)
        scores = np.where(later[:, None], np.float32(-np.inf), scores)
    return scores


def phases(model, positions):
    """RoPE's angle of each position for each pair of a head, as complex numbers of length one.

    [tokens, 1, head dim / 2]. Pair i turns by turn^(−2i / head dim) a token.
    """
    dim = model.shape.head_dim
    speeds = model.turn ** (-np.arange(0, dim, 2) / dim)
    speeds = speeds / model.weights.get(TURNS, 1)
    return np.exp(1j * np.multiply.outer(positions, speeds)).astype(np.complex64)[:, None]


def turned(heads, positions):
    """RoPE (arXiv:2104.09864): neighbours in a head are one complex number, turned by its position.

    GGUF stores the heads of the Llama family so that the pairs are neighbours.
    """
    return (heads.view(np.complex64) * positions).view(np.float32)


def _fitting(model, tokens, before):
    tokens = checked(tokens, model.shape.vocabulary)
    if not len(tokens):
        raise ValueError("there are no tokens; a model continues a text of at least one")
    if before + len(tokens) > model.context:
        raise ValueError(
            f"{before + len(tokens):,} tokens are more than {model.name}'s context of "
            f"{model.context:,}; shorten the text or cut it into windows"
        )
    return tokens
