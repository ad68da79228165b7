"""Where the numbers of a chapter come from: title, address, when it was read, how sure it is."""

from collections.abc import Iterable

from lecture_lib import catalog
from lecture_lib.catalog import Measurement
from lecture_lib.tables import Table

OWN = "our own arithmetic"


def origin(row) -> str:
    """The titles of the documents that a row of the catalog rests on, without their remarks.

    Where none is behind a row, its figures were worked out from others of the catalog.

    >>> origin(catalog.claim("C01"))
    'turboderp-org/exllamav2 README; geerlingguy/ai-benchmarks README'
    """
    titles = [p.title for p in row.provenance.values()] + [s.title for s in row.also]
    documents = [title for title in titles if title != catalog.sources()["derived"].title]
    return "; ".join(dict.fromkeys(t.partition(" (")[0] for t in documents)) or OWN


def computed_from(*names: str) -> str:
    """The source line of floor times that were computed from the rows of these names."""
    return _from_rows("Computed (floor times)", names)


def worked_out_from(*names: str) -> str:
    """The source line of energies, of which no time is a part, from the rows of these names."""
    return _from_rows("Worked out", names)


def counted_from(*names: str) -> str:
    """The source line of counts, and of quotients of them, from the rows of these names."""
    return _from_rows("Counted", names)


def _from_rows(how: str, names: tuple[str, ...]) -> str:
    *most, last = names
    if not most:
        return f"{how} from the row {last} of lecture_lib/data, which names its source."
    rows = f"{', '.join(most)} and {last}"
    return f"{how} from the rows {rows} of lecture_lib/data, which name their sources."


def cite(
    *,
    claims: Iterable[str] = (),
    devices: Iterable[str] = (),
    models: Iterable[str] = (),
    formats: Iterable[str] = (),
    measurements: Iterable[Measurement] = (),
) -> Table:
    """A table of the sources of these rows: each once, with what was taken from it."""
    rows = [
        *((f"claim {name}", catalog.claim(name)) for name in claims),
        *((name, catalog.device(name)) for name in devices),
        *((name, catalog.model(name)) for name in models),
        *((name, catalog.weight_format(name)) for name in formats),
        *((f"{row.engine} measured", row) for row in measurements),
    ]
    found: dict[tuple, list[str]] = {}
    for name, row in rows:
        origins = [(p.title, p.url, p.read_on, p.confidence) for p in row.provenance.values()]
        origins += [(s.title, s.url, s.read_on, "") for s in row.also]
        for origin in dict.fromkeys(origins):
            named = found.setdefault(origin, [])
            if name not in named:
                named.append(name)
    lines = [
        (", ".join(names), title, url or "no address", read_on, confidence or "seen with it")
        for (title, url, read_on, confidence), names in found.items()
    ]
    return Table(("for", "source", "address", "read on", "confidence"), tuple(lines))
