"""Exercises whose truth, text, hints and solution are all computed for one variant."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from lecture_lib.exercises.answers import Reading, UnreadableError, read
from lecture_lib.exercises.predictions import Reply

TOLERANCE = 0.01  # relative: rounding on the way
PREFIXES = ((1e3, "1,000"), (1e6, "a million"), (1e9, "a thousand million"))


@dataclass(frozen=True)
class Slip:
    """A known wrong way: the number that it leads to, in the unit asked for, and its hint."""

    kind: str
    value: float
    hint: str


@dataclass(frozen=True)
class Task:
    """One variant of an exercise: everything about it, with its numbers."""

    ask: str
    unit: str
    truth: float  # in that unit
    right: str  # what to say to the right answer
    slips: tuple[Slip, ...]
    hint: str
    solution: str  # the way, in words
    code: str  # the way, as Python that gives the truth
    whole: bool = False  # a count: what stands after the point does not matter


@dataclass(frozen=True)
class Exercise:
    """A question in variants; each is computed from the models when it is asked."""

    name: str
    settings: tuple[tuple, ...]  # of each variant: what `pose` is called with
    pose: Callable[..., Task]

    def task(self, variant: int = 0) -> Task:
        """The task of this variant. ValueError for a variant that there is not."""
        if type(variant) is not int or not 0 <= variant < len(self.settings):
            raise ValueError(
                f"{self.name}: variant is a whole number from 0 to {len(self.settings) - 1}, "
                f"not {variant!r}"
            )
        return self.pose(*self.settings[variant])


def variants(*settings: tuple) -> Callable[[Callable[..., Task]], Exercise]:
    """Decorator: the function that poses a task becomes an Exercise, a variant for each setting."""
    return lambda pose: Exercise(pose.__name__, settings, pose)


def judge(task: Task, answer) -> Reply:
    """What is said to an answer: right, the hint of a known slip, or which way it is off."""
    if answer is ...:
        return Reply("unread", f"There is no answer yet: write a number in {task.unit}.")
    if answer is None:
        return Reply("unread", "The answer is None: does a function of yours forget to return?")
    try:
        found = read(answer, task.unit)
    except UnreadableError as fault:
        return Reply("unread", str(fault))
    if near(found, task.truth, task.whole):
        return Reply("right", f"✓ Right. {task.right}")
    return Reply("wrong", f"✕ Not yet. {_what_went_wrong(task, found)}")


def _what_went_wrong(task: Task, found: Reading) -> str:
    bare = Reading(found.number, task.unit)
    if found.scale != 1 and near(bare, task.truth, task.whole):
        return f"The number is right in {task.unit}, and you wrote {found.unit}."
    for slip in task.slips:
        if near(found, slip.value, task.whole):
            return slip.hint
    for power, words in PREFIXES:
        if any(near(found, task.truth * by, task.whole) for by in (power, 1 / power)):
            return f"You are off by a factor of {words}: look at the prefix of the unit."
    way = "too large" if found.value > task.truth else "too small"
    return f"That is {way}, and not by a slip we know: write the units beside each step."


def near(found: Reading, value: float, whole: bool = False) -> bool:
    """Whether what was written stands for this value: to 1 %, or rounded to two digits of its own.

    A whole value is a count: everything before the point must agree.
    """
    if whole:
        return math.floor(found.value) == math.floor(value)
    return math.isclose(found.value, value, rel_tol=TOLERANCE) or _rounds_to(
        found.number, value / found.scale
    )


def _rounds_to(number: float, value: float) -> bool:
    """Whether the number has two digits that count, and they are the value's first two."""
    if number <= 0 or value <= 0 or number != float(f"{number:.2g}"):
        return False
    last = 10.0 ** (math.floor(math.log10(value)) - 1)
    return abs(number - value) <= last / 2 * (1 + 1e-9)
