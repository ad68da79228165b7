"""The texts that travel with the lecture: to evaluate a language model on, or to calibrate it.

What was calibrated on a text is praised too much by that text, so they are never the same. Where
they are from, and that they are free: data/texts/README.md.
"""

from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "texts"


def alice() -> str:
    """Alice's Adventures in Wonderland, a paragraph a line: to evaluate."""
    return _text("alice")


def moby_dick() -> str:
    """The first fifteen chapters of Moby-Dick, a paragraph a line: to calibrate."""
    return _text("moby_dick")


def persuasion() -> str:
    """Out of Jane Austen's Persuasion, a part that our byte models did not read: to evaluate."""
    return _text("persuasion")


def _text(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text("utf-8")
