"""AWQ: its authors' scales and clips, plain rounding at alpha 0, and never worse than that."""

import json
from pathlib import Path

import numpy as np
import pytest

from lecture_lib.quantization.awq import SHARES, awq, clipped, input_scales
from lecture_lib.quantization.calibration import Calibration
from lecture_lib.quantization.rounding import Grid

REFERENCE = json.loads(Path(__file__).with_name("reference_calibrated.json").read_text("utf-8"))
WEIGHTS = np.float32(REFERENCE["weights"]) / 1024
INPUTS = np.float32(REFERENCE["inputs"]) / 64
CALIBRATION = Calibration.of(INPUTS)


def grid_of(case) -> Grid:
    return Grid(case["bits"], symmetric=False, group=case["group"], scale_bits=32)


def in_groups(case, values):
    return grid_of(case).in_groups(values)[0].reshape(len(values), len(case["limits"][0]), -1)


@pytest.mark.parametrize("case", REFERENCE["awq"], ids=lambda case: str(case["group"]))
def test_its_authors_program_finds_the_same_scales(case):
    found = awq(WEIGHTS, CALIBRATION, grid_of(case))
    assert found.alpha == case["alpha"]
    assert found.scales == pytest.approx(np.array(case["scales"]), abs=2e-5)


@pytest.mark.parametrize("case", REFERENCE["awq"], ids=lambda case: str(case["group"]))
def test_its_authors_program_cuts_off_at_the_same_limits(case):
    cut = clipped(WEIGHTS, CALIBRATION.products, grid_of(case))
    largest = np.abs(in_groups(case, cut)).max(axis=2)
    assert largest == pytest.approx(np.array(case["limits"]), abs=2e-6)
    assert largest.min() < np.abs(in_groups(case, WEIGHTS)).max(axis=2).min()


@pytest.mark.parametrize("group", ["tensor", "row", 8])
def test_alpha_zero_is_plain_rounding(group):
    grid = Grid(3, group=group)
    found, plain = awq(WEIGHTS, CALIBRATION, grid, alphas=[0]), grid.quantize(WEIGHTS)
    assert np.array_equal(found.scales, np.ones(32))
    assert np.array_equal(found.quantized.codes, plain.codes)
    assert np.array_equal(found.restored, plain.restored)
    assert found.bits_per_weight == plain.bits_per_weight


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_a_search_that_tries_plain_rounding_is_never_worse_on_what_it_saw(bits):
    grid = Grid(bits, symmetric=False, group=16)
    found = awq(WEIGHTS, CALIBRATION, grid)
    assert found.errors[found.alpha] == min(found.errors.values()) <= found.errors[0]
    own = CALIBRATION.output_error(WEIGHTS, found.restored)
    assert own == pytest.approx(found.errors[found.alpha])
    assert found.errors[0] == CALIBRATION.output_error(WEIGHTS, grid.rounded(WEIGHTS))


def test_a_loud_input_gets_finer_steps():
    """One input in 64 is thirty times as loud: its weights are lost less, the others' more.

    In the mean over ten draws: one draw alone may have been lucky with plain rounding.
    """
    loud, quiet, gained = [], [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        inputs, weights = rng.normal(size=(256, 64)), rng.normal(size=(48, 64)).astype(np.float32)
        inputs[:, 9] *= 30
        calibration, grid = Calibration.of(inputs), Grid(3)
        found, plain = awq(weights, calibration, grid), grid.rounded(weights)
        moved, before = np.square(found.restored - weights), np.square(plain - weights)
        loud.append(moved[:, 9].sum() / before[:, 9].sum())
        quiet.append(np.delete(moved, 9, 1).sum() / np.delete(before, 9, 1).sum())
        gained.append(found.errors[found.alpha] / found.errors[0])
        assert found.alpha > 0
    assert np.mean(loud) < 0.5
    assert np.mean(quiet) < 2.5
    assert np.mean(gained) < 0.6


def test_clipping_looks_at_the_scaled_weights_and_at_divided_inputs():
    grid = Grid(3, group=16)
    found = awq(WEIGHTS, CALIBRATION, grid, clip=True)
    divided = Calibration.of(INPUTS / found.scales)
    cut = clipped(WEIGHTS * found.scales, divided.products, grid)
    assert np.array_equal(found.quantized.codes, grid.quantize(cut).codes)
    assert found.alpha > 0
    assert CALIBRATION.output_error(WEIGHTS, found.restored) < found.errors[found.alpha]


def test_scaled_weights_and_divided_inputs_give_the_restored_product():
    found = awq(WEIGHTS, CALIBRATION, Grid(4, group=8))
    running = (INPUTS / found.scales) @ found.quantized.restored.T
    assert running == pytest.approx(INPUTS @ found.restored.T, rel=1e-4, abs=1e-4)


def test_clipping_takes_for_each_group_the_share_that_loses_least_at_the_output():
    grid = Grid(3, group=16)
    cut = clipped(WEIGHTS, CALIBRATION.products, grid).reshape(8, 2, 16)
    grouped = WEIGHTS.reshape(8, 2, 16)
    for row, part in np.ndindex(8, 2):
        own = INPUTS.reshape(-1, 2, 16)[:, part].astype(float)

        def lost(values, own=own, weights=grouped[row, part]):
            return np.square(own @ (Grid(3).rounded(values[None])[0] - weights)).sum()

        limit = np.abs(grouped[row, part]).max()
        tried = [np.clip(grouped[row, part], -share * limit, share * limit) for share in SHARES]
        assert lost(cut[row, part]) == pytest.approx(min(map(lost, tried)), rel=1e-6)


def test_scales_are_even_around_one_and_reach_silent_inputs():
    inputs = INPUTS.copy()
    inputs[:, 4] = 0
    scales = input_scales(Calibration.of(inputs), 0.5)
    assert scales.max() * scales.min() == pytest.approx(1, rel=1e-5)
    assert scales[4] == scales.min() > 0


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda: awq(WEIGHTS.T, CALIBRATION, Grid(4)), "do not read the 32 inputs"),
        (lambda: awq(WEIGHTS, CALIBRATION, Grid(4, group=12)), "groups of 12 do not divide"),
        (lambda: awq(WEIGHTS, CALIBRATION, Grid(4, group="tensor"), clip=True), "not at a tensor"),
        (lambda: awq(WEIGHTS, CALIBRATION, Grid(4), alphas=[]), "at least one alpha"),
        (lambda: awq(WEIGHTS, CALIBRATION, Grid(4), alphas=[np.nan]), "each a number, not"),
    ],
)
def test_what_awq_cannot_do_is_refused(asked, words):
    with pytest.raises(ValueError, match=words):
        asked()
