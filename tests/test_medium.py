import sys

from lecture_lib.medium import MEDIUM, STILL, anywidget, in_deck, ipywidgets, medium


def test_a_deck_is_known_by_what_its_build_sets(monkeypatch):
    monkeypatch.delenv(STILL, raising=False)
    assert not in_deck()
    monkeypatch.setenv(STILL, "1")
    assert in_deck()


def test_ipywidgets_may_be_missing(monkeypatch):
    assert ipywidgets() is not None
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert ipywidgets() is None


def test_anywidget_may_be_missing(monkeypatch):
    assert anywidget() is not None
    monkeypatch.setitem(sys.modules, "anywidget", None)
    assert anywidget() is None


def test_a_page_is_known_by_what_its_build_sets(monkeypatch):
    monkeypatch.delenv(STILL, raising=False)
    assert medium() == "notebook"
    monkeypatch.setenv(MEDIUM, "page")
    assert medium() == "page"
