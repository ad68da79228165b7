"""From the marked cells of an executed notebook to slides.

A slide is a markdown cell that opens with `# Title` or `## Question?`, and what follows it up to
the next one: cells marked "-", "fragment" or "notes". Every other cell ran, and is not shown.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from slides import BuildError
from slides.meanings import coloured_code, coloured_strong
from slides.packages import Formula, render_formulas
from slides.running import place, slide_type, tags

LONGEST_QUESTION = 50  # characters: one line of 40 px type
WIDGET = "application/vnd.jupyter.widget-view+json"

# What can only come from the world, or from a computation that began there. Bits name formats.
QUANTITY = re.compile(
    r"\d[\d.,]*\s?(?:%|(?:[kMGTPm]?i?)(?:B/s|B|FLOP/s|FLOPS?|OPS|W|Wh|J|Hz|s|tok/s|€|mm²)(?!\w))"
)

# Readers of a notebook see the speaker's notes folded to one line, in JupyterLab and elsewhere.
NOTES = re.compile(
    r"<details><summary>For the speaker, minutes: (?P<minutes>\d+(\.\d+)?)</summary>\n"
    r"(?P<words>.+)\n</details>",
    re.DOTALL,
)


@dataclass
class Slide:
    """One slide as HTML parts; formulas still stand in them as marks until `Prose.fill`."""

    where: str
    """Notebook and cell where the slide begins."""
    asks: str
    """Its heading as it is written, by which a plan names it."""
    title: str
    """The same as HTML."""
    opening: bool
    parts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: int = 0
    """Time planned by the notes, 0 when they name none."""
    source: str = ""
    """Where the numbers come from; empty on a slide without a picture or table."""
    moves: bool = False
    """Whether it shows a picture that moves, and so needs room for controls."""


class Prose:
    """Markdown to HTML. Formulas are collected, so that one run of KaTeX renders a whole deck."""

    def __init__(self, folder: Path):
        self.folder = folder
        """Folder of the notebook, for the pictures that its markdown names."""
        self.formulas: list[Formula] = []

    def html(self, text: str, where: str, *, notes: bool = False, attachments=None) -> str:
        """Render markdown. Raises BuildError when a picture has no description or is not local."""
        renderer = _Renderer(self, where, "mathml" if notes else "htmlAndMathml", attachments)
        return MarkdownWithMath(renderer=renderer).render(text)

    def line(self, text: str, where: str) -> str:
        """Render markdown that is one line, without the paragraph around it."""
        return re.sub(r"^<p>|</p>$", "", self.html(text, where).strip())

    def mark(self, formula: Formula) -> str:
        """Keep the formula and return the mark that stands for it in the HTML."""
        self.formulas.append(formula)
        return f"\ue000{len(self.formulas) - 1}\ue001"

    def filled(self, texts: Iterable[str]) -> list[str]:
        """The texts with the formulas in them, rendered. Raises BuildError for a bad formula."""
        rendered = render_formulas(self.formulas)
        return [re.sub("\ue000(\\d+)\ue001", lambda m: rendered[int(m[1])], t) for t in texts]

    def fill(self, slides: list[Slide]) -> None:
        """Put the rendered formulas into the slides. Raises BuildError for a bad formula."""
        texts = iter(self.filled(t for s in slides for t in (s.title, *s.parts, *s.notes)))
        for slide in slides:
            slide.title = next(texts)
            slide.parts = [next(texts) for _ in slide.parts]
            slide.notes = [next(texts) for _ in slide.notes]


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, so that text means what it means in JupyterLab, but for math."""

    def __init__(self, prose: Prose, where: str, output: str, attachments):
        super().__init__(
            escape=False,
            embed_images=True,
            exclude_anchor_links=True,
            path=str(prose.folder),
            attachments=attachments or {},
        )
        self.prose, self.where, self.output = prose, where, output

    def _formula(self, tex: str, display: bool) -> str:
        return self.prose.mark(Formula(tex.strip(), display, self.output, self.where))

    def inline_math(self, body):
        return self._formula(body, False)

    def block_math(self, body):
        return self._formula(body, True)

    def latex_environment(self, name, body):
        return self._formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", True)

    def strong(self, text):
        return coloured_strong(text)

    def image(self, text, url, title=None):
        if not text.strip():
            raise BuildError(f"{self.where}: the picture {url} has no description; write ![this].")
        html = super().image(text, url, title)
        if 'src="data:' not in html:
            raise BuildError(f"{self.where}: the picture {url} is no file beside the notebook.")
        return html


def read_slides(notebook: NotebookNode, name: str, prose: Prose) -> list[Slide]:
    """The slides of an executed notebook, in order.

    Raises BuildError, naming notebook and cell, for output that must not be shown and for cells
    that make no slide.
    """
    slides: list[Slide] = []
    for number, cell in enumerate(notebook.cells, start=1):
        where = place(name, number, cell)
        refuse_warnings(cell, where)
        mark = slide_type(cell)
        if mark == "skip":
            continue
        if mark == "slide":
            slides.append(_new_slide(cell, where, prose))
        elif mark not in ("-", "fragment", "notes"):
            raise BuildError(f"{where}: slide type {mark!r} is not used; take slide, -, fragment.")
        elif not slides:
            raise BuildError(f"{where}: no slide is open; mark a heading before it as slide.")
        elif mark == "notes":
            _add_notes(slides[-1], cell, where, prose)
        else:
            _add_parts(slides[-1], cell, where, prose, fragment=mark == "fragment")
    if not slides:
        raise BuildError(f"{name}: no cell is marked as a slide.")
    return slides


def check_slide(slide: Slide) -> None:
    """Refuses a slide of an executed notebook that is too full, or hides where a number is from."""
    if slide.moves and len(slide.parts) > 1:
        raise BuildError(
            f"{slide.where}: a picture fills its slide; move the rest to another slide."
        )
    body = BeautifulSoup("\n".join(slide.parts), "html.parser")
    quantity = QUANTITY.search(body.get_text(" "))
    if quantity and not slide.source and not body.select_one("pre code"):  # code says how
        raise BuildError(
            f"{slide.where}: says {quantity[0]!r} and not where that is from; an output names it "
            'in its metadata, and text in a last paragraph "Source: ...".'
        )


def refuse_warnings(cell: NotebookNode, where: str) -> None:
    """Raises BuildError where a cell wrote to stderr."""
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and output.name == "stderr":
            raise BuildError(f"{where}: wrote to stderr: {_last_line(output.text)}")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


def _new_slide(cell: NotebookNode, where: str, prose: Prose) -> Slide:
    heading, _, rest = cell.source.strip().partition("\n")
    match = re.fullmatch(r"(##?)\s+(.+?)\s*#*", heading)
    if cell.cell_type != "markdown" or not match:
        raise BuildError(f"{where}: a slide opens with a markdown heading, '# ' or '## '.")
    words = match[2]
    if len(words) > LONGEST_QUESTION:
        raise BuildError(
            f"{where}: the heading has {len(words)} characters, a slide holds {LONGEST_QUESTION}."
        )
    slide = Slide(where, words, prose.line(words, where), opening=match[1] == "#")
    if rest.strip():
        slide.parts.append(prose.html(rest, where, attachments=cell.get("attachments")))
    return slide


def _add_notes(slide: Slide, cell: NotebookNode, where: str, prose: Prose) -> None:
    folded = NOTES.fullmatch(cell.source.strip())
    if not folded:
        raise BuildError(
            f"{where}: notes are folded away for readers and say their time: they begin with "
            "'<details><summary>For the speaker, minutes: 2</summary>' and end with '</details>', "
            "each on a line of its own."
        )
    slide.seconds += round(60 * float(folded["minutes"]))
    slide.notes.append(prose.html(folded["words"], where, notes=True))


def _add_parts(slide: Slide, cell: NotebookNode, where: str, prose: Prose, fragment: bool) -> None:
    if cell.cell_type == "markdown":
        words, _, source = cell.source.partition("\n\nSource: ")
        slide.source = source.strip() or slide.source
        parts = [prose.html(words, where, attachments=cell.get("attachments"))]
    elif cell.cell_type == "code":
        parts = _code_parts(slide, cell, where, prose)
    else:
        raise BuildError(f"{where}: a {cell.cell_type} cell makes no part of a slide.")
    if fragment:
        parts = [f'<div class="fragment">{part}</div>' for part in parts]
    slide.parts.extend(parts)


def _code_parts(slide: Slide, cell: NotebookNode, where: str, prose: Prose) -> list[str]:
    """Code if it is to be seen, then its outputs; printed text stands on the panel of the code."""
    code, printed, shown = "", "", []
    if "show-code" in tags(cell):
        code = f"<pre><code>{coloured_code(cell.source.strip())}</code></pre>"
    for output in cell.outputs:
        if output.output_type == "error":
            raise BuildError(f"{where}: raised {output.ename}: {output.evalue}")
        if output.output_type == "stream":
            printed += output.text
        elif set(output.data) == {"text/plain"}:
            printed += output.data["text/plain"] + "\n"
        else:
            shown.append(_shown(slide, output, where, prose))
            slide.source = slide.source or output.metadata.get("lecture", {}).get("source", "")
    if printed:
        code += f'<pre class="printed">{escape(printed.rstrip(), quote=False)}</pre>'
    return [f'<div class="code">{code}</div>', *shown] if code else shown


def _shown(slide: Slide, output: NotebookNode, where: str, prose: Prose) -> str:
    """HTML of one rich output: a picture that moves, semantic HTML, markdown or a formula."""
    data = output.data
    if WIDGET in data:
        raise BuildError(
            f"{where}: shows a live widget, which a deck cannot hold; show an explore(...) instead."
        )
    if output.metadata.get("lecture", {}).get("kind") == "explorable":
        slide.moves = True
        return data["text/html"]
    for kind in ("text/markdown", "text/latex"):
        if kind in data and "text/html" not in data:
            return prose.html(data[kind], where)
    if "text/html" in data:
        return with_number_columns(data["text/html"])
    raise BuildError(
        f"{where}: a deck cannot show {', '.join(data)}; give HTML, or a picture by explore(...)."
    )


def with_number_columns(html: str) -> str:
    """The same HTML; columns of numbers, but for a table's first, get the class number."""
    if "lecture-table" not in html:
        return html
    soup = BeautifulSoup(html, "html.parser")
    for table in soup.select("table.lecture-table"):
        rows = [row.find_all(["th", "td"]) for row in table.find_all("tr")]
        for head, *cells in list(zip(*rows, strict=False))[1:]:
            if all(re.match(r"[−≈]?\d", cell.get_text(strip=True)) for cell in cells):
                for cell in (head, *cells):
                    cell["class"] = "number"
    return str(soup)
