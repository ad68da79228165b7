"""Students' and solution copies: what is in them, what they refuse, and that they run."""

import importlib
import json
import re
import runpy
import shutil
from pathlib import Path

import in_process
import nbformat
import pytest
from browser import launched, visit
from laboratory import PATIENCE, jupyter_lab, run_all
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lecture_lib.exercises import check
from lecture_lib.exercises import decode as exercise
from slides import BuildError, copies, edition

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SETUP = (
    "from lecture_lib.exercises import check\nfrom lecture_lib.exercises import decode as exercise"
)
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
NOTES = "<details><summary>For the speaker, minutes: 1</summary>\n\nSay hello.\n\n</details>"
WORKED = "# the bytes of one read\nread = 2 * 8\nread"
PICTURE = {"text/plain": "a picture", "image/png": "aGk="}


def cell(make, source: str, *tags: str, slide: str | None = None, **more):
    made = make(source, **more)
    made.metadata.update({"tags": list(tags)} if tags else {})
    made.metadata.update({"slideshow": {"slide_type": slide}} if slide else {})
    return made


def shown(data: dict):
    return new_output("execute_result", data, execution_count=7, metadata={"size": 1})


def write(folder: Path, *cells) -> Path:
    """A planted chapter of these cells, beside another one that it may link."""
    (folder / "02_next.ipynb").write_text("{}")
    notebook = new_notebook(
        cells=cells, metadata={"lecture": {"chapter": 1}, "widgets": {}, "kernelspec": KERNEL}
    )
    path = folder / "01_planted.ipynb"
    nbformat.write(notebook, path)
    return path


def texts(notebook) -> str:
    return "\n".join(cell.source for cell in notebook.cells)


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> Path:
    """A chapter with every kind of cell; not to be changed."""
    return write(
        tmp_path_factory.mktemp("planted"),
        cell(new_markdown_cell, "# What is read?", slide="slide"),
        cell(new_markdown_cell, NOTES, slide="notes"),
        cell(new_markdown_cell, "Words of a slide.", "slide-only", slide="-"),
        cell(new_code_cell, SETUP, "setup"),
        new_code_cell("1 + 1", outputs=[shown(PICTURE)]),
        new_markdown_cell("See [the next](02_next.ipynb#a-part) and <https://example.org>."),
        cell(
            new_code_cell,
            "check(exercise.gibibytes_of_cache, variant=1)",
            "exercise",
            outputs=[shown({"text/plain": "12 GiB, said a student"})],
        ),
        cell(new_code_cell, WORKED, "solution", outputs=[shown({"text/plain": "16"})]),
    )


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request, hall):
    """A chapter of the lecture with both of its copies."""
    path = request.param
    return path, *(nbformat.read(hall / kind / path.name, 4) for kind in ("student", "solution"))


def exercises(notebook) -> list[int]:
    return [k for k, c in enumerate(notebook.cells) if "exercise" in c.metadata.get("tags", [])]


def test_a_copy_is_a_valid_notebook_that_says_what_it_is(chapter):
    path, student, solution = chapter
    for kind, copy in (("student", student), ("solution", solution)):
        nbformat.validate(copy)
        ids = [cell.id for cell in copy.cells]
        assert len(set(ids)) == len(ids)
        assert (copy.nbformat, copy.nbformat_minor) == (4, 5)
        lecture = {**nbformat.read(path, 4).metadata.lecture}
        mark = {"built_from": f"{path.stem} {edition.stamp(path)}", "copy": kind}
        assert copy.metadata.lecture == {**lecture, **mark}
        assert "widgets" not in copy.metadata
        assert not [c for c in copy.cells if "slideshow" in c.metadata]


def test_a_chapters_copies_have_its_words_and_the_notes_are_the_speakers(chapter):
    path, student, solution = chapter
    for cell_ in nbformat.read(path, 4).cells:
        notes = cell_.metadata.get("slideshow", {}).get("slide_type") == "notes"
        assert cell_.source in texts(solution) or cell_.metadata.get("tags") == ["exercise"]
        assert (cell_.source in texts(student)) != notes
    assert "For the speaker" not in texts(student)


def test_what_a_chapter_stores_is_stored_in_its_copies(chapter):
    path, student, solution = chapter
    stored = {
        c.id: [o.get("data") for o in c.outputs]
        for c in nbformat.read(path, 4).cells
        if c.cell_type == "code" and "exercise" not in c.metadata.get("tags", [])
    }
    for copy in (student, solution):
        for cell_ in copy.cells:
            if cell_.id in stored:
                assert [o.get("data") for o in cell_.outputs] == stored[cell_.id]


def topic(notebook):
    """The questions that a chapter calls `exercise`; a chapter without any has none to look up."""
    named = re.search(r"from lecture_lib\.exercises import (\w+) as exercise", texts(notebook))
    return named and importlib.import_module(f"lecture_lib.exercises.{named[1]}")


def test_each_exercise_of_a_chapter_is_empty_and_its_way_is_folded_beneath(chapter):
    _, student, solution = chapter
    questions = topic(student)
    assert len(exercises(student)) == len(exercises(solution))
    for at, answered in zip(exercises(student), exercises(solution), strict=True):
        asked, own, way = student.cells[at : at + 3]
        assert asked.outputs == [] == own.outputs
        assert own.cell_type == "code"
        assert own.source == ""
        name = re.fullmatch(r"check\(exercise\.(\w+)\)", asked.source)[1]
        card = check(getattr(questions, name))
        code, truth = card.task.code, str(card.solution).rpartition("  # ")[2]
        assert way.source.startswith("<details><summary>Solution</summary>\n\n*")
        assert way.source.endswith(f"```python\n{code}\n```\n\n**{truth}**\n\n</details>")
        answered, opened = solution.cells[answered : answered + 2]
        assert answered.source == f'check(exercise.{name}, "{truth.replace(",", "")}")'
        assert "✓ Right." in answered.outputs[0].data["text/plain"]
        assert opened.source == way.source.replace("<details>", "<details open>")


@pytest.fixture
def ran(tmp_path, hall, chapter):
    """What the cells of both copies say, by id, run beside the copies of the other chapters.

    Of the student's the set-up and what the solution has not: the rest has run there.
    """

    def says(kind: str, copy) -> dict[str, list[str]]:
        folder = shutil.copytree(hall / kind, tmp_path / kind)
        values, _ = in_process.run(copy, folder)
        return {name: in_process.words(value) for name, value in values.items()}

    _, student, solution = chapter
    first, *others = in_process.code_cells(student)
    solved = {cell_.id: cell_.source for cell_ in in_process.code_cells(solution)}
    own = [cell_ for cell_ in others if solved.get(cell_.id) != cell_.source]
    by_solution = says("solution", solution)
    part = new_notebook(cells=[first, *own])
    return by_solution | says("student", part), by_solution


def test_both_copies_run_in_their_own_folders_and_every_answer_is_right(chapter, ran):
    (_, student, solution), (by_student, said) = chapter, ran
    assert all(
        "To answer, type" in by_student[student.cells[at].id][0] for at in exercises(student)
    )
    assert all("✓ Right." in said[solution.cells[at].id][0] for at in exercises(solution))
    for cell_ in in_process.code_cells(solution):
        stored = [o.data["text/plain"] for o in cell_.outputs if "data" in o]  # nothing printed
        varies = "nbval-ignore-output" in in_process.tags(cell_)
        # the doctor misses a kernel here; nbval has one
        assert varies or said[cell_.id] == stored or cell_.source == "doctor.report()"


# -- on a planted chapter -------------------------------------------------------------------------


def test_a_students_copy_keeps_the_comment_of_a_worked_cell_and_folds_the_rest(planted):
    *_, emptied, way = copies.student(planted).cells
    assert emptied.source == "# the bytes of one read"
    assert emptied.outputs == []
    assert (
        way.source
        == f"<details><summary>Solution</summary>\n\n```python\n{WORKED}\n```\n\n</details>"
    )


def test_a_worked_cell_without_a_comment_becomes_empty(tmp_path):
    path = write(tmp_path, cell(new_code_cell, "read = 16", "solution"))
    assert copies.student(path).cells[0].source == ""


def test_a_solution_copy_keeps_worked_cells_and_notes(planted):
    solution = copies.solution(planted)
    assert solution.cells[-1].source == WORKED
    assert solution.cells[-1].outputs[0].data == {"text/plain": "16"}
    assert NOTES in texts(solution)


def test_a_copy_stores_words_alone(planted):
    for copy in (copies.student(planted), copies.solution(planted)):
        (output,) = next(c for c in copy.cells if c.source == "1 + 1").outputs
        assert output == new_output("execute_result", {"text/plain": "a picture"})
        assert "widgets" not in copy.metadata


def test_the_variant_that_a_cell_asks_is_the_one_that_is_solved(planted):
    truth = str(check(exercise.gibibytes_of_cache, variant=1).solution).rpartition("# ")[2]
    assert f'check(exercise.gibibytes_of_cache, "{truth}", variant=1)' in texts(
        copies.solution(planted)
    )
    student = texts(copies.student(planted))
    assert f"**{truth}**" in student
    assert r"a GiB is 2\*\*30 bytes" in student


def test_a_changed_exercise_is_worked_anew(planted, tmp_path):
    path = write(tmp_path, *nbformat.read(planted, 4).cells)
    before = texts(copies.student(path))
    path.write_text(path.read_text().replace("variant=1", "variant=2"))
    after = texts(copies.student(path))
    assert re.findall(r"\*\*[\d.]+ GiB\*\*", after) != re.findall(r"\*\*[\d.]+ GiB\*\*", before)


def test_the_cells_of_an_older_notebook_get_names(tmp_path):
    path = write(tmp_path, new_markdown_cell("# One?"), new_markdown_cell("Two."))
    old = json.loads(path.read_text()) | {"nbformat_minor": 4}
    for cell_ in old["cells"]:
        del cell_["id"]
    path.write_text(json.dumps(old))
    assert [c.id for c in copies.student(path).cells] == ["cell-1", "cell-2"]


@pytest.mark.parametrize(
    ("make", "source"),
    [
        (new_code_cell, 'check(exercise.tokens_per_second, "12")'),
        (new_code_cell, "check(exercise.tokens_per_second, answer=12)"),
        (new_code_cell, "check(exercise.tokens_per_second).hint"),
        (new_code_cell, "1 + 1"),
        (new_code_cell, "check("),
        (new_markdown_cell, "check(exercise.tokens_per_second)"),
    ],
)
def test_a_tagged_cell_that_is_no_bare_exercise_is_refused(tmp_path, make, source):
    path = write(tmp_path, new_code_cell(SETUP), cell(make, source, "exercise"))
    with pytest.raises(BuildError, match=r"01_planted\.ipynb, cell 2 \(.*holds check\(exercise"):
        copies.student(path)


def test_an_exercise_that_is_not_there_is_refused(tmp_path):
    path = write(
        tmp_path, new_code_cell(SETUP), cell(new_code_cell, "check(exercise.no)", "exercise")
    )
    with pytest.raises(
        BuildError, match=r"cell 2 \(check\(exercise\.no\)\).*has no attribute 'no'"
    ):
        copies.student(path)


@pytest.mark.parametrize("cells", [(), (new_code_cell(""),)])
def test_an_empty_notebook_is_refused(tmp_path, cells):
    path = write(tmp_path, *cells)
    with pytest.raises(BuildError, match=r"01_planted\.ipynb: the notebook is empty"):
        copies.solution(path)


@pytest.mark.parametrize("target", ["03_gone.ipynb", "../README.md", "roof.png"])
def test_a_link_that_leads_nowhere_from_a_copy_is_refused(tmp_path, target):
    path = write(tmp_path, new_markdown_cell("# One?"), new_markdown_cell(f"[this]({target})"))
    with pytest.raises(BuildError, match=rf"01_planted\.ipynb, cell 2 .*{target} does not travel"):
        copies.student(path)


def test_an_exercise_whose_own_solution_is_wrong_is_refused(tmp_path):
    wrong = f"{SETUP}\nfrom dataclasses import replace\nfrom types import SimpleNamespace\n" + (
        "from lecture_lib.exercises import checks, cards\n"
        "cards.judge = lambda task, answer: checks.Reply('wrong', 'Not yet.')"
    )
    source = "check(exercise.kilowatt_hours)"
    path = write(tmp_path, new_code_cell(wrong), cell(new_code_cell, source, "exercise"))
    with pytest.raises(BuildError, match=r"cell 2 .*its own solution, .* is told: Not yet"):
        copies.student(path)


def test_the_command_writes_both_copies_or_nothing(planted, tmp_path, capsys):
    out = tmp_path / "out"
    path = write(tmp_path, *nbformat.read(planted, 4).cells)
    command = [str(path), "--out", str(out)]
    assert copies.main(command) == 0
    files = sorted(file.relative_to(out).as_posix() for file in out.rglob("*.*"))
    assert files == ["solution/01_planted.ipynb", "student/01_planted.ipynb"]
    before = [file.read_bytes() for file in sorted(out.rglob("*.ipynb"))]
    path.write_text(path.read_text().replace("gibibytes_of_cache", "no_such"))
    capsys.readouterr()
    assert copies.main(command) == 1
    assert re.fullmatch(r"01_planted\.ipynb, cell 7 \(.*'no_such'\n", capsys.readouterr().err)
    assert [file.read_bytes() for file in sorted(out.rglob("*.ipynb"))] == before


def test_the_file_is_a_command(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["copies", "absent.ipynb"])
    with pytest.raises(SystemExit, match="1"):
        runpy.run_path(copies.__file__, run_name="__main__")
    assert capsys.readouterr().err == "absent.ipynb: there is no such notebook.\n"


# -- in JupyterLab --------------------------------------------------------------------------------


def test_jupyterlab_folds_the_way_for_a_student_and_opens_it_in_the_solution(planted, tmp_path):
    nbformat.write(copies.student(planted), tmp_path / "student.ipynb")
    nbformat.write(copies.solution(planted), tmp_path / "solution.ipynb")
    with jupyter_lab(tmp_path / "student.ipynb") as lab, launched() as browser:
        opened = run_all(browser, lab)
        page = opened.page
        card = page.locator(".lecture-question")
        card.locator("input").fill("4.5 GiB")
        card.locator("input").press("Enter")
        card.locator(".says", has_text="✓ Right.").wait_for()
        way = page.locator(".jp-MarkdownOutput details").first
        assert not way.locator("pre").is_visible()
        way.locator("summary").click()
        way.locator("pre", has_text="2**30").wait_for()
        assert "4.5 GiB" in way.inner_text()
        assert "2**30 bytes" in way.inner_text()
        assert not page.locator(".jp-OutputArea-output[data-mime-type*=error]").count()
        assert not opened.requests
        address = lab.replace("student.ipynb", "solution.ipynb")
        page = visit(browser, address, allow=(lab.partition("/lab")[0],)).page
        page.locator("details[open] pre:visible", has_text="2**30").wait_for(timeout=PATIENCE)
        assert page.get_by_text("✓ Right.").is_visible()
