"""One experiment, carried out: losses, the error of rounding, a few words, where and when."""

import platform
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from lecture_lib import lm, texts
from lecture_lib.bench.calibrated import WINDOW, Bench
from lecture_lib.bench.experiments import Experiment
from lecture_lib.machine import blas_name, cpu_name, usable_cores
from lecture_lib.quantization.ggml import FORMATS

PROMPT = "The three primary colors are"
SPOKEN = 28  # tokens
STORED = "Q4_1"  # how the file keeps the matrices of the layers


def alice(model: lm.Model, tokens: int) -> np.ndarray:
    """The tokens of Alice from which so many are predicted: one more."""
    return model.tokenizer.encode(texts.alice())[: tokens + 1]


def row(experiment: Experiment, bench: Bench, base: np.ndarray) -> dict[str, Any]:
    """What an experiment found, as a row of data/bench.toml; `base` are the untouched losses."""
    changed = experiment.run(bench)
    seen = Watched(changed.hook)
    losses = lm.losses(changed.model, alice(bench.model, experiment.tokens), WINDOW, seen.hook)
    paired = lm.compare(losses, base[: len(losses)])
    found = {
        "model": bench.model.name,
        "of": experiment.of,
        "method": experiment.method,
        **formats(experiment, bench.model),
        "where": experiment.where,
        "text": "Alice's Adventures in Wonderland",
        "tokens": len(losses),
        "window": WINDOW,
        "loss": round(float(losses.mean()), 6),
        "loss_error": round(float(losses.std(ddof=1) / np.sqrt(len(losses))), 6),
        "difference": round(paired.difference, 6),
        "difference_error": round(paired.error, 6),
        "window_losses": [round(float(w.mean()), 5) for w in losses.reshape(-1, WINDOW)],
    }
    error = weights_error(bench.model, changed.model)
    error = seen.error if error is None else error
    if experiment.of != "nothing" and error is not None:
        found["relative_error"] = float(f"{error:.4g}")
    if experiment.says:
        found["prompt"] = PROMPT
        found["says"] = "".join(lm.stream(changed.model, PROMPT, SPOKEN, changed.hook))
    found |= {"machine": f"{cpu_name()}, {usable_cores()} cores", "versions": versions()}
    found |= {"measured_on": date.today().isoformat()}
    if experiment.note:
        found["note"] = experiment.note
    return found | {
        "source": "own-bench",
        "read_on": date.today().isoformat(),
        "confidence": "seen",
    }


def formats(experiment: Experiment, model: lm.Model) -> Mapping[str, Any]:
    """The formats of an experiment, with the bits that a value takes."""
    shapes = [model.weights[name].shape for name in model.matrices]
    inputs = [(WINDOW, shape[1]) for shape in shapes]
    cached = [(WINDOW, model.shape.kv_heads, model.shape.head_dim)]
    e = experiment
    if e.of == "nothing":
        return {"format": STORED, "sharing": "32 values", "bits": FORMATS[STORED].bits_per_weight}
    if e.of == "cache":
        stored = [each for each in (e.keys, e.values) if each]
        bits = np.mean([mean_bits(each, cached) for each in stored])
        return {
            "format": stored[0].name,
            "sharing": stored[0].sharing,
            "bits": round(float(bits), 4),
        }
    found = {}
    for prefix, each, of in (("", e.weights, shapes), ("inputs_", e.activations, inputs)):
        if each:
            prefix = prefix if e.of == "weights and activations" else ""
            found[f"{prefix}format"] = each.name
            found[f"{prefix}sharing"] = each.sharing
            found[f"{prefix}bits"] = round(mean_bits(each, of), 4)
    return found


def mean_bits(stored, shapes) -> float:
    """Bits a value over tensors of several shapes, scales included."""
    sizes = [np.prod(shape) for shape in shapes]
    return float(np.average([stored.bits(shape) for shape in shapes], weights=sizes))


def weights_error(model: lm.Model, changed: lm.Model) -> float | None:
    """The root mean square error of all matrices over that of their weights; None if unchanged."""
    if changed is model:
        return None
    lost = kept = 0.0
    for name in model.matrices:
        weights = model.weights[name]
        error = changed.weights[name] - weights
        lost += float(np.vdot(error, error))
        kept += float(np.vdot(weights, weights))
    return (lost / kept) ** 0.5


class Watched:
    """A hook, and the error that it makes in what is read first by each matrix.

    Every token counts alike: a token's squared error over its own square. A spike would else hide
    what happens to all others.
    """

    def __init__(self, hook):
        self._inner, self._seen, self._errors = hook, set(), []
        self.hook = hook and self._watching

    def _watching(self, name, values):
        changed = self._inner(name, values)
        if name not in self._seen and changed is not values:
            before, after = (part.reshape(len(part), -1) for part in (values, changed))
            power = np.square(before).sum(axis=1)
            some = power > 0
            lost = np.square(after - before).sum(axis=1)[some] / power[some]
            self._errors.append(float(lost.mean()))
        self._seen.add(name)
        return changed

    @property
    def error(self) -> float | None:
        return float(np.sqrt(np.mean(self._errors))) if self._errors else None


def versions() -> str:
    """What computed it."""
    return f"Python {platform.python_version()}, numpy {np.__version__}, {blas_name()}"
