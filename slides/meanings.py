"""The colour of a word: what it names, the same in sentences, in code and in every picture."""

import re
from html import escape

from pygments.lexers import PythonLexer
from pygments.token import Comment, Name

from lecture_lib.palette import WORDS, Colour

IDENTIFIERS = {
    Colour.CACHE: r"kv|cache",
    Colour.WEIGHTS: r"weight",
    Colour.TRAFFIC_TEXT: r"traffic|bandwidth",
    Colour.COMPUTE: r"flops?(?![a-z])|peak_rate|arithmetic(?!_intensity)",
    Colour.ACTIVATIONS_TEXT: r"activation",
    Colour.ENERGY: r"energy|joule",
}
"""Colour -> the parts of an identifier that name its thing."""


def coloured_strong(html: str) -> str:
    """HTML of bold words, in the colour of the thing when they name one and nothing else."""
    for meaning, words in WORDS.items():
        if re.fullmatch(words, html, re.IGNORECASE):
            return _painted("strong", meaning, html)
    return f"<strong>{html}</strong>"


def coloured_code(code: str) -> str:
    """HTML of Python code: identifiers bold in the colour of their meaning, comments grey."""
    html = ""
    for kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(code):
        plain = escape(text, quote=False)
        if kind in Comment:
            plain = f'<span class="comment">{plain}</span>'
        elif kind in Name and (meaning := _meaning(text)):
            plain = _painted("b", meaning, plain)
        html += plain
    return html


def _painted(tag: str, meaning: Colour, html: str) -> str:
    return f'<{tag} style="color:var({meaning.variable})">{html}</{tag}>'


def _meaning(identifier: str) -> Colour | None:
    for meaning, parts in IDENTIFIERS.items():
        if re.search(rf"(?<![a-z])(?:{parts})", identifier.lower()):
            return meaning
    return None
