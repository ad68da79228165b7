"""Runs notebooks and stores what they say: `python -m tools.store_outputs [notebook ...]`.

Text only, the same text every time: a stored notebook holds no picture, no widget, no time and
nothing of the machine. So a second run changes nothing, and a difference in git is a difference in
what the lecture says.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import nbformat

from slides import BuildError
from slides.chapters import all_notebooks
from slides.decks import write_whole
from slides.running import executed, place, tags

TEXT = ("text/plain", "text/markdown")
# What nbval does not compare, and so may be left out of what is stored.
UNCOMPARED = {"image/png", "image/jpeg", "application/vnd.jupyter.widget-view+json"}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def stored(path: Path) -> bytes:
    """The file that the notebook becomes when it is run afresh.

    Raises BuildError for a cell that fails, and for one that says what cannot be stored.
    """
    notebook = executed(read(path), path, "")  # on no medium: what is stored is what a reader sees
    notebook.metadata.pop("widgets", None)
    count = 0
    for number, cell in enumerate(notebook.cells, start=1):
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        where = place(path.name, number, cell)
        varies = "nbval-ignore-output" in tags(cell)
        cell.outputs = [] if varies else text_outputs(cell, where)
        if cell.source.strip():
            count += 1
            cell.execution_count = count
        else:
            cell.execution_count = None
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
    notebook.metadata.language_info = {"name": "python"}  # without the version that ran it
    return (nbformat.writes(notebook, version=4).rstrip("\n") + "\n").encode("utf-8")


def read(path: Path) -> nbformat.NotebookNode:
    """The notebook as format 4.5 without outputs; a cell without an id gets one from its words."""
    raw = json.loads(path.read_text("utf-8"))
    raw |= {"nbformat": 4, "nbformat_minor": 5}
    lecture = {key: value for key, value in raw["metadata"].items() if key == "lecture"}
    raw["metadata"] = {"kernelspec": KERNEL, **lecture}
    known = set()
    for cell in raw["cells"]:
        source = "".join(cell["source"])
        if cell.get("id", "") in known | {""}:
            tries = (hashlib.sha256(f"{n}{source}".encode()).hexdigest()[:8] for n in range(1000))
            cell["id"] = next(name for name in tries if name not in known)
        known.add(cell["id"])
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None
    notebook = nbformat.from_dict(raw)
    for cell in notebook.cells:
        cell.source = "".join(cell.source).rstrip()
    nbformat.validate(notebook)
    return notebook


def text_outputs(cell: nbformat.NotebookNode, where: str) -> list[nbformat.NotebookNode]:
    """What the cell said, as text: printed lines joined, values without pictures and widgets."""
    kept = []
    for output in cell.outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                raise BuildError(f"{where} speaks on stderr: {output.text.strip()}")
            if kept and kept[-1].output_type == "stream":
                kept[-1].text += output.text
            else:
                kept.append(output)
        elif output.output_type == "error":
            if "raises-exception" not in tags(cell):
                raise BuildError(f"{where} raises {output.ename}: {output.evalue}")
            output.traceback = []  # it names places on this machine; the error's own words stay
            kept.append(output)
        else:
            others = set(output.data) - UNCOMPARED.union(TEXT)
            if others or "text/plain" not in output.data:
                shows = ", ".join(sorted(others)) or "something without text/plain"
                raise BuildError(f"{where} shows {shows}; store and compare words alone")
            output.data = {kind: output.data[kind] for kind in TEXT if kind in output.data}
            output.metadata = {}
            kept.append(output)
    return kept


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of notebooks/")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if one would change")
    options = parser.parse_args(arguments)
    changed = 0
    for path in options.notebooks or all_notebooks():
        try:
            content = stored(path)
        except BuildError as refusal:
            print(refusal, file=sys.stderr)
            return 1
        if content == path.read_bytes():
            print(f"{path.name}: as stored")
            continue
        changed += 1
        if options.check:
            print(f"{path.name}: says something else now; type: make notebooks")
        else:
            write_whole(path, content)
            print(f"{path.name}: stored anew")
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
