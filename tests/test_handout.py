"""Hand-outs on a phone, at a desk, on paper, in the dark and without scripts."""

import re
import runpy
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from browser import launched, visit
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lecture_lib.catalog.edition import edition as data_edition
from slides import BuildError, edition, handout

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHAPTER = "01_the_price_of_a_token"
PHONE = {"width": 390, "height": 844}
GROUND = {"light": "rgb(252, 251, 248)", "dark": "rgb(20, 23, 28)"}
NOTES = "<details><summary>For the speaker, minutes: 1</summary>\n\nSay hello.\n\n</details>"

# Words that are smaller than they may be; a picture's own and a formula's are drawn.
SMALL_WORDS = """() => [...document.querySelectorAll('body *')]
  .filter(e => !e.closest('svg, .katex, script, style, .aloud') && e.getClientRects().length)
  .filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.textContent.trim()))
  .filter(e => parseFloat(getComputedStyle(e).fontSize) < 15)
  .map(e => e.outerHTML.slice(0, 80))"""
# What a finger must hit; the rows of a switch and of the contents are hit as a whole.
SMALL_TARGETS = """() => [...document.querySelectorAll(
    'button, select, input[type=range], .switch, summary, nav a')]
  .filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 44)
  .map(e => e.outerHTML.slice(0, 80))"""
WIDER_THAN_THE_PAGE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def pages(hall) -> Path:
    """The folder of the hand-outs of the chapters."""
    return hall / "handout"


@pytest.fixture(scope="module")
def browser():
    with launched() as running:
        yield running


def soup(pages: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((pages / f"{name}.html").read_text("utf-8"), "html.parser")


def opened(browser, file: Path, **how):
    """A page of that file in a window of its own, without network."""
    page = browser.new_context(offline=True, **{"viewport": PHONE, **how}).new_page()
    page.goto(file.as_uri())
    return page


each_chapter = pytest.mark.parametrize("name", [path.stem for path in CHAPTERS])


# -- what stands in it ----------------------------------------------------------------------------


@each_chapter
def test_a_hand_out_says_what_it_is_and_what_travels_along(pages, name):
    page = soup(pages, name)
    path = next(path for path in CHAPTERS if path.stem == name)
    built = page.find("meta", attrs={"name": "built-from"})["content"]
    assert built == f"{name} {edition.stamp(path)}"
    told = nbformat.read(path, 4).metadata.lecture
    assert page.title.get_text() == f"{told.title} · LLM inference"
    footer = page.footer.get_text()
    assert str(data_edition()) in footer
    assert built in footer
    text = (pages / f"{name}.html").read_text("utf-8")
    licences = text[text.index("<!--\n") : text.index("-->")]
    assert "SIL OPEN FONT LICENSE" in licences.upper()
    assert "KaTeX" in licences
    assert "reveal" not in licences


@each_chapter
def test_a_hand_out_is_one_small_file_that_holds_fonts_and_scripts_once(pages, name):
    text = (pages / f"{name}.html").read_text("utf-8")
    assert len(text.encode()) < 1.5e6
    assert not re.search(r"(?:src|srcset)=\"(?!data:)|url\((?!data:|#|\")|@import", text)
    assert text.count("font-family:'IBM Plex Sans'") == 2
    assert text.count("customElements.define(") == 1
    assert text.count("<style>") == 1
    assert text.count(".lecture-question .ask {") == 1


@each_chapter
def test_a_screen_reader_finds_language_landmarks_and_headings_in_order(pages, name):
    page = soup(pages, name)
    assert page.html["lang"] == "en"
    assert [len(page.find_all(tag)) for tag in ("main", "header", "footer", "h1")] == [1, 1, 1, 1]
    levels = [int(heading.name[1]) for heading in page.main.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert page.nav["aria-label"] == "In this chapter"
    places = [link["href"][1:] for link in page.nav.find_all("a")]
    assert places == [heading["id"] for heading in page.main.find_all("h2")]
    assert len(set(places)) == len(places) > 3
    for picture in page.select("svg.picture"):
        assert picture["role"] == "img"
        assert len(picture["aria-label"]) > 40
    assert all(image.get("alt") for image in page.find_all("img"))


@each_chapter
def test_a_reader_gets_every_word_but_the_speakers(pages, name):
    path = next(path for path in CHAPTERS if path.stem == name)
    page = " ".join(soup(pages, name).main.get_text().split())
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type != "markdown":
            continue
        first = re.split(r"[*`$\[<_]", cell.source.strip("#*`1. \n"))[0].split("\n")[0].strip()
        assert (first in page) or cell.source.startswith("<details>"), first
    assert "For the speaker" not in page
    setup = next(cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")
    assert setup.source.splitlines()[-1] not in page


def test_answers_hints_and_ways_are_folded_beneath_their_questions(pages):
    page = soup(pages, CHAPTER)
    cards = page.select(".lecture-question")
    assert len(cards) == 10
    for card in cards:
        folded = [summary.get_text() for summary in card.select("details > summary")]
        assert folded in (["The answer"], ["Hint", "Worked solution"])
        assert not card.select("details[open]")


def test_the_parts_of_a_verdict_are_terms_and_their_words(pages):
    verdicts = soup(pages, CHAPTER).select(".lecture-verdict dl")
    assert len(verdicts) == 5
    assert [term.get_text() for term in verdicts[0].find_all("dt")] == [
        "the draft said",
        "we find",
        "verdict",
    ]


# -- in a browser ---------------------------------------------------------------------------------


@each_chapter
def test_a_phone_shows_a_chapter_without_moving_sideways(pages, browser, name):
    seen = visit(browser, (pages / f"{name}.html").as_uri(), **PHONE)
    page = seen.page
    page.locator(".lecture-ex .settings").first.wait_for()
    page.locator("details > summary").evaluate_all("all => all.forEach(one => one.click())")
    assert page.locator("details:not([open])").count() == 0
    assert page.evaluate(WIDER_THAN_THE_PAGE) == 0
    assert page.evaluate(SMALL_WORDS) == []
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "17px"
    faces = page.evaluate("document.fonts.ready.then(f => [...f].map(x => x.family + x.status))")
    assert "IBM Plex Sansloaded" in [face.replace('"', "") for face in faces]
    assert seen.requests == []
    assert seen.complaints == []


def test_on_a_phone_a_picture_moves_and_only_the_picture_is_moved_aside(pages, browser):
    page = opened(browser, pages / f"{CHAPTER}.html", has_touch=True, is_mobile=True)
    card = page.locator(".lecture-ex", has=page.locator(".settings")).first
    card.get_by_role("slider", name="users at once").focus()
    page.keyboard.press("ArrowRight")
    card.locator(".says", has_text="Llama-2-13B and 2 users").wait_for()
    view = card.locator(".view")
    assert view.evaluate("e => e.scrollWidth") >= 640
    view.evaluate("e => { e.scrollLeft = 200 }")
    box = card.bounding_box()
    assert (box["x"], box["width"]) == (0, 390)
    for part in (".settings", ".says", "input[type=range]"):
        inside = card.locator(part).first.bounding_box()
        assert inside["x"] == 16
        assert inside["width"] == 358
    summary = page.locator(".lecture-question summary").first
    summary.tap()
    page.locator(".lecture-question p", has_text="It is 130 tok/s.").wait_for()


@pytest.mark.parametrize("system", ["light", "dark"])
def test_page_cards_and_pictures_follow_the_readers_system(pages, browser, system):
    page = opened(browser, pages / f"{CHAPTER}.html", color_scheme=system)
    page.locator(".lecture-ex .settings").first.wait_for()
    grounds = page.evaluate(
        """() => [getComputedStyle(document.documentElement).backgroundColor,
        getComputedStyle(document.querySelector('.lecture-ex:has(.view)')).backgroundColor,
        getComputedStyle(document.querySelector('svg.picture .patch path')).fill]"""
    )
    assert grounds == [GROUND[system]] * 3
    panel = page.locator(".lecture-question").first
    dark = "rgb(29, 34, 41)"
    assert (panel.evaluate("e => getComputedStyle(e).backgroundColor") == dark) == (
        system == "dark"
    )


def test_paper_is_light_and_shows_what_was_open(pages, browser):
    page = opened(browser, pages / f"{CHAPTER}.html", color_scheme="dark")
    page.locator(".lecture-question summary").first.click()
    page.emulate_media(media="print", color_scheme="dark")
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == GROUND["light"]
    assert page.locator(".lecture-question details").first.is_visible()
    assert not page.locator(".lecture-question details").nth(1).is_visible()
    assert not page.locator(".lecture-ex .settings").first.is_visible()
    assert page.locator(".lecture-ex svg.picture").first.is_visible()


def test_without_scripts_the_pictures_are_stills_with_their_words(pages, browser):
    page = opened(browser, pages / f"{CHAPTER}.html", java_script_enabled=False)
    assert page.locator("svg.picture").count() == 4
    says = page.locator(".says").first
    says.scroll_into_view_if_needed()
    assert says.inner_text().startswith("RTX 4090 with Llama-2-13B and 1 user")
    box = says.bounding_box()
    assert box["x"] == 16
    assert box["width"] <= 358
    assert page.locator("body").bounding_box()["width"] == 390
    page.mouse.wheel(300, 0)
    assert page.locator("h1").bounding_box()["x"] == 16
    page.locator(".lecture-question summary").first.click()
    assert page.locator(".lecture-question p", has_text="It is 130 tok/s.").is_visible()


def test_at_a_desk_a_line_of_text_has_some_seventy_characters(pages, browser):
    page = opened(browser, pages / f"{CHAPTER}.html", viewport={"width": 1280, "height": 900})
    letters = page.evaluate(
        """() => [...document.querySelectorAll('main > p')].filter(p => p.textContent.length > 300)
        .map(p => p.textContent.length / (p.clientHeight / 27))"""
    )
    assert len(letters) > 4
    assert 60 < sum(letters) / len(letters) < 80
    assert page.evaluate(WIDER_THAN_THE_PAGE) == 0


# -- on planted chapters --------------------------------------------------------------------------


def chapter(folder: Path, *cells) -> Path:
    (folder / "02_next.ipynb").write_text("{}")
    path = folder / "01_planted.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def tagged(source: str, *tags: str):
    return new_code_cell(source, metadata={"tags": list(tags)})


def test_code_is_hidden_unless_it_is_to_be_seen(tmp_path):
    page = handout.handout(
        chapter(
            tmp_path,
            new_markdown_cell("# Which?\n\nSee [the next](02_next.ipynb#part)."),
            new_markdown_cell("## Twice?"),
            new_markdown_cell("## Twice?\n\n$x<1$"),
            tagged("hidden = 1\nhidden", "setup"),
            tagged("seen = 41\nprint(seen < 1)", "show-code"),
            tagged("secret = 2", "slide-only"),
            tagged("# the bytes\nworked = 3\nworked", "solution"),
            tagged("print('of today')", "nbval-ignore-output"),
            new_markdown_cell(NOTES, metadata={"slideshow": {"slide_type": "notes"}}),
        )
    )
    found = BeautifulSoup(page, "html.parser").main
    assert found.select_one("pre.code").get_text() == "seen = 41\nprint(seen < 1)"
    assert found.select_one("pre.printed").get_text() == "False"
    way = found.select("details")[-1]
    assert way.summary.get_text() == "Worked solution"
    code, printed = way.select("pre")
    assert code.get_text() == "# the bytes\nworked = 3\nworked"
    assert printed.get_text() == "3"
    assert "Measured on the computer that built this page." in found.get_text()
    for absent in ("hidden", "secret", "Say hello"):
        assert absent not in found.get_text()
    assert found.select_one("p > a")["href"] == "02_next.html#part"
    assert [heading["id"] for heading in found.find_all("h2")] == ["twice", "twice-2"]
    assert found.select_one(".katex annotation").get_text() == "x<1"
    assert "<script" not in page


def test_tables_move_in_a_box_and_their_addresses_are_links(tmp_path):
    table = (
        "from lecture_lib.tables import Table\nTable(('a', 'b'), (('https://example.org/x', '1'),))"
    )
    page = handout.handout(chapter(tmp_path, new_markdown_cell("# T?"), new_code_cell(table)))
    box = BeautifulSoup(page, "html.parser").select_one(".scrolls[tabindex='0'][aria-label]")
    assert box.select_one("td a")["href"] == "https://example.org/x"
    assert box.select_one("td.number").get_text() == "1"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import sys; print('careful', file=sys.stderr)", "cell 2 .*wrote to stderr: careful"),
        ("1 / 0", "cell 2 .*ZeroDivisionError"),
        ("import ipywidgets; ipywidgets.IntSlider()", "cell 2 .*a hand-out cannot show"),
        ("print('x' * 5_000_000)", r"5\.\d MB, and 4 MB is the most"),
    ],
)
def test_what_a_reader_cannot_use_is_refused(tmp_path, source, words):
    path = chapter(tmp_path, new_markdown_cell("# Which?"), new_code_cell(source))
    with pytest.raises(BuildError, match=rf"01_planted\.ipynb.*{words}"):
        handout.handout(path)


def test_a_chapter_without_words_is_refused(tmp_path):
    with pytest.raises(BuildError, match="is empty"):
        handout.handout(chapter(tmp_path))


def test_the_command_writes_a_page_or_says_what_is_wrong(tmp_path, capsys):
    path = chapter(tmp_path, new_markdown_cell("# Which?"))
    command = ["--out", str(tmp_path), str(path)]
    assert handout.main(command) == 0
    assert capsys.readouterr().out.startswith("handout/01_planted.html: 0.")
    before = (tmp_path / "handout" / "01_planted.html").read_bytes()
    assert handout.main([*command, "absent.ipynb"]) == 1
    assert capsys.readouterr().err == "absent.ipynb: there is no such notebook.\n"
    assert (tmp_path / "handout" / "01_planted.html").read_bytes() == before


def test_the_file_is_a_command(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["handout", "absent.ipynb"])
    with pytest.raises(SystemExit, match="1"):
        runpy.run_path(handout.__file__, run_name="__main__")
    assert capsys.readouterr().err == "absent.ipynb: there is no such notebook.\n"
