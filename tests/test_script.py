"""The printed script: each slide small and at its end, its notes and the running time beside it."""

import pytest
from browser import launched, visit
from test_talks import chapter, slide

from slides import packages
from slides.build import chapter_deck
from slides.cells import Slide
from slides.script import script, still

STATES = '<script type="application/gzip">H4sI</script>'
MOVES = (
    f'<lecture-explorable><div class="lecture-ex"><svg></svg></div>{STATES}</lecture-explorable>'
)
STEP = '<p class="box fragment custom" data-fragment-index="0">130</p>'


def test_a_slide_stands_still_at_its_end():
    moving = Slide("x", "Why?", "Why?", False, [MOVES, STEP], ["Spoken."])
    parts = still(moving).parts
    assert "gzip" not in parts[0]
    assert "<svg></svg>" in parts[0]
    assert 'class="box fragment visible custom"' in parts[1]
    assert moving.parts == [MOVES, STEP], "the deck's own slide changed"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The script of three slides, open in the browser."""
    packages.install()
    slides = [slide("Why?", "Because.", 60), slide("How?", "So.", 45), slide("Who?", "We.", 30)]
    path = tmp_path_factory.mktemp("script") / "sample.html"
    path.write_text(script(chapter_deck(chapter(*slides))), encoding="utf-8")
    with launched() as browser:
        seen = visit(browser, path.as_uri(), 760, 1000)
        yield seen.page
        assert seen.requests == []
        assert seen.complaints == []


def test_the_script_says_what_is_spoken_and_until_when(page):
    assert page.locator(".time").all_inner_texts() == [
        "1 · Chapter 01 · 1 min, until 0:01:00",
        "2 · Chapter 01 · 0.75 min, until 0:01:45",
        "3 · Chapter 01 · 0.5 min, until 0:02:15",
    ]
    assert page.locator(".notes").all_inner_texts()[1].split() == ["How?", "So."]
    assert "3 slides, 0:02:15. data 20" in page.locator("header").inner_text()


def test_each_slide_is_seen_whole_and_small(page):
    for number, thumb in enumerate(page.locator(".thumb").all(), start=1):
        frame, whole = thumb.bounding_box(), thumb.locator("section").bounding_box()
        assert whole["width"] == pytest.approx(frame["width"], abs=1)
        assert whole["height"] == pytest.approx(frame["height"], abs=1)
        assert thumb.locator("h2").is_visible()
        assert f"{number} / 3" in thumb.locator("footer").inner_text()
        assert not thumb.locator("aside").count()
