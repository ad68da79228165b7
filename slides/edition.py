"""What a deck, a copy or a hand-out was built from, as a mark that each of them carries."""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from slides import ROOT
from slides.running import read

LIBRARY = ROOT / "lecture_lib"


def stamp(path: Path) -> str:
    """Twelve hex digits that change with a notebook's cells, and with the library that it runs on.

    What a notebook stores of its outputs does not count: everything that is built runs it afresh.
    """
    cells = [
        (cell.cell_type, cell.source, cell.metadata.get("tags"), cell.metadata.get("slideshow"))
        for cell in read(path).cells
    ]
    content = json.dumps([cells, _library()], sort_keys=True).encode()
    return sha256(content).hexdigest()[:12]


@cache
def _library() -> str:
    """The digest of every file of the library, its data included."""
    digest = sha256()
    for file in sorted(LIBRARY.rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            digest.update(file.relative_to(LIBRARY).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
