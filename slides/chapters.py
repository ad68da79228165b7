"""A chapter as slides: its notebook run once, for its own deck and for every talk."""

from dataclasses import dataclass
from pathlib import Path

from slides import ROOT, edition
from slides.cells import Prose, Slide, read_slides
from slides.running import executed, read

NOTEBOOKS = ROOT / "notebooks"
LECTURE = "LLM inference"


@dataclass(frozen=True)
class Chapter:
    """The slides of a notebook, and which state of it they show."""

    name: str
    """Of the notebook's file, without the ending."""
    number: int | None
    slides: list[Slide]
    stamp: str

    @property
    def label(self) -> str:
        """What a slide says of where it is from."""
        return LECTURE if self.number is None else f"Chapter {self.number:02}"


def chapter(path: Path) -> Chapter:
    """Run the notebook at `path` and read its slides. Raises BuildError."""
    prose = Prose(path.parent)
    stamp, notebook = edition.stamp(path), executed(read(path), path, "deck")
    slides = read_slides(notebook, path.name, prose)
    prose.fill(slides)
    return Chapter(path.stem, notebook.metadata.get("lecture", {}).get("chapter"), slides, stamp)
