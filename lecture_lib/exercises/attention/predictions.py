"""What to decide before the pictures of attention answer."""

from lecture_lib import catalog
from lecture_lib.attention_cost import (
    context_of_equal_reads,
    flash_work,
    score_bytes,
    stored_work,
)
from lecture_lib.citations import counted_from
from lecture_lib.exercises.predictions import Choice, Number, Option, prediction
from lecture_lib.units import GIGA, count, plain, readable

TOKENS, WIDTH, TILE = 32_768, 128, 128
CACHES = ("Llama-2-13B", "Llama-3.1-8B", "Qwen2.5-72B", "DeepSeek-V3")


@prediction
def scores_of_a_layer() -> Number:
    """How large does a square become when the prompt is long?"""
    shape = catalog.shape("Llama-2-13B")
    size = score_bytes(TOKENS, heads=shape.query_heads) / GIGA
    return Number(
        f"{shape.name} reads a prompt of {count(TOKENS)} tokens. A layer has {shape.query_heads} "
        "heads, and each sets every token against every token. How many GB would the scores of "
        "one layer take, in 16 bits?",
        unit="GB",
        value=size,
        why=(
            f"Each head has {plain(TOKENS**2 / GIGA)} billion scores of two bytes, and one layer's "
            "heads together would fill an H100; who forgets the heads is too small by "
            f"{shape.query_heads}."
        ),
        source=counted_from("Llama-2-13B"),
    )


@prediction
def saved_by_tiles() -> Choice:
    """What does FlashAttention save?"""
    tiled = flash_work(TOKENS, WIDTH, tile=(TILE, TILE), causal=False)
    stored = stored_work(TOKENS, WIDTH)
    if tiled.flops != stored.flops or tiled.traffic >= stored.traffic:
        raise ValueError("tiles no longer save traffic alone; ask another question")
    saves = f"it moves {plain(stored.traffic / tiled.traffic, 2)} times fewer bytes"
    return Choice(
        f"A head reads {count(TOKENS)} tokens of width {WIDTH}. FlashAttention takes the scores in "
        f"tiles of {TILE} × {TILE} and stores none of them. What does it save?",
        (
            Option(
                "arithmetic: it skips small scores",
                "It skips none: the result is exact, and the multiplications are the same.",
            ),
            Option(
                "traffic: scores stay on the chip",
                f"With the same arithmetic {saves}, and needs memory for a tile alone.",
            ),
            Option(
                "both, since the square is gone",
                "Every token still meets every token, and only where the scores are kept changed.",
            ),
            Option(
                "neither: it only runs better in parallel",
                "The scores would be written and read twice each, and that traffic is gone.",
            ),
        ),
        right=1,
        source="Counted by lecture_lib.attention_cost, after arXiv:2205.14135.",
    )


@prediction
def smallest_cache() -> Choice:
    """Which model leaves the least behind for a token?"""
    shapes = [catalog.shape(model) for model in CACHES]
    sizes = [shape.kv_bytes_per_token() for shape in shapes]
    why = {
        "Llama-2-13B": "It keeps keys and values for every one of its 40 query heads,",
        "Llama-3.1-8B": "Four query heads share a KV head, which is less than most, yet",
        "Qwen2.5-72B": "Eight query heads share a KV head, but in 80 layers, and",
        "DeepSeek-V3": "The largest model keeps the least, one short vector for all 128 heads:",
    }
    options = tuple(
        Option(
            f"{shape.name}, {plain(shape.parameters / GIGA)} billion parameters",
            f"{why[shape.name]} a token leaves {readable(size, 'B')}.",
        )
        for shape, size in zip(shapes, sizes, strict=True)
    )
    return Choice(
        "Four models keep keys and values in 16 bits. Which of them keeps the least for a token?",
        options,
        right=sizes.index(min(sizes)),
        source=counted_from(*CACHES),
    )


@prediction
def cache_equals_weights() -> Number:
    """When does a step read as much cache as weights?"""
    shape = catalog.shape("Llama-2-13B")
    return Number(
        f"{shape.name} decodes for one user, weights and cache in 16 bits. A step streams "
        f"{readable(2 * shape.streamed_parameters(), 'B')} of weights; a token leaves "
        f"{readable(shape.kv_bytes_per_token(), 'B')} in the cache. "
        "After how many thousand tokens of context does a step read as much cache as weights?",
        unit="thousand tokens",
        value=context_of_equal_reads(shape) / 1000,
        why=(
            "It is the quotient of the two; below it the weights are the bottleneck and not "
            "attention, and with more users each needs only a part of that context."
        ),
        source=counted_from("Llama-2-13B"),
    )
