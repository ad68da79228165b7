"""Where energy grows with the square of the bits, and where not: published beside counted."""

from lecture_lib.catalog import CatalogError
from lecture_lib.operation_costs import PROCESSES, Scaling, scaling
from lecture_lib.tables import Table
from lecture_lib.units import plain

WIDER = (
    ("mult", "INT8", "INT32"),
    ("mult", "FP16", "FP32"),
    ("mult", "BF16", "FP16"),
    ("add", "INT8", "INT32"),
    ("add", "FP16", "FP32"),
)
WORDS = {"mult": "product", "add": "sum"}


def square_law() -> Table:
    """From a narrow to a wide number: bits, significand, cells, and energy in two processes."""
    rows = []
    for operation, narrow, wide in WIDER:
        found = [_published(process, operation, narrow, wide) for process in PROCESSES]
        one = next(scaled for scaled in found if scaled)
        energies = [f"{plain(scaled.energy)} ×" if scaled else "–" for scaled in found]
        powers = [plain(scaled.power_of_bits, 2) for scaled in found if scaled and one.bits > 1]
        rows.append((
            f"{WORDS[operation]}, {narrow} to {wide}",
            f"{plain(one.bits)} ×",
            f"{plain(one.significands)} ×",
            f"{plain(one.cells)} ×",
            *energies,
            " to ".join(dict.fromkeys(powers)) or "–",
        ))  # fmt: skip
    rows.append(("reading it from memory, 16 to 32 bits", "2 ×", "–", "–", "2 ×", "2 ×", "1"))
    header = ("from a narrow number to a wide one", "bits", "significand", "cells", "45 nm", "7 nm")
    note = (
        "Energy, published (lecture_lib/data/energies.toml), beside cells counted in an array "
        "multiplier and ripple-carry adders. p: energy grows as bits to the power p."
    )
    return Table((*header, "power p"), tuple(rows), note)


def _published(process: str, operation: str, narrow: str, wide: str) -> Scaling | None:
    """The scaling in a process; None where nobody published it."""
    try:
        return scaling(process, operation, narrow, wide)
    except CatalogError:
        return None
