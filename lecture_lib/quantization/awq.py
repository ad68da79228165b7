"""AWQ: inputs that are large on average get finer steps, by scaling their weights before rounding.

The weights of input j are multiplied by s_j and its activations divided by it, which changes
nothing before rounding; after it, the error that input j brings is s_j times less, as long as s_j
does not stretch the scale of its group. s = (mean |x|)^alpha with alpha from a search: 0 is plain
rounding. The division moves into whatever made the activations (a norm's gain, the rows of the
matrix before), so that it costs nothing. Source: arXiv:2306.00978.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lecture_lib.quantization.calibration import Calibration
from lecture_lib.quantization.rounding import Grid, Quantized

ALPHAS = tuple(step / 20 for step in range(20))
SHARES = tuple(1 - step / 20 for step in range(10))  # of a group's largest weight
LEAST_SCALE = 1e-4  # before they are made even around 1: an input that is always 0 has a scale too


@dataclass(frozen=True, eq=False)
class Scaled:
    """Weights that were rounded with the scales of their inputs multiplied in."""

    quantized: Quantized
    scales: np.ndarray  # float32 [in]: what the activations are divided by
    alpha: float
    errors: dict[float, float]  # of each alpha tried: mean square at the output

    @property
    def restored(self) -> np.ndarray:
        """The weights [out, in] as the layer without scaled activations would read them."""
        return self.quantized.restored / self.scales

    @property
    def bits_per_weight(self) -> float:
        """As stored. The scales of inputs are not: they are part of the layer before."""
        return self.quantized.bits_per_weight


def awq(
    weights, calibration: Calibration, grid: Grid, *, alphas: Sequence[float] = ALPHAS, clip=False
) -> Scaled:
    """Weights [out, in] on the grid, scaled with the alpha of the least error at the output.

    With `clip` each group is then cut off at the share of its largest weight, from 1 down to 0.55,
    that loses least at the output. ValueError for weights that do not read these inputs, and for
    clipping where rows do not have scales of their own.
    """
    weights = calibration.weights(weights)
    if not len(alphas) or not np.isfinite(alphas).all():
        raise ValueError(f"a search needs at least one alpha, each a number, not {alphas!r}")
    errors = {}
    for alpha in alphas:
        scales = input_scales(calibration, alpha)
        errors[alpha] = calibration.output_error(weights, grid.rounded(weights * scales) / scales)
    best = min(errors, key=errors.get)
    scales = input_scales(calibration, best)
    scaled = weights * scales
    if clip:
        scaled = clipped(scaled, calibration.products / np.outer(scales, scales), grid)
    return Scaled(grid.quantize(scaled), scales, best, errors)


def input_scales(calibration: Calibration, alpha: float) -> np.ndarray:
    """(mean |x|)^alpha of each input, float32, made even: the largest is 1 over the least."""
    scales = np.maximum((calibration.magnitudes / calibration.tokens) ** alpha, LEAST_SCALE)
    return (scales / np.sqrt(scales.max() * scales.min())).astype(np.float32)


def clipped(weights, products, grid: Grid) -> np.ndarray:
    """The weights with each group cut off where the error of its own part of the output is least.

    `products` are XᵀX of the inputs that these weights read.
    """
    if grid.group in ("tensor", "column"):
        raise ValueError(
            f"clipping looks at rows or groups of them, not at a {grid.group}; "
            'take group="row" or a number of inputs'
        )
    outputs, inputs = weights.shape
    group = inputs if grid.group == "row" else grid.group
    groups = inputs // group
    within = products.reshape(groups, group, groups, group)
    within = within[np.arange(groups), :, np.arange(groups)]  # [groups, group, group]: own products
    grouped = weights.reshape(outputs, groups, group)
    largest = np.abs(grouped).max(axis=2, keepdims=True)
    best, least = grouped, np.inf
    for share in SHARES:
        cut = np.clip(grouped, -np.float32(share) * largest, np.float32(share) * largest)
        change = (grid.rounded(cut.reshape(weights.shape)) - weights).reshape(grouped.shape)
        spread = change.astype(float).swapaxes(0, 1) @ within  # [groups, outputs, group]
        error = np.vecdot(spread.swapaxes(0, 1), change)[..., None]
        best, least = np.where(error < least, cut, best), np.minimum(error, least)
    return best.reshape(weights.shape)
