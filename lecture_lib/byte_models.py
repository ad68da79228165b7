"""Two small language models over bytes: trained with three values a weight, and with full ones.

They are twins: one shape, one text in one order, one seed, one schedule. One difference: while it
learned, the ternary twin computed with weights of three values and inputs of 8 bits, as BitNet
b1.58 does (arXiv:2402.17764), and the full one with what it had. How they were trained says
training/README.md, with figures in `catalog.trainings()`; what came of it, `catalog.byte_trials()`.

They know the letters of Jane Austen, some of her words, and no sense. They can show that a model
trained with three values works, and what rounding to three values costs one that was not. They
cannot show which way learns better: between models as small and as briefly trained as these, a
twentieth of a bit per byte is chance.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from lecture_lib import lm
from lecture_lib.quantization import ggml, ternary

FOLDER = Path(__file__).parent / "data"
TWINS = ("full", "ternary")
NAT = float(np.log2(np.e))  # bits
BEGINNING = 2048  # byte of a text, on which a record is found again in a second


def path(twin: str) -> Path:
    """The file of a twin. ValueError for any other name."""
    if twin not in TWINS:
        raise ValueError(f"there is no twin {twin!r}; take one of {', '.join(map(repr, TWINS))}")
    return FOLDER / f"byte_{twin}.gguf"


def load(twin: str) -> lm.Model:
    """A twin, ready to run. The ternary one was trained to read inputs of 8 bits: `eight_bits`."""
    return lm.load(path(twin))


# -- what can be done to a twin ----------------------------------------------------------------


def eight_bits(name: str, values) -> np.ndarray:
    """A hook: what enters a matrix, on 255 levels up to each token's largest magnitude."""
    if name.endswith(("cache_k", "cache_v")):
        return values
    levels, scales = ternary.absmax_per_token(values)
    return levels * scales


def rounded(name: str, weights) -> np.ndarray:
    """The weights at the nearest of −gamma, 0 and gamma, with gamma their mean magnitude."""
    trits, gamma = ternary.absmean(weights)
    return trits * gamma


def kept_in(format: str) -> Callable:
    """A change: the weights as they come back from a format of ggml."""
    return lambda name, weights: ggml.format(format).rounded(weights)


@dataclass(frozen=True)
class Variant:
    """A twin, and what is done to it."""

    name: str
    twin: str
    format: str  # in which the layers' matrices are stored
    change: Callable | None = None  # of these matrices
    hook: Callable | None = None  # on what enters them

    @property
    def model(self) -> lm.Model:
        twin = load(self.twin)
        return twin.replaced(self.change) if self.change else twin

    @property
    def matrix_bytes(self) -> int:
        """What the layers' matrices take in the format, without embedding, head and norms."""
        twin = load(self.twin)
        weights = sum(twin.weights[name].size for name in twin.matrices)
        return round(weights * bits_per_weight(self.format) / 8)


def bits_per_weight(format: str) -> float:
    return 16.0 if format == "F16" else ggml.format(format).bits_per_weight


VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {
        each.name: each
        for each in (
            Variant("full", "full", "F16"),
            Variant("full, inputs of 8 bits", "full", "F16", hook=eight_bits),
            Variant("full, rounded to 4 bits", "full", "Q4_0", kept_in("Q4_0")),
            Variant("full, rounded to three values", "full", "TQ2_0", rounded),
            Variant("full, put into TQ2_0", "full", "TQ2_0", kept_in("TQ2_0")),
            Variant("ternary", "ternary", "TQ2_0", hook=eight_bits),
            Variant("ternary, inputs not rounded", "ternary", "TQ2_0"),
            Variant("ternary, packed in TQ1_0", "ternary", "TQ1_0", kept_in("TQ1_0"), eight_bits),
        )
    }
)


def variant(name: str) -> Variant:
    """The variant of that name. ValueError lists them if there is none."""
    if name not in VARIANTS:
        raise ValueError(f"there is no {name!r}; take one of {', '.join(map(repr, VARIANTS))}")
    return VARIANTS[name]


# -- what comes of it --------------------------------------------------------------------------


def as_read(text: str) -> str:
    """The text as the twins read theirs: one line break between paragraphs, and no empty line."""
    return "\n".join(filter(None, text.split("\n"))) + "\n"


def losses(name: str, text: str) -> np.ndarray:
    """What a variant loses on each byte of the text but the first: float64 [bytes - 1], in bits.

    In windows of the twins' context. Bits per byte are the mean, and `lm.compare` takes nats.
    """
    taken = variant(name)
    model = taken.model
    tokens = model.tokenizer.encode(text)
    return lm.losses(model, tokens, window=model.context, hook=taken.hook) * NAT


def says(name: str, prompt: str, count: int = 100, temperature: float = 0.0, seed: int = 0) -> str:
    """The prompt, and how a variant goes on for so many bytes."""
    taken = variant(name)
    model = taken.model
    count = min(count, model.context - len(model.tokenizer.encode(prompt)))
    return prompt + "".join(lm.stream(model, prompt, count, taken.hook, temperature, seed))


def trits(weights) -> tuple[np.ndarray, np.float32]:
    """The trits of weights that are -s, 0 and s, int8, and s. ValueError for any others.

    Not `ternary.absmean`: that finds the same trits, and for s the smaller mean magnitude.
    """
    scale = np.abs(weights).max()
    found = np.sign(weights).astype(np.int8)
    if not np.array_equal(found * scale, weights):
        raise ValueError("these weights have more than three values; take ternary.absmean(weights)")
    return found, scale
