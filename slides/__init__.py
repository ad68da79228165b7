"""Builds what a lecturer takes into the hall from the notebooks: decks, talks, scripts, copies."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "slides" / "built"


class BuildError(Exception):
    """Something cannot be built: one line that names notebook and cell, and what is wrong."""

    def __init__(self, message: str):
        super().__init__(" ".join(message.split()))
