"""The block formats of ggml, in which most language models on laptops are stored, byte for byte.

`FORMATS` has them by name, and `format` finds one. From the simple to the searched: plain (one scale
for 32 weights), k_centred and k_minimum (K-quants: scales that are quantized too, found by search),
nonlinear (uneven levels), fp4 (codes that are small floats), trits (containers for −1, 0, 1) and
codebooks (read only). What they share: superblocks, search, planes (how codes share bytes), arithmetic
(the C code's, to the last bit) and lanes (from one block to many).

A name tells the bits of a code, and what a weight takes is `bits_per_weight`: 4.5 for Q4_0, 2.625
for Q2_K. A file called Q2_K mixes formats and takes about 3.2.
"""

from difflib import get_close_matches

from lecture_lib.quantization.blocks import BlockFormat
from lecture_lib.quantization.ggml import (
    codebooks,
    fp4,
    k_centred,
    k_minimum,
    nonlinear,
    plain,
    trits,
)

FORMATS: dict[str, BlockFormat] = {
    each.name: each
    for family in (plain, k_minimum, k_centred, nonlinear, fp4, trits, codebooks)
    for each in family.FORMATS
}


def format(name: str) -> BlockFormat:
    """The format of that name, in capitals or not. ValueError names the nearest if there is none."""
    found = FORMATS.get(str(name).upper())
    if found is None:
        near = get_close_matches(str(name).upper(), FORMATS, n=1, cutoff=0)[0]
        raise ValueError(f"ggml has no format {name!r} here; the nearest name is {near!r}")
    return found
