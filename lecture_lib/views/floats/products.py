"""Peak rates of products by format: what halving the bits brings in chips that are sold."""

from lecture_lib import catalog
from lecture_lib.catalog import CatalogError
from lecture_lib.tables import Table
from lecture_lib.units import TERA, plain

DEVICES = ("RTX 4090", "H100 SXM", "MI300X", "Gaudi 3", "B200 SXM", "MI355X", "TPU v7x (Ironwood)")
OPERANDS = {"16 bits": "bf16", "FP8": "fp8", "FP6": "fp6", "FP4": "fp4"}


def rate(device: str, operands: str) -> float | None:
    """The dense peak [FLOP/s] of products of this format; None where the chip has none."""
    try:
        return catalog.device(device).peak(operands).ops_per_s
    except CatalogError:
        return None


def rates() -> Table:
    """Dense peak rates [TFLOP/s] in BF16, FP8, FP6 and FP4, each as a multiple of BF16's too."""
    rows = []
    for device in DEVICES:
        row = catalog.device(device)
        found = [rate(device, operands) for operands in OPERANDS.values()]
        cells = [
            "–" if one is None else f"{plain(one / TERA, 4)} ({plain(one / found[0], 2)} ×)"
            for one in found
        ]
        power = f"{row.power:,.0f} W" if row.power else "–"
        rows.append((device, f"{row.year}", power, *cells))
    return Table(("chip", "year", "power", *OPERANDS), tuple(rows))
