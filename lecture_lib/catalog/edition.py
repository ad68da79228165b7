"""Which state of the data the numbers come from: every slide names it."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from lecture_lib import catalog

DATA = Path(__file__).resolve().parents[1] / "data"


@dataclass(frozen=True)
class Edition:
    """A state of the data, as one can cite it.

    >>> f"{Edition('2026-11-23', '3f9a2c1')}"
    'data 2026-11-23 · 3f9a2c1'
    """

    read_on: str
    """The last day, or month, on which a source was read."""
    version: str
    """Seven hex digits that change with any byte of the data."""

    def __str__(self) -> str:
        return f"data {self.read_on} · {self.version}"


def edition(directory: Path = DATA) -> Edition:
    """The edition of the data in a folder: by default, of those that travel with the package."""
    dates = (source.read_on for source in catalog.load_from(directory).sources().values())
    files = sorted(directory.glob("*.toml"))
    content = b"".join(file.name.encode() + b"\0" + file.read_bytes() for file in files)
    return Edition(max(d for d in dates if d[0].isdigit()), sha256(content).hexdigest()[:7])
