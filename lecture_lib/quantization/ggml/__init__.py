"""The block formats of ggml, in which most language models on laptops are stored, byte for byte.

`FORMATS` has them by name, and `format` finds one. To read about them, begin with the plain ones:
one scale for 32 weights. Then come the K-quants, whose scales are quantized too (superblocks), and
found by a search for the least squares (search): k_centred and k_minimum. In nonlinear the levels
are uneven, in fp4 the codes are small floats, trits are containers for −1, 0 and 1, and codebooks
are only read. What all share is how codes of a few bits lie in bytes (planes), the arithmetic of
the C code to the last bit (arithmetic), and the way from one block to many (lanes).

A name tells the bits of a code. What a weight takes is `bits_per_weight`: 4.5 for Q4_0, 2.625 for
Q2_K. And a *file* called Q2_K mixes formats: in one, Llama 3.1 8B takes 3.16 bits a weight, says
https://github.com/ggml-org/llama.cpp/blob/master/tools/quantize/README.md.

Most scales are float16, and that bounds what a format can hold. Where all weights of a block are
smaller than a millionth or so its scale becomes 0, and they come back as 0. Where one is larger
than some 100,000 the scale becomes infinite, and what comes back is no number, or 0. The weights of
language models are far from both. So ggml does not look, and here are the bytes that it writes.
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
    """The format of that name, in any case. ValueError names the nearest if there is none."""
    found = FORMATS.get(str(name).upper())
    if found is None:
        near = get_close_matches(str(name).upper(), FORMATS, n=1, cutoff=0)[0]
        raise ValueError(f"there is no format {name!r} of ggml here; the nearest name is {near!r}")
    return found
