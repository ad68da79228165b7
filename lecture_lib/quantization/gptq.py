"""GPTQ: weights are rounded input by input, and those still to come make up for what was lost.

After the weights of input i are rounded, the error at the layer's output is least if the weights of
each later input j move by −lost · U_ij / U_ii, where U is upper triangular and UᵀU the inverse of
the Hessian XᵀX. One factorization serves all steps: dropping the inputs that are done with from the
Hessian is, in its inverse, the elimination that Cholesky carries out anyway. What one block of
inputs lost reaches the inputs beyond it in one matrix product. Source: arXiv:2210.17323.

The Hessian weighs a token by its square: with one spike among the tokens, or fewer tokens than
inputs, what serves the sample may harm other text. Damping holds the feedback back.
"""

from dataclasses import replace
from numbers import Real

import numpy as np

from lecture_lib.quantization.calibration import Calibration
from lecture_lib.quantization.rounding import Grid, Quantized, Steps

BLOCK = 128  # inputs, or fewer where a group ends


def gptq(
    weights, calibration: Calibration, grid: Grid, *, damping=0.01, act_order=False
) -> Quantized:
    """Weights [out, in] on the grid, rounded for a small error at the output of the layer.

    `damping`, a share of the mean of the Hessian's diagonal, is added to that diagonal. The scales
    of a group are found when its turn comes, on what the feedback has made of its weights. With
    `act_order` the inputs of most power go first; then all scales are found beforehand, so that a
    group stays a stretch of neighbours. ValueError for weights that do not read these inputs,
    scales by column, a negative damping, and a singular Hessian.
    """
    weights = calibration.weights(weights)
    if grid.group == "column":
        raise ValueError('GPTQ goes along a row; take group="row", "tensor", or a number of inputs')
    beforehand = grid.steps(weights)
    inputs = weights.shape[1]
    group = grid.group if isinstance(grid.group, int) else inputs
    in_turn = isinstance(grid.group, int) and not act_order
    power = calibration.products.diagonal()
    order = np.argsort(-power, kind="stable") if act_order else np.arange(inputs)
    feedback = feedback_matrix(calibration.products[np.ix_(order, order)], damping)

    # Inputs come first from here on: what belongs to one of them then lies together in memory.
    rest = weights.T[order].astype(float)
    scale = _by_input(beforehand.scale, weights.shape)[order]
    zero = _by_input(beforehand.zero, weights.shape)[order]
    codes = np.empty(rest.shape, np.float32)
    for start, stop in blocks(inputs, group):
        if in_turn and start % group == 0:
            whole = slice(start, start + group)
            found = replace(grid, group="row").steps(rest[whole].T)
            scale[whole], zero[whole] = found.scale.T, found.zero.T
        block = slice(start, stop)
        steps = Steps(scale[block], zero[block])
        codes[block], lost = _round_block(grid, rest[block], steps, feedback[block, block])
        rest[stop:] -= feedback[block, stop:].T @ lost

    place = np.argsort(order)  # of each input in the order taken
    steps = Steps(*(_by_group(part[place], beforehand.scale.shape) for part in (scale, zero)))
    return Quantized(grid, codes[place].T.astype(grid.stored_as), steps)


def feedback_matrix(hessian, damping=0.01) -> np.ndarray:
    """The upper triangular U with UᵀU the inverse of the damped Hessian [in, in].

    ValueError for a negative damping, and for a Hessian that is singular even so.
    """
    if not isinstance(damping, Real) or not 0 <= damping < np.inf:
        raise ValueError(f"damping is a share of the Hessian's diagonal, 0 or more, not {damping}")
    damped = hessian + damping * hessian.diagonal().mean() * np.eye(len(hessian))
    try:
        # From the last input to the first, damped = V Vᵀ with V upper triangular, and U = V⁻¹.
        upper = np.linalg.cholesky(damped[::-1, ::-1])[::-1, ::-1]
    except np.linalg.LinAlgError:
        upper = np.zeros_like(damped)
    pivots = upper.diagonal()
    if pivots.min() <= np.sqrt(len(pivots) * np.finfo(float).eps) * pivots.max():
        raise ValueError(
            f"the Hessian of {len(hessian)} inputs is singular at damping {damping}: some inputs "
            "follow from others; calibrate on more tokens or raise damping"
        )
    return np.linalg.inv(upper)


def blocks(inputs: int, group: int):
    """[start, stop) of the blocks: BLOCK inputs each, but none reaches beyond its group."""
    for first in range(0, inputs, group):
        for start in range(first, first + group, BLOCK):
            yield start, min(start + BLOCK, first + group)


def _round_block(grid: Grid, rest, steps: Steps, feedback):
    """The codes of a block of inputs [inputs, out], and what each lost over its U_ii."""
    rest, lost = rest.copy(), np.empty_like(rest)
    codes = np.empty(rest.shape, np.float32)
    for i, row in enumerate(rest):
        own = Steps(steps.scale[i], steps.zero[i])
        codes[i] = grid.codes(row.astype(np.float32), own)
        lost[i] = (row - own.scale * (codes[i] - own.zero)) / feedback[i, i]
        rest[i + 1 :] -= np.outer(feedback[i, i + 1 :], lost[i])
    return codes, lost


def _by_input(part, shape) -> np.ndarray:
    """Scales or zero points as one for each weight, [in, out], from one for each group."""
    groups = part.reshape(len(part), -1)
    each = np.repeat(groups, shape[1] // groups.shape[1], axis=1)
    return np.broadcast_to(each, shape).T.copy()


def _by_group(part, shape) -> np.ndarray:
    """The way back: from one for each weight, [in, out], to one for each group."""
    groups = shape[1] if len(shape) == 3 else 1
    return part[:: len(part) // groups, : shape[0]].T.reshape(shape)
