"""Slides as one HTML page that opens from a disk without any network.

The page is put together here from nbformat, nbconvert's markdown renderer and one template. A child
of nbconvert's slides template would be longer: it would have to switch off require.js, jQuery,
MathJax, mermaid and a theme, replace how every cell and output is rendered, and could still not
place a picture's sentence, source and page number outside the cell that made it.
"""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lecture_lib import front
from lecture_lib.catalog.edition import edition
from lecture_lib.palette import css_variables
from slides import BuildError, packages
from slides.cells import Slide
from slides.chapters import LECTURE

HERE = Path(__file__).resolve().parent
MOST_BYTES = 15e6  # of a deck: it travels by mail, and an old laptop opens it


@dataclass(frozen=True)
class Deck:
    """Slides in the order in which they are shown, each with the label of its chapter."""

    name: str
    """Of its file, without the ending."""
    shown: Sequence[tuple[str, Slide]]
    stamps: Mapping[str, str]
    """Chapter's name -> the state of it that is shown."""

    @property
    def slides(self) -> list[Slide]:
        return [slide for _, slide in self.shown]

    @property
    def built_from(self) -> str:
        """Each chapter with its stamp, as the page carries it."""
        return ", ".join(f"{name} {stamp}" for name, stamp in self.stamps.items())

    @property
    def title(self) -> str:
        """The words of its opening slide."""
        openings = (re.sub("<[^>]+>", "", s.title) for s in self.slides if s.opening)
        return next(openings, self.name)


def html(deck: Deck, template: str = "deck.html.j2", **more) -> str:
    """The deck as one page: as slides, or as what another template makes of them."""
    body = "".join(part for slide in deck.slides for part in (slide.title, *slide.parts))
    moves = any(slide.moves for slide in deck.slides)
    css = [packages.plex_css(), packages.katex_css(body), front.sheet() * moves]
    css += [
        css_variables("body", dark=["body.dark"], system=""),
        (HERE / "theme.css").read_text(encoding="utf-8"),
    ]
    return rendered(
        template,
        deck=deck,
        lecture=LECTURE,
        edition=edition(),
        reveal_css=packages.reveal_css(),
        css="\n".join(css),
        scripts=packages.scripts(),
        modules=[front.script("explorable")] if moves else [],
        licences=packages.licences(),
        **more,
    )


def rendered(template: str, **values) -> str:
    """The page that one of the templates beside this file makes of the values."""
    templates = Environment(loader=FileSystemLoader(HERE), undefined=StrictUndefined)
    return templates.get_template(template).render(**values)


def check_size(page: str, what: str, most: float, moving: str = "") -> None:
    """Refuses a page that is too large to travel, with what it is and perhaps what moves in it."""
    size = len(page.encode())
    if size > most:
        raise BuildError(
            f"{what} would take {size / 1e6:.1f} MB, and {most / 1e6:.0f} MB is the most; {moving}"
            "let fewer controls move there, with in_deck=[...]."
        )


def write_deck(deck: Deck, out: Path) -> Path:
    """Write the deck into the folder `out` and return its path; replace what stands there whole.

    Raises BuildError for a deck that is too large to travel.
    """
    content = html(deck)
    moving = sum(slide.moves for slide in deck.slides)
    check_size(content, f"{deck.name}: its deck", MOST_BYTES, f"{moving} of its pictures move: ")
    path = out / f"{deck.name}.html"
    write_whole(path, content)
    return path


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file in one step: a reader finds the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
