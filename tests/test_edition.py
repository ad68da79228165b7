"""What marks the state of the content: of the data on every slide, of all of it in every copy."""

import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lecture_lib.catalog.edition import DATA, edition
from slides import edition as stamps


@pytest.fixture
def data(tmp_path):
    """A copy of the data."""
    return shutil.copytree(DATA, tmp_path / "data")


def test_the_edition_is_of_the_last_day_on_which_a_source_was_read(data):
    sources = data / "sources.toml"
    sources.write_text(
        sources.read_text("utf-8").replace('"2026-11-23"', '"2027-02-03"', 1), "utf-8"
    )
    assert edition(data).read_on == "2027-02-03"
    assert str(edition(data)).startswith("data 2027-02-03 · ")


def test_any_byte_of_the_data_makes_another_edition(data):
    before = edition(data)
    assert before == edition()
    devices = data / "devices.toml"
    devices.write_bytes(devices.read_bytes() + b"\n")
    assert edition(data).version != before.version
    assert edition(data).read_on == before.read_on


@pytest.fixture
def notebook(tmp_path):
    """Writes a notebook of one markdown and one code cell, and returns its mark."""

    def write(words="Why?", code="1", tags=(), outputs=()):
        cells = [new_markdown_cell(words), new_code_cell(code, outputs=list(outputs))]
        cells[0].metadata["tags"] = list(tags)
        nbformat.write(new_notebook(cells=cells), tmp_path / "one.ipynb")
        return stamps.stamp(tmp_path / "one.ipynb")

    return write


def test_a_mark_changes_with_what_the_cells_say_and_not_with_what_they_said(notebook):
    marks = [notebook(), notebook(words="How?"), notebook(code="2"), notebook(tags=["slide-only"])]
    assert len(set(marks)) == 4
    assert all(len(mark) == 12 for mark in marks)
    assert notebook(outputs=[new_output("stream", text="1")]) == marks[0]


def test_a_mark_changes_with_the_library(notebook, tmp_path, monkeypatch):
    before = notebook()
    library = shutil.copytree(DATA, tmp_path / "library")
    monkeypatch.setattr(stamps, "LIBRARY", library)
    stamps._library.cache_clear()
    first = notebook()
    (library / "devices.toml").write_text("")
    stamps._library.cache_clear()
    assert len({before, first, notebook()}) == 3
    stamps._library.cache_clear()
