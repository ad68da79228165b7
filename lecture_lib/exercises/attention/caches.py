"""Exercises on the caches: what windows leave of them, and when they outgrow the weights."""

from lecture_lib import catalog
from lecture_lib.attention_cost import context_of_equal_reads
from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.exercises.decode.memory import heads_hint, heads_said
from lecture_lib.exercises.decode.weights import TABLE_HINT, parameters_said, passed_code
from lecture_lib.transformer import kv_cache_bytes
from lecture_lib.units import GIGA, count


@variants(
    ("Gemma-3-12B (text)", 32_768),
    ("gpt-oss-20b", 16_384),
    ("Gemma-3-27B (text)", 65_536),
    ("Gemma-2-9B", 8192),
    ("gpt-oss-120b", 131_072),
)
def gigabytes_with_windows(model: str, tokens: int) -> Task:
    """What does a model keep whose layers mostly look back a little way?"""
    shape = catalog.shape(model)
    truth = kv_cache_bytes(shape, tokens) / GIGA
    full = shape.layers - shape.window_layers
    of_layer = 2 * shape.kv_heads * shape.head_dim * 2  # bytes of a token
    everywhere = of_layer * shape.layers
    shared = shape.query_heads // shape.kv_heads
    return Task(
        ask=(
            f"{heads_said(shape)}, keys and values in 16 bits. {shape.window_layers} of the layers "
            f"keep only the last {count(shape.window)} tokens, the others all. How many GB does "
            f"the cache of one user take after {count(tokens)} tokens?"
        ),
        unit="GB",
        truth=truth,
        right="Layers that look back all the way grow with the context; the others stop.",
        slips=(
            Slip(
                "window forgotten",
                everywhere * tokens / GIGA,
                f"You let all {shape.layers} layers keep everything.",
            ),
            Slip(
                "windows everywhere",
                everywhere * shape.window / GIGA,
                f"You gave a window to all layers, and {full} of them have none.",
            ),
            Slip("heads for kv_heads", shared * truth, heads_hint(shape)),
            Slip("bits for bytes", 8 * truth, "That is in gigabits. A byte has eight bits."),
        )[: 3 if shared == 8 else 4],
        hint="Count the tokens that each of the two kinds of layers keeps.",
        solution=(
            f"{full} layers keep all tokens, {shape.window_layers} the window; a token takes keys "
            "and values, KV heads × width × 2 bytes each."
        ),
        code=(
            f"({full} * {tokens} + {shape.window_layers} * {shape.window}) * 2 * "
            f"{shape.kv_heads} * {shape.head_dim} * 2 / 1e9"
        ),
    )


@variants(("Llama-2-13B",), ("Llama-3.1-8B",), ("Llama-2-7B",), ("Llama-3.1-70B",), ("Qwen3-8B",))
def tokens_of_equal_reads(model: str) -> Task:
    """From which context on does a step read more cache than weights?"""
    shape = catalog.shape(model)
    before = context_of_equal_reads(shape) - 1  # so many whole tokens are still less
    of_token = shape.kv_bytes_per_token()
    read = 2 * shape.streamed_parameters()
    shared = shape.query_heads // shape.kv_heads
    slips = [
        Slip("tables", 2 * shape.parameters / of_token, TABLE_HINT),
        Slip("keys alone", 2 * read / of_token, "Keys and values are both kept, and both read."),
        Slip(
            "bytes of a value",
            read / 2 / of_token,
            "You gave a weight one byte, and 16 bits are two; or the cache four.",
        ),
    ]
    if shared > 1:
        slips.append(Slip("heads for kv_heads", read / of_token / shared, heads_hint(shape)))
    return Task(
        ask=(
            f"{parameters_said(shape)} {heads_said(shape)}. Weights and cache are kept in 16 bits, "
            "and one user decodes. How many tokens can the context have before a step reads more "
            "cache than weights?"
        ),
        unit="tokens",
        truth=before,
        right="The bytes of the weights, divided by the bytes that a token leaves behind.",
        slips=tuple(slips),
        hint="What does a step read of the weights? What does one token of context add to it?",
        solution="The weights that a step streams, divided by the cache of one token.",
        code=(
            f"2 * {passed_code(shape)} // (2 * {shape.layers} * {shape.kv_heads} * "
            f"{shape.head_dim} * 2)"
        ),
        whole=True,
    )
