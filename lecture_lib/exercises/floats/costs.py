"""An exercise on what a product costs: what the square law says of a narrower one."""

from lecture_lib.arithmetic import OPERANDS
from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.operation_costs import operation_energy
from lecture_lib.units import plain

PICO = 1e-12


@variants(
    ("45 nm", "FP32", "FP16"), ("7 nm", "FP32", "BF16"), ("7 nm", "FP16", "BF16"),
    ("45 nm", "FP16", "E4M3"), ("7 nm", "FP16", "E5M2"),
)  # fmt: skip
def picojoules_of_a_product(process: str, wide: str, narrow: str) -> Task:
    """What does the square law say of a narrower product?"""
    one, other = OPERANDS[wide].significand, OPERANDS[narrow].significand
    energy = operation_energy(process.replace(" ", ""), wide, "mult") / PICO
    truth = energy * (other / one) ** 2
    return Task(
        ask=(
            f"At {process} a product of two {wide} numbers takes {plain(energy)} pJ. {wide} keeps "
            f"{one - 1} bits of mantissa, {narrow} keeps {other - 1}. How many pJ does a product "
            f"in {narrow} take, if the energy goes with the square of the significand?"
        ),
        unit="pJ",
        truth=truth,
        right="A rule, not a measurement: exponents, rounding and wires come on top.",
        slips=(
            Slip(
                "linear",
                energy * other / one,
                "That is linear in the significand. A product has a cell for every pair of bits.",
            ),
            Slip(
                "the mantissa alone",
                energy * ((other - 1) / (one - 1)) ** 2,
                "The hidden one is multiplied as well: a significand has a bit more than the "
                "mantissa.",
            ),
            Slip("turned over", energy * (one / other) ** 2, "A narrower product takes less."),
        ),
        hint="How many bits are multiplied, with the hidden one?",
        solution="The energy, times the square of the ratio of the significands.",
        code=f"{plain(energy)} * ({other} / {one}) ** 2",
    )
