"""Exercises on rounding: what comes back of a weight, what an outlier costs, bits with scales."""

from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.quantization.ggml import FORMATS
from lecture_lib.quantization.rounding import Grid
from lecture_lib.units import count, plain


@variants((4, 70, 36), (4, 140, 73), (3, 30, 17), (3, 90, 50), (5, 150, 78), (3, 150, 85))
def comes_back(bits: int, largest: int, weight: int) -> Task:
    """What comes back of a weight?"""
    grid = Grid(bits, scale_bits=32)
    step, every = largest / grid.highest, 2 * largest / 2**bits
    truth = float(grid.rounded([weight, -largest])[0])
    code = round(truth / step)
    return Task(
        ask=(
            f"A group of weights is rounded to {bits} bits, on a symmetric grid from −largest to "
            f"largest. The largest magnitude in the group is {largest} units. How many units come "
            f"back of a weight of {weight}?"
        ),
        unit="units",
        truth=round(truth),
        right=f"It is stored as the code {code}, and a step is {plain(step)} units long.",
        slips=(
            Slip("cut off", (code - 1) * step, "You cut off. The step above is the nearer one."),
            Slip("the code", code, "That is the code that is stored. Multiply it by the step."),
            Slip("not rounded", weight, "That is the weight as it was. It lies between two steps."),
            Slip(
                "all codes",
                round(weight / every) * every,
                f"You took {2**bits} steps. A symmetric grid leaves one code out: its largest is "
                f"{grid.highest}.",
            ),
        ),
        hint=f"The codes run from −{grid.highest} to {grid.highest}. How long is a step?",
        solution="The step is the largest over the largest code; round to the nearest of them.",
        code=(
            f"(2 * {weight} * {grid.highest} + {largest}) // (2 * {largest}) * {largest} // "
            f"{grid.highest}"
        ),
        whole=True,
    )


@variants(
    (8, 3000, "a token"), (6, 620, "a token"), (4, 140, "a group"), (8, 1270, "a row"),
    (4, 3500, "a layer"), (6, 930, "a row"),
)  # fmt: skip
def becomes_zero(bits: int, largest: int, whose: str) -> Task:
    """Which values does an outlier take with it?"""
    highest = Grid(bits).highest
    half = largest / highest / 2
    return Task(
        ask=(
            f"All values of {whose} are whole numbers of units and share a scale. They are rounded "
            f"to {bits} bits, on a symmetric grid that reaches to the largest of them, "
            f"{count(largest)}. How many units is the largest value that becomes zero?"
        ),
        unit="units",
        truth=int(half),
        right=f"Half a step: {plain(half)} units and less are nearer to zero than to the code 1.",
        slips=(
            Slip(
                "a step", 2 * half, "That is a whole step. What is more than half of it survives."
            ),
            Slip(
                "all codes",
                largest / 2**bits / 2,
                f"You spread {2**bits} steps over one side. Half of them are for negative values.",
            ),
            Slip("rounded up", half + 1, "You rounded up, and that one is nearer to the code 1."),
        ),
        hint=f"The largest code is {highest}. How long is a step?",
        solution="The largest over the largest code is a step; up to half of it rounds to zero.",
        code=f"{largest} // (2 ** ({bits} - 1) - 1) // 2",
        whole=True,
    )


# What stands beside the codes of a block: how many entries of how many bits, and what they are.
BLOCKS = {
    "Q4_0": (4, ((1, 16, "a scale of 16 bits"),)),
    "Q5_1": (5, ((2, 16, "a scale and a minimum of 16 bits each"),)),
    "Q4_K": (
        4,
        (
            (16, 6, "for each of 8 sub-blocks a scale and a minimum of 6 bits each"),
            (2, 16, "for these a scale of 16 bits each"),
        ),
    ),
    "Q3_K": (
        3,
        (
            (16, 6, "for each of 16 sub-blocks a scale of 6 bits"),
            (1, 16, "for these a scale of 16 bits"),
        ),
    ),
    "Q2_K": (
        2,
        (
            (32, 4, "for each of 16 sub-blocks a scale and a minimum of 4 bits each"),
            (2, 16, "for these a scale of 16 bits each"),
        ),
    ),
}


@variants(("Q4_0",), ("Q2_K",), ("Q3_K",), ("Q5_1",), ("Q4_K",))
def bits_of_a_weight(name: str) -> Task:
    """What does a weight take, with its share of the scales?"""
    format, (bits, beside) = FORMATS[name], BLOCKS[name]
    words = ", and ".join(said for *_, said in beside)
    extra = sum(entries * width for entries, width, _ in beside)
    slips = [
        Slip("codes alone", bits, "Those are the codes. The scales are stored as well."),
        Slip(
            "bytes for bits",
            format.bits_per_weight / 8,
            "That is in bytes. A byte has eight bits.",
        ),
    ]
    if len(beside) == 1:
        slips.append(
            Slip("a scale each", bits + extra, "You gave each weight a scale. The block has one.")
        )
    else:
        entries, width, _ = beside[1]
        slips.append(
            Slip(
                "the scales of the block",
                bits + entries * width / format.weights,
                "You left out what each sub-block keeps.",
            )
        )
    sums = " + ".join(f"{entries} * {width}" for entries, width, _ in beside)
    return Task(
        ask=(
            f"A block of {name} holds {format.weights} weights in {bits} bits each. Beside them it "
            f"keeps {words}. How many bits is that for each weight?"
        ),
        unit="bits",
        truth=format.bits_per_weight,
        right=f"The block has {format.bytes} bytes, {extra} bits of them beside the codes.",
        slips=tuple(slips),
        hint="How many bits does the whole block take?",
        solution="All bits of the block, divided by its weights.",
        code=f"({format.weights} * {bits} + {sums}) / {format.weights}",
    )
