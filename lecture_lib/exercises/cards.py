"""Questions as they show: as words everywhere, as a live card in a notebook, as steps in a deck."""

from functools import cache

from lecture_lib import front, medium
from lecture_lib.exercises.checks import Exercise, judge
from lecture_lib.exercises.predictions import (
    LETTERS,
    Choice,
    Number,
    Prediction,
    revealed,
)
from lecture_lib.exercises.still import (
    exercise_page,
    exercise_slide,
    prediction_page,
    prediction_slide,
)
from lecture_lib.live import bundle, card_class
from lecture_lib.units import count, plain

DECIDE = "Decide first: one answer counts."
NOT_YET = "Write a number, with or without its unit."


def predict(question: Prediction, answer=None) -> "PredictionCard":
    """A question to answer before the picture does: by hand on the card, or by `answer`.

    An answer is a letter for a choice, and a number or words such as "130 tok/s" for a number.
    What cannot be read is told on the card. TypeError for what is no question.
    """
    if not isinstance(question, Prediction):
        raise TypeError(
            f"predict takes a prediction such as exercise.one_user, not {question!r:.40}"
        )
    return PredictionCard(question, answer)


def check(exercise: Exercise, answer=..., variant: int = 0) -> "ExerciseCard":
    """An exercise that checks itself: by hand on the card, or by `answer`.

    An answer is a number in the unit asked for, or words such as "15 GB". What cannot be read is
    told on the card. TypeError for what is no exercise, ValueError for a variant it does not have.
    """
    if not isinstance(exercise, Exercise):
        raise TypeError(
            f"check takes an exercise such as exercise.tokens_per_second, not {exercise!r:.40}"
        )
    return ExerciseCard(exercise, answer, variant)


class Card:
    """What both kinds share: the words, and the widget that shows the face and passes on hands."""

    _widget = None
    source = ""  # where the numbers are from

    def __str__(self) -> str:
        """The question, what was said to an answer, and how to answer in code."""
        raise NotImplementedError

    def face(self) -> dict:
        """All that the card shows now; before an answer the right one is not in it."""
        raise NotImplementedError

    def hear(self, message: dict) -> None:
        """Does what a hand on the card asked for: {"do": ..., "answer": ...}."""
        raise NotImplementedError

    def slide(self) -> str:
        """The question as HTML for a deck: its answer is a step of the same slide."""
        raise NotImplementedError

    def page(self) -> str:
        """The question as HTML for a page that nothing runs behind: its answer is folded away."""
        raise NotImplementedError

    @property
    def widget(self):
        """The live card, an anywidget; None where that package is not installed."""
        if self._widget is None and medium.anywidget():
            self._widget = _question_class()(face=self.face())
            self._widget.on_msg(self._heard)
        return self._widget

    def _heard(self, widget, message, _buffers):
        if "do" in message:  # the page asks for its fonts as well
            self.hear(message)
            widget.face = self.face()

    def _repr_mimebundle_(self, **_kwargs):
        forms = {"deck": self.slide, "page": self.page}
        if medium.medium() in forms:
            data = {"text/plain": str(self), "text/html": forms[medium.medium()]()}
            return data, {"lecture": {"source": self.source}}
        if self.widget is None:
            return {"text/plain": str(self)}
        return bundle(self.widget, str(self))


class PredictionCard(Card):
    """A prediction and what was committed to; the first answer that can be read locks it."""

    def __init__(self, asked: Prediction, answer=None):
        self.asked, self.question = asked, asked.ask()
        self.source = self.question.source
        self._start(answer)

    def _start(self, answer=None):
        self.answer = answer
        self.reply = None if answer is None else self.question.judge(answer)

    @property
    def locked(self) -> bool:
        """Whether an answer was committed to, or shown."""
        return self.reply is not None and self.reply.kind != "unread"

    def __str__(self) -> str:
        line = f"To commit, type: predict(exercise.{self.asked.name}, {self.question.example})"
        return f"{self.question.plain}\n{self.reply.says if self.reply else line}"

    def hear(self, message: dict) -> None:
        do = message.get("do")
        if do == "again":
            self._start()
        elif do == "show" and not self.locked:
            self.answer, self.reply = None, revealed(self.question)
        elif do == "commit" and not self.locked:
            self._start(str(message.get("answer", "")))

    def face(self) -> dict:
        return {
            "kind": "choice" if isinstance(self.question, Choice) else "number",
            "ask": self.question.ask,
            "options": self._options(),
            "unit": getattr(self.question, "unit", ""),
            "typed": _typed(self.answer),
            "invite": DECIDE,
            "reply": _as_dict(self.reply),
            "locked": self.locked,
        }

    def _options(self) -> list[dict]:
        if isinstance(self.question, Number):
            return []
        chosen = _typed(self.answer).strip().upper()
        return [
            {
                "letter": letter,
                "words": option.words,
                "mark": self._mark(k, letter == chosen) if self.locked else "",
            }
            for k, (letter, option) in enumerate(zip(LETTERS, self.question.options, strict=False))
        ]

    def _mark(self, k: int, chosen: bool) -> str:
        return "right" if k == self.question.right else "wrong" if chosen else ""

    def slide(self) -> str:
        return prediction_slide(self.question)

    def page(self) -> str:
        return prediction_page(self.question)


class ExerciseCard(Card):
    """One variant of an exercise, and what was answered; it may be answered until it is right."""

    def __init__(self, exercise: Exercise, answer=..., variant: int = 0):
        self.exercise = exercise
        self._start(answer, variant)

    def _start(self, answer, variant: int):
        self.answer, self.variant, self.opened = answer, variant, False
        self.task = self.exercise.task(variant)
        self.reply = None if answer is ... else judge(self.task, answer)

    @property
    def hint(self) -> "Words":
        """Where to begin."""
        return Words(self.task.hint)

    @property
    def solution(self) -> "Words":
        """The way, as words and as Python, and the number that it leads to."""
        return Words(f"{self.task.solution}\n{self.task.code}  # {self._truth()}")

    def _truth(self) -> str:
        number = count(self.task.truth) if self.task.whole else plain(self.task.truth, 4)
        return f"{number} {self.task.unit}"

    def _call(self, answer: str = "") -> str:
        variant = f", variant={self.variant}" if self.variant else ""
        return f"check(exercise.{self.exercise.name}{answer}{variant})"

    def __str__(self) -> str:
        if self.reply:
            return f"{self.task.ask}\n{self.reply.says}"
        answer, bare = self._call(f', "... {self.task.unit}"'), self._call()
        return f"{self.task.ask}\nTo answer, type: {answer}\nFor help: {bare}.hint or .solution"

    def hear(self, message: dict) -> None:
        do = message.get("do")
        if do == "commit":
            self.answer = str(message.get("answer", ""))
            self.reply = judge(self.task, self.answer)
        elif do == "next":
            self._start(..., (self.variant + 1) % len(self.exercise.settings))
        elif do == "solution":
            self.opened = True

    def face(self) -> dict:
        way = {"words": self.task.solution, "code": self.task.code, "truth": self._truth()}
        return {
            "kind": "check",
            "ask": self.task.ask,
            "unit": self.task.unit,
            "typed": _typed(self.answer),
            "invite": NOT_YET,
            "reply": _as_dict(self.reply),
            "locked": False,
            "variant": self.variant,
            "variants": len(self.exercise.settings),
            "hint": self.task.hint,
            "solution": way if self.opened else None,
        }

    def slide(self) -> str:
        return exercise_slide(self.task)

    def page(self) -> str:
        return exercise_page(self.task, self._truth())


def _as_dict(reply) -> dict | None:
    return reply and {"kind": reply.kind, "says": reply.says}


def _typed(answer) -> str:
    """An answer as it stands in the field; what is no number leaves the field empty."""
    if isinstance(answer, str):
        return answer
    return "" if answer is None or answer is ... else f"{answer}"[:40]


@cache
def _question_class():
    """The widget's class, made when the first card is shown: only then is anywidget loaded."""
    import traitlets

    class QuestionCard(card_class()):
        _esm = front.script("question")
        face = traitlets.Dict().tag(sync=True)

    return QuestionCard


class Words(str):
    """Words that a notebook shows without quotation marks."""

    __slots__ = ()

    def __repr__(self):
        return str(self)
