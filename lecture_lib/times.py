"""Times that must not be mixed up: of a prompt, of a step shared by many, of a whole request."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lecture_lib.decode import bytes_per_weight, parted_work
from lecture_lib.roofline import Roof, Work, floor_time, sum_time
from lecture_lib.transformer import TransformerShape, prefill_work
from lecture_lib.units import packed, quantity


@dataclass(frozen=True, eq=False)
class Prefill:
    """Prompts being read on a device. Fields are numbers or arrays that broadcast."""

    roof: Roof
    work: Work
    prompt_tokens: Any
    sequences: Any

    @property
    def floor(self):
        """Least time [s] until all prompts are read: arithmetic and traffic overlap fully."""
        return floor_time(self.work, self.roof)

    @property
    def sum(self):
        """Time [s] if arithmetic and traffic do not overlap at all."""
        return sum_time(self.work, self.roof)

    @property
    def rate(self):
        """The most prompt tokens per second, of all prompts; no tokens of decoding are in it."""
        return self.sequences * self.prompt_tokens / self.floor

    def estimate(self, share):
        """Expected time [s] where this share of the peak rate [-] is reached: see measured rows."""
        share = quantity("share", share)
        if np.any((share == 0) | (share > 1)):
            raise ValueError(
                f"share must be above 0 and at most 1, not {share}; 0.3 to 0.8 is usual"
            )
        return np.maximum(self.work.flops / (share * self.roof.peak_rate), self.floor)


def prefill(
    shape, roof, prompt_tokens, *, sequences=1, weight_bits=16, table_bits=None, causal=True
) -> Prefill:
    """Prompts of this length, read all at once, up to the logits that give the first tokens.

    Fewer bits for a weight leave the arithmetic as it is: weights are widened before they are
    multiplied, which takes time that is not counted here. ValueError for a model that is no
    transformer.
    """
    if not isinstance(shape, TransformerShape):
        raise ValueError(
            f"{shape.name}: the reading of prompts is counted for transformers alone; take one"
        )
    tokens = sequences * np.asarray(prompt_tokens)
    weight_bytes = bytes_per_weight(
        shape, tokens=tokens, weight_bits=weight_bits, table_bits=table_bits
    )
    work = prefill_work(
        shape, prompt_tokens, sequences=sequences, weight_bytes=weight_bytes, causal=causal
    )
    return Prefill(roof, work, prompt_tokens, sequences)


def critical_sequences(roof, *, weight_bits=16):
    """How many sequences make the matrices of a step take as long to multiply as to read: a count.

    peak_rate * bytes / (2 * bandwidth). Beyond it more sequences take more time; the caches are
    not looked at, and keep a step memory-bound for longer where contexts are long.
    Source: Austin et al., "How to Scale Your Model", 2025, chapter 7.

    >>> v5e = Roof("TPU v5e", peak_rate=197e12, bandwidth=819e9)
    >>> round(critical_sequences(v5e)), round(critical_sequences(v5e, weight_bits=8))
    (241, 120)
    """
    return roof.ridge * quantity("weight_bits", weight_bits) / 16


def in_turn_time(shape, roof, *, context_tokens=0, **setting):
    """Least time [s] of a decode step in which attention and the matrices take turns.

    Attention reads each sequence's own cache and is limited by memory however many share the
    step; the matrices are read once and multiplied for all: B*KV/BW + max(2*B*P/F, P*b/BW). Not
    less than the floor, in which the one's arithmetic may hide behind the other's reading.
    `setting` is that of `parted_work`.
    """
    matrices, attention = parted_work(shape, context_tokens=context_tokens, **setting)
    return floor_time(matrices, roof) + floor_time(attention, roof)


def first_token_time(prefill_time, *, waiting_time=0):
    """Time [s] from asking to the first token: waiting for a turn, then the prompt being read.

    The first token falls out of the prompt's last position, so no decode step is in it. Measured
    under load it holds the waiting, which no model of one device can know.
    """
    return packed(quantity("prefill_time", prefill_time) + quantity("waiting_time", waiting_time))


def request_time(first_token_time, token_time, generated_tokens):
    """Time [s] from asking to the last token: the first token's, and a step for each later one."""
    later = quantity("generated_tokens", generated_tokens, least=1) - 1
    return packed(
        quantity("first_token_time", first_token_time) + later * quantity("token_time", token_time)
    )
