"""Words for the decode step, the same in each of its pictures."""

from lecture_lib.decode import DecodeStep
from lecture_lib.units import MEGA, plain, readable


def users(sequences: int) -> str:
    """A number of sequences in words: each is one user's."""
    return f"{sequences:,} user{'' if sequences == 1 else 's'}"


def tokens(rate: float) -> str:
    """A rate of tokens in words."""
    return f"{plain(rate / MEGA)} M tok/s" if rate >= MEGA else f"{plain(rate)} tok/s"


def too_big(step: DecodeStep) -> str:
    """The sentence for a step whose weights and caches are larger than the memory."""
    room = step.roof.capacity or 0
    return (
        f"Does not fit: the weights take {readable(step.weights, 'B')} and the caches "
        f"{readable(step.caches, 'B')}, the {step.roof.name} holds {readable(room, 'B')}, so "
        f"{readable(step.needed - room, 'B')} is missing."
    )
