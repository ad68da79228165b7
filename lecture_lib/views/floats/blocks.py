"""Formats that share scales, side by side: what they take, and what they do to real values."""

import numpy as np

from lecture_lib.quantization import block_floats
from lecture_lib.quantization.blocks import BlockFormat
from lecture_lib.quantization.errors import relative_rmse
from lecture_lib.tables import Table
from lecture_lib.units import percent, plain
from lecture_lib.views.floats.samples import EVEN, ORDINARY, SOURCE, sample

# What each value keeps of its own, and what its block shares.
FORMATS = {
    block_floats.MXFP8_E4M3: ("E4M3", "power of two"),
    block_floats.MXFP8_E5M2: ("E5M2", "power of two"),
    block_floats.MXFP6_E2M3: ("E2M3", "power of two"),
    block_floats.MXFP6_E3M2: ("E3M2", "power of two"),
    block_floats.MXFP4: ("E2M1", "power of two"),
    "NVFP4": ("E2M1", "E4M3"),
    block_floats.BFP8: ("sign, 7 bits", "exponent"),
    block_floats.BFP4: ("sign, 3 bits", "exponent"),
    block_floats.BFP2: ("sign, 1 bit", "exponent"),
}
SHOWN = (ORDINARY, EVEN)


def in_blocks() -> Table:
    """Block formats: how many share what, bits for each value, and errors on real values."""
    rows = []
    for kind, (element, scale) in FORMATS.items():
        found = [_fitted(kind, sample(place).values) for place in SHOWN]
        errors = [
            percent(relative_rmse(sample(place).values, one.rounded(sample(place).values)))
            for place, one in zip(SHOWN, found, strict=True)
        ]
        one = found[0]
        rows.append(
            (one.name, element, f"{one.weights}", scale, plain(one.bits_per_weight, 4), *errors)
        )
    header = ("format", "each keeps", "in a block", "which shares", "bits for each", *SHOWN)
    note = (
        "Errors: root mean square, as a share of the values'. Scales take 8 bits; NVFP4 has one "
        f"more of 32 bits for a tensor. {SOURCE}"
    )
    return Table(header, tuple(rows), note)


def _fitted(kind: BlockFormat | str, values: np.ndarray) -> BlockFormat:
    """The format itself; NVFP4 is made for its tensor."""
    if kind == "NVFP4":
        return block_floats.nvfp4(block_floats.nvfp4_scale(values))
    return kind
