import sys

import pytest

from lecture_lib.medium import MEDIUM, anywidget, as_html, medium


def test_a_deck_and_a_page_are_known_by_what_their_build_sets(monkeypatch):
    monkeypatch.delenv(MEDIUM, raising=False)
    assert medium() == "notebook"
    assert not as_html()
    monkeypatch.setenv(MEDIUM, "deck")
    assert as_html()
    monkeypatch.setenv(MEDIUM, "page")
    assert medium() == "page"
    assert as_html()


def test_another_medium_is_refused_by_its_name(monkeypatch):
    monkeypatch.setenv(MEDIUM, "slides")
    with pytest.raises(ValueError, match="LECTURE_MEDIUM is 'slides'; it may be deck or page"):
        medium()


def test_anywidget_may_be_missing(monkeypatch):
    assert anywidget() is not None
    monkeypatch.setitem(sys.modules, "anywidget", None)
    assert anywidget() is None
