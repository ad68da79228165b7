"""Real weights and activations for the pictures: the pieces of SmolLM2 that travel along."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from lecture_lib import slices

ROWS, ROW = 16, 512
TOKENS = 16
WEIGHTS = {
    "embedding": "token_embd.weight",
    "layer 11, down": "blk.11.ffn_down.weight",
    "layer 15, query": "blk.15.attn_q.weight",
}
INPUTS = {
    "layer 11, into down": "blk.11.ffn_down.weight",
    "layer 15, into down": "blk.15.ffn_down.weight",
    "layer 15, into query": "blk.15.attn_q.weight",
    "layer 20, into up": "blk.20.ffn_up.weight",
}
WEIGHTS_SOURCE = (
    f"{ROWS} rows of {ROW} weights of SmolLM2-135M-Instruct, whose file keeps the embedding in 8 "
    "bits and the layers in 4 with a minimum for each 32"
)
ACTIVATIONS_SOURCE = (
    f"the first {TOKENS} tokens of Alice in Wonderland, read by SmolLM2-135M-Instruct"
)


@cache
def weights_of(name: str) -> np.ndarray:
    """Rows of a matrix, float32 [ROWS, ROW]."""
    return slices.weights(WEIGHTS[name])[:ROWS, :ROW]


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a matrix reads, and what SmoothQuant must know beforehand."""

    values: np.ndarray  # [TOKENS, in]
    calibrated: np.ndarray  # [in]: largest magnitude of each channel on another text
    heaviest: np.ndarray  # [in]: largest weight that each channel meets


@cache
def inputs_of(name: str = next(iter(INPUTS))) -> Inputs:
    """The inputs of a matrix while the model reads the first tokens of a text."""
    channels = slices.channels(INPUTS[name])
    return Inputs(slices.values(INPUTS[name])[:TOKENS], channels.inputs, channels.weights)
