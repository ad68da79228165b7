"""The chapter as a student meets it: JupyterLab in a real browser, a control moved by keyboard."""

import contextlib
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from browser import chromium, launched, visit

ROOT = Path(__file__).parents[1]
CHAPTER = "01_the_price_of_a_token.ipynb"
PICTURE = os.environ.get("LECTURE_PICTURE")  # `make picture` says where the README's picture goes
CARD = ".lecture-ex"
PATIENCE = 90_000  # ms; a busy machine starts a kernel slowly


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab as `make lab` starts it, serving a copy of the notebooks; yields its address."""
    chromium()  # no browser: skipped, or failed in CI, before anything is started
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    folder = tmp_path_factory.mktemp("lab")
    (folder / CHAPTER).write_bytes((ROOT / "notebooks" / CHAPTER).read_bytes())
    config = f"--config={ROOT / 'tools' / 'jupyter_lab_config.py'}"
    where = [f"--ServerApp.root_dir={folder}", f"--port={port}", "--no-browser"]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", config, *where, f"--IdentityProvider.token={token}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    try:
        answers(f"http://127.0.0.1:{port}/api", server)
        yield f"http://127.0.0.1:{port}/lab/tree/{CHAPTER}?token={token}"
    finally:
        server.terminate()
        server.wait(timeout=60)


def answers(address: str, server: subprocess.Popen):
    """Waits until the server answers; fails if it ends, or takes longer than our patience."""
    start = time.monotonic()
    while time.monotonic() - start < PATIENCE / 1000:
        assert server.poll() is None, "JupyterLab ended before it served anything"
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not answer within {PATIENCE / 1000:.0f} s")


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


def test_the_chapter_runs_and_a_key_on_a_control_moves_picture_and_words(lab):
    with launched() as browser:
        opened = visit(browser, lab, 1280, 1000, allow=(lab.partition("/lab")[0],))
        page = opened.page
        page.set_default_timeout(PATIENCE)
        page.locator(".jp-Notebook").wait_for()
        page.get_by_text("| Idle").wait_for()  # asked to run before, JupyterLab asks for a kernel
        page.get_by_text("Run", exact=True).first.click()
        page.get_by_text("Run All Cells", exact=True).click()
        card = scrolled_to(page, "RTX 4090 with Llama-2-13B")
        if PICTURE:
            page.set_viewport_size({"width": 1400, "height": 1100})
            Path(PICTURE).write_bytes(scrolled_to(page, "RTX 4090 with").screenshot())
        before = card.locator("img").get_attribute("src")
        card.locator(".noUi-handle").focus()
        page.keyboard.press("ArrowRight")
        moved = scrolled_to(page, "and 2 users")
        assert moved.locator("img").get_attribute("src") != before
        assert re.search(r"at most [\d,.]+ tok/s for each", moved.inner_text())
        moved.get_by_role("button", name=re.compile("RWKV")).click()
        assert "160 users" in scrolled_to(page, "RTX 3090 with RWKV").inner_text()
        assert not page.locator(".jp-OutputArea-output[data-mime-type*=error]").count()
        assert not opened.requests
