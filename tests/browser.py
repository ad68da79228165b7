"""Finds the Chromium of this machine and opens pages in it with the network cut off."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lecture_lib.doctor import find_chromium

ABSENT = "Chromium is not installed: make chromium installs it"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PICTURES = os.environ.get("LECTURE_PICTURES")  # `make picture` says where photographs go
LOCAL = ("file:", "data:", "blob:", "about:")


def chromium() -> str:
    """Path of the browser; without one the test is skipped, and fails where CI is set."""
    found = find_chromium()
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(ABSENT)
    return found


@contextmanager
def launched() -> Iterator:
    """A running headless Chromium (playwright's Browser), closed at the end."""
    executable = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def photograph(thing, name: str) -> None:
    """Keeps a picture of a page or a part of it for the documentation, if that was asked for."""
    if PICTURES:
        Path(PICTURES, name).write_bytes(thing.screenshot())


@dataclass
class Visit:
    """A page opened without network, and what went wrong on it."""

    page: object
    """playwright's Page."""
    requests: list[str] = field(default_factory=list)
    """Addresses outside the machine that were asked for; none was answered."""
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of the console, and uncaught exceptions."""


def visit(browser, address: str, width: int = 1280, height: int = 720, allow: tuple = ()) -> Visit:
    """Open `address` in a new window of that size; only local addresses and `allow` answer."""
    context = browser.new_context(viewport={"width": width, "height": height})
    opened = Visit(context.new_page())

    def answer(route):
        if route.request.url.startswith((*LOCAL, *allow)):
            route.continue_()
        else:
            opened.requests.append(route.request.url)
            route.abort()

    def listen(page):
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.on("console", hear)

    def hear(message):
        if message.type in ("error", "warning"):
            opened.complaints.append(message.text)

    context.route("**/*", answer)
    context.on("page", listen)
    listen(opened.page)
    opened.page.goto(address)
    return opened
