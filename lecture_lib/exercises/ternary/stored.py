"""Exercises on bytes: a packed matrix, and a whole file whose tables stay wide."""

from lecture_lib import catalog
from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.quantization.ggml import FORMATS
from lecture_lib.transformer import parameters_by_part
from lecture_lib.units import GIGA, MEGA, count, plain
from lecture_lib.wide_tables import NORM_BITS, bytes_by_part


@variants(
    (4096, 11_008), (2560, 6912), (5120, 13_824), (8192, 28_672), (2048, 8192), (3072, 8192),
)  # fmt: skip
def megabytes_of_a_matrix(outputs: int, inputs: int) -> Task:
    """What does a ternary matrix take, five trits in a byte?"""
    block, weights = FORMATS["TQ1_0"], outputs * inputs
    truth = weights * block.bytes / block.weights / MEGA
    return Task(
        ask=(
            f"A ternary matrix has {count(outputs)} × {count(inputs)} weights. Each block of "
            f"{block.weights} takes {block.bytes} bytes: 52 for the trits, five in a byte, and 2 "
            "for a scale. How many MB are that?"
        ),
        unit="MB",
        truth=truth,
        right=f"That is {plain(block.bits_per_weight, 5)} bits for each weight.",
        slips=(
            Slip("two bits", weights / 4 / MEGA, "That is four trits in a byte, without a scale."),
            Slip(
                "bits for bytes",
                8 * truth,
                "A byte has eight bits, and the block was given in bytes.",
            ),
            Slip(
                "scale bits forgotten",
                weights * 52 / block.weights / MEGA,
                "The scales are missing: two bytes in each block.",
            ),
        ),
        hint="How many blocks has the matrix?",
        solution="Weights over weights of a block, times the bytes of a block.",
        code=f"{outputs} * {inputs} / {block.weights} * {block.bytes} / 1e6",
    )


@variants(
    ("BitNet-b1.58-2B4T", "I2_S"), ("Llama-3.2-1B", "TQ1_0"), ("Llama-3.2-3B", "TQ2_0"),
    ("Gemma-3-1B", "TQ1_0"), ("Llama-2-7B", "I2_S"),
)  # fmt: skip
def gigabytes_of_a_file(model: str, packed: str) -> Task:
    """What does a whole ternary model take, tables and norms included?"""
    shape = catalog.shape(model)
    bits = catalog.weight_format(packed).bits_per_weight
    parts = parameters_by_part(shape)
    tables, norms = parts["embedding"] + parts["head"], parts["norms"]
    kept = bytes_by_part(shape, layer_bits=bits, table_bits=16)
    truth = sum(kept.values()) / GIGA
    named = "table, which is the embedding and the head at once," if shape.tied_embeddings else (
        "two tables, embedding and head,"
    )  # fmt: skip
    return Task(
        ask=(
            f"{model} has {count(shape.parameters)} parameters: {count(tables)} in its {named} "
            f"{count(norms)} in its norms, the others in the matrices of its layers. These are "
            f"ternary, at {plain(bits, 5)} bits each as {packed}; tables keep 16 bits, and norms "
            f"{NORM_BITS}. How many GB is the file?"
        ),
        unit="GB",
        truth=truth,
        right=f"Its tables are {plain(100 * kept['tables'] / sum(kept.values()), 2)} % of it.",
        slips=(
            Slip(
                "all ternary",
                shape.parameters * bits / 8 / GIGA,
                "That packs the tables too. They keep 16 bits.",
            ),
            Slip(
                "no tables",
                (kept["layers"] + kept["norms"]) / GIGA,
                "That is without the tables, which is how the size is often told.",
            ),
            Slip("bits for bytes", 8 * truth, "A byte has eight bits."),
        ),
        hint="Three sums: layers, tables, norms, each with bits of its own.",
        solution="Weights of each part times its bits, added up and divided by eight.",
        code=(
            f"(({shape.parameters} - {tables} - {norms}) * {bits:g} + {tables} * 16 + "
            f"{norms} * {NORM_BITS}) / 8 / 1e9"
        ),
    )
