"""A GGUF file, read: what it says about its model, and its tensors, which stay on the disk.

From front to back: the magic word, a version, two counts, the metadata, a line for each tensor
(name, dimensions, format, place), and then the bytes of the tensors, each at an aligned place.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lecture_lib.quantization import ggml

MAGIC = b"GGUF"
VERSIONS = (2, 3)
ALIGNMENT = 32  # byte, where the file does not say otherwise

# The kinds of a value in the metadata, by their number.
NUMBERS = {0: "u1", 1: "i1", 2: "<u2", 3: "<i2", 4: "<u4", 5: "<i4", 6: "<f4", 7: "?"}
NUMBERS |= {10: "<u8", 11: "<i8", 12: "<f8"}
TEXT, ARRAY = 8, 9

# The formats of a tensor, by their number in `enum ggml_type`.
FLOATS = {"F32": 4, "F16": 2, "BF16": 2}  # byte a weight
TYPES = {
    **{0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1"},
    **{10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS"},
    **{17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S"},
    **{23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M"},
    **{30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4", 41: "Q1_0"},
}
READABLE = (*FLOATS, *ggml.FORMATS)


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor as it lies in the file; `stored` is a view of its bytes, row after row."""

    name: str
    shape: tuple[int, ...]  # as numpy counts: a matrix is (out, in)
    format: str
    stored: np.ndarray  # uint8

    @property
    def values(self) -> np.ndarray:
        """The numbers that the bytes stand for, float32 of the tensor's shape."""
        if self.format == "BF16":  # the upper half of a float32
            return (self.stored.view("<u2").astype("<u4") << 16).view("<f4").reshape(self.shape)
        if self.format in FLOATS:
            return self.stored.view(f"<f{FLOATS[self.format]}").astype("<f4").reshape(self.shape)
        rows = self.stored.reshape(*self.shape[:-1], -1)
        return ggml.FORMATS[self.format].dequantize(rows)


@dataclass(frozen=True, eq=False)
class Gguf:
    """A file: its metadata by key, and its tensors by name, in the file's order."""

    path: Path
    version: int
    metadata: dict[str, Any]  # numbers, text, arrays of numbers, lists of text
    tensors: dict[str, Tensor]


def read(path) -> Gguf:
    """Reads the head of a GGUF file; its tensors are read when their `values` are asked for.

    ValueError, naming the file and what is wrong in it, for one that is no GGUF, is cut off or
    damaged, or keeps a tensor in a format that is not read here. OSError where there is no file.
    """
    path = Path(path)
    with path.open("rb") as file:
        if not path.stat().st_size:
            raise ValueError(f"{path.name} is empty; fetch it again")
        head = _Head(path.name, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    magic = head.take(4)
    if magic != MAGIC:
        raise ValueError(f"{path.name} begins with {magic!r} and is no GGUF file; name one that is")
    version = head.number("<u4")
    if version not in VERSIONS:
        raise ValueError(
            f"{path.name} is GGUF version {version}, and {VERSIONS[0]} or {VERSIONS[1]} is read "
            "here; convert the model with a newer program"
        )
    tensors, keys = head.number("<u8"), head.number("<u8")
    metadata = {}
    for _ in range(keys):
        key = head.text()
        metadata[key] = head.value(head.number("<u4"), key)
    lines = [head.line_of_tensor() for _ in range(tensors)]
    alignment = metadata.get("general.alignment", ALIGNMENT)
    if type(alignment) is not int or alignment < 1:
        raise head.damaged(f"an alignment of {alignment!r}")
    start = -(-head.at // alignment) * alignment
    found = {line[0]: head.tensor(start, *line) for line in lines}
    return Gguf(path, version, metadata, found)


class _Head:
    """The bytes of a file and a place in them, which never moves beyond the end."""

    def __init__(self, name, content):
        self.name, self.content, self.size, self.at = name, content, len(content), 0

    def damaged(self, by) -> ValueError:
        return ValueError(f"{self.name} is damaged: it has {by}; fetch it again")

    def move(self, size, what) -> int:
        """Moves on by so many bytes, and gives the place before."""
        before, self.at = self.at, self.at + size
        if self.at > self.size:
            raise ValueError(
                f"{self.name} is cut off: {what} should reach to byte {self.at:,}, and the file "
                f"has {self.size:,}; fetch it again"
            )
        return before

    def take(self, size, what="its head") -> bytes:
        before = self.move(size, what)
        return self.content[before : self.at]

    def number(self, kind):
        return np.frombuffer(self.take(np.dtype(kind).itemsize), kind)[0].item()

    def text(self) -> str:
        return self._decoded(self.take(self.number("<u8")))

    def _decoded(self, letters: bytes) -> str:
        try:
            return letters.decode()
        except UnicodeDecodeError:
            raise self.damaged(f"a text that is none, {letters[:20]!r}") from None

    def value(self, kind, key):
        """The value of a key: a number, a text, or an array of either."""
        if kind in NUMBERS:
            return self.number(NUMBERS[kind])
        if kind == TEXT:
            return self.text()
        if kind != ARRAY:
            raise self.damaged(f"{key} of the kind {kind}")
        kind, length = self.number("<u4"), self.number("<u8")
        if kind in NUMBERS:
            size = length * np.dtype(NUMBERS[kind]).itemsize
            return np.frombuffer(self.take(size, key), NUMBERS[kind])
        if kind == TEXT:
            return self.texts(length, key)
        return [self.value(kind, key) for _ in range(length)]

    def texts(self, count, key) -> list[str]:
        """So many texts. A vocabulary has a hundred thousand, so this loop is kept short."""
        content, at, letters = self.content, self.at, []
        for _ in range(count):
            size = int.from_bytes(content[at : at + 8], "little")
            letters.append(content[at + 8 : at + 8 + size])
            at += 8 + size
            if at > self.size:
                break
        self.move(at - self.at, key)
        return [self._decoded(each) for each in letters]

    def line_of_tensor(self) -> tuple[str, tuple[int, ...], str, int]:
        """Name, shape, format and place of a tensor."""
        name, dimensions = self.text(), self.number("<u4")
        shape = tuple(self.number("<u8") for _ in range(dimensions))[::-1]
        kind, place = self.number("<u4"), self.number("<u8")
        format = TYPES.get(kind, f"type {kind}")
        if format not in READABLE:
            raise ValueError(
                f"{self.name} keeps {name} as {format}, which is not read here; convert the file "
                f"to one of {', '.join(READABLE)}"
            )
        if not shape or 0 in shape:
            raise self.damaged(f"{name} of the shape {shape}")
        return name, shape, format, place

    def tensor(self, start, name, shape, format, place) -> Tensor:
        if format in FLOATS:
            weights, size = 1, FLOATS[format]
        else:
            weights, size = ggml.FORMATS[format].weights, ggml.FORMATS[format].bytes
        if shape[-1] % weights:
            raise self.damaged(f"{name}, {format}, in rows of {shape[-1]} that fill no blocks")
        count = int(np.prod(shape, dtype=object)) // weights * size
        self.at = start + place
        self.move(count, name)
        return Tensor(name, shape, format, np.frombuffer(self.content, "u1", count, start + place))
