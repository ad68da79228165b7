"""Runs a notebook for what is built from it, and refuses one in which anything went wrong."""

import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from lecture_lib.medium import MEDIUM
from slides import ROOT, BuildError

SECONDS_PER_CELL = 120


def read(path: Path) -> NotebookNode:
    """The notebook as it is stored. Raises BuildError where there is none."""
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise BuildError(f"{path}: there is no such notebook.") from None
    except Exception as error:  # nbformat passes on whatever its parser raised
        raise BuildError(f"{path.name} is no notebook: {error}") from None


def place(name: str, number: int, cell: NotebookNode) -> str:
    """Where a cell stands, for an error message: the notebook's file, number and first words."""
    words = cell.source.strip().splitlines() or ["empty"]
    return f"{name}, cell {number} ({words[0][:60]})"


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def slide_type(cell: NotebookNode) -> str:
    """What the cell is on a slide; "skip" where it is not marked."""
    return cell.metadata.get("slideshow", {}).get("slide_type", "skip")


def executed(notebook: NotebookNode, path: Path, medium: str) -> NotebookNode:
    """Run all cells in a fresh kernel, in the folder of `path`, and return the notebook.

    A notebook without code needs no kernel. `medium` is what its pictures and cards are shown on:
    "deck", "page", or "" for a notebook. Raises BuildError for a cell that fails or takes longer
    than SECONDS_PER_CELL, and for an error that a widget hid.
    """
    if not any(cell.cell_type == "code" and cell.source.strip() for cell in notebook.cells):
        return notebook
    folder = str(path.resolve().parent)
    search = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": folder}},
        extra_arguments=["--log-level=CRITICAL"],
    )
    try:
        _run(client, env={**os.environ, MEDIUM: medium, "PYTHONPATH": search})
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


def _run(client: NotebookClient, env: Mapping[str, str]) -> None:
    """Run in a thread, with an event loop that ends with it: here another one may be running."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, client.async_execute(env=env)).result()


def _last_begun(notebook: NotebookNode) -> int:
    """The index of the last code cell that was begun."""
    return max(k for k, cell in enumerate(notebook.cells) if "execution" in cell.metadata)


def _failed_cell(notebook: NotebookNode, path: Path) -> str:
    """Name the last code cell that was begun."""
    begun = _last_begun(notebook)
    return place(path.name, begun + 1, notebook.cells[begun])


def _refuse_hidden_errors(notebook: NotebookNode, path: Path) -> None:
    """ipywidgets' interact and Output keep an error in the widget's state, where no run sees it."""
    views = notebook.metadata.get("widgets", {}).values()
    for model in (model for view in views for model in view["state"].values()):
        for output in model["state"].get("outputs", []):
            if output["output_type"] == "error":
                raise BuildError(
                    f"{path.name}: a widget hides {output['ename']}: {output['evalue']}"
                )
