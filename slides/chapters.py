"""A chapter as slides: its notebook run once, for its own deck and for every talk."""

from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from slides import ROOT, edition
from slides.cells import Prose, Slide, check_slide, read_slides
from slides.running import executed, read

NOTEBOOKS = ROOT / "notebooks"
LECTURE = "LLM inference"


def all_notebooks() -> list[Path]:
    return sorted(NOTEBOOKS.glob("*.ipynb"))


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
    one = _read_chapter(executed(read(path), path, "deck"), path, prose)
    for slide in one.slides:
        check_slide(slide)
    prose.fill(one.slides)
    return one


def outline(path: Path) -> Chapter:
    """The questions, minutes and notes of a chapter, without running it: no picture is drawn."""
    return _read_chapter(read(path), path, Prose(path.parent))


def _read_chapter(notebook: NotebookNode, path: Path, prose: Prose) -> Chapter:
    slides = read_slides(notebook, path.name, prose)
    number = notebook.metadata.get("lecture", {}).get("chapter")
    return Chapter(path.stem, number, slides, edition.stamp(path))
