"""Our own model under our own roofline: the least time for its work, beside the time it takes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lecture_lib.lm.forward import Cache, states
from lecture_lib.lm.model import Model
from lecture_lib.machine import seconds
from lecture_lib.roofline import Roof, Work, floor_time
from lecture_lib.transformer import TransformerShape, decode_work, prefill_work

VALUE_BYTES = 4  # weights and cache are float32 in memory, whatever the file keeps
CONTEXT, PROMPT = 64, 512  # tokens


@dataclass(frozen=True)
class Race:
    """Predicted beside measured, for one step of a model."""

    what: str  # "decode" or "prefill"
    tokens: int  # that the step gives, or reads
    behind: int  # tokens in the cache before it
    work: Work
    roof: Roof
    measured: float  # s

    @property
    def floor(self) -> float:
        """The least time [s] under the roof: arithmetic and traffic overlap fully."""
        return float(floor_time(self.work, self.roof))

    @property
    def quotient(self) -> float:
        """How many times the floor it took: 1 would be all that the machine can do."""
        return self.measured / self.floor

    @property
    def rate(self) -> float:
        """Measured tokens per second."""
        return self.tokens / self.measured


def decode_step(shape: TransformerShape, context: int = CONTEXT) -> Work:
    """What one more token behind so many takes here: all weights, and the cache, in float32."""
    return decode_work(shape, context, weight_bytes=VALUE_BYTES, value_bytes=VALUE_BYTES)


def prefill(shape: TransformerShape, prompt: int = PROMPT) -> Work:
    """What reading a prompt takes here, up to the logits that follow it."""
    return prefill_work(shape, prompt, weight_bytes=VALUE_BYTES, value_bytes=VALUE_BYTES)


def decode_race(model: Model, roof: Roof, context: int = CONTEXT, repeats: int = 10) -> Race:
    """One more token behind so many: the least time under the roof, and the best of the repeats."""
    cache = Cache(model, context + 1)
    states(model, np.zeros(context, int), cache=cache)

    def step():
        cache.tokens = context  # the token is forgotten again, so that all steps are alike
        states(model, [0], cache=cache)[-1] @ model.head.T

    measured = _best(step, repeats)
    return Race("decode", 1, context, decode_step(model.shape, context), roof, measured)


def prefill_race(model: Model, roof: Roof, prompt: int = PROMPT, repeats: int = 3) -> Race:
    """Reading a prompt of so many tokens up to its last logits: the same comparison."""

    def read():
        states(model, np.zeros(prompt, int))[-1] @ model.head.T

    measured = _best(read, repeats)
    return Race("prefill", prompt, 0, prefill(model.shape, prompt), roof, measured)


def recorded(shape: TransformerShape, row) -> tuple[Race, Race]:
    """Decoding and prefill as a measured row of the catalog has them, under its machine's roof."""
    roof = Roof(row.device, row.peak, row.bandwidth)
    context, prompt = row.context_tokens, row.prompt_tokens
    decoding, reading = decode_step(shape, context), prefill(shape, prompt)
    return (
        Race("decode", 1, context, decoding, roof, 1 / row.tokens_per_s),
        Race("prefill", prompt, 0, reading, roof, prompt / row.prefill_tokens_per_s),
    )


def _best(run: Callable[[], object], repeats: int) -> float:
    run()  # the first time, memory is still being laid out
    return min(seconds(run) for _ in range(repeats))
