"""What is printed: one page for each slide, and the same mark as the page that was printed."""

import re

import pytest
from browser import launched
from pypdf import PdfReader
from test_talks import chapter, slide

from slides import BuildError, packages, printing
from slides.build import chapter_deck
from slides.decks import write_deck, write_whole
from slides.script import script


@pytest.fixture(scope="module")
def browser():
    with launched() as running:
        yield running


@pytest.fixture
def built(tmp_path):
    """A folder with a deck of three slides and its script."""
    packages.install()
    deck = chapter_deck(chapter(slide("Why?"), slide("How?"), slide("Who?")))
    write_deck(deck, tmp_path)
    write_whole(tmp_path / "script" / f"{deck.name}.html", script(deck))
    return tmp_path


def test_all_that_is_built_is_printed_with_its_mark(built, capsys):
    assert printing.main(["--out", str(built)]) == 0
    assert capsys.readouterr().out == "01_sample.pdf: 3 pages\nscript/01_sample.pdf: 1 sheets\n"
    deck = PdfReader(built / "01_sample.pdf")
    words = [page.extract_text() for page in deck.pages]
    assert [re.search(r"W\w+\?|H\w+\?", text)[0] for text in words] == ["Why?", "How?", "Who?"]
    sheet = PdfReader(built / "script" / "01_sample.pdf")
    assert "Spoken." in sheet.pages[0].extract_text()
    for pdf in (deck, sheet):
        assert pdf.metadata["/Keywords"] == "01_sample 0123456789ab"
    assert [float(side) for side in sheet.pages[0].mediabox[2:]] == pytest.approx([595, 842], abs=1)


@pytest.fixture
def stepped(tmp_path):
    """A deck of one slide with two steps."""
    packages.install()
    steps = slide("Why?")
    steps.parts = ['<p class="fragment">Because.</p>', '<p class="fragment">And so.</p>']
    return write_deck(chapter_deck(chapter(steps)), tmp_path)


def test_a_slide_with_steps_takes_one_page_and_shows_its_end(browser, stepped):
    assert printing.print_deck(browser, stepped) == 1
    assert "And so." in PdfReader(stepped.with_suffix(".pdf")).pages[0].extract_text()


def test_a_slide_that_takes_several_pages_is_refused(browser, stepped):
    whole = stepped.read_text(encoding="utf-8")
    stepped.write_text(whole.replace("SeparateFragments: false", "SeparateFragments: true"))
    with pytest.raises(BuildError, match="its 1 slides print on 3 pages"):
        printing.print_deck(browser, stepped)
    assert not stepped.with_suffix(".pdf").exists()


def test_a_deck_of_another_size_is_refused(browser, built):
    deck = built / "01_sample.html"
    deck.write_text(
        deck.read_text(encoding="utf-8").replace("width: 1280, height", "width: 960, height")
    )
    with pytest.raises(BuildError, match="not on 1280 x 720"):
        printing.print_deck(browser, deck)


def test_where_nothing_is_built_it_says_what_to_type(tmp_path, capsys):
    assert printing.main(["--out", str(tmp_path)]) == 1
    assert "there is no deck to print; build them with: make slides" in capsys.readouterr().err
