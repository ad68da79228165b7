"""Lists to rehearse by: `python -m slides.rehearse [talk or chapter ...]`.

Slide, minutes and running total, for each talk of the plan and for each chapter's own deck.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from slides import BuildError
from slides.chapters import Chapter, all_notebooks, outline
from slides.plan import Part, Plan, read_plan
from slides.talks import chosen_slides, find


@dataclass(frozen=True)
class Line:
    """A line of a rehearsal: a slide, or the slides that a chapter to come will have."""

    words: str
    minutes: float
    number: int | None = None
    """Of the slide; None for slides to come."""


def rehearsal(name: str, booked: float | None, lines: Sequence[Line]) -> str:
    """A list with minutes and running total; `booked` is the length of the slot, if there is one.

    >>> print(rehearsal("sample", 3, [Line("Why?", 1.5, 1), Line("to come", 2)]))
    sample
      1   1.5   0:01:30  Why?
          2.0   0:03:30  to come
          3.5 of 3 minutes
    """
    rows, total = [name], 0.0
    for line in lines:
        total += line.minutes
        rows.append(f"{line.number or '':>3} {line.minutes:5.1f}   {clock(total)}  {line.words}")
    slot = f" of {booked:g}" if booked else ""
    return "\n".join([*rows, f"{'':>3} {total:5.1f}{slot} minutes"])


def clock(minutes: float) -> str:
    """Minutes as hours, minutes and seconds.

    >>> clock(61.25)
    '1:01:15'
    """
    seconds = round(60 * minutes)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def talk_lines(plan: Plan, slot: str, chapters: Sequence[Chapter]) -> list[Line]:
    """The lines of a talk, with a line for what each chapter to come will take."""
    lines = [Line(plan.title, plan.opening.minutes[slot], 1)]
    chosen = {part.chapter: [] for part in plan.parts}
    for one, slide in chosen_slides(plan, slot, chapters):
        chosen[one.number].append((one.label, find(one, slide).asks, slide.minutes[slot]))
    for part in plan.parts:
        for label, asks, minutes in chosen[part.chapter]:
            number = 1 + max(line.number or 0 for line in lines)
            lines.append(Line(f"{label}  {asks}", minutes, number))
        lines += _to_come(part, slot)
    return lines


def _to_come(part: Part, slot: str) -> list[Line]:
    if slot not in part.kept:
        return []
    count, minutes = part.kept[slot]
    words = f"Chapter {part.chapter:02}  to come, {count} slide{'s' * (count > 1)}: {part.asks}"
    return [Line(words, minutes)]


def chapter_lines(one: Chapter) -> list[Line]:
    """The lines of a chapter's own deck, in the minutes of its notes."""
    return [Line(s.asks, s.seconds / 60, k) for k, s in enumerate(one.slides, start=1)]


def main(arguments: list[str] | None = None) -> int:
    """Print the rehearsals that the command line names; return 1 after saying what is wrong."""
    parser = argparse.ArgumentParser(description="List slides with minutes and running total.")
    parser.add_argument("names", nargs="*", help="talks or chapters; default: all of them")
    names = parser.parse_args(arguments).names
    try:
        plan, chapters = read_plan(), [outline(path) for path in all_notebooks()]
        lists = {
            slot.name: rehearsal(slot.name, slot.minutes, talk_lines(plan, slot.name, chapters))
            for slot in plan.slots.values()
        }
        lists |= {one.name: rehearsal(one.name, None, chapter_lines(one)) for one in chapters}
        for name in names:
            if name not in lists:
                raise BuildError(f"There is no {name!r}; there are {', '.join(lists)}.")
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n\n".join(lists[name] for name in names or lists))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
