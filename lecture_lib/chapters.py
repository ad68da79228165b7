"""The map of the chapters, read from the notebooks themselves."""

import json
from pathlib import Path

from lecture_lib.medium import medium
from lecture_lib.tables import Table


def chapters(folder: str | Path = ".") -> list[dict]:
    """What each notebook in the folder says of itself: chapter, title, question, runs, minutes."""
    found = [
        {**json.loads(path.read_text(encoding="utf-8"))["metadata"]["lecture"], "file": path.name}
        for path in sorted(Path(folder).glob("[0-9][0-9]_*.ipynb"))
    ]
    if not found:
        raise FileNotFoundError(
            f"no chapters in {Path(folder).resolve()}; run this in the folder notebooks/"
        )
    return found


def chapter_map(folder: str | Path = ".") -> Table:
    """A table of the chapters: the question of each, what runs in it, and how long it takes.

    On a slide what runs in them is left out: there is no room for it.
    """
    if medium() == "deck":
        brief = [(f"{c['chapter']:02}", c["question"], f"{c['minutes']}") for c in chapters(folder)]
        return Table(("chapter", "the question", "minutes"), tuple(brief))
    rows = [
        (f"{c['chapter']:02}", c["question"], c["runs"], f"{c['minutes']}")
        for c in chapters(folder)
    ]
    return Table(("chapter", "the question", "what runs in it", "minutes"), tuple(rows))
