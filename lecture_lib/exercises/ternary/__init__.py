"""Questions on ternary weights: bytes, sums, joules, whole models, and training."""

from lecture_lib.exercises.ternary.costs import (
    additions_by_table,
    megabytes_of_a_bitmap,
    millijoules_of_a_token,
)
from lecture_lib.exercises.ternary.predictions import (
    bits_of_a_trit,
    kept_wide,
    rounded_afterwards,
    saved_by_adding,
)
from lecture_lib.exercises.ternary.stored import gigabytes_of_a_file, megabytes_of_a_matrix

__all__ = [
    "additions_by_table", "bits_of_a_trit", "gigabytes_of_a_file", "kept_wide",
    "megabytes_of_a_bitmap", "megabytes_of_a_matrix", "millijoules_of_a_token",
    "rounded_afterwards", "saved_by_adding",
]  # fmt: skip
