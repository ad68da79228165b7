"""Questions that the models answer: predictions to commit to, exercises that check themselves."""

from lecture_lib.exercises.cards import check, predict
from lecture_lib.exercises.checks import Exercise, Slip, Task, variants
from lecture_lib.exercises.predictions import Choice, Number, Option, Prediction, prediction

__all__ = [
    "Choice", "Exercise", "Number", "Option", "Prediction", "Slip", "Task",
    "check", "predict", "prediction", "variants",
]  # fmt: skip
