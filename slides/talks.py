"""The talks: decks of slides from several chapters, chosen by the plan."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches

from slides import BuildError
from slides.cells import Prose, Slide
from slides.chapters import LECTURE, NOTEBOOKS, Chapter
from slides.decks import Deck
from slides.plan import PLAN, Chosen, Plan

WORDS_PER_MINUTE = 150  # at which a hall can still follow, pictures apart


def talks(plan: Plan, chapters: Sequence[Chapter]) -> list[Deck]:
    """A deck for each slot of the plan. BuildError where the plan and the chapters do not agree."""
    return [talk(plan, slot, chapters) for slot in plan.slots]


def talk(plan: Plan, slot: str, chapters: Sequence[Chapter]) -> Deck:
    """The deck of one slot: its opening slide, and the slides that are written of each part."""
    prose = Prose(NOTEBOOKS)
    shown = [(LECTURE, _opening(plan, slot, prose))]
    for one, chosen in chosen_slides(plan, slot, chapters):
        slide = find(one, chosen)
        notes = [_spoken(chosen, slide.where, prose)] if chosen.say else slide.notes
        _check_notes(notes, chosen.minutes[slot], f"{slide.where}, in {slot}")
        timed = replace(slide, notes=notes, seconds=round(60 * chosen.minutes[slot]))
        shown.append((one.label, timed))
    prose.fill([slide for _, slide in shown])
    names = {label for label, _ in shown}
    return Deck(slot, shown, {c.name: c.stamp for c in chapters if c.label in names})


def _check_notes(notes: Sequence[str], minutes: float, where: str) -> None:
    words = len(re.sub("<[^>]+>", " ", " ".join(notes)).split())
    if not words:
        raise BuildError(f"{where}: no notes say what is spoken.")
    if words > WORDS_PER_MINUTE * minutes:
        raise BuildError(
            f"{where}: {words} words do not fit into {minutes:g} minutes; say less, or take longer."
        )


def _opening(plan: Plan, slot: str, prose: Prose) -> Slide:
    where = f"{PLAN.name}, opening"
    return Slide(
        where,
        plan.title,
        prose.line(plan.title, where),
        opening=True,
        parts=[prose.html(plan.subtitle, where)],
        notes=[_spoken(plan.opening, where, prose)],
        seconds=round(60 * plan.opening.minutes[slot]),
    )


def _spoken(chosen: Chosen, where: str, prose: Prose) -> str:
    return prose.html(chosen.say, where, notes=True)


def chosen_slides(
    plan: Plan, slot: str, chapters: Sequence[Chapter]
) -> Iterable[tuple[Chapter, Chosen]]:
    """The slides of a slot that are written, each with its chapter."""
    written = {one.number: one for one in chapters}
    for number in written.keys() - {part.chapter for part in plan.parts}:
        raise BuildError(f"{PLAN.name}: chapter {number:02} is in no talk; give it a part.")
    for part in plan.parts:
        if part.kept and part.chapter in written:
            raise BuildError(
                f"{PLAN.name}: chapter {part.chapter:02} is written, and its place is only kept; "
                "choose slides of it."
            )
        if part.slides and part.chapter not in written:
            raise BuildError(f"{PLAN.name}: there is no notebook of chapter {part.chapter:02}.")
        for chosen in part.slides:
            if slot in chosen.minutes:
                yield written[part.chapter], chosen


def find(one: Chapter, chosen: Chosen) -> Slide:
    """The chapter's slide of that question. BuildError, with the nearest one, if there is none."""
    asked = {slide.asks: slide for slide in one.slides}
    if chosen.asks not in asked:
        near = get_close_matches(chosen.asks, asked, n=1, cutoff=0)
        raise BuildError(
            f"{PLAN.name}: no slide of {one.name} asks {chosen.asks!r}; the nearest is {near[0]!r}."
        )
    return asked[chosen.asks]
