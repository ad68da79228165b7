"""Exercises on whole models: a file in mixed depths, and a cache in fewer bits."""

from lecture_lib import catalog
from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.exercises.decode.memory import heads_hint, heads_said
from lecture_lib.quantization.mixes import bits_of
from lecture_lib.units import GIGA, count, plain


@variants(
    ("Llama-3.1-8B", "Q3_K", "Q6_K"),
    ("Llama-3.2-1B", "Q4_K", "Q8_0"),
    ("Qwen2.5-7B", "Q4_0", "Q8_0"),
    ("Llama-3.2-3B", "Q2_K", "Q6_K"),
    ("Qwen3-8B", "IQ2_XXS", "Q5_K"),
)
def gigabytes_of_a_mix(model: str, body: str, tables: str) -> Task:
    """What does a model take whose tables are kept wider than its layers?"""
    shape = catalog.shape(model)
    table = shape.vocabulary * shape.model_dim
    wide = table * (1 if shape.tied_embeddings else 2)
    counted = f"{wide // table} * {shape.vocabulary} * {shape.model_dim}"
    layers = shape.parameters - wide
    few, many = bits_of(body), bits_of(tables)
    truth = (layers * few + wide * many) / 8 / GIGA
    which = (
        f"one table of {count(shape.vocabulary)} × {count(shape.model_dim)} that is read in and out"
        if shape.tied_embeddings
        else f"two tables of {count(shape.vocabulary)} × {count(shape.model_dim)} each, one to "
        "read tokens in and one to score them"
    )
    slips = [
        Slip(
            "all narrow",
            shape.parameters * few / 8 / GIGA,
            "You kept the tables as narrow as the layers.",
        ),
        Slip(
            "mean of the two",
            shape.parameters * (few + many) / 2 / 8 / GIGA,
            "You took the mean of the two depths. Each counts by how many weights have it.",
        ),
        Slip("bits for bytes", 8 * truth, "That is in gigabits. A byte has eight bits."),
    ]
    if not shape.tied_embeddings:
        slips.append(
            Slip(
                "one table",
                (layers * few + table * (few + many)) / 8 / GIGA,
                "You widened one table. There are two of them.",
            )
        )
    return Task(
        ask=(
            f"{model} has {count(shape.parameters)} parameters, among them {which}. A file keeps "
            f"the tables in {plain(many, 5)} bits a weight (blocks of {tables}) and all else in "
            f"{plain(few, 5)} ({body}). How many GB does it take?"
        ),
        unit="GB",
        truth=truth,
        right=f"That is {plain(8 * GIGA * truth / shape.parameters)} bits a weight.",
        slips=tuple(slips),
        hint="How many weights are in the tables, and how many are not?",
        solution="Weights times bits for each depth, summed, over eight bits of a byte.",
        code=f"(({shape.parameters} - {counted}) * {few} + {counted} * {many}) / 8 / 1e9",
    )


@variants(
    ("Llama-2-7B", 4, 8), ("Llama-3.1-8B", 4, 16), ("Llama-2-13B", 2, 24), ("Llama-3.1-70B", 4, 40),
    ("Qwen3-8B", 2, 8),
)  # fmt: skip
def tokens_in_a_cache(model: str, bits: int, room: int) -> Task:
    """How long may a context be whose keys and values are kept in fewer bits?"""
    shape = catalog.shape(model)
    values = 2 * shape.layers * shape.kv_heads * shape.head_dim
    kept = bits + 16 / shape.head_dim
    truth = room * GIGA * 8 / (values * kept)
    shared = shape.query_heads // shape.kv_heads
    slips = [
        Slip("keys alone", 2 * truth, "Keys and values are both kept."),
        Slip(
            "16 bits",
            truth * kept / 16,
            "That is in 16 bits. Here a number takes far fewer.",
        ),
        Slip("bytes of bits", truth / 8, "You took bits for bytes: eight bits are one byte."),
    ]
    if shared > 1 and shared != 8:
        slips.append(Slip("heads for kv_heads", truth / shared, heads_hint(shape)))
    return Task(
        ask=(
            f"{heads_said(shape)}. Keys and values are kept in {bits} bits, and each head of each "
            f"token has a scale of 16 bits for its keys and one for its values. How many tokens of "
            f"context fit into {room} GB?"
        ),
        unit="tokens",
        truth=int(truth),
        right=f"A number takes {plain(kept, 4)} bits with its share of the scale.",
        slips=tuple(slips),
        hint="How many numbers does a token leave behind? What does one take with its scale?",
        solution="Bits of the room over bits of a token: keys and values, all layers, all heads.",
        code=(
            f"{room} * 8 * 10**9 // (2 * {shape.layers} * {shape.kv_heads} * "
            f"({shape.head_dim} * {bits} + 16))"
        ),
        whole=True,
    )
