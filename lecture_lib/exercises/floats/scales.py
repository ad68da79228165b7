"""Exercises on shared scales: what they take, and what they do to those who share them."""

from math import floor, log2

from lecture_lib import catalog
from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.quantization.small_floats import SMALL_FLOATS
from lecture_lib.units import GIGA, count, plain


@variants(
    ("MXFP4", "Llama-3.1-8B"), ("NVFP4", "Llama-3.1-70B"), ("MXFP6", "Qwen3-8B"),
    ("BFP4 (Tenstorrent)", "Llama-2-7B"), ("BFP2 (Tenstorrent)", "Llama-2-13B"),
)  # fmt: skip
def gigabytes_with_scales(format: str, model: str) -> Task:
    """What does a model take with the scales of its blocks?"""
    kept, parameters = catalog.weight_format(format), catalog.shape(model).parameters
    bits, scale, block = kept.value_bits, kept.scale_bits, kept.block_weights
    truth = parameters * (bits + scale / block) / 8 / GIGA
    return Task(
        ask=(
            f"{model} has {count(parameters)} parameters. In {format} each takes {bits} bits, and "
            f"{block} of them share a scale of {scale} bits. How many GB are they, if every "
            "parameter is kept so?"
        ),
        unit="GB",
        truth=truth,
        right=f"{plain(kept.bits_per_weight)} bits for a weight, scales and all.",
        slips=(
            Slip(
                "scale bits forgotten",
                parameters * bits / 8 / GIGA,
                f"You left out the scales: {scale} bits for every {block} weights.",
            ),
            Slip(
                "a scale for each",
                parameters * (bits + scale) / 8 / GIGA,
                f"You gave every weight a scale of its own. {block} of them share one.",
            ),
            Slip("bits for bytes", 8 * truth, "That is in bits. A byte has eight."),
        ),
        hint="How many bits does a whole block take, and how many weights are in it?",
        solution="Bits of a value, plus bits of the scale over the weights that share it.",
        code=f"{parameters} * ({bits} + {scale} / {block}) / 8 / 1e9",
    )


@variants(
    (40, 9, "E2M1"), (100, 27, "E2M1"), (3000, 700, "E2M1"), (1000, 210, "E2M3"), (50, 11, "E2M1")
)
def ones_beside_the_largest(largest: int, neighbour: int, element: str) -> Task:
    """What does the largest of a block make of its neighbour?"""
    small = SMALL_FLOATS[element]
    top, own = floor(log2(small.largest)), floor(log2(largest))
    power, steps = own - top, round(1 / small.smallest_subnormal)

    def comes_back(power: int) -> float:
        return float(small.rounded(neighbour / 2**power)) * 2**power

    truth = comes_back(power)
    return Task(
        ask=(
            f"A block of 32 values shares a scale as in MX, 2^(n − {top}), where 2^n is the power "
            f"of two up to its largest value, {count(largest)}. Over the scale each is kept in "
            f"{element}, in steps of 1/{steps} up to 2. How many ones does a neighbour of "
            f"{count(neighbour)} come back as?"
        ),
        unit="ones",
        truth=truth,
        right="A block's largest value sets the steps of all its neighbours.",
        slips=(
            Slip(
                "as it was",
                neighbour,
                "That is what it was. Over the scale it has no code, and is rounded.",
            ),
            Slip(
                "the scale left off",
                truth / 2**power,
                "That is what is stored. It comes back times the scale.",
            ),
            Slip(
                "the largest's own power",
                comes_back(own),
                f"You scaled by 2^n. {element} reaches {plain(small.largest)}, so that the scale "
                f"can be {2**top} times smaller.",
            ),
        ),
        hint="First the scale, then the neighbour over the scale, then the nearest step.",
        solution=f"The scale is 2^{power}. Divide by it, round to a step, multiply by it.",
        code=f"({neighbour} / 2**{power} * {steps} + 1 / 2) // 1 / {steps} * 2**{power}",
        whole=True,
    )
