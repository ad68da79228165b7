"""Opens pages in this machine's Chromium with the network cut off, and hears what goes wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lecture_lib.doctor import find_chromium
from slides import BuildError

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 30_000  # ms for a deck to open; the last picture of a large one takes some seconds
LOCAL = ("file:", "data:", "blob:", "about:")


@contextmanager
def launched() -> Iterator:
    """A running headless Chromium (playwright's Browser), closed at the end.

    Raises BuildError where playwright or the browser is missing.
    """
    executable = find_chromium()
    if executable is None:
        raise BuildError("Chromium is not installed; make chromium installs it.")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise BuildError(
            "The Python package playwright, which drives Chromium, is not installed;"
            " install what requirements.txt lists."
        ) from None

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def wait_for_deck(page, patience: int = PATIENCE) -> None:
    """Wait until the slides of the open deck stand and every moving picture is unpacked.

    Raises playwright's TimeoutError after so many ms.
    """
    for condition in (
        "window.Reveal && Reveal.isReady()",
        "!document.querySelector('lecture-explorable > script')",
    ):
        page.wait_for_function(condition, timeout=patience)


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
