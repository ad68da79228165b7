"""Runs the cells of a notebook in this process: what each shows, without a kernel to wait for."""

import ast
import contextlib
import io
from pathlib import Path

import nbformat
from IPython.core.formatters import DisplayFormatter
from IPython.core.inputtransformer2 import TransformerManager


class NoShell:
    """Stands in for IPython's shell: a magic does nothing."""

    def run_line_magic(self, *_):
        pass

    run_cell_magic = run_line_magic


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell) -> set[str]:
    return set(cell.metadata.get("tags", []))


def tree(cell) -> ast.Module:
    """The cell as Python, with `%matplotlib inline` and its like turned into calls."""
    return ast.parse(TransformerManager().transform_cell(cell.source))


def run(notebook: nbformat.NotebookNode, folder: Path) -> tuple[dict[str, object], dict]:
    """Runs the code cells in the folder: cell id -> the value that it shows, and the names left."""
    space = {"__name__": "__main__", "get_ipython": NoShell}
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        return {cell.id: _run_cell(cell, space) for cell in code_cells(notebook)}, space


def _run_cell(cell, space: dict):
    module = tree(cell)
    last = module.body[-1] if module.body else None
    ends_with_value = isinstance(last, ast.Expr) and not cell.source.rstrip().endswith(";")
    value = ast.Expression(module.body.pop().value) if ends_with_value else None
    allowed = (Exception,) if "raises-exception" in tags(cell) else ()
    with contextlib.suppress(*allowed):
        exec(compile(module, cell.id, "exec"), space)
        return eval(compile(value, cell.id, "eval"), space) if value else None


def words(value) -> list[str]:
    """What a notebook stores of a cell that shows the value: its words, or nothing for None."""
    return [] if value is None else [DisplayFormatter().format(value)[0]["text/plain"]]
