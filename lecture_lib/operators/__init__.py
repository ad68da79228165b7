"""The work of one step, operator by operator: what each computes, and what it moves.

Each operator counts what it alone would move, as if it ran as a kernel of its own: so activations
count, which `decode_work` and `prefill_work` leave on the chip. Rotary positions and the norms of
heads and latent vectors are applied before the values leave the chip, so they move none.

>>> from lecture_lib.transformer import TransformerShape
>>> toy = TransformerShape("toy", 1, 4, 3, 2, 1, 2, 5)
>>> whole(decode_operators(toy, 10)).flops == toy.decode_work(10).flops
True
>>> [one.name for one in prefill_operators(toy, 8, fused=False)][5:9]
['rotary', 'scores', 'softmax', 'values']
"""

from collections.abc import Iterator

from lecture_lib.operators.attention import decode_looks, prefill_looks
from lecture_lib.operators.peak import live_bytes
from lecture_lib.operators.record import (
    DENSE,
    ENDS,
    EVERY,
    EXPERTS,
    GLOBAL,
    LATER,
    WINDOWED,
    Layer,
    Operator,
    whole,
)
from lecture_lib.operators.recurrent import recurrent_layers, recurrent_operators
from lecture_lib.operators.step import Step, checked
from lecture_lib.operators.transformer import transformer_layers, transformer_operators
from lecture_lib.recurrent import RecurrentShape
from lecture_lib.units import exact, packed, quantity

__all__ = [
    "DENSE", "ENDS", "EVERY", "EXPERTS", "GLOBAL", "LATER", "WINDOWED", "Layer", "Operator",
    "activation_peak", "decode_operators", "layer_by_layer", "layers", "prefill_operators", "whole",
]  # fmt: skip


def layers(shape) -> Iterator[Layer]:
    """Every layer of a model in turn."""
    return recurrent_layers(shape) if _is_recurrent(shape) else transformer_layers(shape)


def layer_by_layer(shape, operators) -> Iterator[tuple[Layer, list[Operator]]]:
    """Every layer in turn with those of the operators that run in it, in their order."""
    for layer in layers(shape):
        yield layer, [one for one in operators if layer.has(one.where)]


def decode_operators(
    shape,
    context_tokens,
    *,
    sequences=1,
    weight_bytes=2,
    activation_bytes=2,
    value_bytes=None,
    fused=True,
) -> list[Operator]:
    """One decode step: each sequence, with so many tokens behind it, gets one more.

    Bytes per value may be fractions; `value_bytes` is the cache's, 2 in a Transformer and 4 in a
    recurrent state unless given. The FLOP sum to `decode_work`'s, the weights to
    `streamed_parameters`; with them the cache's bytes of `fused` attention sum to its traffic.
    """
    context = quantity(f"{shape.name}: context_tokens", context_tokens)
    step = _step(shape, 1, sequences, weight_bytes, activation_bytes, value_bytes)
    if _is_recurrent(shape):
        return recurrent_operators(step, begins=False, materialised=0)
    looks = decode_looks(shape, context, step.sequences)
    return transformer_operators(step, looks, fused=fused, absorbed=True)


def prefill_operators(
    shape,
    prompt_tokens,
    *,
    sequences=1,
    weight_bytes=2,
    activation_bytes=2,
    value_bytes=None,
    causal=True,
    fused=True,
) -> list[Operator]:
    """Reading prompts of this length, up to the logits that follow each.

    The FLOP sum to those of `prefill_flops_by_part`. Keys and values go to the cache and are read
    from there. `causal` counts the pairs that the mask lets through, in FLOP and in bytes.
    A recurrent state begins at zero; without `fused` it goes to memory after each token.
    """
    prompt = quantity(f"{shape.name}: prompt_tokens", prompt_tokens, least=1)
    step = _step(shape, prompt, sequences, weight_bytes, activation_bytes, value_bytes)
    if _is_recurrent(shape):
        return recurrent_operators(step, begins=True, materialised=int(not fused))
    looks = prefill_looks(shape, prompt, step.sequences, causal)
    return transformer_operators(step, looks, fused=fused, absorbed=False)


def activation_peak(operators):
    """Most bytes of activations that live at once, of the operators of one pass [byte].

    For an engine that frees what nobody needs any more, writes each result beside what it is
    made of, and reads the whole prompt at once. The cache and the weights come on top.
    """
    return packed(exact(live_bytes(operators)))


def _is_recurrent(shape):
    return isinstance(shape, RecurrentShape)


def _step(shape, tokens, sequences, weight_bytes, activation_bytes, value_bytes):
    if value_bytes is None:
        value_bytes = 4 if _is_recurrent(shape) else 2
    sizes = {
        "weight_bytes": weight_bytes,
        "activation_bytes": activation_bytes,
        "value_bytes": value_bytes,
    }
    sequences, sizes = checked(shape, sequences, sizes)
    return Step(shape, tuple(layers(shape)), tokens * sequences, sequences, **sizes)
