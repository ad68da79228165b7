"""The map of the chapters says what the notebooks say of themselves."""

import json
from pathlib import Path

import pytest

from lecture_lib.chapters import chapter_map, chapters

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def write(folder, file, chapter):
    says = {
        "chapter": chapter, "title": f"T{chapter}", "question": f"Q{chapter}?", "runs": "a toy",
        "minutes": 10 * chapter,
    }  # fmt: skip
    (folder / file).write_text(json.dumps({"metadata": {"lecture": says}, "cells": []}), "utf-8")


def test_the_chapters_come_in_the_order_of_their_files_and_know_them(tmp_path):
    for file, chapter in (("02_b.ipynb", 2), ("01_a.ipynb", 1), ("10_c.ipynb", 10)):
        write(tmp_path, file, chapter)
    found = chapters(tmp_path)
    assert [c["file"] for c in found] == ["01_a.ipynb", "02_b.ipynb", "10_c.ipynb"]
    assert [c["title"] for c in found] == ["T1", "T2", "T10"]


def test_a_notebook_without_two_digits_is_no_chapter(tmp_path):
    write(tmp_path, "01_a.ipynb", 1)
    for other in ("scratch.ipynb", "1_a.ipynb", "01_a.py"):
        (tmp_path / other).write_text("no JSON", "utf-8")
    assert [c["chapter"] for c in chapters(tmp_path)] == [1]


def test_the_map_has_a_row_for_each_chapter(tmp_path):
    write(tmp_path, "03_a.ipynb", 3)
    shown = chapter_map(tmp_path)
    assert shown.header == ("chapter", "the question", "what runs in it", "minutes")
    assert shown.rows == (("03", "Q3?", "a toy", "30"),)


def test_the_lecture_has_a_map_that_names_each_of_its_files():
    found = chapters(NOTEBOOKS)
    assert [c["file"] for c in found] == sorted(p.name for p in NOTEBOOKS.glob("[0-9]*.ipynb"))
    assert all(c["file"].startswith(f"{c['chapter']:02}_") for c in found)
    assert len(chapter_map(NOTEBOOKS).rows) == len(found)


def test_a_folder_without_chapters_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(FileNotFoundError) as refusal:
        chapters(tmp_path)
    where = tmp_path.resolve()
    assert str(refusal.value) == f"no chapters in {where}; run this in the folder notebooks/"


def test_the_readme_lists_the_chapters_as_they_describe_themselves():
    root = Path(__file__).parents[1]
    readme = (root / "README.md").read_text("utf-8")
    for c in chapters(root / "notebooks"):
        link = f"[{c['chapter']:02}](notebooks/{c['file']})"
        assert f"| {link} | {c['question']} | {c['runs']} | {c['minutes']} |" in readme


def test_a_slide_has_room_for_the_questions_alone(monkeypatch):
    monkeypatch.setenv("LECTURE_MEDIUM", "deck")
    shown = chapter_map(NOTEBOOKS)
    assert shown.header == ("chapter", "the question", "minutes")
    assert ("01", "What does a token cost?", "45") in shown.rows
