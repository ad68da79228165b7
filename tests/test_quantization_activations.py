"""Products of integers are exact, and each way around outliers keeps the product before rounding.

The data stand for what real models show: a channel whose values are large for every token, as in
LLM.int8(), and one huge value at a single token, as in SmolLM2-135M (2,963; the median is 0.06).
"""

from functools import partial

import numpy as np
import pytest

from lecture_lib.quantization.activations import (
    int32_product,
    outliers,
    product,
    rotation,
    smoothing,
    split_product,
    split_rounded,
)
from lecture_lib.quantization.calibration import Calibration
from lecture_lib.quantization.errors import relative_rmse
from lecture_lib.quantization.rounding import Grid

RNG = np.random.default_rng(6)
TOKENS, INPUTS, OUTPUTS = 64, 72, 24
WEIGHTS = RNG.normal(0, 0.1, (OUTPUTS, INPUTS)).astype(np.float32)
QUIET = RNG.normal(0, 0.09, (TOKENS, INPUTS)).astype(np.float32)
CHANNEL = QUIET.copy()
CHANNEL[:, 5] = RNG.normal(0, 60, TOKENS)  # for every token
OTHERS = np.delete(np.arange(INPUTS), 5)
SPIKE = QUIET.copy()
SPIKE[0, 29] = 2963  # for the first token alone
BY_TENSOR, BY_TOKEN, BY_CHANNEL = (Grid(8, group=group) for group in ("tensor", "row", "column"))
WEIGHT_GRID = Grid(8, scale_bits=32)


def lost(values, hook) -> float:
    """The error at the output over all tokens but the first, as a share of the output."""
    exact, rounded = values @ WEIGHTS.T, np.asarray(hook(values)) @ WEIGHTS.T
    return relative_rmse(exact[1:], rounded[1:])


def lost_beside_the_loud_channel(hook) -> float:
    """The error of the quiet channels, as a share of them."""
    return relative_rmse(CHANNEL[:, OTHERS], hook(CHANNEL)[:, OTHERS])


@pytest.mark.parametrize("bits", [2, 8, 10])
def test_the_product_of_integers_is_exact(bits):
    most = 2 ** (bits - 1) - 1
    left = RNG.integers(-most, most, (3, 5, 999), endpoint=True)
    right = RNG.integers(-most, most, (4, 999), endpoint=True)
    found = int32_product(left, right)
    assert found.dtype == np.int32
    assert np.array_equal(found, left @ right.T)


def test_sums_that_might_not_fit_into_32_bits_are_refused():
    ones = np.full((1, 200_000), 127)
    assert int32_product(ones[:, :133_000], ones[:, :133_000])[0, 0] == 133_000 * 127**2
    with pytest.raises(ValueError, match="200,000 products of up to 16,129 may not fit"):
        int32_product(ones, ones)


@pytest.mark.parametrize("weight_group", ["tensor", "row", 24])
@pytest.mark.parametrize("group", ["tensor", "row", 24])
@pytest.mark.parametrize("symmetric", [True, False])
def test_integers_and_their_scales_multiply_as_the_restored_values_do(
    symmetric, group, weight_group
):
    values = Grid(8, symmetric, group).quantize(CHANNEL.reshape(4, 16, INPUTS))
    weights = Grid(4, not symmetric, weight_group).quantize(WEIGHTS)
    found = product(values, weights)
    direct = values.restored.astype(float) @ weights.restored.astype(float).T
    assert found.shape == (4, 16, OUTPUTS)
    assert found == pytest.approx(direct, rel=1e-5, abs=1e-5 * np.abs(direct).max())


def test_scales_by_channel_cannot_be_multiplied_as_integers():
    """They would lose least where channels differ, which is why the other ways exist."""
    with pytest.raises(ValueError, match="no sum of integers allows"):
        product(BY_CHANNEL.quantize(CHANNEL), WEIGHT_GRID.quantize(WEIGHTS))
    assert lost_beside_the_loud_channel(BY_CHANNEL.rounded) < 0.02


@pytest.mark.parametrize(
    ("values", "weights"),
    [
        (Grid(8, group=24).quantize(QUIET), Grid(4, group=12).quantize(WEIGHTS)),
        (BY_TOKEN.quantize(QUIET[:, :60]), WEIGHT_GRID.quantize(WEIGHTS)),
    ],
)
def test_groups_and_widths_must_meet(values, weights):
    with pytest.raises(ValueError, match="do not meet"):
        product(values, weights)
    with pytest.raises(ValueError, match="do not meet"):
        int32_product(np.ones((2, 3)), np.ones((2, 4)))


def test_a_spike_ruins_a_tensor_and_a_channel_ruins_every_token():
    """A token's own scale keeps a spike from the others, and does not help against a channel."""
    assert lost(SPIKE, BY_TENSOR.rounded) == 1  # nothing of the other tokens is left
    assert lost(SPIKE, BY_TOKEN.rounded) < 0.02
    assert lost_beside_the_loud_channel(BY_TOKEN.rounded) > 0.5


def test_a_static_scale_serves_what_it_was_calibrated_for():
    static = partial(BY_TENSOR.rounded, steps=BY_TENSOR.steps(SPIKE))
    assert lost(QUIET, static) == 1
    quiet = partial(BY_TENSOR.rounded, steps=BY_TENSOR.steps(QUIET[:32]))
    assert lost(QUIET, quiet) == pytest.approx(lost(QUIET, BY_TENSOR.rounded), rel=0.3)
    assert np.abs(quiet(SPIKE)).max() < 1  # the spike itself is cut off


def test_outliers_are_channels_that_reach_the_threshold_anywhere():
    values = np.zeros((2, 3, 4))
    values[1, 2, 1], values[0, 0, 3], values[0, 1, 2] = -6, 7, 5.9
    assert outliers(values).tolist() == [False, True, False, True]
    assert outliers(values, threshold=5).tolist() == [False, True, True, True]


@pytest.mark.parametrize("values", [CHANNEL, SPIKE, QUIET])
def test_the_outlier_split_multiplies_in_two_parts(values):
    apart = outliers(values)
    weights = np.where(apart, 50 * WEIGHTS, WEIGHTS)  # so that they would stretch the scales
    found = split_product(values, weights, BY_TOKEN, WEIGHT_GRID)
    regular = product(
        BY_TOKEN.quantize(values[:, ~apart]), WEIGHT_GRID.quantize(weights[:, ~apart])
    )
    direct = values[:, apart] @ weights[:, apart].T
    assert relative_rmse(regular + direct, found) < 1e-6
    assert relative_rmse(regular, found - direct) < 0.005
    hidden = values[:, ~apart] @ WEIGHTS[:, ~apart].T
    assert relative_rmse(hidden, regular) < 0.02
    hook = split_rounded(values, BY_TOKEN)
    assert np.array_equal(hook[:, apart], values[:, apart])
    assert np.array_equal(hook[:, ~apart], BY_TOKEN.rounded(values[:, ~apart]))


@pytest.mark.parametrize("alpha", [0, 0.5, 0.8, 1])
def test_smoothing_divides_and_multiplies_by_the_formula(alpha):
    largest, heaviest = np.abs(CHANNEL).max(axis=0), np.abs(WEIGHTS).max(axis=0)
    sizes = largest**alpha / heaviest ** (1 - alpha)
    change = smoothing(Calibration.of(CHANNEL).largest, WEIGHTS, alpha)
    assert change.inputs(CHANNEL) == pytest.approx(CHANNEL / sizes, rel=1e-5)
    assert change.weights(WEIGHTS) == pytest.approx(WEIGHTS * sizes, rel=1e-5)


CHANGES = [
    smoothing(np.abs(CHANNEL).max(axis=0), WEIGHTS),
    smoothing(np.abs(SPIKE).max(axis=0), WEIGHTS, alpha=0.8),
    rotation(72),
    rotation(24),
    rotation(8, np.random.default_rng(1)),
]


@pytest.mark.parametrize("change", CHANGES)
def test_before_rounding_a_change_leaves_the_product_as_it_was(change):
    exact = CHANNEL @ WEIGHTS.T
    changed = change.inputs(CHANNEL) @ change.weights(WEIGHTS).T
    assert changed == pytest.approx(exact, rel=1e-4, abs=1e-3)
    back = change.back(change.inputs(CHANNEL))
    assert back == pytest.approx(CHANNEL, abs=1e-4)
    assert change.inputs(CHANNEL).dtype == np.float32


@pytest.mark.parametrize("change", CHANGES)
def test_a_hook_and_the_integers_round_the_same_changed_values(change):
    values, weights = change.inputs(CHANNEL), change.weights(WEIGHTS)
    hooked = change.rounded(CHANNEL, BY_TOKEN) @ WEIGHTS.T
    assert relative_rmse(BY_TOKEN.rounded(values) @ weights.T, hooked) < 1e-5
    multiplied = change.product(CHANNEL, WEIGHTS, BY_TOKEN, WEIGHT_GRID)
    restored = BY_TOKEN.rounded(values) @ WEIGHT_GRID.rounded(weights).T
    assert relative_rmse(restored, multiplied) < 1e-5


def test_smoothing_and_rotation_bring_the_quiet_channels_back():
    plain = lost_beside_the_loud_channel(BY_TOKEN.rounded)
    smooth = smoothing(np.abs(CHANNEL).max(axis=0), WEIGHTS)
    assert lost_beside_the_loud_channel(lambda x: smooth.rounded(x, BY_TOKEN)) < plain / 10
    turned = rotation(72)
    assert lost_beside_the_loud_channel(lambda x: turned.rounded(x, BY_TOKEN)) < plain / 2


def test_a_rotation_gives_every_channel_its_share_of_a_spike():
    spread = rotation(72).inputs(SPIKE)[0]
    assert np.abs(spread) == pytest.approx(2963 / np.sqrt(72), rel=0.01)


def test_a_channel_that_is_never_used_keeps_its_size():
    largest = np.abs(QUIET).max(axis=0)
    largest[3] = 0
    weights = WEIGHTS.copy()
    weights[:, 8] = 0
    change = smoothing(largest, weights)
    ones = change.inputs(np.ones((1, INPUTS), np.float32))[0]
    assert ones[[3, 8]].tolist() == [1, 1]
    assert np.isfinite(ones).all()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda: smoothing(np.ones(3), WEIGHTS), r"not \(3,\) for \(24, 72\)"),
        (lambda: smoothing(np.ones(INPUTS), WEIGHTS, alpha=1.5), "0 to 1, not 1.5"),
        (lambda: smoothing(np.full(INPUTS, np.nan), WEIGHTS), "no code for nan"),
        (lambda: rotation(7), "7 rows are not reached"),
        (lambda: rotation(16).inputs(QUIET), r"16 channels does not divide values of \(64, 72\)"),
        (lambda: split_product(QUIET, WEIGHTS.T, BY_TOKEN, WEIGHT_GRID), "do not meet"),
        (lambda: split_rounded([[np.inf]], BY_TOKEN), "no code for inf"),
    ],
)
def test_what_cannot_be_changed_is_refused(asked, words):
    with pytest.raises(ValueError, match=words):
        asked()
