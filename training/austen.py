"""The six novels of Jane Austen, 4 MB of plain English, out of Debian's package r-cran-janeaustenr.

The package is MIT (Julia Silge), and the novels are in the public domain. They are fetched and not
stored here: `apt-get download` needs no root and installs nothing. On a machine without apt, put
the package's file (r-cran-janeaustenr_1.0.0-1_all.deb) into the folder by hand.

R keeps data in a file of compressed objects (.rdb) and an index of where each begins (.rdx). Both
are R's serialization in its XDR form: big-endian words, of which a few kinds occur here.
"""

import bz2
import gzip
import io
import lzma
import struct
import subprocess
import tarfile
import tempfile
import zlib
from pathlib import Path

PACKAGE = "r-cran-janeaustenr"
DATA = "./usr/lib/R/site-library/janeaustenr/data/Rdata"
# In the order of their publication. The end of the last one is kept from training.
NOVELS = (
    "sensesensibility", "prideprejudice", "mansfieldpark", "emma", "northangerabbey", "persuasion",
)  # fmt: skip
HELD_OUT = 0.05  # the last twentieth


def novels(folder: Path) -> bytes:
    """All six novels, a paragraph a line. Fetches the package into the folder if it is absent."""
    members = _members(_package(folder))
    index = _Reader(gzip.decompress(members[f"{DATA}.rdx"])).value()
    stored = members[f"{DATA}.rdb"]
    texts = []
    for name in NOVELS:
        offset, length = index["variables"][name]
        lines = _Reader(_decompressed(stored[offset : offset + length])).value()
        texts.append(paragraphs("\n".join(lines)))
    return "\n".join(texts).encode("utf-8")


def paragraphs(text: str) -> str:
    """The text with each paragraph in one line, and one line break between two paragraphs."""
    blocks = text.replace("\r", "").split("\n\n")
    return "\n".join(line for line in (" ".join(block.split()) for block in blocks) if line) + "\n"


def split(text: bytes) -> tuple[bytes, bytes]:
    """What is trained on, and what is held out."""
    at = round(len(text) * (1 - HELD_OUT))
    return text[:at], text[at:]


def _package(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob(f"{PACKAGE}_*.deb")):
        with tempfile.TemporaryDirectory(dir=folder) as aside:  # both twins may begin at once
            subprocess.run(["apt-get", "download", PACKAGE], cwd=aside, check=True)
            (package,) = Path(aside).glob("*.deb")
            package.replace(folder / package.name)
    return sorted(folder.glob(f"{PACKAGE}_*.deb"))[-1]


def _members(package: Path) -> dict[str, bytes]:
    """The files in a .deb, an ar archive whose last member is a tar archive."""
    data = package.read_bytes()
    place = len(b"!<arch>\n")
    while place < len(data):
        name, size = data[place : place + 16].strip(b"/ "), int(data[place + 48 : place + 58])
        body = data[place + 60 : place + 60 + size]
        if name.startswith(b"data.tar"):
            with tarfile.open(fileobj=io.BytesIO(body)) as archive:
                return {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}
        place += 60 + size + size % 2
    raise ValueError(f"{package.name} holds no data.tar; fetch the package again")


def _decompressed(block: bytes) -> bytes:
    """An object of an .rdb: its length when unpacked, a letter for the method, and the rest."""
    for method, unpack in ((b"2", bz2.decompress), (b"Z", lzma.decompress)):
        if block[4:5] == method:
            return unpack(block[5:])
    return zlib.decompress(block[4:])


class _Reader:
    """R's serialization, as far as lists and vectors of numbers and strings go."""

    def __init__(self, data: bytes):
        self.data, self.place = data, 2  # after "X\n"
        version = self._words(3)[0]
        if version == 3:  # then the name of an encoding follows
            self._bytes(self._word())

    def value(self):
        """The next object. A list with names becomes a dict, a vector a list."""
        flags = self._word()
        kind = flags & 255
        if kind == 254:  # NULL
            return None
        if kind == 9:
            length = self._word()
            return None if length < 0 else self._bytes(length).decode("utf-8")
        length = self._word() if kind != 2 else 0
        if kind in (10, 13):
            found = self._words(length)
        elif kind in (16, 19):
            found = [self.value() for _ in range(length)]
        else:
            raise ValueError(f"an R object of the kind {kind} is not read here")
        names = self._attributes().get("names") if flags & 512 else None
        return dict(zip(names, found, strict=True)) if names else found

    def _attributes(self) -> dict:
        found = {}
        while self._word() & 255 == 2:  # a pair: a symbol, and what it names
            symbol = self._symbol()
            found[symbol] = self.value()
        return found

    def _symbol(self) -> str:
        flags = self._word()
        if flags & 255 == 255:  # one that was met before
            return self.symbols[(flags >> 8) - 1]
        self.symbols = [*getattr(self, "symbols", []), self.value()]
        return self.symbols[-1]

    def _word(self) -> int:
        return self._words(1)[0]

    def _words(self, count: int) -> list[int]:
        return list(struct.unpack(f">{count}i", self._bytes(4 * count)))

    def _bytes(self, count: int) -> bytes:
        self.place += count
        return self.data[self.place - count : self.place]
