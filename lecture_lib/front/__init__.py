"""The front end: what a page needs to show a card, as text to put into a widget, a deck, a page."""

from functools import cache
from importlib import resources

from lecture_lib.palette import css_variables


@cache
def script() -> str:
    """The JavaScript of an explorable, a module whose default export is a widget."""
    return _read("explorable.js")


@cache
def style() -> str:
    """The style of a card, with the colours of both themes."""
    return f"{css_variables()}\n{_read('card.css')}"


@cache
def introduction() -> str:
    """What a page needs once, ahead of its explorables: style and script."""
    return f'<style>{style()}</style><script type="module">{script()}</script>'


@cache
def fonts() -> dict[int, bytes]:
    """IBM Plex Sans as WOFF2, by weight."""
    folder = resources.files("lecture_lib") / "fonts"
    faces = {400: "IBMPlexSans-Regular.woff2", 600: "IBMPlexSans-SemiBold.woff2"}
    return {weight: (folder / name).read_bytes() for weight, name in faces.items()}


def _read(name: str) -> str:
    return resources.files("lecture_lib.front").joinpath(name).read_text("utf-8")
