"""Questions on fewer bits: what rounding keeps, what an outlier costs, what a file really takes."""

from lecture_lib.exercises.quantization.files import gigabytes_of_a_mix, tokens_in_a_cache
from lecture_lib.exercises.quantization.grids import becomes_zero, bits_of_a_weight, comes_back
from lecture_lib.exercises.quantization.predictions import (
    one_bit_less,
    small_values,
    still_speaks,
    two_bit_file,
)

__all__ = [
    "becomes_zero", "bits_of_a_weight", "comes_back", "gigabytes_of_a_mix", "one_bit_less",
    "small_values", "still_speaks", "tokens_in_a_cache", "two_bit_file",
]  # fmt: skip
