"""A table says the same in plain words, in Markdown and on a slide."""

import pytest

from lecture_lib.medium import MEDIUM
from lecture_lib.tables import Table

TOY = Table(("who", "rate"), (("one user", "9"), ("all", "100 tok/s")), "Floor times.")


def test_plain_columns_stand_under_their_header_and_the_note_below():
    bundle = TOY._repr_mimebundle_()
    assert bundle["text/plain"] == (
        "who       rate\none user  9\nall       100 tok/s\nFloor times."
    )


def test_a_notebook_gets_markdown_and_the_plain_words_that_are_stored():
    bundle = TOY._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/markdown"}
    assert bundle["text/markdown"] == (
        "| who | rate |\n| --- | --- |\n| one user | 9 |\n| all | 100 tok/s |\n\nFloor times."
    )


def test_a_slide_gets_a_table_and_the_same_plain_words(monkeypatch):
    plain = TOY._repr_mimebundle_()["text/plain"]
    monkeypatch.setenv(MEDIUM, "deck")
    bundle = TOY._repr_mimebundle_()
    assert bundle == {
        "text/plain": plain,
        "text/html": (
            '<table class="lecture-table"><thead><tr><th>who</th><th>rate</th></tr></thead>'
            "<tbody><tr><td>one user</td><td>9</td></tr><tr><td>all</td><td>100 tok/s</td></tr>"
            "</tbody></table><p>Floor times.</p>"
        ),
    }


def test_what_a_cell_says_is_no_markup_on_a_slide(monkeypatch):
    monkeypatch.setenv(MEDIUM, "deck")
    page = Table(("a < b",), (("<b>&",),), "x > y")._repr_mimebundle_()["text/html"]
    assert "<th>a &lt; b</th>" in page
    assert "<td>&lt;b&gt;&amp;</td>" in page
    assert page.endswith("<p>x &gt; y</p>")


def test_a_bar_in_a_cell_makes_no_new_column_in_markdown():
    markdown = Table(("p(a|b)",), (("1|2",),))._repr_mimebundle_()["text/markdown"]
    assert markdown == "| p(a\\|b) |\n| --- |\n| 1\\|2 |"


def test_without_a_note_nothing_stands_below():
    bundle = Table(("a", "b"), (("1", "2"),))._repr_mimebundle_()
    assert bundle["text/plain"] == "a  b\n1  2"
    assert bundle["text/markdown"] == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_a_table_without_rows_is_its_header():
    assert Table(("a", "b"), ())._repr_mimebundle_()["text/plain"] == "a  b"


def test_a_row_longer_than_the_header_is_refused():
    with pytest.raises(ValueError, match="a row of 2 cells") as refusal:
        Table(("a",), (("1",), ("1", "2")))
    assert str(refusal.value) == "a row of 2 cells under a header of 1: ('1', '2')"
