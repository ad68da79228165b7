"""A chapter to read on any screen: `python -m slides.handout [notebook ...] [--out slides/built]`.

One file holds text, formulas, pictures that move, questions with their answers folded away, and
fonts. It has what the notebook shows, in its order; code only where a cell is tagged show-code.
"""

import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

from nbformat import NotebookNode

from lecture_lib import front
from lecture_lib.catalog.edition import edition as data_edition
from lecture_lib.palette import css_variables
from slides import ROOT, BuildError, edition, packages
from slides.build import asked, of_each
from slides.cells import Prose, refuse_warnings, with_number_columns
from slides.chapters import LECTURE, all_notebooks
from slides.copies import check_links
from slides.decks import check_size, rendered, write_whole
from slides.meanings import coloured_code
from slides.running import executed, place, read, slide_type, tags

MOST_BYTES = 4e6  # of a hand-out: it is opened on a phone
VARIES = (
    '<p class="aside">Measured on the computer that built this page. '
    "Run the chapter to see your own.</p>"
)


def handout(path: Path) -> str:
    """The notebook as one page that needs no kernel and no network. Raises BuildError."""
    notebook, stamp = read(path), edition.stamp(path)
    check_links(notebook, path)
    executed(notebook, path, "page")
    prose = Prose(path.parent)
    parts = [part for part in _parts(notebook, path, prose) if part.strip()]
    if not parts:
        raise BuildError(f"{path.name}: the notebook is empty; there is nothing to hand out.")
    parts, contents = _with_contents(parts)
    names, words = zip(*contents, strict=True) if contents else ((), ())
    filled = prose.filled([*words, *parts])
    named = list(zip(names, filled, strict=False))
    return _page(path, notebook, stamp, filled[len(words) :], named)


def _page(path: Path, notebook: NotebookNode, stamp: str, parts: list[str], contents) -> str:
    body = "".join(parts)
    content = rendered(
        "handout.html.j2",
        name=path.stem,
        stamp=stamp,
        lecture=LECTURE,
        told=notebook.metadata.get("lecture", {}),
        parts=parts,
        contents=contents,
        edition=data_edition(),
        css=_css(body),
        modules=[front.script("explorable")] if "<lecture-explorable>" in body else [],
        licences=packages.licences("KaTeX", "IBM Plex"),
    )
    check_size(content, f"{path.name}: its hand-out", MOST_BYTES)
    return content


def _css(body: str) -> str:
    """All style sheets; the colours follow the reader's system, and paper is light."""
    colours = css_variables(":root", dark=[":root.dark"], system=":root")
    paper = f"@media print{{{colours.splitlines()[0]}}}"
    own = (ROOT / "slides" / "handout.css").read_text(encoding="utf-8")
    katex = packages.katex_css(body)
    return "\n".join([packages.plex_css(), katex, colours, paper, front.sheet(), own])


# -- the parts ------------------------------------------------------------------------------------


def _parts(notebook: NotebookNode, path: Path, prose: Prose) -> Iterator[str]:
    """HTML of everything that a reader sees, in the notebook's order."""
    for number, cell in enumerate(notebook.cells, start=1):
        where = place(path.name, number, cell)
        refuse_warnings(cell, where)
        if slide_type(cell) == "notes" or "setup" in tags(cell):
            continue
        if cell.cell_type == "markdown":
            html = prose.html(cell.source, where, attachments=cell.get("attachments"))
            yield _boxed(re.sub(r'(href="[^":]+)\.ipynb', r"\1.html", html))
        elif cell.cell_type == "code":
            yield _shown(cell, where, prose)


def _shown(cell: NotebookNode, where: str, prose: Prose) -> str:
    """Code if it is to be seen, then what the cell shows; a worked solution is folded away."""
    outputs = "".join(_output(output, where, prose) for output in cell.outputs)
    code = f'<pre class="code"><code>{coloured_code(cell.source.strip())}</code></pre>'
    if "solution" in tags(cell):
        return f"<details><summary>Worked solution</summary>{code}{outputs}</details>"
    if outputs and "nbval-ignore-output" in tags(cell):
        outputs = VARIES + outputs
    return code + outputs if "show-code" in tags(cell) else outputs


def _output(output: NotebookNode, where: str, prose: Prose) -> str:
    if output.output_type == "error":
        return _printed(f"{output.ename}: {output.evalue}")
    if output.output_type == "stream":
        return _printed(output.text)
    data = output.data
    if "text/html" in data:
        html = data["text/html"]
        for once in (front.font_faces(), front.introduction(), f"<style>{front.style()}</style>"):
            html = html.replace(once, "")  # the page brings it for all of them
        moves = "<lecture-explorable>" in html
        return html if moves else _framed(with_number_columns(html))
    for kind in ("text/markdown", "text/latex"):
        if kind in data:
            return _framed(prose.html(data[kind], where))
    if set(data) == {"text/plain"}:
        return _printed(data["text/plain"])
    raise BuildError(
        f"{where}: a hand-out cannot show {', '.join(data)}; give HTML, or explore(...)."
    )


def _printed(text: str) -> str:
    return f'<pre class="code printed">{escape(text.rstrip(), quote=False)}</pre>'


def _framed(html: str) -> str:
    return f'<div class="shown">{_boxed(html)}</div>'


def _boxed(html: str) -> str:
    """The same HTML with each table in a box of its own that scrolls, and addresses as links."""

    def box(found: re.Match) -> str:
        table = re.sub(r"<td>(?=[^<]{25})", '<td class="words">', found[0])
        table = re.sub(r"(?<=>)(https?://[^\s<]+)(?=<)", r'<a href="\1">\1</a>', table)
        return f'<div class="scrolls" role="group" aria-label="Table" tabindex="0">{table}</div>'

    return re.sub(r"<table.*?</table>", box, html, flags=re.DOTALL)


def _with_contents(parts: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """The parts with a name for each question, and the list of those: name and words."""
    contents: dict[str, str] = {}

    def named(found: re.Match) -> str:
        plain = re.sub("<[^>]+>|\ue000\\d+\ue001", "", found[1])
        name = base = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "part"
        count = 1
        while name in contents:
            name = f"{base}-{(count := count + 1)}"
        contents[name] = found[1]
        return f'<h2 id="{name}">{found[1]}</h2>'

    return [re.sub(r"<h2>(.*?)</h2>", named, part) for part in parts], list(contents.items())


# -- the command ----------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Write the hand-outs that the command line names; return 0, or 1 and say what is wrong."""
    options = asked(arguments, "Build hand-outs for reading from notebooks.")
    paths = options.notebooks or all_notebooks()
    try:
        packages.install()
        pages = of_each(handout, paths)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    for path, page in zip(paths, pages, strict=True):
        write_whole(options.out / "handout" / f"{path.stem}.html", page)
        size = f"{len(page.encode()) / 1e6:.1f} of at most {MOST_BYTES / 1e6:.0f} MB"
        print(f"handout/{path.stem}.html: {size}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
