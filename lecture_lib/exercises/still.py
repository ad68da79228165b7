"""Questions where nothing runs behind them: as steps of a slide, and as folds of a page."""

from html import escape

from lecture_lib import front
from lecture_lib.exercises.checks import Task
from lecture_lib.exercises.predictions import Choice, Number, revealed

STEP = 'data-fragment-index="0"'  # answer and reason come with the same step


def prediction_slide(question: Choice | Number) -> str:
    """The question as HTML for a deck: its answer is a step of the same slide."""
    boxes = _options(question) if isinstance(question, Choice) else _box(question)
    return (
        f'<div class="lecture-predict"><p class="ask">{escape(question.ask)}</p>'
        f'{boxes}<p class="why fragment" {STEP}>{escape(question.why)}</p></div>'
    )


def _box(question: Number) -> str:
    return (
        f'<p class="box fragment custom" {STEP}><span>? {escape(question.unit)}</span>'
        f"<strong>{escape(question.truth)}</strong></p>"
    )


def _options(question: Choice) -> str:
    items = (
        f'<li class="right fragment custom" {STEP}>{escape(option.words)}</li>'
        if k == question.right
        else f"<li>{escape(option.words)}</li>"
        for k, option in enumerate(question.options)
    )
    return f"<ol>{''.join(items)}</ol>"


def exercise_slide(task: Task) -> str:
    """The exercise as HTML for a deck: the question alone."""
    return f'<div class="lecture-predict"><p class="ask">{escape(task.ask)}</p></div>'


def prediction_page(question: Choice | Number) -> str:
    """The question as HTML for a page: its answer is folded away."""
    options = getattr(question, "options", ())
    boxes = "".join(f"<li>{escape(option.words)}</li>" for option in options)
    answer = _folded("The answer", escape(revealed(question).says))
    return _section(question.ask, f'<ol type="A">{boxes}</ol>' if boxes else "", answer)


def exercise_page(task: Task, truth: str) -> str:
    """The exercise as HTML for a page: hint and worked solution, with its number, folded away."""
    solution = f"{escape(task.solution)}<code>{escape(task.code)}</code>That is {escape(truth)}."
    return _section(
        task.ask, _folded("Hint", escape(task.hint)), _folded("Worked solution", solution)
    )


def _section(ask: str, *parts: str) -> str:
    opening = f'<section class="lecture-ex lecture-question"><p class="ask">{escape(ask)}</p>'
    return f"<style>{front.style()}</style>{opening}{''.join(parts)}</section>"


def _folded(title: str, words: str) -> str:
    return f"<details><summary>{title}</summary><p>{words}</p></details>"
