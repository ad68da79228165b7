"""Questions on attention: its scores, its tiles, its caches, and what they are set against."""

from lecture_lib.exercises.attention.caches import gigabytes_with_windows, tokens_of_equal_reads
from lecture_lib.exercises.attention.predictions import (
    cache_equals_weights,
    saved_by_tiles,
    scores_of_a_layer,
    smallest_cache,
)
from lecture_lib.exercises.attention.scores import (
    gigabytes_of_scores,
    megabytes_in_tiles,
    running_sum,
    teraflops_of_attention,
)

__all__ = [
    "cache_equals_weights", "gigabytes_of_scores", "gigabytes_with_windows", "megabytes_in_tiles",
    "running_sum", "saved_by_tiles", "scores_of_a_layer", "smallest_cache",
    "teraflops_of_attention", "tokens_of_equal_reads",
]  # fmt: skip
