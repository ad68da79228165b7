"""Exercises on the scores: stored, taken in pieces, passed by in tiles, and calculated."""

from lecture_lib import catalog
from lecture_lib.attention_cost import ATTENTION, flash_work, score_bytes, stored_work
from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.transformer import prefill_flops_by_part
from lecture_lib.units import GIBI, GIGA, MEGA, TERA, count

BITS_HINT = "That is in bits. A byte has eight."


@variants(
    ("Llama-2-13B", 2048),
    ("Llama-3.1-8B", 32_768),
    ("Qwen3-8B", 8192),
    ("Llama-3.1-70B", 65_536),
    ("Qwen2.5-7B", 16_384),
)
def gigabytes_of_scores(model: str, tokens: int) -> Task:
    """How large are the scores of one layer, if somebody stores them?"""
    shape = catalog.shape(model)
    heads, shared = shape.query_heads, shape.query_heads // shape.kv_heads
    truth = score_bytes(tokens, heads=heads) / GIGA
    slips = [
        Slip("one head", truth / heads, f"That is one head. A layer has {heads}."),
        Slip("bits for bytes", 8 * truth, BITS_HINT),
        Slip("GB for GiB", truth * GIGA / GIBI, "That is in GiB. A GB is a thousand million."),
        Slip(
            "half of it",
            truth / 2,
            "That is half: a stored matrix has all its places, those behind the mask too, and each "
            "takes two bytes.",
        ),
    ]
    if shared > 1:
        slips.append(
            Slip(
                "KV heads",
                truth / shared,
                f"You took the KV heads. Each of the {heads} query heads has scores of its own.",
            )
        )
    return Task(
        ask=(
            f"{model} has {heads} query heads and {shape.kv_heads} KV heads in a layer. It reads a "
            f"prompt of {count(tokens)} tokens with a kernel that stores the score matrices in 16 "
            "bits. How many GB do those of one layer take?"
        ),
        unit="GB",
        truth=truth,
        right="Heads, times tokens, times tokens: the square that the draft speaks of.",
        slips=tuple(slips),
        hint="A head sets every token against every token. How many heads, how many bytes?",
        solution="Query heads × tokens × tokens × 2 bytes.",
        code=f"{heads} * {tokens} * {tokens} * 2 / 1e9",
    )


@variants((3, 12, 5, 7), (2, 24, 5, 9), (6, 5, 4, 16), (1, 40, 4, 6), (7, 3, 5, 20))
def running_sum(first: int, earlier: int, second: int, later: int) -> Task:
    """How does a softmax go on when a tile brings a higher maximum?"""
    top = max(first, second)
    old, new = earlier * 2 ** (first - top), later * 2 ** (second - top)
    stale, fresh = earlier * 2 ** (top - first), later * 2 ** (top - second)
    swapped = earlier * 2.0 ** (second - top) + later * 2.0 ** (first - top)
    return Task(
        ask=(
            "A softmax with powers of 2, as kernels take it: a score weighs 2^(score − maximum) "
            f"shares. After its first tile a row has the maximum {first} and {earlier} shares. The "
            f"next tile alone has the maximum {second} and {later} shares. How many shares has the "
            "row after both, under the maximum of both?"
        ),
        unit="shares",
        truth=old + new,
        right="What was weighed under the lower maximum is scaled down, and then they add up.",
        slips=(
            Slip(
                "not rescaled",
                earlier + later,
                "You added shares of two different maxima. Bring both to the same one first.",
            ),
            Slip(
                "rescaled upwards",
                stale + fresh,
                "You scaled up. Under a higher maximum every weight becomes smaller.",
            ),
            Slip(
                "rescaled the other",
                swapped,
                "You rescaled the tile that has the higher maximum. It is the other that changes.",
            ),
        ),
        hint="What factor turns 2^(score − 3) into 2^(score − 5)?",
        solution="Each sum times 2^(its maximum − the higher maximum), and then their sum.",
        code=f"{earlier} * 2**({first} - {top}) + {later} * 2**({second} - {top})",
        whole=True,
    )


@variants((4096, 128, 128), (8192, 64, 128), (16_384, 64, 128), (32_768, 128, 256), (8192, 64, 256))
def megabytes_in_tiles(tokens: int, width: int, tile: int) -> Task:
    """What does attention in tiles move to and from memory?"""
    truth = flash_work(tokens, width, tile=(tile, tile), causal=False).traffic / MEGA
    matrix, blocks = 2 * tokens * width / MEGA, tokens // tile  # MB of one matrix
    return Task(
        ask=(
            f"One head reads a prompt of {count(tokens)} tokens; queries, keys, values and output "
            f"have {width} numbers a token, in 16 bits. FlashAttention, without a mask, keeps a "
            f"block of {tile} queries on the chip while all keys and values pass by. How many MB "
            "does it move to and from memory?"
        ),
        unit="MB",
        truth=truth,
        right="Queries and output once, keys and values once for every block of queries.",
        slips=(
            Slip(
                "keys once",
                4 * matrix,
                "So little moves if all queries fit on the chip. Here keys and values pass once "
                "for every block of queries.",
            ),
            Slip(
                "keys alone",
                (2 + blocks) * matrix,
                "Keys and values both pass by, and you counted one of them.",
            ),
            Slip(
                "output as a square",
                (1 + 2 * blocks) * matrix + 2 * tokens**2 / MEGA,
                "You charged the output as tokens × tokens. It has one row of numbers a token.",
            ),
            Slip(
                "stored",
                stored_work(tokens, width).traffic / MEGA,
                "That is the way which stores the matrix: written, read, written and read.",
            ),
            Slip("bits for bytes", 8 * truth, BITS_HINT),
        ),
        hint="How many blocks of queries are there, and what passes by each of them?",
        solution="Queries and output move once; keys and values once for each block of queries.",
        code=f"(2 + 2 * {tokens} / {tile}) * {tokens} * {width} * 2 / 1e6",
    )


@variants(
    ("Llama-2-13B", 4096),
    ("Llama-3.1-8B", 32_768),
    ("Qwen3-8B", 16_384),
    ("Llama-3.1-70B", 131_072),
    ("Qwen2.5-7B", 65_536),
)
def teraflops_of_attention(model: str, tokens: int) -> Task:
    """How much arithmetic is the attention of a prompt?"""
    shape = catalog.shape(model)
    parts = prefill_flops_by_part(shape, tokens)
    truth = sum(parts[part] for part in ATTENTION) / TERA
    width = shape.query_heads * shape.head_dim
    return Task(
        ask=(
            f"{model} has {shape.layers} layers with {shape.query_heads} query heads of "
            f"{shape.head_dim} numbers. It reads a prompt of {count(tokens)} tokens, and a token "
            "looks only at itself and those before it. How many TFLOP are the scores and the "
            "weighing of the values, softmax left out?"
        ),
        unit="TFLOP",
        truth=truth,
        right="Half a square of pairs, each 4 FLOP for every number of every query head.",
        slips=(
            Slip(
                "causal",
                4 * shape.layers * width * tokens**2 / TERA,
                "You let every token look at every token. The mask leaves half of the pairs.",
            ),
            Slip(
                "MAC for FLOP",
                truth / 2,
                "That is half: a multiply-add is 2 FLOP, and scores and values both take one.",
            ),
            Slip(
                "one layer",
                truth / shape.layers,
                f"That is one layer, and there are {shape.layers}.",
            ),
            Slip(
                "one head",
                truth / shape.query_heads,
                f"That is one head, and a layer has {shape.query_heads}.",
            ),
        )[: 4 if shape.layers != shape.query_heads else 3],
        hint="How many pairs of tokens does the mask let through? What does a pair cost a head?",
        solution=(
            "Tokens × (tokens + 1) / 2 pairs; 2 FLOP a number for the score, 2 for its value; in "
            "every head of every layer."
        ),
        code=(
            f"{shape.layers} * {shape.query_heads} * {shape.head_dim} * 4 * {tokens} * "
            f"({tokens} + 1) / 2 / 1e12"
        ),
    )
