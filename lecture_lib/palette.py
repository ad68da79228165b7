"""The colours of the lecture: one for each meaning, in a light and in a dark tone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, unique


@dataclass(frozen=True)
class Tones:
    """The hexes of one colour on the light and on the dark ground."""

    light: str
    dark: str


@unique
class Colour(Tones, Enum):
    """What a colour means. Marks reach a contrast of 3 on their ground, texts 4.5.

    The hues and grey stay apart for colour-blind eyes too: benchmarks/colours.py prints how far.

    No two light hexes are equal: `themed` knows a colour by them.
    """

    GROUND = "#fcfbf8", "#14171c"
    INK = "#1a1f29", "#e8eaed"  # the reader's own mark, limits, texts
    SOFT = "#4a5160", "#b4bbc7"  # words beside: axes, ticks, captions
    GREY = "#6b7280", "#8b94a3"  # axes, sources, what is dropped or idle
    RULE = "#d9dbe0", "#333a45"  # grid lines: decoration
    PALE = "#b9bec8", "#4b5361"  # marks that are only a background; they carry no fact alone
    COMPUTE = "#0b65c4", "#2e8bfc"
    TRAFFIC = "#d67b1a", "#f49b38"
    TRAFFIC_TEXT = "#a55d14", "#f49b38"
    WEIGHTS = "#035935", "#77c4a8"
    CACHE = "#55356d", "#c9a7e1"
    ACTIVATIONS = "#4396b6", "#94f9f6"
    ACTIVATIONS_TEXT = "#347994", "#94f9f6"
    ENERGY = "#7c6600", "#fedf9d"
    WRONG = "#bc3256", "#d76163"
    WRONG_TEXT = "#ba3055", "#ee8183"

    @property
    def variable(self) -> str:
        """The CSS variable that holds the colour: --traffic-text."""
        return "--" + self.name.lower().replace("_", "-")


# The words of a sentence that name a thing, as a regular expression of Python and JavaScript alike.
WORDS = {
    Colour.CACHE: r"KV caches?|caches?|recurrent state",
    Colour.WEIGHTS: r"weights?",
    Colour.TRAFFIC_TEXT: r"memory traffic|traffic|bandwidth",
    Colour.COMPUTE: r"arithmetic(?! intensity)|compute",
    Colour.ACTIVATIONS_TEXT: r"activations?",
    Colour.ENERGY: r"energy",
    Colour.WRONG_TEXT: r"(?:does|do) not fit|too big",
}

VARIABLES = {colour.light: f"var({colour.variable})" for colour in Colour}

# A colour as matplotlib writes it, in a style or an attribute; an address like url(#m1) is none.
PAINT = re.compile(r'(\b(?:fill|stroke|stop-color)(?:: ?|="))(#[0-9a-fA-F]{6})\b')
UNPAINTED_TEXT = re.compile(r'<text [^>]*style="(?![^"]*\bfill:)')


def css_variables(
    light: str = ".lecture-ex",
    dark: Sequence[str] = (
        '[data-jp-theme-light="false"] .lecture-ex',
        "body.vscode-dark .lecture-ex",
    ),
    system: str = "body:not([data-jp-theme-light],[class*=vscode-]) .lecture-ex.follow-system",
) -> str:
    """CSS that sets the variable of every colour, and with it the tone of the browser's controls.

    `light` and `dark` select where each tone holds. What `system` selects goes dark when the
    reader's system is dark: it is for pages that have no theme of their own; "" leaves it out.

    >>> css_variables(".reveal", dark=[".reveal.dark"], system="").splitlines()[1][:36]
    '.reveal.dark{color-scheme:dark;--gro'
    """
    text = f"{light}{_values('light')}\n{','.join(dark)}{_values('dark')}\n"
    if system:
        text += f"@media (prefers-color-scheme:dark){{{system}{_values('dark')}}}\n"
    return text


def themed(svg: str) -> str:
    """The text of an SVG whose colours have become CSS variables, so that it is light and dark.

    Raises ValueError where a colour is not one of the palette's light ones. matplotlib writes no
    colour for black words, so words without one are refused too.

    >>> themed('<path style="fill: #0b65c4; stroke: none"/>')
    '<path style="fill: var(--compute); stroke: none"/>'
    """
    if UNPAINTED_TEXT.search(svg):
        raise ValueError(_stray("#000000"))
    return PAINT.sub(lambda paint: paint[1] + _variable(paint[2]), svg)


def _variable(colour: str) -> str:
    if colour not in VARIABLES:
        raise ValueError(_stray(colour))
    return VARIABLES[colour]


def _stray(colour: str) -> str:
    return (
        f"The picture uses the colour {colour}, which has no dark tone: take a light one of "
        "lecture_lib.palette.Colour instead, GROUND for white and INK for black."
    )


def _values(tone: str) -> str:
    values = ";".join(f"{colour.variable}:{getattr(colour, tone)}" for colour in Colour)
    return f"{{color-scheme:{tone};{values}}}"
