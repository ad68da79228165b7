"""Real numbers from inside a language model, small pieces of them, for pictures that need no model.

`values` are what a matrix of SmolLM2-135M-Instruct reads while it reads Alice (the first tokens of
the first window, the very first included), and `weights` are rows of its matrices. For all
matrices there is how large their inputs are (`sizes`), and for two of them the largest of each
input (`channels`). What made them, and when, says `provenance`. `tools/slices.py` makes them again.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

FILE = Path(__file__).parent / "data" / "slices.npz"


class Sizes(NamedTuple):
    """Magnitudes of the inputs of each matrix in one window of 256 tokens, float32 [matrices]."""

    names: tuple[str, ...]
    first_token: np.ndarray  # the largest magnitude of the first token
    other_tokens: np.ndarray  # the largest of all other tokens
    median: np.ndarray  # of all values
    first_channel: np.ndarray  # int: the channel of the first token's largest


class Channels(NamedTuple):
    """Of each input of a matrix, float32 [in]: its largest magnitude, and that of its weights."""

    inputs: np.ndarray  # on the calibration text
    weights: np.ndarray


def names() -> tuple[str, ...]:
    """The matrices whose inputs are kept."""
    return _names("values")


def weight_names() -> tuple[str, ...]:
    """The matrices of which rows are kept."""
    return _names("weights")


def values(name: str) -> np.ndarray:
    """What the matrix reads, float32 [tokens, in], from float16. LookupError for one not kept."""
    return _kept("values", name)


def weights(name: str) -> np.ndarray:
    """Rows of the matrix, float32 [rows, in], as in the model. LookupError for one not kept."""
    return _kept("weights", name)


def sizes() -> Sizes:
    """How large the inputs of all matrices are."""
    kept = _file()
    return Sizes(tuple(kept["names"].tolist()), *(kept[key] for key in Sizes._fields[1:]))


def channels(name: str) -> Channels:
    """How large the single inputs of a matrix are. LookupError for one not kept."""
    return Channels(_kept("largest_inputs", name), _kept("largest_weights", name))


def provenance() -> str:
    """The model, the text, and with what and when the pieces were taken, in one sentence."""
    return str(_file()["provenance"])


@cache
def _file() -> dict[str, np.ndarray]:
    with np.load(FILE) as stored:
        kept = {
            key: stored[key].astype(np.float32) if stored[key].dtype == np.float16 else stored[key]
            for key in stored.files
        }
    for array in kept.values():
        array.flags.writeable = False
    return kept


def _names(kind) -> tuple[str, ...]:
    return tuple(key.partition("/")[2] for key in _file() if key.startswith(f"{kind}/"))


def _kept(kind, name) -> np.ndarray:
    if f"{kind}/{name}" not in _file():
        raise LookupError(f"no {kind} of {name!r} are kept; there are {', '.join(_names(kind))}")
    return _file()[f"{kind}/{name}"]
