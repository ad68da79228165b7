"""Whether everything in the hall says the same: `python -m slides.agree [--out slides/built]`.

Every deck, hand-out, copy and PDF names the state of the notebooks that it was built from, and what
a chapter's slides say stands in its notebook, its hand-out and both of its copies.
"""

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from bs4 import BeautifulSoup
from nbformat import NotebookNode

from slides import BUILT, BuildError, edition
from slides.chapters import NOTEBOOKS
from slides.running import read

COPIES = ("student", "solution")
AGAIN = "type: make hall"
SHORT = 60  # characters of a text in a report
HEAVY = re.compile(r"<(style|script|svg)\b.*?</\1>", re.DOTALL)

# What a slide says that must stand elsewhere too: each thing's name, and where a deck keeps it.
SENTENCE = ("the sentence", ".lecture-ex .says")
VERDICT = ("the verdict", ".lecture-verdict dd")
QUESTION = ("the question", ".lecture-predict .ask")
OPTION = ("the option", ".lecture-predict li")
SAID = (SENTENCE, VERDICT, QUESTION, OPTION)
ANSWER, REASON = ".lecture-predict :is(li.right, .box strong)", ".lecture-predict .why"


@dataclass(frozen=True)
class Text:
    """Words without markup, and where they stand."""

    place: str
    words: str


def disagreements(built: Path, notebooks: Path = NOTEBOOKS) -> list[str]:
    """One line for each thing in `built` that is old, missing, or says something else.

    Raises BuildError where there is nothing to compare.
    """
    paths = sorted(notebooks.glob("*.ipynb"))
    if not paths:
        raise BuildError(f"{notebooks}: there is no notebook to compare with.")
    stamps = {path.stem: edition.stamp(path) for path in paths}
    found = [*_missing(built, list(stamps)), *_old(built, stamps)]
    for path in paths:
        if (built / f"{path.stem}.html").is_file():
            found += _apart(built, path)
    return found


# -- built from the same state --------------------------------------------------------------------


def _missing(built: Path, names: list[str]) -> Iterator[str]:
    for name in names:
        files = (f"{name}.html", f"handout/{name}.html", *(f"{c}/{name}.ipynb" for c in COPIES))
        yield from (
            f"{file}: is missing; {AGAIN}" for file in files if not (built / file).is_file()
        )


def _old(built: Path, stamps: dict[str, str]) -> Iterator[str]:
    files = (file for ending in ("html", "ipynb", "pdf") for file in built.rglob(f"*.{ending}"))
    for file in sorted(files):
        name = file.relative_to(built).as_posix()
        mark = _mark(file)
        parts = [part.split() for part in mark.split(",")] if mark else []
        if not parts or any(len(part) != 2 for part in parts):
            yield f"{name}: does not say what it was built from; {AGAIN}"
            continue
        for chapter, stamp in parts:
            if chapter not in stamps:
                yield f"{name}: was built from {chapter}, and there is no such notebook; {AGAIN}"
            elif stamp != stamps[chapter]:
                yield f"{name}: shows {chapter} {stamp}, and it is {stamps[chapter]} now; {AGAIN}"
        if file.parent.name in ("handout", *COPIES) and parts[0][0] != file.stem:
            yield f"{name}: was built from {parts[0][0]}; {AGAIN}"


def _mark(file: Path) -> str:
    """What a built file says of its notebooks: "01_topic 0123456789ab, ..."; empty if nothing."""
    if file.suffix == ".ipynb":
        return read(file).metadata.get("lecture", {}).get("built_from", "")
    if file.suffix == ".pdf":
        from pypdf import PdfReader

        return str((PdfReader(file).metadata or {}).get("/Keywords", ""))
    found = re.search(r'<meta name="built-from" content="([^"]*)">', file.read_text("utf-8"))
    return found[1] if found else ""


# -- the same words -------------------------------------------------------------------------------


def _apart(built: Path, path: Path) -> Iterator[str]:
    """What the slides of a chapter's deck say and its notebook, hand-out or copies do not."""
    deck = built / f"{path.stem}.html"
    page, copies = built / "handout" / deck.name, [built / c / path.name for c in COPIES]
    headings = list(_headings(read(path)))
    stored = {c: list(_stored(read(c))) for c in copies if c.is_file()}
    handed = list(_blocks(page)) if page.is_file() else None
    for number, slide in enumerate(_soup(deck).select(".slides > section"), start=1):
        where = f"{deck.name}, slide {number}"
        title = Text("heading", _plain(slide.find(["h1", "h2"])))
        if title.words not in {heading.words for heading in headings}:
            yield _line(where, title, path.name, headings)
        if handed is not None:
            for said in [*_said(slide), *_answers(slide)]:
                if not _stands(said, handed):
                    yield _line(where, said, f"handout/{page.name}", handed)
        for copy, texts in stored.items():
            for said in _said(slide):  # a notebook stores no answer
                if not _stands(said, texts):
                    yield _line(where, said, f"{copy.parent.name}/{copy.name}", texts)


def _said(slide) -> Iterator[Text]:
    for name, place in SAID:
        yield from (Text(name, _plain(element)) for element in slide.select(place))


def _answers(slide) -> Iterator[Text]:
    for answer, reason in zip(slide.select(ANSWER), slide.select(REASON), strict=True):
        yield Text("the answer", f"{_plain(answer)}. {_plain(reason)}")


def _stands(said: Text, texts: list[Text]) -> bool:
    """Whether one of the texts ends with these words, before which a label may stand."""
    words = re.compile(rf"(?<!\w){re.escape(said.words)}$")
    return any(words.search(text.words) for text in texts)


def _line(where: str, said: Text, file: str, texts: list[Text]) -> str:
    def likeness(text: Text) -> float:
        return SequenceMatcher(None, said.words, text.words, autojunk=False).ratio()

    nearest = max(texts, key=likeness, default=Text("none", ""))
    here, there = _parting(said.words, nearest.words)
    return (
        f"{where}: {said.place} “{_short(said.words, here)}” is not in {file}; "
        f"nearest is {nearest.place}: “{_short(nearest.words, there)}”"
    )


def _parting(one: str, other: str) -> tuple[int, int]:
    """Where two like texts part, in each of them; what only the other one opens with is passed."""
    steps = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    apart = [step for step in steps if step[0] != "equal" and step[1] > 0] or [("", 0, 0, 0, 0)]
    return apart[0][1], apart[0][3]


def _short(words: str, at: int) -> str:
    """The words around this place, cut to one line's length."""
    start = max(0, min(at - SHORT // 3, len(words) - SHORT))
    cut = words[start : start + SHORT]
    return f"{'…' * (start > 0)}{cut}{'…' * (start + SHORT < len(words))}"


def _soup(file: Path) -> BeautifulSoup:
    return BeautifulSoup(HEAVY.sub("", file.read_text("utf-8")), "html.parser")


def _blocks(page: Path) -> Iterator[Text]:
    """Every paragraph, item and definition of a hand-out, with the question above it."""
    place = "the opening"
    for element in _soup(page).main.find_all(["h2", "p", "li", "dd", "td"]):
        if element.name == "h2":
            place = f"under “{_plain(element)}”"
        yield Text(place, _plain(element))


def _headings(notebook: NotebookNode) -> Iterator[Text]:
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            for words in re.findall(r"^##?\s+(.+?)\s*#*$", cell.source, re.MULTILINE):
                yield Text(f"cell {number}", _unmarked(words))


def _stored(notebook: NotebookNode) -> Iterator[Text]:
    """Every line that a copy stores as said by a cell; a question's, where it stands folded."""
    for number, cell in enumerate(notebook.cells, start=1):
        said = [output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]
        if cell.cell_type == "markdown" and cell.source.startswith("<details"):
            said = [re.sub(r"\\(?=\W)", "", cell.source)]
        for line in "\n".join(said).splitlines():
            yield Text(f"cell {number}", _unmarked(line))


def _plain(element) -> str:
    """The words of an element; a formula as its TeX."""
    for formula in element.select(".katex"):
        formula.replace_with(formula.find("annotation").get_text())
    return _unmarked(element.get_text())


def _unmarked(words: str) -> str:
    """The words without markdown's marks, with one space between them."""
    return " ".join(re.sub(r"[*`$]", "", words).split())


# -- the command ----------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Print every disagreement; return 1 if there is any."""
    parser = argparse.ArgumentParser(description="Check that everything built says the same.")
    parser.add_argument("--out", type=Path, default=BUILT)
    options = parser.parse_args(arguments)
    try:
        found = disagreements(options.out)
    except BuildError as error:
        found = [str(error)]
    for line in found:
        print(line)
    if not found:
        print("Decks, hand-outs and copies agree.")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
