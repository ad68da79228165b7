"""The IQ formats: a code names a whole group of weights in a book that all models share.

Four or eight weights together have far fewer likely patterns than possible ones. A book lists some
hundreds of them, chosen once, and a group of weights is stored as the number of its pattern, and
signs: 1.6 to 3.4 bits a weight. The books fill thousands of lines, so the package gguf reads these
formats for us. Nothing here writes them, and three of them ggml itself only writes with
calibration.
"""

from functools import partial

import numpy as np

from lecture_lib.quantization.blocks import BlockFormat

WEIGHTS = 256
BYTES = {  # of a block
    "IQ1_S": 50,
    "IQ1_M": 56,
    "IQ2_XXS": 66,
    "IQ2_XS": 74,
    "IQ2_S": 82,
    "IQ3_XXS": 98,
    "IQ3_S": 110,
    "IQ4_XS": 136,  # the levels of IQ4_NL, in super-blocks: no book but those levels
}


def read_by_gguf(name, blocks):
    """The weights of stored blocks. ImportError with the way out if the package gguf is missing."""
    try:
        from gguf import GGMLQuantizationType, quants
    except ImportError:
        raise ImportError(
            f"{name} is read by the package gguf, which has its code book: pip install gguf"
        ) from None
    if not len(blocks):  # which gguf fails on
        return np.empty((0, WEIGHTS), np.float32)
    return quants.dequantize(blocks, GGMLQuantizationType[name])


FORMATS = [
    BlockFormat(name, WEIGHTS, size, None, partial(read_by_gguf, name))
    for name, size in BYTES.items()
]
