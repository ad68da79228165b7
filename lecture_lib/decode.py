"""One decode step: every sequence gets one token, and all of them share one read of the weights."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lecture_lib.roofline import Roof, Work, floor_time, is_memory_bound, power_energy, sum_time
from lecture_lib.units import quantity

CONTEXT_TOKENS = 1024  # behind each sequence, unless another number is given


@dataclass(frozen=True, eq=False)
class DecodeStep:
    """A decode step of some sequences on a device. Fields are numbers or arrays that broadcast."""

    roof: Roof
    work: Work
    sequences: Any  # how many sequences, and so users, get a token in this step
    weights: Any  # byte, resident
    caches: Any  # byte, resident: the KV caches or states of all sequences

    @property
    def floor(self):
        """Least time of the step [s]: arithmetic and traffic overlap fully."""
        return floor_time(self.work, self.roof)

    @property
    def sum(self):
        """Time of the step [s] if arithmetic and traffic do not overlap at all."""
        return sum_time(self.work, self.roof)

    @property
    def memory_bound(self):
        return is_memory_bound(self.work, self.roof)

    @property
    def user_rate(self):
        """The most tokens per second that one user can get."""
        return 1 / self.floor

    @property
    def total_rate(self):
        """The most tokens per second that all users together can get."""
        return self.sequences / self.floor

    @property
    def needed(self):
        """Memory that must hold the weights and all caches [byte]."""
        return self.weights + self.caches

    @property
    def fits(self):
        """Whether weights and caches fit the device's memory; None where that is not known."""
        return None if self.roof.capacity is None else self.needed <= self.roof.capacity

    @property
    def energy(self):
        """Energy of one token [J], if the device draws its full power during the least time.

        Neither a floor nor a ceiling: a real step takes longer and may draw less. None where the
        power is not known.
        """
        if self.roof.power is None:
            return None
        return power_energy(self.floor, self.roof.power) / self.sequences


def stored_bytes(parameters, tables, weight_bits, table_bits=None):
    """Bytes of the parameters, of which those in the vocabulary's tables may keep other bits.

    Many four-bit formats leave the tables (embedding and head) at 16 bits, or at 6.
    """
    return ((parameters - tables) * weight_bits + tables * (table_bits or weight_bits)) / 8


def streamed_bytes(shape, *, tokens=1, weight_bits=16, table_bits=None):
    """Bytes of the weights that so many tokens read together: the head, but no input table."""
    weight_bits = quantity(f"{shape.name}: weight_bits", weight_bits)
    head = shape.vocabulary * shape.model_dim
    return stored_bytes(shape.streamed_parameters(tokens), head, weight_bits, table_bits)


def resident_bytes(shape, *, weight_bits=16, table_bits=None):
    """Bytes of all weights, as a file or a memory holds them: with every table."""
    weight_bits = quantity(f"{shape.name}: weight_bits", weight_bits)
    tables = shape.vocabulary * shape.model_dim * (1 if shape.tied_embeddings else 2)
    return stored_bytes(shape.parameters, tables, weight_bits, table_bits)


def bytes_per_weight(shape, *, tokens=1, **kept):
    """Bytes of a weight that is read, on average; `kept` are the bits of `streamed_bytes`."""
    return streamed_bytes(shape, tokens=tokens, **kept) / shape.streamed_parameters(tokens)


def parted_work(shape, *, sequences=1, context_tokens=CONTEXT_TOKENS, **kept) -> tuple[Work, Work]:
    """A step's work in two: what it takes without any context, and what the context adds to that.

    The first is the matrices, shared by all; the second attention, each sequence's own. `kept` are
    the bits of `streamed_bytes`.
    """
    weight_bytes = bytes_per_weight(shape, tokens=sequences, **kept)
    setting = {"sequences": sequences, "weight_bytes": weight_bytes}
    whole, bare = shape.decode_work(context_tokens, **setting), shape.decode_work(0, **setting)
    return bare, Work(whole.flops - bare.flops, whole.traffic - bare.traffic)


def decode_step(
    shape,
    roof: Roof,
    *,
    sequences=1,
    context_tokens=CONTEXT_TOKENS,
    weight_bits=16,
    table_bits=None,
) -> DecodeStep:
    """The step after `context_tokens` tokens, for every one of the sequences.

    `shape` is any model's shape. `weight_bits` counts what a weight takes with its share of the
    scales; `table_bits`, if given, is kept for the embedding and the head. The cache holds 2 bytes
    a value in a Transformer, 4 in a recurrent state.
    """
    kept = {"weight_bits": weight_bits, "table_bits": table_bits}
    weight_bytes = bytes_per_weight(shape, tokens=sequences, **kept)
    return DecodeStep(
        roof=roof,
        work=shape.decode_work(context_tokens, sequences=sequences, weight_bytes=weight_bytes),
        sequences=sequences,
        weights=resident_bytes(shape, **kept),
        caches=shape.cache_bytes(context_tokens, sequences=sequences),
    )


def most_sequences(
    shape, roof: Roof, *, context_tokens=CONTEXT_TOKENS, weight_bits=16, table_bits=None
) -> int:
    """How many sequences of this length fit beside the weights; 0 if the weights alone do not.

    ValueError for a roof whose capacity is not known, and for sequences that keep no cache.
    """
    if roof.capacity is None:
        raise ValueError(f"{roof.name}: its memory is not known; give the Roof a capacity")
    one = decode_step(
        shape, roof, context_tokens=context_tokens, weight_bits=weight_bits, table_bits=table_bits
    )
    if not one.caches:
        raise ValueError(
            f"{shape.name}: without a cache any number of sequences fits; "
            f"give context_tokens of 1 or more, not {context_tokens}"
        )
    return max(0, int(np.floor((roof.capacity - one.weights) / one.caches)))
