"""Questions on the memory wall: what waits for memory, what a batch and a cache can do."""

from lecture_lib.exercises.memory.holding import chips_that_hold, megabytes_from_memory
from lecture_lib.exercises.memory.predictions import per_byte, sixteen, streamed, vision
from lecture_lib.exercises.memory.roofs import (
    flops_for_a_byte,
    milliseconds_of_a_product,
    sequences_for_the_peak,
)

__all__ = [
    "chips_that_hold", "flops_for_a_byte", "megabytes_from_memory", "milliseconds_of_a_product",
    "per_byte", "sequences_for_the_peak", "sixteen", "streamed", "vision",
]  # fmt: skip
