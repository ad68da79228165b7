"""The real values that the pictures of small floats round: pieces of a small language model."""

from dataclasses import dataclass

import numpy as np

from lecture_lib import slices

# What a menu calls a place, and the matrix that reads there or whose rows they are.
READ = {
    "into ffn_down of layer 11": "blk.11.ffn_down.weight",
    "into ffn_down of layer 28": "blk.28.ffn_down.weight",
    "into ffn_down of layer 15": "blk.15.ffn_down.weight",
    "into attn_q of layer 15": "blk.15.attn_q.weight",
    "into ffn_up of layer 20": "blk.20.ffn_up.weight",
}
ROWS = {
    "weights of ffn_down, layer 11": "blk.11.ffn_down.weight",
    "weights of attn_q, layer 15": "blk.15.attn_q.weight",
}
PLACES = (*READ, *ROWS)
SPIKED, ORDINARY, EVEN = "into ffn_down of layer 11", "into ffn_down of layer 15", next(iter(ROWS))
SOURCE = (
    f"SmolLM2-135M-Instruct, the first {len(slices.values(READ[SPIKED]))} tokens of Alice in "
    "Wonderland: lecture_lib/data/slices.npz."
)


@dataclass(frozen=True, eq=False)
class Sample:
    """A piece of real values, and how it is spoken of."""

    values: np.ndarray  # float32 [tokens or rows, in], read-only
    of: str  # "activations" or "weights"
    row: str  # what a row is: "token" or "row"
    words: str  # "values into ffn_down of layer 11"


def sample(place: str) -> Sample:
    """The piece at this place."""
    if place in ROWS:
        return Sample(slices.weights(ROWS[place]), "weights", "row", place)
    return Sample(slices.values(READ[place]), "activations", "token", f"values {place}")
