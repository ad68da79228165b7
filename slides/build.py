"""Builds the decks: `python -m slides.build [notebook ...] [--out slides/built]`.

Each notebook runs in a fresh kernel; its marked cells become one HTML file that opens from a disk
without any network. The page is put together here from nbformat, nbconvert's markdown renderer and
one template. A child of nbconvert's slides template would be longer: it would have to switch off
require.js, jQuery, MathJax, mermaid and a theme, replace how every cell and output is rendered, and
could still not place a picture's sentence, source and page number outside the cell that made it.
"""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from lecture_lib import front
from lecture_lib.palette import css_variables
from slides import BuildError, packages
from slides.cells import Prose, Slide, read_slides

ROOT = Path(__file__).resolve().parent.parent
LECTURE = "LLM inference"
SECONDS_PER_CELL = 120
MOST_BYTES = 15e6  # of a deck: it travels by mail, and an old laptop opens it


def main(arguments: list[str] | None = None) -> int:
    """Build the decks that the command line names; return 0, or 1 after saying what is wrong."""
    parser = argparse.ArgumentParser(description="Build self-contained slide decks from notebooks.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of notebooks/")
    parser.add_argument("--out", type=Path, default=ROOT / "slides" / "built")
    options = parser.parse_args(arguments)
    notebooks = options.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb"))
    if not notebooks:
        print("There is no notebook in notebooks/.", file=sys.stderr)
        return 1
    try:
        for notebook in notebooks:
            deck = build_deck(notebook, options.out)
            moving = deck.read_text(encoding="utf-8").count("<lecture-explorable>")
            size = f"{deck.stat().st_size / 1e6:.1f} of at most {MOST_BYTES / 1e6:.0f} MB"
            print(f"{deck.name}: {size}, {moving} pictures that move, in {deck.parent}")
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def build_deck(path: Path, out: Path) -> Path:
    """Run the notebook at `path` and write its deck into the folder `out`; return the deck's path.

    A deck that stands there is replaced whole or stays as it was. Raises BuildError.
    """
    packages.install()
    notebook = execute(_read(path), path)
    prose = Prose(path.parent)
    slides = read_slides(notebook, path.name, prose)
    prose.fill(slides)
    deck, html = out / f"{path.stem}.html", page(slides, path.stem, _lecture(notebook))
    if len(html.encode()) > MOST_BYTES:
        moving = sum(slide.moves for slide in slides)
        raise BuildError(
            f"{path.name}: its deck would take {len(html.encode()) / 1e6:.1f} MB, and "
            f"{MOST_BYTES / 1e6:.0f} MB is the most; {moving} of its pictures move: "
            "let fewer controls move there, with in_deck=[...]."
        )
    _write_whole(deck, html)
    return deck


def _lecture(notebook: NotebookNode) -> dict:
    return notebook.metadata.get("lecture", {})


def _read(path: Path) -> NotebookNode:
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise BuildError(f"{path}: there is no such notebook.") from None
    except Exception as error:  # nbformat passes on whatever its parser raised
        raise BuildError(f"{path.name} is no notebook: {error}") from None


def execute(notebook: NotebookNode, path: Path) -> NotebookNode:
    """Run all cells in a fresh kernel, with LECTURE_MEDIUM=deck, and return the notebook.

    Raises BuildError for a cell that fails or takes longer than SECONDS_PER_CELL, and for an error
    that a widget caught and hid.
    """
    folder = str(path.resolve().parent)
    search = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": folder}},
        extra_arguments=["--log-level=ERROR"],
    )
    try:
        client.execute(env={**os.environ, "LECTURE_MEDIUM": "deck", "PYTHONPATH": search})
    except CellExecutionError:
        # an error while a value is shown leaves its name in the output, and nowhere else
        outputs = notebook.cells[_last_begun(notebook)].outputs
        error = next(o for o in outputs if o.output_type == "error")
        where = _failed_cell(notebook, path)
        raise BuildError(f"{where}: raised {error.ename}: {error.evalue}") from None
    except CellTimeoutError:
        where = _failed_cell(notebook, path)
        raise BuildError(f"{where}: ran longer than {SECONDS_PER_CELL} s.") from None
    except DeadKernelError:
        raise BuildError(f"{_failed_cell(notebook, path)}: its kernel died.") from None
    _refuse_hidden_errors(notebook, path)
    return notebook


def _last_begun(notebook: NotebookNode) -> int:
    """The index of the last code cell that was begun."""
    return max(k for k, cell in enumerate(notebook.cells) if "execution" in cell.metadata)


def _failed_cell(notebook: NotebookNode, path: Path) -> str:
    """Name the last code cell that was begun."""
    begun = _last_begun(notebook)
    words = notebook.cells[begun].source.strip().splitlines() or ["empty"]
    return f"{path.name}, cell {begun + 1} ({words[0][:60]})"


def _refuse_hidden_errors(notebook: NotebookNode, path: Path) -> None:
    """ipywidgets' interact and Output keep an error in the widget's state, where no run sees it."""
    views = notebook.metadata.get("widgets", {}).values()
    for model in (model for view in views for model in view["state"].values()):
        for output in model["state"].get("outputs", []):
            if output["output_type"] == "error":
                raise BuildError(
                    f"{path.name}: a widget hides {output['ename']}: {output['evalue']}"
                )


def page(slides: list[Slide], name: str, lecture: dict) -> str:
    """The deck as one HTML page. `lecture` is the notebook's metadata of that name."""
    titles = (slide.title for slide in slides if slide.opening)
    opening = re.sub("<[^>]+>", "", next(titles, name))
    chapter = f"Chapter {lecture['chapter']}" if lecture.get("chapter") else LECTURE
    body = "".join(part for slide in slides for part in (slide.title, *slide.parts))
    theme = (ROOT / "slides" / "theme.css").read_text(encoding="utf-8")
    moves = any(slide.moves for slide in slides)
    css = [packages.reveal_css(), packages.plex_css(), packages.katex_css(body)]
    css += [css_variables("body", dark=["body.dark"], system=""), front.sheet() * moves, theme]
    templates = Environment(loader=FileSystemLoader(ROOT / "slides"), undefined=StrictUndefined)
    return templates.get_template("deck.html.j2").render(
        name=opening,
        lecture=LECTURE,
        chapter=chapter,
        footer=f"{chapter}: {opening}" if lecture.get("chapter") else opening,
        slides=slides,
        css="\n".join(css),
        scripts=packages.scripts(),
        modules=[front.script("explorable")] if moves else [],
        licences=packages.licences(),
    )


def _write_whole(path: Path, text: str) -> None:
    """Write a file in one step: a reader finds the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


if __name__ == "__main__":
    raise SystemExit(main())
