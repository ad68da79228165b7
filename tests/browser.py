"""The browser of the tests: skips them where there is none, keeps photographs of what it saw."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lecture_lib.doctor import find_chromium
from slides import browser
from slides.browser import Visit, visit

__all__ = ["Visit", "chromium", "launched", "photograph", "visit"]

ABSENT = "Chromium is not installed: make chromium installs it"
PICTURES = os.environ.get("LECTURE_PICTURES")  # `make picture` says where photographs go


def chromium() -> str:
    """Path of the browser; without one the test is skipped, and fails where CI is set."""
    found = find_chromium()
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(ABSENT)
    return found


@contextmanager
def launched() -> Iterator:
    """A running headless Chromium (playwright's Browser), closed at the end."""
    chromium()
    with browser.launched() as running:
        yield running


def photograph(thing, name: str) -> None:
    """Keeps a picture of a page or a part of it for the documentation, if that was asked for."""
    if PICTURES:
        Path(PICTURES, name).write_bytes(thing.screenshot())
