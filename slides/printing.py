"""Prints what is built: `python -m slides.printing [--out slides/built]`, a PDF beside each page.

A deck becomes one page for each slide, with every step taken and every picture at its start; a
script becomes sheets of A4. The PDF says in its keywords what the page was built from.
"""

import argparse
import io
import sys
from pathlib import Path

from pypdf import PdfReader, PdfWriter

from slides import BUILT, BuildError
from slides.browser import launched, visit, wait_for_deck
from slides.decks import write_whole

BUILT_FROM = "document.querySelector('meta[name=built-from]').content"
POINTS = 0.75  # of a CSS pixel


def main(arguments: list[str] | None = None) -> int:
    """Print all that stands in the folder; return 0, or 1 after saying what is wrong."""
    parser = argparse.ArgumentParser(description="Write a PDF for each deck and each script.")
    parser.add_argument("--out", type=Path, default=BUILT)
    built = parser.parse_args(arguments).out
    try:
        decks, scripts = sorted(built.glob("*.html")), sorted((built / "script").glob("*.html"))
        if not decks:
            raise BuildError(f"{built}: there is no deck to print; build them with: make slides")
        with launched() as browser:
            for page in decks:
                print(f"{page.stem}.pdf: {print_deck(browser, page)} pages")
            for page in scripts:
                print(f"script/{page.stem}.pdf: {print_script(browser, page)} sheets")
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def print_deck(browser, deck: Path) -> int:
    """Write the deck's PDF beside it and return its pages, one for each slide.

    Raises BuildError where a slide takes another number of pages, or a page is of another size.
    """
    page = visit(browser, f"{deck.resolve().as_uri()}?print-pdf").page
    page.wait_for_function("document.querySelector('.reveal .pdf-page section')")
    wait_for_deck(page)
    slides = deck.read_text(encoding="utf-8").count("<section class=")
    pdf = _printed(page)
    sizes = {tuple(round(float(side) / POINTS) for side in p.mediabox[2:]) for p in pdf.pages}
    if len(pdf.pages) != slides:
        raise BuildError(f"{deck.name}: its {slides} slides print on {len(pdf.pages)} pages.")
    if sizes != {(1280, 720)}:
        raise BuildError(f"{deck.name}: prints on pages of {sizes} px, not on 1280 x 720.")
    _write(pdf, deck)
    return slides


def print_script(browser, script: Path) -> int:
    """Write the script's PDF beside it and return how many sheets it takes."""
    pdf = _printed(visit(browser, script.resolve().as_uri()).page)
    _write(pdf, script)
    return len(pdf.pages)


def _printed(page) -> PdfWriter:
    """The open page as a PDF, with its title and its mark; the page is closed."""
    page.evaluate("document.fonts.ready.then(() => true)")
    content = page.pdf(prefer_css_page_size=True, print_background=True)
    pdf = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    pdf.add_metadata({"/Title": page.title(), "/Keywords": page.evaluate(BUILT_FROM)})
    page.context.close()
    return pdf


def _write(pdf: PdfWriter, beside: Path) -> None:
    content = io.BytesIO()
    pdf.write(content)
    write_whole(beside.with_suffix(".pdf"), content.getvalue())


if __name__ == "__main__":
    raise SystemExit(main())
