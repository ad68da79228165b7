"""Exercises on the caches: what a context takes, and how many users it leaves room for."""

from lecture_lib import catalog
from lecture_lib.decode import most_sequences
from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.serving import decode_roof
from lecture_lib.units import GIBI, GIGA, count

VALUE_BYTES = 2


def cache_bytes(shape, context_tokens: int, heads: str = "kv_heads") -> int:
    """One user's cache [byte], with as many heads as that field of the shape says."""
    kept = 2 * shape.layers * getattr(shape, heads) * shape.head_dim  # keys and values
    return kept * VALUE_BYTES * context_tokens


def cache_code(shape, context_tokens: int) -> str:
    """The same, as Python."""
    return (
        f"2 * {shape.layers} * {shape.kv_heads} * {shape.head_dim} * {VALUE_BYTES} * "
        f"{context_tokens}"
    )


def heads_said(shape) -> str:
    """The dimensions that a cache follows from."""
    return (
        f"{shape.name} has {shape.layers} layers with {shape.query_heads} query heads each, which "
        f"share {shape.kv_heads} KV heads of {shape.head_dim} values"
    )


def heads_hint(shape) -> str:
    return (
        f"You kept a cache for each of the {shape.query_heads} query heads. "
        f"{shape.query_heads // shape.kv_heads} of them share one pair of keys and values."
    )


@variants(
    ("Llama-3.1-8B", 131_072),
    ("Qwen3-8B", 32_768),
    ("Llama-3.2-3B", 65_536),
    ("Qwen2.5-7B", 131_072),
    ("Mistral-7B-v0.3", 32_768),
    ("Qwen3-14B", 32_768),
)
def gibibytes_of_cache(model: str, context_tokens: int) -> Task:
    """How much memory does one long conversation take?"""
    shape = catalog.shape(model)
    cache = cache_bytes(shape, context_tokens)
    return Task(
        ask=(
            f"{heads_said(shape)}; keys and values are kept in 16 bits. How many GiB does the "
            f"cache of one user take after {count(context_tokens)} tokens?"
        ),
        unit="GiB",
        truth=cache / GIBI,
        right="Keys and values, in each layer, for each KV head, for each token.",
        slips=(
            Slip(
                "heads for kv_heads",
                cache_bytes(shape, context_tokens, "query_heads") / GIBI,
                heads_hint(shape),
            ),
            Slip("GB for GiB", cache / GIGA, "That is in GB. A GiB is 2**30 bytes."),
            Slip("keys alone", cache / 2 / GIBI, "Twice that: keys and values are both kept."),
            Slip("bits for bytes", 8 * cache / GIBI, "That is in gibibits. A byte has eight bits."),
        ),
        hint="First the cache of one token: keys and values, for each layer, for each KV head.",
        solution=(
            f"Keys and values, {shape.layers} layers, {shape.kv_heads} KV heads of "
            f"{shape.head_dim}, {VALUE_BYTES} bytes each, for every token; a GiB is 2**30 bytes."
        ),
        code=f"{cache_code(shape, context_tokens)} / 2**30",
    )


@variants(
    ("H100 SXM", "Llama-3.1-8B", 4096),
    ("RTX 4090", "Llama-3.2-3B", 4096),
    ("A100 SXM 80GB", "Qwen3-8B", 8192),
    ("RTX 5090", "Qwen2.5-7B", 8192),
    ("MI300X", "Llama-3.1-70B", 8192),
    ("L40S", "Llama-3-8B", 8192),
)
def users_that_fit(device: str, model: str, context_tokens: int) -> Task:
    """How many users' caches fit beside the weights?"""
    shape, roof = catalog.shape(model), decode_roof(device)
    weights, cache = 2 * shape.parameters, cache_bytes(shape, context_tokens)
    room = roof.capacity - weights
    slips = [
        Slip(
            "heads for kv_heads",
            room / cache_bytes(shape, context_tokens, "query_heads"),
            heads_hint(shape),
        ),
        Slip(
            "weights forgotten",
            roof.capacity / cache,
            "The weights are in the same memory: take them off first.",
        ),
        Slip(
            "GB for GiB",
            (roof.capacity / GIBI * GIGA - weights) / cache,
            f"The memory is {roof.capacity / GIBI:g} GiB, and a GiB is 2**30 bytes.",
        ),
        Slip(
            "keys alone",
            2 * room / cache,
            "Twice too many: keys and values are both kept, and each takes 2 bytes.",
        ),
    ]
    if not shape.tied_embeddings:
        slips.append(
            Slip(
                "tables",
                (roof.capacity - 2 * shape.streamed_parameters()) / cache,
                "The input table is not read for each token, but it is stored: take off all "
                "parameters.",
            )
        )
    return Task(
        ask=(
            f"{heads_said(shape)}, and {count(shape.parameters)} parameters. How many users, each "
            f"with {count(context_tokens)} tokens of context, fit on the {device} "
            f"({roof.capacity / GIBI:g} GiB) beside the weights, all in 16 bits?"
        ),
        unit="users",
        truth=most_sequences(shape, roof, context_tokens=context_tokens),
        right="Memory less the weights, divided by one user's cache, and rounded down.",
        slips=tuple(slips),
        hint=(
            "First the cache of one token: keys and values, for each layer, for each KV head. "
            "Then what memory is left beside the weights."
        ),
        solution="The room beside the weights, divided by the cache of one user, rounded down.",
        code=(
            f"({roof.capacity / GIBI:g} * 2**30 - 2 * {shape.parameters:_}) // "
            f"({cache_code(shape, context_tokens)})"
        ),
        whole=True,
    )
