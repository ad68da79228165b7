"""Predictions: decide first, then see. What is right is computed from the models."""

from collections.abc import Callable
from dataclasses import dataclass

from lecture_lib.exercises.answers import UnreadableError, read
from lecture_lib.units import plain

LETTERS = "ABCDEF"
RIGHT, CLOSE = 1.1, 2  # a number within this factor of the truth


@dataclass(frozen=True)
class Reply:
    """What is said to an answer: its kind is right, close, wrong, shown or unread."""

    kind: str
    says: str


@dataclass(frozen=True)
class Option:
    """One option of a choice. Its reason, one sentence, says what it overlooks or why it holds."""

    words: str
    why: str


@dataclass(frozen=True)
class Choice:
    """A question with a few options, one of which is right."""

    ask: str
    options: tuple[Option, ...]
    right: int
    source: str  # where its numbers are from
    example = '"A"'  # how an answer is written

    @property
    def truth(self) -> str:
        """The right option in words."""
        return f"{LETTERS[self.right]}, {self.options[self.right].words}"

    @property
    def why(self) -> str:
        """Why the right option holds, and what the usual wrong one overlooks."""
        return self.options[self.right].why

    @property
    def plain(self) -> str:
        """The question and its options as text."""
        lines = [f"{LETTERS[k]}  {option.words}" for k, option in enumerate(self.options)]
        return "\n".join([self.ask, *lines])

    def judge(self, answer) -> Reply:
        """What a student hears who chose this letter."""
        known = LETTERS[: len(self.options)]
        letter = answer.strip().upper() if isinstance(answer, str) else ""
        if len(letter) != 1 or letter not in known:
            letters = ", ".join(known[:-1])
            return Reply("unread", f"Choose one of {letters} or {known[-1]}, not {answer!r:.40}.")
        chosen = known.index(letter)
        if chosen == self.right:
            return Reply("right", f"✓ Right: {self.truth}. {self.why}")
        return Reply("wrong", f"✕ Not so. {self.options[chosen].why} It is {self.truth}.")


@dataclass(frozen=True)
class Number:
    """A question for a number, judged as a ratio: near enough is right."""

    ask: str
    unit: str
    value: float  # in that unit, above 0
    why: str  # one sentence: why it holds, and what the usual wrong answer overlooks
    source: str  # where its numbers are from

    @property
    def example(self) -> str:
        return f'"... {self.unit}"'

    @property
    def truth(self) -> str:
        """The right number in words."""
        return f"{plain(self.value)} {self.unit}"

    @property
    def plain(self) -> str:
        """The question as text."""
        return self.ask

    def judge(self, answer) -> Reply:
        """What a student hears who predicts this number, or these words with a unit."""
        try:
            ratio = read(answer, self.unit).value / self.value
        except UnreadableError as fault:
            return Reply("unread", str(fault))
        if ratio <= 0:
            return Reply("unread", f"Predict a number above 0 in {self.unit}, not {answer!r:.40}.")
        times, way = (ratio, "too large") if ratio > 1 else (1 / ratio, "too small")
        if times <= RIGHT:
            return Reply("right", f"✓ Right: the models say {self.truth}. {self.why}")
        off = f"{plain(times, 2)} times {way}: the models say {self.truth}. {self.why}"
        return Reply("close", f"≈ Close, {off}") if times <= CLOSE else Reply("wrong", f"✕ {off}")


@dataclass(frozen=True)
class Prediction:
    """A question that is put together from the models each time it is asked."""

    name: str
    ask: Callable[[], Choice | Number]


def prediction(ask: Callable[[], Choice | Number]) -> Prediction:
    """Decorator: the function that asks becomes a Prediction of its name."""
    return Prediction(ask.__name__, ask)


def revealed(question: Choice | Number) -> Reply:
    """The answer, for those who did not commit to one."""
    return Reply("shown", f"It is {question.truth}. {question.why}")
