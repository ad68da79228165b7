"""What formats do to the quality of models: our own trials, and what others published."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp

from lecture_lib.catalog.records import Provenance, Source, nothing


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One change of one model, and what it did to the loss on a text.

    Where weights and activations are both rounded, the `inputs_` fields are of the activations.
    """

    name: str
    model: str
    of: str  # what is changed: weights, activations, weights and activations, cache or nothing
    method: str  # "RTN": rounding to nearest
    where: str
    text: str
    tokens: int  # that were predicted
    window: int  # tokens that are read at once, without memory of those before
    loss: float  # mean of −ln of the chance of each token [nats]
    loss_error: float  # standard error of that: among tokens, so of this text only
    difference: float  # to the untouched model on the same tokens [nats]
    difference_error: float  # standard error, from the differences token by token
    window_losses: tuple[float, ...]
    machine: str
    versions: str
    measured_on: str
    format: str | None = None
    sharing: str | None = None  # what shares a scale: "tensor", "row", "token", "32 values", ...
    bits: float | None = None  # of a value, with its share of the scales
    inputs_format: str | None = None
    inputs_sharing: str | None = None
    inputs_bits: float | None = None
    relative_error: float | None = None  # root mean square; of activations token by token
    prompt: str | None = None
    says: str | None = None  # how the model goes on, always with the likeliest token
    note: str | None = None
    also: tuple[Source, ...] = ()
    provenance: Mapping[str, Provenance] = nothing()

    @classmethod
    def of_row(cls, name, window_losses, **row) -> "Trial":
        return cls(name, window_losses=tuple(window_losses), **row)

    @property
    def perplexity(self) -> float:
        """e^loss. Above the size of the vocabulary it is worse than guessing blindly."""
        return exp(self.loss)

    @property
    def ratio(self) -> float:
        """The perplexity over that of the untouched model on the same tokens."""
        return exp(self.difference)


@dataclass(frozen=True, slots=True, eq=False)
class Perplexity:
    """A published perplexity of a model in a format; lower is better.

    `perplexity` is missing where a source gives only how it changed.
    """

    name: str
    model: str
    format: str
    text: str
    ratio: float  # over the model as it was
    perplexity: float | None = None
    method: str | None = None
    calibrated: str | None = None  # what on, where a file was made with an importance matrix
    size_bytes: float | None = None  # of the whole file
    bits_per_weight: float | None = None  # of the whole file, where no size is given
    note: str | None = None
    also: tuple[Source, ...] = ()
    provenance: Mapping[str, Provenance] = nothing()

    @classmethod
    def of_row(cls, name, untouched=None, difference=None, perplexity=None, ratio=None, **row):
        if difference is not None:
            perplexity = untouched + difference
        return cls(name, ratio=ratio or perplexity / untouched, perplexity=perplexity, **row)
