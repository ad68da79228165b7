"""Questions on the decode step, for the chapter on the price of a token."""

from lecture_lib.exercises.decode.cost import kilowatt_hours
from lecture_lib.exercises.decode.memory import gibibytes_of_cache, users_that_fit
from lecture_lib.exercises.decode.predictions import one_user, sharing, units
from lecture_lib.exercises.decode.weights import (
    file_gigabytes,
    gigabytes_per_token,
    gigaflops_per_token,
    tokens_per_second,
)

__all__ = [
    "file_gigabytes", "gibibytes_of_cache", "gigabytes_per_token", "gigaflops_per_token",
    "kilowatt_hours", "one_user", "sharing", "tokens_per_second", "units", "users_that_fit",
]  # fmt: skip
