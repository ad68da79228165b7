"""A table of numbers that a notebook shows as text, and a slide as a table."""

import html
from dataclasses import dataclass

from lecture_lib.medium import as_html


@dataclass(frozen=True)
class Table:
    """Rows of words under a header; every row as long as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""  # one line under the table: kind of time, conditions, source

    def __post_init__(self):
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(
                    f"a row of {len(row)} cells under a header of {len(self.header)}: {row}"
                )

    def _plain(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (self.header, *self.rows)
        ]
        return "\n".join([*lines, *([self.note] if self.note else [])])

    def _markdown(self) -> str:
        lines = [
            "| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |"
            for row in (self.header, ("---",) * len(self.header), *self.rows)
        ]
        return "\n".join([*lines, *(["", self.note] if self.note else [])])

    def _html(self) -> str:
        def line(row, tag):
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"

        body = "".join(line(row, "td") for row in self.rows)
        note = f"<p>{html.escape(self.note)}</p>" if self.note else ""
        head = line(self.header, "th")
        return (
            f'<table class="lecture-table"><thead>{head}</thead><tbody>{body}</tbody></table>{note}'
        )

    def _repr_mimebundle_(self, **_kwargs):
        if as_html():
            return {"text/plain": self._plain(), "text/html": self._html()}
        return {"text/plain": self._plain(), "text/markdown": self._markdown()}
