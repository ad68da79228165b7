"""Exercises on the weights: what is stored, what a token reads, what it calculates."""

from lecture_lib import catalog
from lecture_lib.decode import resident_bytes
from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.serving import decode_roof
from lecture_lib.units import GIGA, TERA, count, plain, readable

TABLE_HINT = (
    "You counted the input table. It is looked up, one row for each token, and not read through."
)
TIED_HINT = (
    "The one table is the head as well, and a head is multiplied: it belongs to what a token takes."
)


def table_size(shape) -> int:
    """Parameters of one table of the vocabulary."""
    return shape.vocabulary * shape.model_dim


def parameters_said(shape) -> str:
    """How many parameters a model has, and which of them are tables."""
    size = f"{count(shape.vocabulary)} × {count(shape.model_dim)}"
    tables = (
        f"one table of {size} that is input table and head in one"
        if shape.tied_embeddings
        else f"an input table and a separate head of {size} each"
    )
    return f"{shape.name} has {count(shape.parameters)} parameters, among them {tables}."


def passed_code(shape) -> str:
    """What a token reads and multiplies of the parameters, as Python."""
    if shape.tied_embeddings:
        return f"{shape.parameters:_}"
    return f"({shape.parameters:_} - {shape.vocabulary:_} * {shape.model_dim:_})"


def passed_way(shape) -> str:
    """Which parameters a token passes, in a sentence."""
    if shape.tied_embeddings:
        return "The table is the head too, so every parameter counts."
    return "Of the input table a token looks up one row, so take that table off; the head stays."


def miscounted(shape) -> float:
    """The parameters counted by those who treat the tables the wrong way."""
    sign = -1 if shape.tied_embeddings else 1
    return shape.streamed_parameters() + sign * table_size(shape)


def table_hint(shape) -> str:
    return TIED_HINT if shape.tied_embeddings else TABLE_HINT


@variants(
    ("Llama-3.1-8B", "16 bits"),
    ("Llama-3.2-3B", "16 bits"),
    ("Qwen3-8B", "8 bits"),
    ("Qwen2.5-7B", "16 bits"),
    ("Gemma-2B", "8 bits"),
    ("Llama-3-8B", "8 bits"),
)
def gigabytes_per_token(model: str, weights: str) -> Task:
    """How much of the weights does a token read?"""
    shape, bits = catalog.shape(model), catalog.weight_format(weights).bits_per_weight
    of_weight, streamed = bits // 8, shape.streamed_parameters()
    truth = streamed * of_weight / GIGA
    other = 3 - of_weight  # two bytes for one, one for two
    slips = [
        Slip("tables", miscounted(shape) * of_weight / GIGA, table_hint(shape)),
        Slip("bits for bytes", 8 * truth, "That is in gigabits. A byte has eight bits."),
        Slip(
            "bytes of a weight",
            truth * other / of_weight,
            f"You took {other} byte{'s' * (other > 1)} for a weight, and {weights} are "
            f"{of_weight}.",
        ),
    ]
    if not shape.tied_embeddings:
        slips.append(
            Slip(
                "no head",
                (streamed - table_size(shape)) * of_weight / GIGA,
                "The head (hidden states to vocabulary) is a matrix like the others and is read "
                "in full.",
            )
        )
    return Task(
        ask=(
            f"{parameters_said(shape)} How many GB does a device read for one token at {weights} "
            "a weight, for one user whose context is still empty?"
        ),
        unit="GB",
        truth=truth,
        right=f"{count(streamed)} parameters, {of_weight} byte{'s' * (of_weight > 1)} each.",
        slips=tuple(slips),
        hint="Which table is only looked up, and which is multiplied?",
        solution=f"{passed_way(shape)} Then turn bits into bytes, and bytes into GB.",
        code=f"{passed_code(shape)} * {bits} / 8 / 1e9",
    )


@variants(
    ("H100 SXM", "Llama-3.1-8B"),
    ("RTX 4090", "Llama-3.2-3B"),
    ("RTX 3090", "Qwen2.5-7B"),
    ("A100 SXM 80GB", "Qwen3-8B"),
    ("Raspberry Pi 5 (8GB)", "Llama-3.2-1B"),
    ("MI300X", "Llama-3-8B"),
)
def tokens_per_second(device: str, model: str) -> Task:
    """How many tokens per second does the memory allow?"""
    shape, roof = catalog.shape(model), decode_roof(device)
    read = 2 * shape.streamed_parameters()
    rate = roof.bandwidth / read
    return Task(
        ask=(
            f"The {device} reads {readable(roof.bandwidth, 'B/s', 4)} from its memory. "
            f"{parameters_said(shape)} How many tokens per second is that at most, at 16 bits a "
            "weight, for one user whose context is still empty?"
        ),
        unit="tok/s",
        truth=rate,
        right="Bandwidth divided by bytes: a floor of the time, and so a ceiling of the rate.",
        slips=(
            Slip("tables", roof.bandwidth / (2 * miscounted(shape)), table_hint(shape)),
            Slip("time for rate", 1e3 / rate, "That is milliseconds for a token. Turn it over."),
            Slip("time for rate", 1 / rate, "That is seconds for a token. Turn it over."),
            Slip("bytes of a weight", 2 * rate, "A weight in 16 bits has two bytes."),
            Slip(
                "bits for bytes",
                rate / 8,
                "You read bits where the device reads bytes: 16 bits a weight are two bytes.",
            ),
        ),
        hint="The one law of this lecture: bytes per second, divided by bytes per token.",
        solution=f"{passed_way(shape)} The bandwidth divided by those bytes is a ceiling.",
        code=f"{roof.bandwidth / TERA:.6g}e12 / (2 * {passed_code(shape)})",
    )


@variants(
    ("Llama-3.2-3B",),
    ("Qwen2.5-7B",),
    ("Qwen3-8B",),
    ("Llama-3.1-8B",),
    ("Gemma-7B",),
    ("SmolLM2-1.7B",),
)
def gigaflops_per_token(model: str) -> Task:
    """How much arithmetic is a token?"""
    shape = catalog.shape(model)
    truth = float(shape.decode_work(0).flops) / GIGA
    return Task(
        ask=(
            f"{parameters_said(shape)} How many GFLOP is one decoded token, while the context is "
            "still empty?"
        ),
        unit="GFLOP",
        truth=truth,
        right="Two for each parameter passed: a multiplication and an addition.",
        slips=(
            Slip(
                "MAC for FLOP",
                truth / 2,
                "That counts multiply-adds (MAC). Each is two operations (FLOP).",
            ),
            Slip("tables", 2 * miscounted(shape) / GIGA, table_hint(shape)),
            Slip(
                "training",
                3 * truth,
                "Six for each parameter is training, with its backward pass; a token made takes "
                "two.",
            ),
        ),
        hint="What happens to a weight that a token passes? One multiplication, and then?",
        solution=f"{passed_way(shape)} Each that is passed is multiplied once and added once.",
        code=f"2 * {passed_code(shape)} / 1e9",
    )


@variants(
    ("Llama-2-13B", "GPTQ 4-bit g128"),
    ("Qwen3-8B", "Q8_0"),
    ("Llama-2-7B", "MXFP4"),
    ("Llama-3.1-70B", "GPTQ 4-bit g128"),
    ("Mistral-7B-v0.3", "BFP8 (Tenstorrent)"),
    ("Llama-2-70B", "MXFP6"),
)
def file_gigabytes(model: str, weights: str) -> Task:
    """How large is a file of weights in blocks with a scale each?"""
    shape, kept = catalog.shape(model), catalog.weight_format(weights)
    block = f"{kept.value_bits} + {kept.scale_bits} / {kept.block_weights}"
    bits = kept.value_bits + kept.scale_bits / kept.block_weights

    def gigabytes(weight_bits, table_bits=kept.table_bits):
        held = resident_bytes(shape, weight_bits=weight_bits, table_bits=table_bits)
        return float(held) / GIGA

    slips = [
        Slip(
            "scale bits forgotten",
            gigabytes(kept.value_bits),
            f"You forgot the scales: {kept.scale_bits} bits for every {kept.block_weights} "
            "weights.",
        ),
        Slip("bits for bytes", 8 * gigabytes(bits), "That is in gigabits. A byte has eight bits."),
        Slip(
            "a scale for each weight",
            gigabytes(kept.value_bits + kept.scale_bits),
            f"A block of {kept.block_weights} weights shares one scale.",
        ),
    ]
    if kept.table_bits:
        slips.append(
            Slip(
                "tables",
                gigabytes(bits, None),
                f"The two tables are not in blocks: they keep {kept.table_bits} bits.",
            )
        )
        tables_said = (
            f"; only the input table and the head, {count(shape.vocabulary)} × "
            f"{count(shape.model_dim)} each, keep {kept.table_bits} bits"
        )
        whole, tabled = f"{shape.parameters:_}", f"2 * {shape.vocabulary:_} * {shape.model_dim:_}"
        code = f"(({whole} - {tabled}) * ({block}) + {tabled} * {kept.table_bits}) / 8 / 1e9"
    else:
        tables_said, code = "", f"{shape.parameters:_} * ({block}) / 8 / 1e9"
    return Task(
        ask=(
            f"{model} has {count(shape.parameters)} parameters. A file keeps them as {weights}: "
            f"{kept.value_bits} bits each, and {kept.scale_bits} bits that each block of "
            f"{kept.block_weights} shares, for its scale and, if it has one, its zero "
            f"point{tables_said}. How many GB is the file?"
        ),
        unit="GB",
        truth=gigabytes(bits),
        right=f"With its share of the scale a weight in a block takes {plain(bits, 6)} bits.",
        slips=tuple(slips),
        hint="How many bits does one weight take, with its share of the scale?",
        solution=f"A weight takes {block} bits with its share of the scale; eight bits are a byte.",
        code=code,
    )
