"""The script of a talk: every slide small, beside it what is said there and for how long."""

import re
from dataclasses import dataclass, replace
from itertools import accumulate

from slides.cells import Slide
from slides.decks import Deck, html
from slides.rehearse import clock

STATES = re.compile(r'<script type="application/gzip">.*?</script>', re.DOTALL)
STEP = re.compile(r'(class="[^"]*\bfragment\b)')


@dataclass(frozen=True)
class Leaf:
    """A slide in the script."""

    label: str
    slide: Slide
    """With every step taken, and its picture standing still."""
    notes: str
    minutes: float
    until: str
    """The running time at its end."""


def script(deck: Deck) -> str:
    """The script of a deck as one HTML page."""
    ends = accumulate(slide.seconds / 60 for slide in deck.slides)
    leaves = [
        Leaf(label, still(slide), "\n".join(slide.notes), slide.seconds / 60, clock(end))
        for (label, slide), end in zip(deck.shown, ends, strict=True)
    ]
    return html(deck, "script.html.j2", leaves=leaves)


def still(slide: Slide) -> Slide:
    """The slide as it stands at its end, without what would move it, and without its notes."""
    parts = [STEP.sub(r"\1 visible", STATES.sub("", part)) for part in slide.parts]
    return replace(slide, parts=parts, notes=[])
