"""A language model: its dimensions, its weights by name, its tokenizer. Nothing in it changes.

A changed model is another one, which shares with the first whatever was left alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from lecture_lib.lm.tokenizer import Tokenizer
from lecture_lib.transformer import TransformerShape

EMBEDDING, HEAD, LAST_NORM = "token_embd.weight", "output.weight", "output_norm.weight"
MATRICES = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")

Hook = Callable[[str, np.ndarray], np.ndarray]  # name, values -> what takes their place


@dataclass(frozen=True, eq=False)
class Model:
    """A model of the Llama family, in float32 whatever its file keeps."""

    shape: TransformerShape
    context: int  # tokens that it was made for
    rope_base: float  # the larger, the slower the last pairs of a head turn with the position
    epsilon: float  # what keeps a norm from dividing by zero
    tokenizer: Tokenizer
    weights: Mapping[str, np.ndarray]  # by GGUF's names, read-only; a matrix is [out, in]
    formats: Mapping[str, str]  # in which the file keeps each of them
    stored_bytes: int  # what they all take in the file

    def __repr__(self):
        bits = self.stored_bits_per_weight
        return f"{self.name}: {self.shape.parameters:,} weights, {bits:.2f} bits each in its file"

    @property
    def name(self) -> str:
        return self.shape.name

    @property
    def stored_bits_per_weight(self) -> float:
        """In the file, with all scales; in memory it is 32."""
        return 8 * self.stored_bytes / self.shape.parameters

    @cached_property
    def matrices(self) -> tuple[str, ...]:
        """The names of the matrices of the layers, from the first layer to the last."""
        layers = range(self.shape.layers)
        return tuple(f"blk.{layer}.{part}.weight" for layer in layers for part in MATRICES)

    @property
    def head(self) -> np.ndarray:
        """The matrix that makes logits: the embedding itself where both are tied."""
        return self.weights[EMBEDDING if self.shape.tied_embeddings else HEAD]

    def replaced(self, change: Hook, where: Callable[[str], bool] | None = None) -> "Model":
        """The model with change(name, weights) in place of all weights for which where(name) holds.

        Without `where` these are the matrices of the layers. ValueError where nothing is chosen,
        and for weights that come back in another shape, or not finite.
        """
        chosen = self.matrices if where is None else [name for name in self.weights if where(name)]
        if not chosen:
            raise ValueError(
                f"no weights of {self.name} are chosen; their names are like {self.matrices[0]!r}"
            )
        changed = {name: _changed(name, self.weights[name], change) for name in chosen}
        return replace(self, weights=MappingProxyType({**self.weights, **changed}))


def at(names, change: Callable[[np.ndarray], np.ndarray]) -> Hook:
    """The hook that sends through `change`, values -> values, whatever has one of these names."""
    chosen = frozenset([names] if isinstance(names, str) else names)
    return lambda name, values: change(values) if name in chosen else values


def finite(name, values) -> np.ndarray:
    """The values, from now on read-only. ValueError if one of them is not finite."""
    with np.errstate(all="ignore"):
        if not np.isfinite(values.sum()) and not np.isfinite(values).all():
            raise ValueError(f"{name} has values that are not finite; look at what made them")
    values.flags.writeable = False
    return values


def shapes_of_weights(shape: TransformerShape) -> dict[str, tuple[int, ...]]:
    """The weights that a model of these dimensions has, by name, with the shape of each."""
    width, hidden = shape.model_dim, shape.mlp_dim
    queries, keys = shape.query_heads * shape.head_dim, shape.kv_heads * shape.head_dim
    layer = {
        "attn_norm": (width,),
        "attn_q": (queries, width),
        "attn_k": (keys, width),
        "attn_v": (keys, width),
        "attn_output": (width, queries),
        "ffn_norm": (width,),
        "ffn_gate": (hidden, width),
        "ffn_up": (hidden, width),
        "ffn_down": (width, hidden),
    }
    if shape.sub_norms:
        layer |= {"attn_sub_norm": (queries,), "ffn_sub_norm": (hidden,)}
    found = {
        f"blk.{number}.{part}.weight": size
        for number in range(shape.layers)
        for part, size in layer.items()
    }
    found |= {EMBEDDING: (shape.vocabulary, width), LAST_NORM: (width,)}
    return found if shape.tied_embeddings else found | {HEAD: (shape.vocabulary, width)}


def _changed(name, weights, change) -> np.ndarray:
    """A copy of what `change` gives, so that nobody else can write into it."""
    changed = np.array(change(name, weights), np.float32, order="C")
    if changed.shape != weights.shape:
        raise ValueError(
            f"{name} is {weights.shape} and came back as {changed.shape}; a change keeps the shape"
        )
    return finite(name, changed)
