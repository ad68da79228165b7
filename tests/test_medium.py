import sys

import pytest

from lecture_lib.medium import MEDIUM, anywidget, in_deck, medium


def test_a_deck_and_a_page_are_known_by_what_their_build_sets(monkeypatch):
    monkeypatch.delenv(MEDIUM, raising=False)
    assert medium() == "notebook"
    monkeypatch.setenv(MEDIUM, "deck")
    assert in_deck()
    monkeypatch.setenv(MEDIUM, "page")
    assert medium() == "page"
    assert not in_deck()


def test_another_medium_is_refused_by_its_name(monkeypatch):
    monkeypatch.setenv(MEDIUM, "slides")
    with pytest.raises(ValueError, match="LECTURE_MEDIUM is 'slides'; it may be deck or page"):
        medium()


def test_anywidget_may_be_missing(monkeypatch):
    assert anywidget() is not None
    monkeypatch.setitem(sys.modules, "anywidget", None)
    assert anywidget() is None
