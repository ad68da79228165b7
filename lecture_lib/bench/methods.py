"""What an experiment does to a model: other weights, and a hook for what runs through it.

Each method here is a function of a Bench, which has the untouched model and what a calibration saw,
and gives a Changed. The methods themselves are in quantization/.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lecture_lib.bench.calibrated import Bench, reads
from lecture_lib.bench.formats import Format
from lecture_lib.lm import Model
from lecture_lib.quantization.activations import rotation, smoothing, split_rounded
from lecture_lib.quantization.awq import awq
from lecture_lib.quantization.gptq import gptq
from lecture_lib.quantization.rounding import Grid

Hook = Callable[[str, np.ndarray], np.ndarray]
Where = Callable[[str], bool]
SPIKES = ("blk.11.ffn_down.weight", "blk.28.ffn_down.weight")  # where the largest inputs are


@dataclass(frozen=True, eq=False)
class Changed:
    """A model as an experiment leaves it."""

    model: Model
    hook: Hook | None = None


Method = Callable[[Bench], Changed]


# -- where ---------------------------------------------------------------------------------------


def everywhere(name: str) -> bool:
    return True


def at_spikes(name: str) -> bool:
    return name in SPIKES


def at_down(name: str) -> bool:
    return "ffn_down" in name


def but_keys_and_values(name: str) -> bool:
    return "attn_k" not in name and "attn_v" not in name


def but_down(name: str) -> bool:
    return not at_down(name)


def but_spikes(name: str) -> bool:
    return not at_spikes(name)


# -- weights -------------------------------------------------------------------------------------


def untouched(bench: Bench) -> Changed:
    """The model as it is."""
    return Changed(bench.model)


def weights_in(stored: Format) -> Method:
    """Every matrix of the layers rounded to the format."""
    return lambda bench: Changed(bench.model.replaced(lambda name, w: stored.rounded(w)))


def by_gptq(grid: Grid, where: Where = everywhere, damping=0.01) -> Method:
    """Rounded with feedback, by what the matrix reads in the calibration text; others plainly."""

    def method(bench):
        def rounded(name, weights):
            if not where(name):
                return grid.rounded(weights)
            return gptq(weights, bench.calibration(name), grid, damping=damping).restored

        return Changed(bench.model.replaced(rounded))

    return method


def by_awq(grid: Grid) -> Method:
    """Rounded with scaled inputs: matrices that read the same are scaled together.

    attn_output is rounded plainly, as AWQ's own program does where query heads share values: its
    scales could not move into the matrix before.
    """

    def method(bench):
        model, found = bench.model, {}
        for names in reads(model):
            if "attn_output" in names[0]:
                found[names[0]] = grid.rounded(model.weights[names[0]])
                continue
            together = np.concatenate([model.weights[name] for name in names])
            restored = awq(together, bench.calibration(names[0]), grid).restored
            ends = np.cumsum([len(model.weights[name]) for name in names])[:-1]
            found |= dict(zip(names, np.split(restored, ends), strict=True))
        return Changed(model.replaced(lambda name, weights: found[name]))

    return method


# -- activations ---------------------------------------------------------------------------------


def inputs_in(stored: Format, where: Where = everywhere, first_kept=False) -> Method:
    """The inputs of every matrix, or of those where it holds, rounded to the format.

    With `first_kept` the first token of what is read at once stays as it is.
    """

    def hook(name, values):
        if ".cache_" in name or not where(name):
            return values
        if first_kept:
            return np.concatenate([values[:1], stored.rounded(values[1:])])
        return stored.rounded(values)

    return lambda bench: Changed(bench.model, hook)


def with_steps_of_calibration(grid: Grid) -> Method:
    """The inputs rounded with scales found beforehand, on the calibration text."""

    def method(bench):
        steps = {n: grid.steps(bench.largest(n)[None]) for n in bench.model.matrices}

        def hook(name, values):
            return grid.rounded(values, steps=steps[name]) if name in steps else values

        return Changed(bench.model, hook)

    return method


def both_in(weights: Format, inputs: Format) -> Method:
    """Weights and the inputs that they meet, each in its format."""
    return lambda bench: Changed(weights_in(weights)(bench).model, inputs_in(inputs)(bench).hook)


def split(inputs: Grid, weights: Format | None = None) -> Method:
    """LLM.int8(): input channels with a value of 6 or more stay as they are, as do their weights.

    The weights' channels are known only when a text is read, so all weights are rounded here.
    """

    def hook(name, values):
        return values if ".cache_" in name else split_rounded(values, inputs)

    return lambda bench: Changed(weights_in(weights)(bench).model if weights else bench.model, hook)


def smoothed(inputs: Format, weights: Format | None = None, alpha=0.5) -> Method:
    """SmoothQuant, where the scales can move into what comes before: not at attn_output (see AWQ).

    Without a format for the weights these stay as they are.
    """

    def method(bench):
        model, changes = bench.model, {}
        for names in reads(model):
            if "attn_output" not in names[0]:
                together = np.concatenate([model.weights[name] for name in names])
                change = smoothing(bench.largest(names[0]), together, alpha)
                changes |= dict.fromkeys(names, change)

        def hook(name, values):
            if ".cache_" in name:
                return values
            if name not in changes:
                return inputs.rounded(values)
            return changes[name].back(inputs.rounded(changes[name].inputs(values)))

        def rounded(name, w):
            if name not in changes:
                return weights.rounded(w)
            scale = changes[name].inputs(np.ones(w.shape[1], np.float32))
            return weights.rounded(changes[name].weights(w)) * scale

        return Changed(model.replaced(rounded) if weights else model, hook)

    return method


def rotated(inputs: Format, size: int | None, weights: Format | None = None) -> Method:
    """Inputs, and weights where they have a format, rounded after a Hadamard rotation.

    `size` channels are turned at a time, or all of them; signs are drawn with the seed 1.
    """

    def method(bench):
        turn = {
            width: rotation(size or width, np.random.default_rng(1))
            for width in {bench.model.weights[name].shape[1] for name in bench.model.matrices}
        }

        def through(stored, values):
            change = turn[values.shape[-1]]
            return change.back(stored.rounded(change.inputs(values)))

        def hook(name, values):
            return values if ".cache_" in name else through(inputs, values)

        changed = weights and bench.model.replaced(lambda name, w: through(weights, w))
        return Changed(changed or bench.model, hook)

    return method


def zeroed(channels: int, at_random=False) -> Method:
    """The inputs of every matrix without the channels that were largest on the calibration text.

    `at_random` takes as many others, drawn with the seed 1.
    """

    def method(bench):
        rng, out = np.random.default_rng(1), {}
        for names in reads(bench.model):
            order = np.argsort(-bench.largest(names[0]), kind="stable")
            chosen = (
                rng.choice(order[channels:], channels, False) if at_random else order[:channels]
            )
            out |= dict.fromkeys(names, chosen)

        def hook(name, values):
            if name not in out:
                return values
            values = values.copy()
            values[:, out[name]] = 0
            return values

        return Changed(bench.model, hook)

    return method


def channel_kept(stored: Format, channels: int) -> Method:
    """The inputs rounded, but those channels that were largest on the calibration text."""

    def method(bench):
        kept = {
            name: np.argsort(-bench.largest(name), kind="stable")[:channels]
            for name in bench.model.matrices
        }

        def hook(name, values):
            if name not in kept:
                return values
            others = values.copy()
            others[:, kept[name]] = 0
            rounded = stored.rounded(others)
            rounded[:, kept[name]] = values[:, kept[name]]
            return rounded

        return Changed(bench.model, hook)

    return method


def cache_in(keys: Format | None, values: Format | None) -> Method:
    """Keys and values rounded before they enter the cache; None leaves them."""

    def hook(name, entering):
        stored = {"cache_k": keys, "cache_v": values}.get(name.rpartition(".")[2])
        return stored.rounded(entering) if stored else entering

    return lambda bench: Changed(bench.model, hook)
