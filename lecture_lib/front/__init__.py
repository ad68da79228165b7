"""The front end: what a page needs to show a card, as text to put into a widget, a deck, a page."""

from base64 import b64encode
from functools import cache
from importlib import resources

from lecture_lib.palette import css_variables

FACES = {400: "IBMPlexSans-Regular.woff2", 600: "IBMPlexSans-SemiBold.woff2"}


@cache
def script(kind: str) -> str:
    """The JavaScript of an "explorable" or a "question": a module that exports a widget."""
    return _read("card.js") + _read(f"{kind}.js")


@cache
def sheet() -> str:
    """The style sheet of all cards, without the colours: these a deck sets for its whole page."""
    return _read("card.css") + _read("question.css")


@cache
def style() -> str:
    """The style sheet of all cards, with the colours of both themes."""
    return f"{css_variables()}\n{sheet()}"


@cache
def fonts() -> dict[int, bytes]:
    """IBM Plex Sans as WOFF2, by weight."""
    folder = resources.files("lecture_lib") / "fonts"
    return {weight: (folder / name).read_bytes() for weight, name in FACES.items()}


@cache
def introduction() -> str:
    """HTML that a page needs ahead of its explorables, where nothing else brings it."""
    return f'<style>{style()}</style><script type="module">{script("explorable")}</script>'


@cache
def font_faces() -> str:
    """The fonts as a piece of a page that has no other way to them."""
    rules = (
        f"@font-face{{font-family:'IBM Plex Sans';font-weight:{weight};"
        f"src:url(data:font/woff2;base64,{b64encode(data).decode()}) format('woff2')}}"
        for weight, data in fonts().items()
    )
    return f"<style>{''.join(rules)}</style>"


def _read(name: str) -> str:
    return resources.files("lecture_lib.front").joinpath(name).read_text("utf-8")
