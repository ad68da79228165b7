"""What the matrices of a model read on the calibration text, found once and only when asked for."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lecture_lib import texts
from lecture_lib.lm import Model
from lecture_lib.lm.forward import states
from lecture_lib.quantization.calibration import Calibration

CALIBRATION_TOKENS = 4096
WINDOW = 256
TOGETHER = (("attn_q", "attn_k", "attn_v"), ("attn_output",), ("ffn_gate", "ffn_up"), ("ffn_down",))


def reads(model: Model) -> list[tuple[str, ...]]:
    """The names of the matrices, those together that read the same input."""
    layers = range(model.shape.layers)
    return [tuple(f"blk.{n}.{part}.weight" for part in parts) for n in layers for parts in TOGETHER]


@dataclass(frozen=True, eq=False)
class Bench:
    """The untouched model, and what its matrices read: for methods that need to know."""

    model: Model
    tokens: int = CALIBRATION_TOKENS

    def largest(self, name: str) -> np.ndarray:
        """The largest magnitude of each input of a matrix: float32 [in]."""
        return self._largest[self._first[name]]

    def calibration(self, name: str) -> Calibration:
        """All that calibrated rounding asks of the inputs of a matrix."""
        return self._calibrations[self._first[name]]

    @cached_property
    def _first(self) -> dict[str, str]:
        return {name: names[0] for names in reads(self.model) for name in names}

    @cached_property
    def _largest(self) -> dict[str, np.ndarray]:
        return self._seen(lambda values: np.abs(values).max(axis=0), np.maximum)

    @cached_property
    def _calibrations(self) -> dict[str, Calibration]:
        return self._seen(Calibration.of, Calibration.__add__)

    def _seen(self, look, add) -> dict:
        """What `look` makes of the inputs of each window, put together, by the first to read it."""
        found, first = {}, set(self._first.values())

        def hook(name, values):
            if name in first:
                seen = look(values)
                found[name] = add(found[name], seen) if name in found else seen
            return values

        tokens = self.model.tokenizer.encode(texts.moby_dick())[: self.tokens]
        for start in range(0, len(tokens), WINDOW):
            states(self.model, tokens[start : start + WINDOW], hook)
        return found
