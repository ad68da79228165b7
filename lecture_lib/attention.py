"""Attention carried out: directly, with all scores stored, and in tiles, with none of them stored.

Both give the same numbers. Tiles need the softmax taken in pieces: a running maximum and a running
sum for each row (online softmax, arXiv:1805.02867). The tiles go by in the order of
FlashAttention-2 (arXiv:2307.08691): a block of queries stays on the chip while the keys and values
pass by. Arrays are (heads, tokens, width); fewer key heads than query heads is grouped-query
attention, one is multi-query. Query i of n stands at place i + m - n among m keys: the mask is
aligned with the last key, as in a decode step, where one query meets the whole cache.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lecture_lib.units import readable

MOST_SCORE_BYTES = 2**29  # attention() stores no more; flash_attention() needs no such limit
TILE = 512  # queries, and keys, in a tile of flash_attention


@dataclass(frozen=True)
class Mask:
    """Which keys a query may look at: those up to its own place, and of them the last `window`.

    ValueError for a window below 1, or without `causal`.
    """

    causal: bool = True
    window: int | None = None  # tokens that a query sees, itself among them

    def __post_init__(self):
        if self.window is not None and (type(self.window) is not int or self.window < 1):
            raise ValueError(
                f"window must be a whole number of tokens, 1 or more, not {self.window!r}; "
                "None lets a query look back all the way"
            )
        if self.window is not None and not self.causal:
            raise ValueError(
                f"a window of {self.window} looks back and no further; pass causal=True with it"
            )

    def allows(self, queries, keys):
        """Whether the queries at these places may look at the keys at those: rows of booleans."""
        queries, keys = np.asarray(queries)[:, None], np.asarray(keys)[None, :]
        seen = np.ones((queries.size, keys.size), bool)
        if self.causal:
            seen &= keys <= queries
        if self.window is not None:
            seen &= keys > queries - self.window
        return seen

    def reach(self, first, last, keys: int):
        """The range of keys, [start, stop), that the queries from place first to last see any of.

        `first` and `last` may be arrays.
        """
        stop = np.minimum(np.asarray(last) + 1, keys) if self.causal else keys + 0 * last
        start = 0 * stop
        if self.window is not None:
            start = np.minimum(np.maximum(np.asarray(first) - self.window + 1, 0), stop)
        return start, np.maximum(stop, 0)


def attention(queries, keys, values, *, causal=True, window=None):
    """softmax(Q K^T / sqrt(d)) V with all scores stored, an array (query heads, tokens, width).

    Source: arXiv:1706.03762, equation 1. ValueError for arrays that are not heads of the same
    keys, for what is not finite, and for scores beyond MOST_SCORE_BYTES.
    """
    mask = Mask(causal, window)
    queries, keys, values = _checked(queries, keys, values, mask)
    heads, tokens, seen = *queries.shape[:2], keys.shape[1]
    needed = heads * tokens * seen * queries.dtype.itemsize
    if needed > MOST_SCORE_BYTES:
        raise ValueError(
            f"attention: {tokens:,} × {seen:,} scores of {heads} heads take "
            f"{readable(needed, 'B')}, and {readable(MOST_SCORE_BYTES, 'B')} is the most that is "
            "stored here; use flash_attention, which stores one tile of them"
        )
    group = heads // keys.shape[0]
    keys, values = np.repeat(keys, group, axis=0), np.repeat(values, group, axis=0)
    scores = queries @ keys.swapaxes(1, 2) / _root(queries)
    allowed = mask.allows(np.arange(seen - tokens, seen), np.arange(seen))
    scores[:, ~allowed] = -np.inf  # before the maximum is taken, or a hidden key may set it
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    return weights @ values / weights.sum(axis=2, keepdims=True)


@dataclass(frozen=True, eq=False)
class FlashStep:
    """Where FlashAttention stands after a tile. Bytes and FLOP count from the start of the head."""

    tile: tuple[int, int]  # number of the block of queries, and of the block of keys
    queries: tuple[int, int]  # tokens of the block, [start, stop)
    keys: tuple[int, int]
    maximum: np.ndarray  # largest score so far, of each query of the block; -inf: none seen yet
    total: np.ndarray  # sum of exp(score - maximum) so far, of each
    rescaled: np.ndarray  # what this tile multiplied the earlier sum with, of each
    output: np.ndarray  # attention over the keys seen so far, (queries, width)
    finished: bool  # whether this was the block's last tile, and its output was written
    read: int  # byte, from memory
    written: int  # byte, to memory
    flops: int  # of the two matrix products, masked scores of a tile included, as kernels do


def flash_steps(queries, keys, values, *, tile, causal=True, window=None) -> Iterator[FlashStep]:
    """One head, tile by tile: its queries, keys and values are (tokens, width).

    `tile` is (queries, keys) in a tile; the last ones may be smaller. Tiles that the mask hides
    whole are left out: nothing of them is read. ValueError as for `attention`.
    """
    mask = Mask(causal, window)
    rows, columns = tile_sizes(tile)
    arrays = [np.asarray(array)[None] for array in (queries, keys, values)]
    queries, keys, values = (array[0] for array in _checked(*arrays, mask))
    tokens, seen, size = len(queries), len(keys), queries.dtype.itemsize
    pair = 2 * (queries.shape[1] + values.shape[1])  # FLOP of a score and of its use
    read = written = flops = 0
    for top in range(0, tokens, rows):
        block = queries[top : top + rows] / _root(queries)
        places = np.arange(top, top + len(block)) + seen - tokens
        maximum = np.full(len(block), -np.inf, queries.dtype)
        total = np.zeros(len(block), queries.dtype)
        gathered = np.zeros((len(block), values.shape[1]), queries.dtype)
        read += block.size * size
        start, stop = mask.reach(places[0], places[-1], seen)
        for left in range(int(start) // columns * columns, int(stop), columns):
            right = min(left + columns, seen)
            scores = block @ keys[left:right].T
            if causal and (right - 1 > places[0] or window is not None):
                scores[~mask.allows(places, np.arange(left, right))] = -np.inf
            higher = np.maximum(maximum, scores.max(axis=1))
            finite = np.where(np.isinf(higher), 0, higher)  # -inf - -inf is no number
            rescaled = np.exp(maximum - finite)
            weights = np.exp(np.subtract(scores, finite[:, None], out=scores), out=scores)
            total = rescaled * total + weights.sum(axis=1)
            gathered = rescaled[:, None] * gathered + weights @ values[left:right]
            maximum = higher
            finished = left + columns >= stop
            read += (keys[left:right].size + values[left:right].size) * size
            written += finished * gathered.size * size
            flops += pair * len(block) * (right - left)
            divisor = np.where(total == 0, 1, total)[:, None]  # a window may not have opened yet
            yield FlashStep(
                (top // rows, left // columns),
                (top, top + len(block)),
                (left, right),
                *(maximum, total, rescaled, gathered / divisor),
                finished,
                *(read, written, flops),
            )


def flash_attention(queries, keys, values, *, tile=(TILE, TILE), causal=True, window=None):
    """The same array as `attention`, without ever storing more than a tile of scores."""
    mask = Mask(causal, window)
    queries, keys, values = _checked(queries, keys, values, mask)
    group = queries.shape[0] // keys.shape[0]
    result = np.empty((*queries.shape[:2], values.shape[2]), queries.dtype)
    for head, one in enumerate(queries):
        own = keys[head // group], values[head // group]
        for step in flash_steps(one, *own, tile=tile, causal=causal, window=window):
            if step.finished:
                result[head, slice(*step.queries)] = step.output
    return result


def _root(queries):
    """sqrt(d), by which scores are divided, in the arrays' own precision."""
    return queries.dtype.type(np.sqrt(queries.shape[-1]))


def tile_sizes(tile) -> tuple[int, int]:
    """The tile as (queries, keys). ValueError for anything but two whole numbers above 0."""
    sizes = tuple(tile) if isinstance(tile, tuple | list) else (tile,)
    if len(sizes) != 2 or not all(type(size) is int and size >= 1 for size in sizes):
        raise ValueError(
            f"tile must be two whole numbers, queries and keys, 1 or more each, not {tile!r}; "
            f"({TILE}, {TILE}) is the usual choice here"
        )
    return sizes


def _checked(queries, keys, values, mask: Mask):
    """The three arrays in one precision, 32 or 64 bits, checked to be heads of the same keys."""
    named = {"queries": queries, "keys": keys, "values": values}
    arrays = {name: np.asarray(array) for name, array in named.items()}
    for name, array in arrays.items():
        if array.dtype.kind not in "iuf" or array.ndim != 3 or 0 in array.shape:
            raise ValueError(
                f"{name} must be numbers of the shape (heads, tokens, width), none of them 0, "
                f"not {array.dtype} of the shape {array.shape}"
            )
        if not np.isfinite(array).all():
            raise ValueError(f"{name} must be finite, and a value of them is not; look for NaN")
    q, k, v = (array.shape for array in arrays.values())
    if q[2] != k[2]:
        raise ValueError(f"queries have the width {q[2]} and keys {k[2]}; a score needs the same")
    if k[:2] != v[:2]:
        raise ValueError(
            f"keys are {k[0]} heads of {k[1]} tokens and values {v[0]} of {v[1]}; "
            "every key needs its value"
        )
    if q[0] % k[0]:
        raise ValueError(
            f"{k[0]} heads of keys must divide {q[0]} heads of queries, and do not; "
            "as many queries share each"
        )
    if mask.causal and q[1] > k[1]:
        raise ValueError(
            f"{q[1]} queries come after {k[1]} keys, so the first would see none; "
            "pass the keys of all tokens, or causal=False"
        )
    wide = any(array.dtype.itemsize == 8 for array in arrays.values())
    return tuple(array.astype(np.float64 if wide else np.float32) for array in arrays.values())
