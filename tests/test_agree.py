"""Both chapters as decks, hand-outs and copies say the same; each way to differ is named."""

import re
import shutil
from pathlib import Path

import pytest
from pypdf import PdfWriter

from slides import BuildError, agree
from slides.agree import disagreements
from slides.plan import read_plan

ROOT = Path(__file__).parents[1]
NAME, OTHER = "01_the_price_of_a_token", "00_start_here"
DECK = f"{NAME}.html"
SCRIPT = f"script/{NAME}.html"
TALKS = [f"{folder}{slot}.html" for folder in ("", "script/") for slot in read_plan().slots]
HANDOUT = f"handout/{NAME}.html"
STUDENT, SOLUTION = (f"{kind}/{NAME}.ipynb" for kind in ("student", "solution"))
SAYS = "at most 130 tok/s, 3.46 J a token if"


@pytest.fixture
def whole(hall, tmp_path) -> Path:
    """A hall of one's own, to break."""
    return Path(shutil.copytree(hall, tmp_path / "built"))


@pytest.fixture
def built(hall, tmp_path) -> Path:
    """What is in the hall of two chapters alone, to break, and their notebooks beside it."""
    (tmp_path / "notebooks").mkdir()
    for name in (OTHER, NAME):
        shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", tmp_path / "notebooks")
        for file in hall.rglob(f"{name}.*"):
            copied = tmp_path / "built" / file.relative_to(hall)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copied)
    return tmp_path / "built"


def named(built: Path) -> list[str]:
    return disagreements(built, built.parent / "notebooks")


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text, f"{file.name} does not say {old!r}"
    file.write_text(text.replace(old, new), "utf-8")


def write_pdf(path: Path, keywords: str | None) -> None:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    if keywords is not None:
        writer.add_metadata({"/Keywords": keywords})
    writer.write(path)


def mark(file: Path) -> str:
    return re.search('built-from" content="([^"]+)', file.read_text("utf-8"))[1]


def test_what_is_built_of_the_chapters_agrees(hall, capsys):
    assert disagreements(hall) == []
    assert agree.main(["--out", str(hall)]) == 0
    assert capsys.readouterr().out == "Decks, hand-outs and copies agree.\n"


def test_an_empty_hall_misses_everything(tmp_path, capsys):
    assert agree.main(["--out", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 * len(list((ROOT / "notebooks").glob("*.ipynb")))
    assert f"{STUDENT}: is missing; type: make hall" in lines


def test_without_notebooks_there_is_nothing_to_compare(tmp_path):
    with pytest.raises(BuildError, match="no notebook"):
        disagreements(tmp_path, tmp_path)


@pytest.mark.parametrize("file", [DECK, HANDOUT, STUDENT, SOLUTION])
def test_what_was_built_from_an_older_state_is_named(built, file):
    old = f"{NAME} 0123456789ab"
    change(built / file, mark(built / DECK), old)
    (line,) = named(built)
    assert re.fullmatch(
        rf"{file}: shows {old}, and it is [0-9a-f]{{12}} now; type: make hall", line
    )


@pytest.mark.parametrize("file", [DECK, HANDOUT, STUDENT, SOLUTION])
def test_what_does_not_say_what_it_was_built_from_is_named(built, file):
    change(built / file, mark(built / DECK), "")
    assert named(built) == [f"{file}: does not say what it was built from; type: make hall"]


def test_a_changed_notebook_makes_all_that_was_built_from_it_old(whole, tmp_path):
    notebooks = Path(shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks"))
    change(
        notebooks / f"{NAME}.ipynb",
        "one device and engine the fit",
        "one machine and engine the fit",
    )
    files = [line.partition(":")[0] for line in disagreements(whole, notebooks)]
    assert sorted(files) == sorted([DECK, SCRIPT, HANDOUT, STUDENT, SOLUTION, *TALKS])


def test_a_talk_is_as_old_as_the_oldest_of_its_chapters(built):
    first = mark(built / f"{OTHER}.html")
    shutil.copy(built / DECK, built / "talk.html")
    change(built / "talk.html", mark(built / DECK), f"{first}, {mark(built / DECK)}")
    assert named(built) == []
    change(built / "talk.html", first, f"{OTHER} 0123456789ab")
    (line,) = named(built)
    assert line.startswith(f"talk.html: shows {OTHER} 0123456789ab")
    change(built / "talk.html", f"{OTHER} 0123456789ab", "13_gone 0123456789ab")
    (line,) = named(built)
    assert line.startswith("talk.html: was built from 13_gone, and there is no such notebook")


def test_a_chapter_in_the_place_of_another_is_named(built):
    shutil.copy(built / "handout" / f"{OTHER}.html", built / HANDOUT)
    lines = named(built)
    assert f"{HANDOUT}: was built from {OTHER}; type: make hall" in lines


def test_a_pdf_says_in_its_keywords_what_it_shows(built):
    write_pdf(built / "script.pdf", mark(built / DECK))
    assert named(built) == []
    write_pdf(built / "script.pdf", f"{NAME} 0123456789ab")
    (line,) = named(built)
    assert line.startswith(f"script.pdf: shows {NAME} 0123456789ab")
    write_pdf(built / "script.pdf", None)
    (line,) = named(built)
    assert line.startswith("script.pdf: does not say")


# What one place says otherwise: the file, its words, others, and who is said to differ from whom.
BREAKS = {
    "a slide's question": (DECK, "<h2>Does it draw", "<h2>Does she draw", f"{NAME}.ipynb"),
    "a sentence in the hand-out": (HANDOUT, SAYS, SAYS.replace("130", "131"), HANDOUT),
    "a sentence in the student's copy": (STUDENT, SAYS, SAYS.replace("130", "131"), STUDENT),
    "a sentence in the solution copy": (SOLUTION, SAYS, SAYS.replace("130", "131"), SOLUTION),
    "a verdict in the hand-out": (HANDOUT, "Partly.</strong>", "Partly!</strong>", HANDOUT),
    "a verdict in the student's copy": (STUDENT, "3.46 J a token. The", "4 J. The", STUDENT),
    "a verdict in the solution copy": (SOLUTION, "3.46 J a token. The", "4 J. The", SOLUTION),
    "a question in the hand-out": (HANDOUT, "alone. Now 32", "alone. Now 31", HANDOUT),
    "a question in the student's copy": (STUDENT, "alone. Now 32", "alone. Now 31", STUDENT),
    "an option in the hand-out": (HANDOUT, "about four fifths</li>", "about 4/5</li>", HANDOUT),
    "an option in the solution copy": (SOLUTION, "C  about four fifths", "C  about 4/5", SOLUTION),
    "the answer in the hand-out": (HANDOUT, "It is 130 tok/s", "It is 131 tok/s", HANDOUT),
    "its reason in the hand-out": (HANDOUT, "78 % remains", "79 % remains", HANDOUT),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_words_that_differ_are_named_with_slide_and_cell(built, broken):
    file, words, others, differs = BREAKS[broken]
    change(built / file, words, others)
    lines = named(built)
    assert lines, f"nobody saw {broken}"
    for line in lines:
        assert re.match(rf"{DECK}, slide \d+: the? ?\w+ “", line) or "heading “" in line
        assert f"is not in {differs}; nearest is " in line
        assert len(line) < 320


def test_a_line_shows_both_texts_where_they_part(built):
    change(built / STUDENT, SAYS, SAYS.replace("130", "131"))
    assert named(built) == [
        f"{DECK}, slide 4: the sentence “…ach step: at most 130 tok/s, 3.46 J a token if it "
        f"drew its 4…” is not in {STUDENT}; nearest is cell 10: “…ach step: at most 131 tok/s, "
        "3.46 J a token if it drew its 4…”"
    ]
