"""Questions on small floats: codes and roundings, shared scales, what a product costs."""

from lecture_lib.exercises.floats.codes import ones_of_a_code, ones_stored_for
from lecture_lib.exercises.floats.costs import picojoules_of_a_product
from lecture_lib.exercises.floats.predictions import (
    rate_of_eight_bits,
    six_bits,
    survivors,
    upper_half,
)
from lecture_lib.exercises.floats.scales import gigabytes_with_scales, ones_beside_the_largest

__all__ = [
    "gigabytes_with_scales", "ones_beside_the_largest", "ones_of_a_code", "ones_stored_for",
    "picojoules_of_a_product", "rate_of_eight_bits", "six_bits", "survivors", "upper_half",
]  # fmt: skip
