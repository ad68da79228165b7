"""Zeros and rounding, counted: what zeros save in bytes, and what rounding to three loses."""

import numpy as np

from lecture_lib import catalog
from lecture_lib.quantization import ggml
from lecture_lib.quantization.ternary import INFORMATION, absmean, information, least_squares
from lecture_lib.tables import Table
from lecture_lib.units import percent, plain
from lecture_lib.views.bits.samples import SOURCE, sample_weights

PUBLISHED = float(catalog.claim("C47").model.inputs["p0"])
BYTE = 1.6  # bits of a trit, five in a byte


def bitmap(zeros: float) -> float:
    """Bits of a trit as one bit for zero or not, and a sign where it is not."""
    return 2 - zeros


def zeros_saved() -> Table:
    """What a share of zeros saves: in information, in a bitmap with signs, and in additions."""
    trits, _ = absmean(sample_weights())
    kinds = (
        ("normal weights, absmean", float((trits == 0).mean())),
        ("all three alike", 1 / 3),
        ("trained ternary, as published", PUBLISHED),
        ("two of four pruned (2:4)", 0.5),
        ("three of four pruned", 0.75),
    )
    rows = tuple(
        (words, percent(share), plain(information(share), 4),
         f"{plain(100 * (1 - information(share) / INFORMATION), 2)} %", plain(bitmap(share), 4),
         percent(1 - share))
        for words, share in kinds
    )  # fmt: skip
    header = ("weights", "zeros", "information, bits", "less than log₂ 3", "bitmap and signs, bits",
              "additions left")  # fmt: skip
    note = (
        f"Five in a byte take {BYTE} bits whatever the share, two bits 2. A bitmap with signs has "
        "no fixed place for a weight, and needs a count of the bits before it to find one."
    )
    return Table(header, rows, note)


def relative_error(weights, kept) -> float:
    """Root of mean squares of what was lost, as a share of the weights' own."""
    lost = np.asarray(kept, float) - weights
    return float(np.sqrt((lost**2).mean() / (np.asarray(weights, float) ** 2).mean()))


def rounding_lost() -> Table:
    """What rounding to three values loses of normally distributed weights, and four bits beside."""
    weights = sample_weights()
    rows = []
    for words, rule in (("absmean, as BitNet", absmean), ("least error possible", least_squares)):
        trits, scale = rule(weights)
        errors = relative_error(weights, trits * scale)
        rows.append((words, "3", percent(float((trits == 0).mean())), percent(errors)))
    for name, values in (("Q2_K", "4"), ("Q4_0", "16"), ("Q8_0", "255")):
        kind = ggml.FORMATS[name]
        back = kind.rounded(weights)
        rows.append((name, values, "–", percent(relative_error(weights, back))))
    header = ("rounded to", "values", "zeros", "error, of the weights")
    note = f"Error: root of mean squares. One scale for all, or one for each block. {SOURCE}"
    return Table(header, tuple(rows), note)
