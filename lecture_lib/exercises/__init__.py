"""Questions that the models answer: predictions to commit to, exercises that check themselves."""

import html
import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass

card_style = lambda: ""
from lecture_lib.medium import anywidget as ipywidgets
from lecture_lib.medium import in_deck

LETTERS = "ABCDEF"


@dataclass(frozen=True)
class Reply:
    """One option of a prediction: its words, and what to say to those who chose it."""

    words: str
    why: str


@dataclass(frozen=True)
class Prediction:
    """A question to answer before the picture does. `right` is computed from the models."""

    question: str
    options: tuple[Reply, ...]
    right: int

    def answer(self, choice: int) -> str:
        """What a student hears who chose this option."""
        own, best = self.options[choice].why, self.options[self.right].why
        if choice == self.right:
            return f"✓ Right. {own}"
        return f"✕ Not so. {own} It is {LETTERS[self.right]}: {best[0].lower()}{best[1:]}"

    def _repr_mimebundle_(self, **_kwargs):
        lines = [f"{LETTERS[i]}  {option.words}" for i, option in enumerate(self.options)]
        plain = "\n".join([self.question, *lines])
        if in_deck():
            return {"text/plain": plain, "text/html": self._slide()}
        if not ipywidgets():
            return {"text/plain": plain}
        return {**self._widget()._repr_mimebundle_(), "text/plain": plain}

    def _slide(self) -> str:
        boxes = "".join(f"<li>{html.escape(option.words)}</li>" for option in self.options)
        ask = f'<p class="ask">{html.escape(self.question)}</p>'
        return f'<div class="lecture-predict">{ask}<ol>{boxes}</ol></div>'

    def _widget(self):
        """Buttons that lock with the first choice: a prediction can be made only once."""
        w = ipywidgets()
        ask = w.HTML(f'<div class="says ask">{html.escape(self.question)}</div>')
        reply = w.HTML('<div class="says">Decide first. One click, and it counts.</div>')
        buttons = [
            w.Button(description=f"{LETTERS[i]}  {o.words}") for i, o in enumerate(self.options)
        ]

        def choose(button):
            choice = buttons.index(button)
            for i, other in enumerate(buttons):
                other.disabled = True
                mark = "✓ " if i == self.right else ("✕ " if i == choice else "")
                other.description = f"{mark}{LETTERS[i]}  {self.options[i].words}"
            sign, _, why = self.answer(choice).partition(". ")
            kind = "right" if choice == self.right else "wrong"
            words = f'<b class="{kind}">{html.escape(sign)}.</b> {html.escape(why)}'
            reply.value = f'<div class="says">{words}</div>'

        for button in buttons:
            button.on_click(choose)
        row = w.Box(buttons)
        row.add_class("buttons")
        box = w.VBox([w.HTML(card_style()), ask, row, reply])
        box.add_class("lecture-ex")
        return box


@dataclass(frozen=True)
class Exercise:
    """A number to work out. `truth` computes it afresh; `mistakes` computes what slips lead to."""

    truth: Callable[[], float]
    unit: str
    right: str  # what to say to the right answer
    mistakes: Mapping[str, Callable[[], float]]  # a hint -> the value that it answers
    tolerance: float = 0.02  # relative
    whole: bool = False  # a count: what stands after the point does not matter

    def __call__(self, answer) -> str:
        """A sentence on the answer: right, a hint for a known slip, or which way it is off."""
        return Words(self._reply(answer))

    def _reply(self, answer) -> str:
        if answer is None or answer is ...:
            return f"No answer yet. Put a number in place of the dots, in {self.unit}."
        number = _finite(answer)
        if number is None:
            return f"An answer is one finite number in {self.unit}, and this is {answer!r:.40}."
        return self._judge(number)

    def _judge(self, answer: float) -> str:
        truth = self.truth()
        if self._near(answer, truth):
            return f"✓ Right. {self.right}"
        for hint, slip in self.mistakes.items():
            if self._near(answer, slip()):
                return f"✕ Not yet. {hint}"
        for power, words in ((1e3, "1,000"), (1e6, "a million"), (1e9, "a thousand million")):
            if self._near(answer, truth * power) or self._near(answer, truth / power):
                return (
                    f"✕ Not yet. You are off by a factor of {words}: "
                    "look at the prefix of the unit."
                )
        way = "too large" if answer > truth else "too small"
        return (
            f"✕ Not yet. That is {way}, and not by a slip we know: "
            "write the units beside each step."
        )

    def _near(self, answer: float, value: float) -> bool:
        if self.whole:
            return math.floor(answer) == math.floor(value)
        return math.isclose(answer, value, rel_tol=self.tolerance)


def _finite(answer) -> float | None:
    """The answer as a finite number; None if it is none. True and False are not numbers here."""
    if isinstance(answer, bool) or not isinstance(answer, numbers.Real):
        return None
    try:
        number = float(answer)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


class Words(str):
    """A sentence that a notebook shows without quotation marks."""

    __slots__ = ()

    def __repr__(self):
        return str(self)
