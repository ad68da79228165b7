"""Explorables as a student meets them: JupyterLab in a real browser, controls moved by keyboard."""

import re
import time

import pytest
from browser import launched, photograph
from laboratory import PATIENCE, ROOT, jupyter_lab, run_all, write_notebook
from playwright.sync_api import TimeoutError

CHAPTER = "01_the_price_of_a_token.ipynb"
CARD = ".lecture-ex"

PLANTED = """from lecture_lib.explore import choice, explore, steps, switch
from lecture_lib.views.decode.sharing import BatchSharing, sharing

class Planted(BatchSharing):
    "Users against rates, with a fault."
    @staticmethod
    def state(*, sequences, model, long):
        if sequences > 64:
            raise ValueError("planted: 65 users and more")
        return sharing(device="H100 SXM", model=model, weights="16 bits",
                       context_tokens=4096 if long else 256, sequences=sequences)

planted = explore(
    Planted,
    presets={"alone": {"sequences": 1}},
    model=choice({"Llama 3.1": ["Llama-3.1-8B"], "Llama 2": ["Llama-2-7B"]}),
    sequences=steps([1, 16, 32, 65], start=16, name="users at once", play=True),
    long=switch(name="long contexts"),
)
planted"""
LOST = """lost = explore(BatchSharing, device="H100 SXM", model="Llama-3.1-8B", weights="16 bits",
               context_tokens=512, sequences=steps([2, 4], start=2, name="users of a lost message"))
lost.widget.unobserve(lost._live.moved, "at")
lost"""


def scrolled_to(page, words: str):
    """The card that says these words; JupyterLab only keeps the cells in view on the page."""
    card = page.locator(CARD, has_text=words).first
    panel = page.locator(".jp-WindowedPanel-outer").first
    start = time.monotonic()
    while time.monotonic() - start < PATIENCE / 1000:
        if card.count():
            card.scroll_into_view_if_needed()
            return card
        at_end = "panel.scrollTop + panel.clientHeight >= panel.scrollHeight - 1"
        panel.evaluate(f"panel => {{ panel.scrollTop = {at_end} ? 0 : panel.scrollTop + 400 }}")
        page.wait_for_timeout(100)
    raise AssertionError(f"no card says {words!r}")


def test_the_chapter_runs_and_a_key_on_a_control_moves_picture_and_words(tmp_path):
    (tmp_path / CHAPTER).write_bytes((ROOT / "notebooks" / CHAPTER).read_bytes())
    with jupyter_lab(tmp_path / CHAPTER) as lab, launched() as browser:
        opened = run_all(browser, lab, width=1400, height=1200)
        page = opened.page
        card = scrolled_to(page, "RTX 4090 with Llama-2-13B")
        before = card.locator("svg.picture").inner_html()
        card.locator("input").focus()
        page.keyboard.press("ArrowRight")
        moved = scrolled_to(page, "and 2 users")
        assert moved.locator("svg.picture").inner_html() != before
        assert re.search(r"at most [\d,.]+ tok/s for each", moved.inner_text())
        moved.get_by_role("button", name=re.compile("RWKV")).click()
        card = scrolled_to(page, "RTX 3090 with RWKV")
        assert "160 users" in card.inner_text()
        photograph(card, "explorable.png")
        page.evaluate("document.body.dataset.jpThemeLight = 'false'")
        photograph(card, "explorable-dark.png")
        assert not page.locator(".jp-OutputArea-output[data-mime-type*=error]").count()
        assert not opened.requests


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A notebook with one explorable that has every kind of control, and a fault."""
    notebook = write_notebook(tmp_path_factory.mktemp("lab") / "planted.ipynb", PLANTED, LOST)
    with jupyter_lab(notebook) as lab, launched() as browser:
        opened = run_all(browser, lab)
        opened.page.locator(CARD).first.wait_for()
        yield opened.page
        assert not opened.requests


@pytest.fixture
def card(page):
    """The card, as it stood at the start."""
    card = page.locator(CARD).filter(has_text="long contexts")
    card.get_by_role("button", name="reset").click()
    says(card, "16 users with 256 tokens each")
    return card


def says(card, words: str):
    try:
        card.locator(".says:not(.other)", has_text=words).wait_for()
    except TimeoutError as fault:  # which does not tell what stood there instead
        raise AssertionError(f"not {words!r}, but: {card.inner_text()}") from fault


def press(card, *keys: str):
    card.locator("input[type=range]").focus()
    for key in keys:
        card.page.keyboard.press(key)


def test_what_the_picture_shows_is_said_in_its_description_and_read_aloud(card):
    press(card, "ArrowRight")
    says(card, "32 users with 256 tokens each")
    words = card.locator(".says").first.inner_text()
    label = card.locator("svg.picture").get_attribute("aria-label")
    assert label == f"Users against rates, with a fault. {words}"
    aloud = card.locator("[role=status][aria-live=polite]")
    card.page.wait_for_function(
        "([e, words]) => e.textContent == words", arg=[aloud.element_handle(), words]
    )
    assert aloud.bounding_box()["width"] <= 1
    slider = card.get_by_role("slider", name="users at once")
    assert slider.get_attribute("aria-valuetext") == "32"


def test_every_kind_of_control_moves_the_picture(card):
    menu = card.get_by_role("combobox", name="model")
    groups = menu.evaluate("e => [...e.children].map((group) => group.label)")
    assert groups == ["Llama 3.1", "Llama 2"]
    menu.select_option("Llama-2-7B")
    before = card.locator(".says").first.inner_text()
    card.get_by_role("switch", name="long contexts").check()
    says(card, "16 users with 4,096 tokens each")
    assert card.locator(".says").first.inner_text() != before
    card.get_by_role("button", name="alone").click()
    says(card, "1 user with 256 tokens each")


def test_the_last_of_many_quick_moves_is_the_one_that_shows(card):
    press(card, *["ArrowRight", "ArrowLeft"] * 20, "Home")
    says(card, "1 user with 256 tokens each")
    card.page.wait_for_timeout(500)
    assert card.locator(".says").first.inner_text().startswith("1 user with")


def test_an_error_shows_in_place_and_the_last_good_picture_stays(card):
    picture = card.locator("svg.picture").inner_html()
    press(card, "End")
    says(card, "✕ This setting broke the picture. ValueError: planted: 65 users and more")
    assert card.locator("svg.picture").inner_html() == picture
    press(card, "ArrowLeft")
    says(card, "32 users with 256 tokens each")


def test_a_setting_is_compared_with_another(card):
    card.get_by_role("button", name="+ compare").click()
    press(card, "ArrowRight")
    says(card, "32 users with 256 tokens each")
    assert card.locator(".other").inner_text().startswith("A, in grey: 16 users with 256 tokens")
    assert card.locator(".pinned *").count()
    card.get_by_role("button", name="compare").click()
    assert not card.locator(".pinned *").count()


def test_a_move_that_got_lost_is_asked_for_once_more(page):
    lost = page.locator(CARD).filter(has_text="users of a lost message")
    press(lost, "End")
    says(lost, "4 users with 512 tokens each")
    assert "4 users" in lost.locator("svg.picture").get_attribute("aria-label")


def test_play_steps_to_the_end_and_stops_there(card):
    card.get_by_role("button", name="▶ play").click()
    says(card, "32 users with 256 tokens each")
    says(card, "planted: 65 users and more")
    card.get_by_role("button", name="▶ play").wait_for()


def test_the_call_is_the_line_that_shows_this_state(card):
    press(card, "ArrowRight")
    says(card, "32 users")
    card.get_by_role("button", name="show the call").click()
    line = 'explore(__main__.Planted, sequences=32, model="Llama-3.1-8B", long=False)'
    assert card.locator(".call").inner_text() == line
    card.get_by_role("button", name="show the call").click()
    assert not card.locator(".call").is_visible()


def test_nothing_jumps_when_a_control_moves(card):
    sizes = set()
    for key in ("Home", "ArrowRight", "ArrowRight", "End"):
        press(card, key)
        card.page.wait_for_timeout(300)
        box = card.bounding_box()
        sizes.add((box["y"], box["height"]))
    assert len(sizes) == 1


def test_keys_on_a_control_do_not_reach_the_notebook(card):
    cells = card.page.locator(".jp-Cell").count()
    press(card, "a", "b", "d", "d", "x")
    card.get_by_role("button", name="alone").focus()
    for key in ("a", "b", "d", "d", "x"):
        card.page.keyboard.press(key)
    assert card.page.locator(".jp-Cell").count() == cells


def test_a_dark_notebook_has_a_dark_picture(card):
    body = "document.body.dataset.jpThemeLight = {}"
    ground = "card => getComputedStyle(card.querySelector('svg .patch path')).fill"
    assert card.evaluate(ground) == "rgb(252, 251, 248)"
    card.page.evaluate(body.format("'false'"))
    assert card.evaluate(ground) == "rgb(20, 23, 28)"
    card.page.evaluate(body.format("'true'"))
