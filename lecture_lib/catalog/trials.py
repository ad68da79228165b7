"""What formats do to the quality of models: our trials and trainings, and what others published."""

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


@dataclass(frozen=True, slots=True)
class Learnt:
    """A point of a loss curve, in bits per byte."""

    step: int
    train: float  # mean since the point before
    held_out: float  # at this step, on windows spread over the text that was held out


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """How a byte model was trained: training/README.md."""

    name: str
    weights: str  # what it computed with
    text: str
    text_bytes: int
    tokens: int  # bytes that it read, some of them several times
    steps: int
    windows: int  # of `context` tokens, read in a step
    context: int
    parameters: int
    peak_rate: float
    seed: int
    seconds: int  # on a machine that did other things too
    threads: int
    pairs: float  # bits per byte, of the text held out, in a table of which byte follows which
    curve: tuple[Learnt, ...]
    machine: str
    versions: str
    trained_on: str
    note: str | None = None
    also: tuple[Source, ...] = ()
    provenance: Mapping[str, Provenance] = nothing()

    @classmethod
    def of_row(cls, name, curve, **row) -> "Training":
        return cls(name, curve=tuple(Learnt(**point) for point in curve), **row)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """How a variant of a byte model does on a text, and beside another: all in bits per byte."""

    bytes: int  # that were predicted
    bits: float
    difference: float  # to the variant that it is held against, on the same bytes
    error: float  # standard error of that, from the differences byte by byte


@dataclass(frozen=True, slots=True, eq=False)
class ByteTrial:
    """What was done to a byte model, and what came of it."""

    name: str
    beside: str  # the variant that it is held against
    format: str
    matrix_bytes: int
    held_out: Scored  # a part of Persuasion
    alice: Scored
    beginning: float  # bits per byte of the first bytes held out, to be found again in a second
    prompt: str
    says: str  # always the likeliest byte
    draws: str  # bytes drawn by their chances
    temperature: float  # at which they were drawn
    machine: str
    versions: str
    measured_on: str
    note: str | None = None
    also: tuple[Source, ...] = ()
    provenance: Mapping[str, Provenance] = nothing()

    @classmethod
    def of_row(cls, name, held_out, alice, **row) -> "ByteTrial":
        return cls(name, held_out=Scored(**held_out), alice=Scored(**alice), **row)
