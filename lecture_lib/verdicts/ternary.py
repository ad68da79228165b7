"""Verdicts on the draft's claims about weights of three values."""

from lecture_lib import catalog
from lecture_lib.operation_costs import decode_energy, operation_energy, without_multiplying
from lecture_lib.quantization.ternary import INFORMATION, information
from lecture_lib.transformer import parameters_by_part
from lecture_lib.units import GIGA, MEGA, count, percent, plain, readable
from lecture_lib.verdicts import check
from lecture_lib.wide_tables import bytes_by_part

TERNARY_MODEL = "BitNet-b1.58-2B4T"  # the one whose weights are public
WIDE_MODEL = "Llama-2-7B"
CONTEXT = 2048  # tokens behind a decoded one
MOST = 0.9  # a share from which on one may say "all but a little"
NEAR = 0.05  # numbers that differ by less are the same claim
HALF = 0.5
RUINED = 10  # times the perplexity: nothing that a reader would call quality is left


@check("C43")
def trits_keep_quality():
    trials = catalog.byte_trials()
    trained, rounded = trials["ternary"].held_out, trials["full, rounded to three values"].held_out
    real = catalog.trial("weights ternary")
    wide, three = (
        next(row for row in catalog.ternary_results() if row.name == name)
        for name in ("LLaMA LLM 3B", "BitNet b1.58 3B")
    )
    finding = (
        f"Trained in: perplexity {plain(three.perplexity, 4)} beside {plain(wide.perplexity, 4)} "
        f"in the paper's 3B, and {plain(trained.bits)} bits a byte beside {plain(full_bits())} in "
        f"our twins. Rounded afterwards the full twin takes {plain(rounded.bits)}, and "
        f"SmolLM2-135M has {plain(real.ratio / MEGA, 2)} million times the perplexity."
    )
    if trained.bits > full_bits() * (1 + NEAR):
        return finding, "not supported", "Three values lose quality even where they are trained in."
    if real.ratio > RUINED:
        return (
            finding,
            "partly",
            "Trained with three values from scratch, not quantized afterwards; parity is claimed "
            "from 3 billion weights on.",
        )
    return finding, "supported", "Also by rounding afterwards."


def full_bits() -> float:
    """Bits per byte of the twin with full weights, on the text held out."""
    return catalog.byte_trials()["full"].held_out.bits


@check("C44")
def multiplication_is_removed():
    shape = catalog.shape(TERNARY_MODEL)
    parts = parameters_by_part(shape)
    layers, head = parts["attention"] + parts["mlp"], shape.vocabulary * shape.model_dim
    attention = 2 * shape.layers * shape.query_heads * shape.head_dim * CONTEXT
    whole = layers + head + attention
    share, of_head, of_attention = (part / whole for part in (layers, head, attention))
    zeros = catalog.claim("C47").model.inputs["p0"]
    finding = (
        f"{shape.name}, a token after {count(CONTEXT)} others: of {plain(whole / GIGA)} billion "
        f"multiply-adds {percent(share)} become sums of 8-bit numbers, of which "
        f"{percent(1 - zeros)} remain where {percent(zeros)} of the weights are 0. "
        f"The head ({percent(of_head)}) and attention ({percent(of_attention)}) multiply, and so "
        "do scales and norms."
    )
    if share >= MOST:
        return finding, "supported", "All but a little of the arithmetic adds."
    if share >= HALF:
        return (
            finding,
            "partly",
            "From the layers' matrices, yes. What is left multiplies as before.",
        )
    return finding, "not supported", "Most of the arithmetic still multiplies."


@check("C45")
def energy_of_arithmetic_is_seventy_times_lower():
    shape = catalog.shape(WIDE_MODEL)
    claimed = catalog.claim("C45").quantity
    bit = catalog.energy("dram/hbm2").low
    reading, arithmetic = (
        shape.parameters * joules for joules in decode_energy("7nm", "FP16", 16, bit)
    )
    packed = catalog.weight_format("TQ1_0").bits_per_weight
    ternary_reading = shape.parameters * packed * bit
    adding = shape.parameters * operation_energy("7nm", "INT8", "add")
    alone = without_multiplying("7nm")
    saved = (reading + arithmetic) / (ternary_reading + adding)
    only = (reading + arithmetic) / (reading + adding)
    finding = (
        f"An FP16 multiply-add over an INT8 addition at 7 nm: {plain(alone)}. A token of "
        f"{shape.name} reads {readable(reading, 'J', 2)} from HBM2 and calculates "
        f"{readable(arithmetic, 'J', 2)}, {plain(reading / arithmetic)} times less. "
        f"Adding alone saves {percent(1 - 1 / only)}; "
        f"with {plain(packed, 5)} bits a weight it takes {plain(saved)} times less."
    )
    if abs(alone / claimed - 1) > NEAR:
        return finding, "not supported", "The published energies give another ratio."
    if saved < HALF * alone:
        return (
            finding,
            "partly",
            "True of the products' arithmetic. A token for one user pays for reading: the fewer "
            "bits are the saving.",
        )
    return finding, "supported", "For the token too."


@check("C46")
def memory_is_two_and_a_half_times_smaller():
    claimed = catalog.claim("C46").quantity
    four = catalog.weight_format("Q4_0").bits_per_weight
    one, two = (catalog.weight_format(name).bits_per_weight for name in ("TQ1_0", "TQ2_0"))
    whole = {name: whole_ratio(name) for name in (TERNARY_MODEL, WIDE_MODEL)}
    finding = (
        f"Four over 1.58 is {plain(4 / 1.58)}: a nominal width over information. As stored, Q4_0's "
        f"{plain(four)} bits are {plain(four / one)} times TQ1_0's, {plain(four / two)} times "
        f"TQ2_0's and {plain(four / INFORMATION)} times log₂ 3. Whole, with 16-bit tables "
        "and TQ1_0: "
        + " and ".join(f"{name} {plain(ratio)} times" for name, ratio in whole.items())
        + "."
    )
    if abs(4 / 1.58 / claimed - 1) > NEAR:
        return finding, "not supported", "No division of the two gives that number."
    if min(whole.values()) < claimed * (1 - NEAR):
        return (
            finding,
            "partly",
            "Right in size for the layers of a large model. In a small one the tables, kept wide, "
            "eat most of it.",
        )
    return finding, "supported", "For whole models too."


def whole_ratio(model: str) -> float:
    """How many times smaller a model is in TQ1_0 with 16-bit tables than in Q4_0."""
    shape = catalog.shape(model)
    bits = {name: catalog.weight_format(name).bits_per_weight for name in ("Q4_0", "Q6_K", "TQ1_0")}
    four = bytes_by_part(shape, layer_bits=bits["Q4_0"], table_bits=bits["Q6_K"])
    ternary = bytes_by_part(shape, layer_bits=bits["TQ1_0"], table_bits=16)
    return sum(four.values()) / sum(ternary.values())


@check("C47")
def ternary_models_are_pruned_for_more():
    zeros = catalog.claim("C47").model.inputs["p0"]
    held = information(zeros)
    saved = 1 - held / INFORMATION
    finding = (
        f"With {percent(zeros)} zeros a weight holds {plain(held, 4)} bits of information where "
        f"log₂ 3 is {plain(INFORMATION, 4)}: {plain(100 * saved, 2)} % less, and a bitmap with "
        f"signs takes {plain(2 - zeros)}. Of the additions {percent(zeros)} are saved. Pruned to "
        f"2:4, half zeros, it is {plain(information(HALF))} bits."
    )
    if saved > 0.25:
        return finding, "supported", "Zeros save much memory."
    return (
        finding,
        "partly",
        "A zero is a code like the others. What it saves is work, where an engine skips it, and "
        "that needs a pattern (Sparse-BitNet, 2026: up to 1.30 times faster).",
    )
