"""A chapter's copies: `python -m slides.copies [notebook ...] [--out slides/built]`.

The student's copy has empty exercises with room to work, and the way folded away beneath; the
solution copy has every exercise answered and the way open, and keeps the speaker's notes. Both have
all that a slide shows, for a slide's words do not stand in the text a second time.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from slides import BuildError, edition
from slides.build import asked, of_each
from slides.chapters import all_notebooks
from slides.decks import write_whole
from slides.running import executed, place, read, slide_type, tags

KERNEL = ("kernelspec", "language_info")
TEXT = ("text/plain", "text/markdown")
LINK = re.compile(r"\]\(\s*<?(?P<target>[^)>\s#]+)")
ELSEWHERE = re.compile(r"[a-z]+:", re.IGNORECASE)

# What the kernel is asked of an exercise: its card with the solution opened, and then answered.
PROBE = """
import json as _json
_card = {call}
_card.hear({{"do": "solution"}})
_truth = _card.face()["solution"]["truth"].replace(",", "")
_answered = {answered}
print(_json.dumps([_card.face(), _answered.face()["reply"], str(_answered)]))
"""


@dataclass(frozen=True)
class Worked:
    """An exercise with the way and the number that it leads to, as its kernel told them."""

    call: str
    """The answered exercise as one types it."""
    says: str
    """What the notebook stores for that call."""
    folded: str
    """Question, way and number as a markdown cell."""


def student(path: Path) -> NotebookNode:
    """The notebook with empty exercises, the way folded away beneath each. Raises BuildError."""
    return _copy(path, "student", _unsolved)


def solution(path: Path) -> NotebookNode:
    """The notebook with answered exercises, the way beneath, and the notes. Raises BuildError."""
    return _copy(path, "solution", _solved)


def check_links(notebook: NotebookNode, path: Path) -> None:
    """Raises BuildError for a link that leads nowhere from a copy: to no chapter and no address."""
    for number, cell in enumerate(notebook.cells, start=1):
        targets = LINK.findall(cell.source) if cell.cell_type == "markdown" else []
        for target in targets:
            chapter = "/" not in target and (path.parent / target).suffix == ".ipynb"
            if not ELSEWHERE.match(target) and not (chapter and (path.parent / target).is_file()):
                raise BuildError(
                    f"{place(path.name, number, cell)}: {target} does not travel with a copy; link "
                    "a chapter by its file's name, or give the whole address, or attach a picture."
                )


def _copy(path: Path, kind: str, changed) -> NotebookNode:
    notebook = read(path)
    if not any(cell.source.strip() for cell in notebook.cells):
        raise BuildError(f"{path.name}: the notebook is empty; there is nothing to copy.")
    check_links(notebook, path)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.setdefault("id", f"cell-{number}")  # older notebooks have none
    stamp = edition.stamp(path)
    worked = _worked(path.resolve(), stamp)
    kept = [
        copied
        for number, cell in enumerate(notebook.cells, start=1)
        for copied in changed(cell, worked.get(number))
    ]
    mark = {"built_from": f"{path.stem} {stamp}", "copy": kind}
    metadata = notebook.metadata
    notebook.metadata = {key: metadata[key] for key in KERNEL if key in metadata}
    notebook.metadata["lecture"] = {**metadata.get("lecture", {}), **mark}
    notebook.cells = [_stored(cell) for cell in kept]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _stored(cell: NotebookNode) -> NotebookNode:
    """The cell with its words alone: no slide, no picture, no widget, not run."""
    cell.metadata.pop("slideshow", None)
    if cell.cell_type == "code":
        cell.execution_count = None
        for output in cell.outputs:
            if "data" in output:
                output.data = {kind: output.data[kind] for kind in TEXT if kind in output.data}
                output.metadata = {}
            if output.output_type == "execute_result":
                output.execution_count = None
    return cell


# -- exercises ------------------------------------------------------------------------------------


@cache
def _worked(path: Path, _stamp: str) -> dict[int, Worked]:
    """Number of a cell -> its exercise, worked in the notebook's own kernel once a state.

    An exercise needs the set-up, the first cell with code, and nothing else of the chapter.
    """
    notebook = read(path)
    calls = {
        number: _call(cell, place(path.name, number, cell))
        for number, cell in enumerate(notebook.cells, start=1)
        if "exercise" in tags(cell)
    }
    if not calls:
        return {}
    set_up = next(cell for cell in notebook.cells if cell.cell_type == "code" and cell.source)
    for number, cell in enumerate(notebook.cells, start=1):
        if number in calls:
            call, answered = calls[number]
            cell.source += PROBE.format(call=call, answered=answered.format("_truth"))
        elif cell.cell_type == "code" and cell is not set_up:
            cell.source = ""
    executed(notebook, path, "")
    return {
        number: _told(notebook.cells[number - 1], answered, path, number)
        for number, (_, answered) in calls.items()
    }


def _call(cell: NotebookNode, where: str) -> tuple[str, str]:
    """The call of an exercise cell, and the same with {} where its answer goes."""
    try:
        body = ast.parse(cell.source).body if cell.cell_type == "code" else []
    except SyntaxError:
        body = []
    match body:
        case [ast.Expr(ast.Call(ast.Name("check"), [ast.Attribute() as asked], keywords))] if all(
            keyword.arg == "variant" for keyword in keywords
        ):
            rest = "".join(f", variant={ast.unparse(keyword.value)}" for keyword in keywords)
            name = ast.unparse(asked)
            return f"check({name}{rest})", f"check({name}, {{}}{rest})"
    raise BuildError(f"{where}: a cell tagged exercise holds check(exercise.NAME) and no more.")


def _told(cell: NotebookNode, answered: str, path: Path, number: int) -> Worked:
    face, reply, says = json.loads(cell.outputs[-1].text)
    way = face["solution"]
    if reply["kind"] != "right":
        where = place(path.name, number, cell)
        raise BuildError(f"{where}: its own solution, {way['truth']}, is told: {reply['says']}")
    ask, words, truth = (_escaped(part) for part in (face["ask"], way["words"], way["truth"]))
    parts = [f"*{ask}*", words, _fenced(way["code"]), f"**{truth}**"]
    plain = way["truth"].replace(",", "")  # 1,530 can mean two numbers
    return Worked(answered.format(f'"{plain}"'), says, _folded(*parts))


def _escaped(words: str) -> str:
    """Plain words as markdown that shows them unchanged."""
    return re.sub(r"([\\`*_$~<>\[\]])", r"\\\1", words)


def _fenced(code: str) -> str:
    return f"```python\n{code.strip()}\n```"


def _folded(*parts: str) -> str:
    return "\n\n".join(["<details><summary>Solution</summary>", *parts, "</details>"])


# -- what becomes of a cell -----------------------------------------------------------------------


def _unsolved(cell: NotebookNode, worked: Worked | None) -> Iterator[NotebookNode]:
    """What stands for this cell in the student's copy."""
    if slide_type(cell) == "notes":
        return
    if worked:
        yield _with(cell, cell.source)
        yield new_code_cell(id=f"{cell.id}-own")
        yield new_markdown_cell(worked.folded, id=f"{cell.id}-way")
    elif "solution" in tags(cell) and cell.cell_type == "code":
        first = cell.source.lstrip().partition("\n")[0]
        yield _with(cell, first if first.startswith("#") else "")
        yield new_markdown_cell(_folded(_fenced(cell.source)), id=f"{cell.id}-way")
    else:
        yield cell


def _solved(cell: NotebookNode, worked: Worked | None) -> Iterator[NotebookNode]:
    """What stands for this cell in the solution copy."""
    if not worked:
        yield cell
        return
    yield _with(cell, worked.call, new_output("execute_result", {"text/plain": worked.says}))
    opened = worked.folded.replace("<details>", "<details open>", 1)
    yield new_markdown_cell(opened, id=f"{cell.id}-way")


def _with(cell: NotebookNode, source: str, *outputs: NotebookNode) -> NotebookNode:
    """The cell with another source, and with these outputs alone."""
    other = deepcopy(cell)
    other.source, other.outputs = source, list(outputs)
    return other


# -- the command ----------------------------------------------------------------------------------


def copies(path: Path) -> dict[str, NotebookNode]:
    """Both copies of a chapter by the folder that they go into. Raises BuildError."""
    return {"student": student(path), "solution": solution(path)}


def main(arguments: list[str] | None = None) -> int:
    """Write the copies that the command line names; return 0, or 1 after saying what is wrong."""
    options = asked(arguments, "Build students' and solution copies.")
    paths = options.notebooks or all_notebooks()
    try:
        built = of_each(copies, paths)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    for path, both in zip(paths, built, strict=True):
        for folder, notebook in both.items():
            text = nbformat.writes(notebook, version=4).rstrip("\n") + "\n"
            write_whole(options.out / folder / path.name, text)
            print(f"{folder}/{path.name}: {len(notebook.cells)} cells")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
