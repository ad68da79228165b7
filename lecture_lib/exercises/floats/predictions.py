"""What to decide before the pictures of small floats answer."""

import numpy as np

from lecture_lib import catalog, slices
from lecture_lib.arithmetic import OPERANDS, multiplier
from lecture_lib.exercises.predictions import Choice, Number, Option, prediction
from lecture_lib.quantization.rounding import Grid
from lecture_lib.quantization.small_floats import E4M3
from lecture_lib.units import count, percent, plain


@prediction
def upper_half() -> Number:
    """How many values has E4M3 in the upper half of its range?"""
    values = np.unique(E4M3.finite_values()[0])
    above = values[values > 0]
    half = E4M3.largest / 2
    there = int((above > half).sum())
    return Number(
        f"FP8 E4M3 has {len(above)} values above zero, the largest of them "
        f"{plain(E4M3.largest)}. How many lie in the upper half of that range, above "
        f"{plain(half)}?",
        unit="values",
        value=there,
        why=(
            f"A float has {2**E4M3.mantissa_bits} values from one power of two to the next, "
            "however far that is; who says half thinks of a whole number's even steps."
        ),
        source="Computed from all codes of the format: OCP 8-bit Floating Point Specification 1.0.",
    )


@prediction
def survivors() -> Number:
    """How many real activations survive one INT8 scale?"""
    values = slices.values("blk.11.ffn_down.weight")
    size, back = abs(values), Grid(8, group="tensor").rounded(values)
    step = size.max() / 127
    return Number(
        f"Before layer 11's last matrix a small language model has {count(size.size)} activations "
        f"for {len(size)} tokens: half of them are below {plain(np.median(size), 2)}, and the "
        f"largest is {plain(size.max(), 4)}. In INT8 all share one scale. How many come back as "
        "anything but zero?",
        unit="values",
        value=int((back != 0).sum()),
        why=(
            f"127 steps up to the largest are {plain(step)} each, and what is below half a step is "
            "lost, which nobody sees who thinks of the bits alone."
        ),
        source="SmolLM2-135M-Instruct on Alice in Wonderland: lecture_lib/data/slices.npz.",
    )


@prediction
def six_bits() -> Choice:
    """What do activations in six bits do to a model?"""
    asked = "activations MXFP6 (E2M3)"
    others = (
        "activations INT6 per token",
        "activations INT8 per tensor",
        "activations E2M1 per token",
    )
    trials = [catalog.trial(name) for name in (asked, *others)]
    base = catalog.trial("as shipped").perplexity
    found = [base * trial.ratio for trial in trials]
    reasons = (
        f"Blocks of 32 keep the spikes to themselves, and the perplexity rises by "
        f"{percent(trials[0].ratio - 1)}.",
        "That is what a scale for each whole token does, which overlooks the blocks.",
        "That is what a single scale for all does, which overlooks the blocks.",
        "That is what four bits for each value do, which overlooks that each bit halves the steps.",
    )
    options = sorted(zip(found, reasons, strict=True))
    return Choice(
        f"SmolLM2-135M reads Alice with a perplexity of {plain(base)}. Now every activation goes "
        f"through {trials[0].format}: {plain(trials[0].bits)} bits, with a scale for 32 values. "
        "What is the perplexity?",
        tuple(Option(f"about {plain(value, 2)}", why) for value, why in options),
        right=[value for value, _ in options].index(found[0]),
        source="Measured: rows of lecture_lib/data/bench.toml.",
    )


@prediction
def rate_of_eight_bits() -> Number:
    """How much faster is a chip in FP8?"""
    row = catalog.device("H100 SXM")
    rates = [row.peak(operands).ops_per_s for operands in ("fp16", "fp8")]
    read = row.provenance["peaks.fp8.unstated"]
    cells = [multiplier(OPERANDS[name]).total for name in ("FP16", "E4M3")]
    return Number(
        f"A multiplier for FP8 (E4M3) is made of {plain(cells[0] / cells[1], 2)} times fewer cells "
        "than one for FP16. How many times the FP16 rate does an H100 reach in FP8?",
        unit="times",
        value=rates[1] / rates[0],
        why=(
            "Totals, registers and wires do not shrink as multipliers do, which is overlooked by "
            "those who count cells of a product alone."
        ),
        source=f"Row H100 SXM of lecture_lib/data: {read.title.partition(' (')[0]}.",
    )
