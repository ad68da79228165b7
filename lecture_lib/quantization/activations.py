"""Activations in few bits: multiplied as integers, and four ways around their outliers.

A scale for each tensor, token ("row"), channel ("column") or group is a Grid, found on the
activations themselves (dynamic) or beforehand on others (static: Grid.rounded(values,
steps=grid.steps(sample))). A token's scale can be taken out of its sums; a channel's cannot, so
integers allow no scales by channel, and outliers that stay in their channels need another way:

- LLM.int8() multiplies the channels with outliers apart, in floats (arXiv:2208.07339);
- SmoothQuant moves a part of each channel's size into the weights (arXiv:2211.10438);
- QuaRot rotates, so that every channel gets a share of the outlier (arXiv:2404.00456).

What a model computes with activations that went through a grid is seen by a hook, values -> values:
`grid.rounded`, `lambda x: split_rounded(x, grid)`, `lambda x: change.rounded(x, grid)`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lecture_lib.quantization.blocks import finite
from lecture_lib.quantization.hadamard import hadamard
from lecture_lib.quantization.rounding import Grid, Quantized

THRESHOLD = 6.0  # magnitude from which LLM.int8() calls an activation an outlier


def int32_product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """left [..., in] @ right.T of integers, as an accumulator of 32 bits has it: int32 [..., out].

    ValueError for integers whose sum might not fit.
    """
    if left.shape[-1:] != right.shape[-1:] or right.ndim != 2:
        raise ValueError(f"inputs of {left.shape} and weights of {right.shape} do not meet")
    most = float(np.abs(left).max()) * float(np.abs(right).max()) * left.shape[-1]
    if most >= 2**31:
        raise ValueError(
            f"{left.shape[-1]:,} products of up to {most / left.shape[-1]:,.0f} may not fit into "
            "32 bits; take fewer bits or smaller groups"
        )
    # Floats of 64 bits hold these sums exactly, and their products are many times faster.
    return (left.astype(float) @ right.astype(float).T).astype(np.int32)


def product(values: Quantized, weights: Quantized) -> np.ndarray:
    """values [..., in] @ weights [out, in].T, float32: integers in each group, then their scales.

    ValueError for scales by column, for groups of different sizes, and as for `int32_product`.
    """
    counts = {_groups(values), _groups(weights)} - {1}
    if len(counts) > 1 or values.codes.shape[-1] != weights.codes.shape[-1]:
        raise ValueError(
            f"activations of {values.codes.shape} by {values.grid.group} and weights of "
            f"{weights.codes.shape} by {weights.grid.group} do not meet; group both alike"
        )
    groups = max(counts, default=1)
    left, left_scale = _parts(values, groups)
    right, right_scale = _parts(weights, groups)
    total = np.zeros((*values.codes.shape[:-1], len(right)), np.float32)
    for part in range(groups):
        sums = int32_product(left[..., part, :], right[:, part])
        total += left_scale[..., part, :] * right_scale[:, part, 0] * sums
    return total


def _groups(quantized: Quantized) -> int:
    """Into how many groups a row is cut. ValueError for scales by column."""
    if quantized.grid.group == "column":
        raise ValueError(
            "each product of a sum would have a scale of its own, which no sum of integers allows; "
            'round with scales by "row", "tensor" or group, or look at .restored'
        )
    group = quantized.grid.group
    return quantized.codes.shape[-1] // group if isinstance(group, int) else 1


def _parts(quantized: Quantized, groups: int):
    """Integers [..., groups, values of a group] and their scales, which broadcast against them."""
    shape = quantized.codes.shape
    integers = quantized.integers.reshape(*shape[:-1], groups, -1)
    scale = quantized.steps.scale
    if not isinstance(quantized.grid.group, int):
        scale = scale[..., None]
    return integers, np.broadcast_to(scale, (*integers.shape[:-1], 1))


def outliers(values, threshold=THRESHOLD) -> np.ndarray:
    """Which channels of values [..., in] have a value of at least this magnitude: booleans [in]."""
    values = finite("a search for outliers", values)
    return (np.abs(values) >= threshold).any(axis=tuple(range(values.ndim - 1)))


def split_rounded(values, grid: Grid, threshold=THRESHOLD) -> np.ndarray:
    """The values with all channels rounded but those with outliers, which stay as they are."""
    apart = outliers(values, threshold)
    values = np.asarray(values, np.float32)
    return np.where(apart, values, grid.rounded(np.where(apart, 0, values)))


def split_product(values, weights, grid: Grid, weight_grid: Grid, threshold=THRESHOLD):
    """values @ weights.T as LLM.int8() finds it: channels with outliers in floats, others by codes.

    Channels of the other part are zeros in each, and so take no part in a scale or a sum.
    ValueError for shapes that do not meet, and as for `product`.
    """
    apart = outliers(values, threshold)
    values = np.asarray(values, np.float32)
    weights = finite("a weight matrix", weights)
    if weights.ndim != 2 or weights.shape[1:] != values.shape[-1:]:
        raise ValueError(f"inputs of {values.shape} and weights of {weights.shape} do not meet")
    regular = product(
        grid.quantize(np.where(apart, 0, values)), weight_grid.quantize(np.where(apart, 0, weights))
    )
    return regular + values[..., apart] @ weights[:, apart].T


@dataclass(frozen=True, eq=False)
class Change:
    """A change of inputs and of weights that leaves their product as it was before rounding."""

    inputs: Callable
    weights: Callable
    back: Callable  # from changed inputs to inputs

    def rounded(self, values, grid: Grid) -> np.ndarray:
        """The values rounded on a grid where they are changed, and changed back: for hooks."""
        return self.back(grid.rounded(self.inputs(values)))

    def product(self, values, weights, grid: Grid, weight_grid: Grid) -> np.ndarray:
        """values @ weights.T by the integers of what was changed."""
        return product(
            grid.quantize(self.inputs(values)), weight_grid.quantize(self.weights(weights))
        )


def smoothing(largest, weights, alpha=0.5) -> Change:
    """SmoothQuant: inputs are divided by s and weights multiplied, s = max|X|^a / max|W|^(1 − a).

    `largest` is the largest magnitude of each input, [in], of a calibration; the weights are
    [out, in], stacked where several layers read the same inputs. An input that is never used, or
    has no weight, keeps its size. ValueError for shapes that do not meet, for what is not finite,
    and for an alpha outside of 0 to 1.
    """
    largest, weights = finite("smoothing", largest), finite("smoothing", weights)
    if weights.ndim != 2 or largest.shape != weights.shape[1:]:
        raise ValueError(
            f"smoothing needs the largest magnitude of each input of weights [out, in], not "
            f"{largest.shape} for {weights.shape}"
        )
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is the share that moves into the weights, 0 to 1, not {alpha}")
    heaviest = np.abs(weights).max(axis=0)
    used = (largest > 0) & (heaviest > 0)
    sizes = np.where(used, largest, 1) ** alpha / np.where(used, heaviest, 1) ** (1 - alpha)
    return Change(lambda x: x / sizes, lambda w: w * sizes, lambda x: x * sizes)


def rotation(size: int, rng=None) -> Change:
    """A rotation of each `size` channels in turn by a Hadamard matrix, made orthogonal.

    With a Generator `rng` the channels get random signs before, as in QuaRot, so that none of the
    patterns that a matrix gathers into one channel is likely. ValueError for sizes without such a
    matrix, or that do not divide.
    """
    matrix = hadamard(size) / np.float32(np.sqrt(size))
    if rng is not None:
        matrix = matrix * rng.choice(np.float32([-1, 1]), size)[:, None]

    def by(matrix):
        def turned(values):
            values = np.asarray(values, np.float32)
            if not values.ndim or values.shape[-1] % size:
                raise ValueError(
                    f"a rotation of {size} channels does not divide values of {values.shape}"
                )
            return (values.reshape(*values.shape[:-1], -1, size) @ matrix).reshape(values.shape)

        return turned

    return Change(by(matrix), by(matrix), by(matrix.T))
