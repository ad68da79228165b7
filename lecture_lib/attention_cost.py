"""What attention costs: scores stored or passed by, and where it outgrows the weights."""

from collections.abc import Callable

import numpy as np

from lecture_lib.attention import Mask, tile_sizes
from lecture_lib.decode import resident_bytes, streamed_bytes
from lecture_lib.roofline import Roof, Work
from lecture_lib.transformer import kv_cache_bytes, prefill_flops_by_part
from lecture_lib.units import exact, packed, quantity

FARTHEST = 2**40  # tokens; what is not reached by then is said to be never reached
MATRICES = ("attention projections", "mlp", "router")  # what every token is multiplied with
ATTENTION = ("attention scores", "attention values")


def score_bytes(tokens, *, heads=1, layers=1, queries=None, value_bytes=2):
    """Bytes of the scores of so many query heads in so many layers.

    One row for each token of a prompt, unless `queries` are given: a decode step has one.
    """
    tokens = quantity("tokens", tokens)
    rows = tokens if queries is None else quantity("queries", queries)
    heads, layers = quantity("heads", heads, least=1), quantity("layers", layers, least=1)
    return packed(heads * layers * rows * tokens * quantity("value_bytes", value_bytes))


def stored_work(tokens, width, *, value_bytes=2) -> Work:
    """Work of one head of a prompt whose score matrix is stored, all of it, as plain kernels do.

    Bytes: queries, keys and values read and the output written; the scores written, read for the
    softmax, its result written, and read for the values. In values Theta(N d + N^2): algorithm 0
    and theorem 2 of FlashAttention, arXiv:2205.14135. FLOP: 4 for each pair and value.
    """
    tokens, width = quantity("tokens", tokens, least=1), quantity("width", width, least=1)
    values = 4 * tokens * width + 4 * tokens**2
    return Work(4 * tokens**2 * width, values * quantity("value_bytes", value_bytes))


def flash_work(tokens, width, *, tile, value_bytes=2, causal=True, window=None) -> Work:
    """Work of one head of a prompt in tiles: what `attention.flash_steps` has counted at its end.

    Without a mask N d (2 + 2 ceil(N / queries in a tile)) values: Theta(N^2 d^2 / M) for tiles
    that fill M values on the chip (FlashAttention, theorem 2, arXiv:2205.14135).
    """
    tokens, width = (
        int(quantity(n, v, least=1)) for n, v in (("tokens", tokens), ("width", width))
    )
    rows, columns = tile_sizes(tile)
    first = np.arange(0, tokens, rows)
    last = np.minimum(first + rows, tokens) - 1
    start, stop = Mask(causal, window).reach(first, last, tokens)
    met = np.minimum(-(-stop // columns) * columns, tokens) - start // columns * columns
    passing = sum(met.tolist())  # keys that pass each block of queries, summed
    pairs = sum(((last - first + 1) * met).tolist())
    values = 2 * tokens * width + 2 * passing * width
    return Work(4 * pairs * width, values * quantity("value_bytes", value_bytes))


def on_chip_values(tile, width):
    """Values of one head that a tile keeps on the chip: count.

    A block each of queries, keys, values and output, the scores, and two numbers for a query.
    """
    rows, columns = tile_sizes(tile)
    return 2 * rows * width + 2 * columns * width + rows * columns + 2 * rows


def largest_tile(chip_bytes, width, *, value_bytes=2) -> int:
    """The largest power of two that a square tile may have on a chip of so many bytes.

    ValueError where not even one query and one key fit.
    """
    room = quantity("chip_bytes", chip_bytes) // quantity("value_bytes", value_bytes, least=1)
    if on_chip_values((1, 1), width) > room:
        raise ValueError(
            f"chip_bytes: {chip_bytes} hold no tile of width {width}, not even of one query and "
            f"one key; {on_chip_values((1, 1), width) * value_bytes} do"
        )
    tile = 1
    while on_chip_values((2 * tile, 2 * tile), width) <= room:
        tile *= 2
    return tile


def context_of_equal_reads(
    shape, *, sequences=1, value_bytes=2, streamed=True, **kept
) -> int | None:
    """The least context [tokens of each sequence] at which a step reads as much cache as weights.

    None if it never does: a window may keep the caches small for ever. `kept` are the bits of
    `streamed_bytes`; streamed=False compares with all weights, though a step does not read them.
    """
    read = (
        streamed_bytes(shape, tokens=sequences, **kept)
        if streamed
        else resident_bytes(shape, **kept)
    )
    return _first(
        lambda n: kv_cache_bytes(shape, n, sequences=sequences, value_bytes=value_bytes) >= read
    )


def prompt_of_equal_flops(shape, *, against=MATRICES, causal=True) -> int | None:
    """The least prompt [tokens] whose attention takes as many FLOP as the parts it is set against.

    Attention is scores and values; by default it is set against all matrices of the layers. None
    if it never does.
    """

    def reached(prompt):
        parts = prefill_flops_by_part(shape, prompt, causal=causal)
        return sum(exact(parts[p]) for p in ATTENTION) >= sum(exact(parts[p]) for p in against)

    return _first(reached)


def attention_share(shape, prompt_tokens, *, causal=True):
    """Share of a prompt's FLOP that is attention, scores and values: from 0 to 1."""
    parts = prefill_flops_by_part(shape, prompt_tokens, causal=causal)
    return sum(parts[p] for p in ATTENTION) / sum(parts.values())


def most_context(shape, roof: Roof, *, sequences=1, weight_bits=16, value_bytes=2) -> int | None:
    """The longest context [tokens of each sequence] whose caches fit beside the weights; 0: none.

    None if every context fits. ValueError for a roof whose capacity is not known.
    """
    if roof.capacity is None:
        raise ValueError(f"{roof.name}: its memory is not known; give the Roof a capacity")
    room = roof.capacity - shape.parameters * weight_bits / 8
    beyond = _first(
        lambda n: kv_cache_bytes(shape, n, sequences=sequences, value_bytes=value_bytes) > room
    )
    return beyond and max(beyond - 1, 0)


def _first(reached: Callable[[int], bool]) -> int | None:
    """The least number of tokens, 1 or more, for which it holds, and for all beyond it."""
    high = 1
    while not reached(high):
        high *= 2
        if high > FARTHEST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
