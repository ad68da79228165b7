"""The weights that the pictures of blocks and errors round: one function, whoever they are from."""

from functools import cache

import numpy as np

ROWS, WIDTH = 8, 256
SPREAD = 0.02  # as in many a trained matrix
SOURCE = f"Weights from a generator: normal, spread {SPREAD}, {ROWS} rows of {WIDTH}."


@cache
def sample_weights() -> np.ndarray:
    """Rows of weights, float32 [ROWS, WIDTH], always the same; read-only."""
    rng = np.random.default_rng(2210_17323)  # any number does
    rows = rng.normal(scale=SPREAD, size=(ROWS, WIDTH)).astype(np.float32)
    rows.flags.writeable = False
    return rows
