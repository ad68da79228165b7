"""What others published of larger models, as curves: bits a weight against how much is lost."""

from dataclasses import dataclass

from lecture_lib import catalog
from lecture_lib.catalog import CatalogError, Perplexity


@dataclass(frozen=True, eq=False)
class Point:
    """A file of a model: what a weight takes in it, and its perplexity over that of the model."""

    bits: float  # a weight, the average of the whole file
    ratio: float
    row: Perplexity


def curve(model: str, calibrated: bool = False) -> tuple[Point, ...]:
    """The files of a model by bits a weight, the widest first.

    `calibrated` takes those made with an importance matrix, which are made on the very text that
    they are tested on. Where a source tells neither size nor bits, the bits are those of the same
    type of a file of Llama 3.1 8B. CatalogError for a model without such rows.
    """
    rows = [
        row
        for row in catalog.perplexities()
        if row.model == model and bool(row.calibrated) == calibrated and row.method is None
    ]
    points = [Point(bits(row), row.ratio, row) for row in rows if row.text == "wikitext-2"]
    if not points:
        known = sorted({row.model for row in catalog.perplexities() if row.text == "wikitext-2"})
        raise CatalogError(
            f"no curve is published here for {model!r}; there are {', '.join(known)}"
        )
    return tuple(sorted(points, key=lambda point: -point.bits))


def bits(row: Perplexity) -> float:
    """The bits a weight takes in this file. CatalogError where neither size nor type tells."""
    if row.size_bytes:
        return 8 * row.size_bytes / catalog.shape(row.model).parameters
    if row.bits_per_weight:
        return row.bits_per_weight
    return catalog.weight_format(f"{row.format} file").bits_per_weight
