"""Exercises on one number in few bits: what a code stands for, and what a number becomes."""

from math import floor, log2

from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.quantization.small_floats import SMALL_FLOATS
from lecture_lib.units import count, plain


@variants(
    ("E4M3", "0 1011 101", 1), ("E5M2", "0 10110 10", 1), ("E4M3", "0 0000 101", 4096),
    ("E3M2", "0 110 11", 16), ("E2M3", "0 11 011", 8), ("E5M2", "0 01101 01", 64),
)  # fmt: skip
def ones_of_a_code(name: str, bits: str, scale: int) -> Task:
    """Which number does a code stand for?"""
    small = SMALL_FLOATS[name]
    code = int(bits.replace(" ", ""), 2)
    truth = float(small.decode(code)) * scale
    _, exponent, mantissa = (int(field) for field in small.fields(code))
    parts, subnormal = 2**small.mantissa_bits, exponent == 0
    power = max(exponent, 1) - small.bias
    slips = [
        Slip(
            "no bias",
            truth * 2**small.bias,
            f"You took the exponent as it is stored. Subtract the bias, {small.bias}, first.",
        )
    ]
    if subnormal:
        slips += [
            Slip(
                "a hidden one",
                (1 + mantissa / parts) * 2.0**power * scale,
                "With the exponent 0 there is no hidden one: the value is a subnormal.",
            ),
            Slip(
                "the power of a subnormal",
                truth / 2,
                f"With the exponent 0 the power is that of the exponent 1: 2^{power}.",
            ),
        ]
    else:
        slips += [
            Slip(
                "no hidden one",
                mantissa / parts * 2.0**power * scale,
                "You left out the hidden one before the point: it counts, and is not stored.",
            ),
            Slip(
                "mantissa as a whole number",
                (1 + mantissa) * 2.0**power * scale,
                f"The mantissa counts parts of {parts}, and you took it as a whole number.",
            ),
        ]
    scaled = "" if scale == 1 else f", and the scale of its block is {count(scale)}"
    factor = "" if scale == 1 else f" * {scale}"
    return Task(
        ask=(
            f"A code of {name} reads {bits}: sign, exponent with the bias {small.bias}, mantissa"
            f"{scaled}. How many ones is that?"
        ),
        unit="ones",
        truth=truth,
        right="A subnormal: evenly spaced down to zero, and no hidden one."
        if subnormal
        else "The hidden one and the mantissa, times a power of two.",
        slips=tuple(slips),
        hint="Is the exponent 0? If not, a hidden one stands before the mantissa's point.",
        solution="The significand, times 2 to the exponent less the bias, times the scale.",
        code=f"({1 - subnormal} + {mantissa} / {parts}) * 2 ** {power}{factor}",
        whole=True,
    )


@variants(
    ("E4M3", 300), ("E5M2", 1500), ("E4M3", 153), ("E3M2", 21), ("E5M2", 43), ("E5M2", 7000),
)  # fmt: skip
def ones_stored_for(name: str, number: int) -> Task:
    """What does a number become in a small float?"""
    small = SMALL_FLOATS[name]
    truth = float(small.rounded(number))
    power = floor(log2(number))
    gap = power - small.mantissa_bits  # as a power of two
    other = truth + 2.0**gap * (1 if truth < number else -1)
    return Task(
        ask=(
            f"{name} has {small.mantissa_bits} bits of mantissa. How many ones are stored for "
            f"{count(number)}, rounded to the nearest value?"
        ),
        unit="ones",
        truth=truth,
        right=f"Its values are {2**gap:,} apart there.",
        slips=(
            Slip(
                "not rounded",
                number,
                "That number has no code. What are the two values around it?",
            ),
            Slip("the other neighbour", other, "That is the value on the other side, further off."),
            Slip(
                "no mantissa",
                2.0**power,
                f"That is the power of two below it. The mantissa cuts what lies above it into "
                f"{2**small.mantissa_bits} parts.",
            ),
        ),
        hint="Between which two powers of two does it lie? Cut that piece into equal parts.",
        solution=(
            f"From 2^{power} to 2^{power + 1} there are {plain(2**small.mantissa_bits)} values, "
            f"2^{gap} apart: round to a multiple of that."
        ),
        code=f"({number} / 2**{gap} + 1 / 2) // 1 * 2**{gap}",
        whole=True,
    )
