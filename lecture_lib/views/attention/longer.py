"""What a longer context cost in measured decode, beside what reading its cache must cost."""

from lecture_lib.measured import compared
from lecture_lib.tables import Table
from lecture_lib.units import percent, plain, readable

DEVICES = ("RTX 4090", "A100 PCIe 80GB", "Apple M1 Max (32-core GPU)")  # one of each class


def longer_contexts() -> Table:
    """Measured and predicted seconds that a longer context adds to a token, batch 1.

    A row for each build of an engine, model and format that one of DEVICES ran at two contexts.
    """
    systems = {}
    for one in compared():
        if one.row.device in DEVICES and one.row.context_tokens:
            row = one.row
            kept = row.format.partition(" (")[0]
            key = (row.device, (row.engine, row.engine_date), row.model, kept)
            systems.setdefault(key, {})[row.context_tokens] = one
    rows = []
    for (device, _, model, kept), by_context in systems.items():
        short, long = min(by_context), max(by_context)
        first, last = by_context[short], by_context[long]
        predicted = float(last.step.floor - first.step.floor)
        measured = 1 / last.rate - 1 / first.rate
        if predicted > 0:
            rows.append((
                f"{device}, {model} {kept}",
                f"{short:,} to {long:,}",
                f"{plain(first.rate)} to {plain(last.rate)} tok/s",
                readable(predicted, "s"),
                readable(measured, "s", 2),
                percent(predicted / measured),
            ))  # fmt: skip
    header = ("measured", "context, tokens", "rate", "must add", "did add", "of the bandwidth")
    note = (
        "Must add: the longer cache over the bandwidth of the data sheet (a floor). Of the "
        "bandwidth: at what share of it the added cache was read. Rows of "
        "lecture_lib/data/measured.toml, each with its source."
    )
    return Table(header, tuple(rows), note)
