"""The bench's rows in the order of an argument: formats of weights, cures, caches, larger models.

A trial is a row of data/bench.toml: one change of SmolLM2 and what it did to the loss on a text. Of
models that others measured only the ratio of the perplexities is compared, for they read other
texts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, log

from lecture_lib import catalog
from lecture_lib.bench.published import bits
from lecture_lib.catalog import Trial
from lecture_lib.quantization import ggml
from lecture_lib.units import MEGA, percent, plain

UNTOUCHED = "as shipped"
SIGNIFICANT = 1.96  # standard errors from nothing, beyond which a loss is told from chance
INTEGERS = ("INT", "UINT")
FAMILIES = {
    "ggml": "blocks of GGML",
    "integers": "integers, rounded to nearest",
    "GPTQ": "integers, GPTQ",
    "AWQ": "integers, AWQ",
    "floats": "floats of chips, MX, BFP",
    "few": "three or two values",
}


def trial(name: str) -> Trial:
    """The trial of this name. CatalogError names the nearest ones if there is none."""
    return catalog.trial(name)


def recorded(named: Mapping[str, str]) -> Mapping[str, Trial]:
    """The trials of these names that are on record, under the same words."""
    rows = catalog.trials()
    return {words: rows[name] for words, name in named.items() if name in rows}


def untouched() -> Trial:
    """The model as its file has it, 5 bits a weight: what all trials are compared with."""
    return trial(UNTOUCHED)


def perplexity(one: Trial) -> float:
    """The untouched model's perplexity times the ratio of a trial.

    So trials on fewer tokens are compared too: another part of a text is harder or easier to guess.
    """
    return untouched().perplexity * one.ratio


def guessing_evenly() -> int:
    """The perplexity of whoever takes all tokens for equally likely: their number."""
    return catalog.shape("SmolLM2-135M").vocabulary


def guessed(one: Trial) -> str:
    """The perplexity in words. Beyond a million, twenty times the vocabulary, it says no more.

    >>> guessed(untouched())
    '29.4'
    """
    found = perplexity(one)
    return plain(found) if found < MEGA else "over a million"


def family(one: Trial) -> str:
    """A key of FAMILIES for a trial of the weights."""
    if one.method in FAMILIES:
        return one.method
    if one.format in ("ternary", "binary"):
        return "few"
    if one.format.startswith(INTEGERS):
        return "integers"
    chips = one.format in ("MXFP4", "NVFP4") and "ggml" not in one.name
    return "ggml" if one.format in ggml.FORMATS and not chips else "floats"


@cache
def of_weights() -> Mapping[str, tuple[Trial, ...]]:
    """All trials of the weights alone, by family, the widest first."""
    found = [one for one in catalog.trials().values() if one.of == "weights"]
    found.sort(key=lambda one: (-one.bits, one.name))
    return {name: tuple(one for one in found if family(one) == name) for name in FAMILIES}


def short(one: Trial) -> str:
    """What is changed, without saying again of what: "Q4_0", "INT8 per tensor"."""
    for first in ("weights ", "activations ", "cache "):
        if one.name.startswith(first):
            return one.name.removeprefix(first)
    return one.name


def seen(one: Trial) -> bool:
    """Whether the loss can be told from chance."""
    return one.difference > SIGNIFICANT * one.difference_error


def grown(added: float) -> str:
    """How much more perplexity an added loss [nats] is, in words.

    >>> grown(0.1), grown(1.0), grown(9.0)
    ('11 % more', '2.7 times', '8,100 times')
    """
    factor = exp(added)
    if factor < 2:
        return f"{percent(factor - 1)} more"
    return f"{plain(factor, 2)} times" if factor < MEGA else "over a million times"


@dataclass(frozen=True)
class Published:
    """A format of a larger model, as others measured it."""

    model: str
    format: str
    bits: float  # a weight, of the whole file
    added: float  # loss [nats a token]: the logarithm of the ratio


@cache
def published() -> Mapping[str, tuple[Published, ...]]:
    """What is published of larger models' files, by model, the widest first.

    Files that were made with an importance matrix are called calibrated: it was made on the very
    text that they were tested on.
    """
    found: dict[str, list[Published]] = {}
    for row in catalog.perplexities():
        if row.method is None and row.text == "wikitext-2" and row.ratio > 1:
            name = f"{row.format}, calibrated" if row.calibrated else row.format
            one = Published(row.model, name, bits(row), log(row.ratio))
            found.setdefault(row.model, []).append(one)
    return {model: tuple(sorted(rows, key=lambda r: -r.bits)) for model, rows in found.items()}
