"""A chapter's sources: every row that was asked about is in the table, and every source once."""

import pytest

from lecture_lib import catalog
from lecture_lib.catalog import CatalogError
from lecture_lib.citations import cite, computed_from, counted_from, origin


def test_a_claim_is_cited_with_what_else_was_seen():
    first, second = (catalog.sources()[key] for key in ("exllamav2", "ai-benchmarks"))
    read_on = catalog.claim("C01").provenance["text"].read_on
    assert cite(claims=["C01"]).rows == (
        ("claim C01", first.title, first.url, read_on, "seen"),
        ("claim C01", second.title, second.url, second.read_on, "seen with it"),
    )


def test_what_was_worked_out_names_its_documents_and_says_so_where_it_has_none():
    derived, lecun = (catalog.sources()[key].title for key in ("derived", "lecun-1998"))
    assert {p.title for p in catalog.claim("C19").provenance.values()} == {derived}
    assert origin(catalog.claim("C19")) == lecun
    assert origin(catalog.claim("C18")) == "our own arithmetic"
    assert derived in {title for _, title, *_ in cite(claims=["C18"]).rows}


def test_a_source_line_names_the_rows_it_was_computed_from():
    assert computed_from("A", "B", "C").startswith(
        "Computed (floor times) from the rows A, B and C"
    )
    assert "from the row A of" in computed_from("A")
    assert (
        counted_from("A") == "Counted from the row A of lecture_lib/data, which names its source."
    )


def test_rows_from_one_source_share_its_line():
    lines = {names: title for names, title, *_ in cite(claims=["C01", "C02"]).rows}
    assert lines["claim C01, claim C02"] == catalog.sources()["ai-benchmarks"].title


def test_a_recalled_figure_says_that_nobody_read_it():
    (line,) = cite(claims=["C07"]).rows
    assert line[3:] == ("not read", "recalled")


def test_a_source_without_an_address_says_so():
    lines = cite(devices=["RTX 4090"]).rows
    address = {source.title: source.url for source in catalog.sources().values()}
    assert None in {address[title] for _, title, *_ in lines}
    for _, title, said, *_ in lines:
        assert said == (address[title] or "no address")


def test_every_source_of_every_row_is_cited_and_no_line_stands_twice():
    asked = {"claims": catalog.claims(), "devices": catalog.devices(), "models": catalog.models()}
    table = cite(**asked)
    assert len(set(table.rows)) == len(table.rows)
    for kind, rows in asked.items():
        for name, row in rows.items():
            said = f"claim {name}" if kind == "claims" else name
            cited = {title for names, title, *_ in table.rows if said in names}
            told = {origin.title for origin in row.provenance.values()}
            assert told | {source.title for source in row.also} <= cited


def test_nothing_asked_gives_the_header_alone():
    table = cite()
    assert table.header == ("for", "source", "address", "read on", "confidence")
    assert table.rows == ()


@pytest.mark.parametrize("asked", [{"claims": ["C999"]}, {"devices": ["x"]}, {"models": ["x"]}])
def test_an_unknown_row_is_refused(asked):
    with pytest.raises(CatalogError, match=r"^no (claim|device|model) "):
        cite(**asked)
