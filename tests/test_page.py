"""An explorable on a page that was exported: it moves without kernel and without network."""

import json
from pathlib import Path

import pytest
from browser import launched, photograph, visit
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from lecture_lib.controls import choice, steps
from lecture_lib.explore import explore
from lecture_lib.medium import MEDIUM
from lecture_lib.views.decode.price import (
    DRAFT_SYSTEMS,
    USERS_AT_ONCE,
    WEIGHTS_KEPT,
    TokenPrice,
)


@pytest.fixture
def exported(exported_price):
    return exported_price()


@pytest.fixture
def exported_price(tmp_path, monkeypatch):
    """Writes a notebook with one explorable as nbconvert exports it, and says where."""
    monkeypatch.setenv(MEDIUM, "page")
    return lambda: export(tmp_path / "page.html")


def export(page: Path) -> Path:
    """A notebook with one explorable, as nbconvert exports it."""
    explorable = explore(
        TokenPrice,
        presets=DRAFT_SYSTEMS,
        in_deck=["sequences"],
        device=choice(["RTX 3090", "RTX 4090", "H100 SXM"], start="RTX 4090"),
        model=choice(["LLaMA-7B", "Llama-2-13B", "RWKV-5-Eagle-7B"], start="Llama-2-13B"),
        weights=choice(WEIGHTS_KEPT, start="GPTQ 4-bit g128"),
        sequences=steps(USERS_AT_ONCE, start=8, name="users at once"),
    )
    data, metadata = explorable._repr_mimebundle_()
    output = new_output("display_data", data, metadata=metadata)
    cell = new_code_cell("explore(...)", outputs=[output])
    html, _ = HTMLExporter().from_notebook_node(new_notebook(cells=[cell]))
    page.write_text(html, encoding="utf-8")
    return page


def test_an_exported_page_moves_without_kernel_and_without_network(exported):
    with launched() as browser:
        page = visit(browser, exported.as_uri()).page
        card = page.locator(".lecture-ex")
        slider = card.get_by_role("slider", name="users at once")
        slider.focus()
        page.keyboard.press("ArrowRight")
        card.locator(".says", has_text="Llama-2-13B and 16 users").wait_for()
        photograph(card, "explorable-page.png")
        assert "16 users" in card.locator("svg.picture").get_attribute("aria-label")
        faces = page.evaluate("document.fonts.ready.then(f => [...f].map(x => x.family))")
        assert any("IBM Plex Sans" in face for face in faces), json.dumps(faces)


WIDER = """card => {
  const end = card.getBoundingClientRect().right - parseFloat(getComputedStyle(card).paddingRight);
  const seen = [...card.querySelectorAll("*")].filter(one => !one.closest(".picture"));
  return seen.filter(one => one.getBoundingClientRect().right > end + 1).map(one => one.outerHTML);
}"""


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_narrow_page_the_picture_moves_in_its_box_and_nothing_else_is_cut(exported, scripts):
    """Beside an open drawer of JupyterLab, or on a phone: menus and sliders were cut below 304."""
    with launched() as browser:
        narrow = {"viewport": {"width": 300, "height": 800}, "java_script_enabled": scripts}
        page = browser.new_context(offline=True, **narrow).new_page()
        page.goto(exported.as_uri())
        card = page.locator(".lecture-ex")
        box = card.locator(".view") if scripts else card
        assert box.evaluate("box => box.scrollWidth") > box.evaluate("box => box.clientWidth") > 150
        assert page.evaluate("document.documentElement.scrollWidth") <= 300
        if scripts:
            assert card.evaluate(WIDER) == []


@pytest.mark.parametrize("compares", [True, False])
def test_only_a_picture_that_can_be_compared_offers_it(exported_price, monkeypatch, compares):
    monkeypatch.setattr(TokenPrice, "compares", compares)
    with launched() as browser:
        page = visit(browser, exported_price().as_uri()).page
        page.get_by_role("button", name="↺ reset").wait_for()
        assert page.get_by_role("button", name="+ compare").count() == compares


def test_an_exported_page_without_script_is_a_still_with_its_words(exported):
    with launched() as browser:
        context = browser.new_context(java_script_enabled=False, offline=True)
        page = context.new_page()
        page.goto(exported.as_uri())
        card = page.locator(".lecture-ex")
        assert (
            card.locator(".says").inner_text().startswith("RTX 4090 with Llama-2-13B and 8 users")
        )
        box = card.locator("svg.picture").bounding_box()
        assert box["width"] > 600
        assert box["height"] == pytest.approx(0.4 * box["width"], rel=0.01)
