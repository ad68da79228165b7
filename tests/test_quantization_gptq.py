"""GPTQ: its authors' codes, those of plain elimination, and where it helps and where it harms."""

import json
from pathlib import Path

import numpy as np
import pytest

from lecture_lib.quantization import gptq as module
from lecture_lib.quantization.calibration import Calibration
from lecture_lib.quantization.gptq import feedback_matrix, gptq
from lecture_lib.quantization.rounding import Grid

REFERENCE = json.loads(Path(__file__).with_name("reference_calibrated.json").read_text("utf-8"))
WEIGHTS = np.float32(REFERENCE["weights"]) / 1024
CALIBRATION = Calibration.of(np.float32(REFERENCE["inputs"]) / 64)


def text(tokens, inputs=96, seed=0, draw=0):
    """Inputs that hang together, as a model's do: a few directions have most of the power."""
    mix = np.random.default_rng(seed).normal(size=(inputs, inputs))
    mix *= np.exp(-np.arange(inputs) / (inputs / 12))[:, None]
    rng = np.random.default_rng([seed, draw])
    return rng.normal(size=(tokens, inputs)) @ mix + 0.5 * rng.normal(size=(tokens, inputs))


def drawn(outputs=48, inputs=96, seed=0):
    """Weights with heavy tails, one output with twenty times the others' size."""
    weights = np.random.default_rng(seed).standard_t(4, (outputs, inputs)).astype(np.float32)
    weights[3] *= 20
    return weights


def eliminated(weights, hessian, steps, grid) -> np.ndarray:
    """GPTQ as its idea reads (optimal brain surgeon): the inverse of what is left, every time."""
    rest, codes = weights.astype(float), np.zeros(weights.shape)
    inverse = np.linalg.inv(hessian)
    for j in range(weights.shape[1]):
        own = steps[j]
        codes[:, [j]] = grid.codes(rest[:, [j]].astype(np.float32), own)
        lost = rest[:, [j]] - own.scale * (codes[:, [j]] - own.zero)
        rest -= lost / inverse[j, j] * inverse[j]
        inverse -= np.outer(inverse[:, j], inverse[j]) / inverse[j, j]
    return codes


@pytest.mark.parametrize("case", REFERENCE["gptq"], ids=str)
def test_its_authors_program_restores_the_same_weights(case):
    grid = Grid(case["bits"], symmetric=False, group=case["group"], scale_bits=32)
    found = gptq(WEIGHTS, CALIBRATION, grid, act_order=case["act_order"]).restored
    assert found == pytest.approx(np.array(case["restored"]), abs=2e-6)
    assert np.abs(found - grid.rounded(WEIGHTS)).max() > 0.01


@pytest.mark.parametrize("inputs", [96, 160])  # within a block, and beyond one
def test_blocks_and_one_factorization_give_what_elimination_gives(inputs):
    weights, calibration = drawn(24, inputs), Calibration.of(text(400, inputs))
    grid = Grid(4, scale_bits=32)
    hessian = calibration.products + 0.01 * calibration.products.diagonal().mean() * np.eye(inputs)
    plain = eliminated(weights, hessian, [grid.steps(weights)] * inputs, grid)
    assert np.array_equal(gptq(weights, calibration, grid).codes, plain)


@pytest.mark.parametrize("group", ["row", 48])
def test_the_length_of_a_block_changes_nothing(group, monkeypatch):
    weights, calibration = drawn(), Calibration.of(text(400))
    grid = Grid(3, symmetric=False, group=group)
    codes = []
    for length in (1, 7, 128):
        monkeypatch.setattr(module, "BLOCK", length)
        codes.append(gptq(weights, calibration, grid).codes)
    assert np.array_equal(codes[0], codes[1])
    assert np.array_equal(codes[0], codes[2])


@pytest.mark.parametrize("act_order", [False, True])
@pytest.mark.parametrize("group", ["tensor", "row", 32])
@pytest.mark.parametrize(("bits", "symmetric"), [(4, True), (2, False)])
def test_inputs_that_do_not_hang_together_leave_plain_rounding(bits, symmetric, group, act_order):
    """The Hessian is then diagonal: no input can make up for what another one lost."""
    apart = Calibration.of(np.diag(np.linspace(1, 9, 96)))
    weights, grid = drawn(), Grid(bits, symmetric, group)
    found, plain = gptq(weights, apart, grid, act_order=act_order), grid.quantize(weights)
    assert np.array_equal(found.codes, plain.codes)
    assert np.array_equal(found.restored, plain.restored)
    assert found.bits_per_weight == plain.bits_per_weight


@pytest.mark.parametrize("act_order", [False, True])
@pytest.mark.parametrize(
    "grid", [Grid(4), Grid(4, group="tensor"), Grid(3, False, 32), Grid(2, False, 32)], ids=str
)
def test_where_inputs_hang_together_the_output_is_better_than_by_rounding(grid, act_order):
    """No theorem, for the method is greedy; on such inputs it held for every seed tried.

    By tensor it gains little: nearly all outputs have the scale of the largest one.
    """
    for seed in range(4):
        weights, calibration = drawn(seed=seed), Calibration.of(text(400, seed=seed))
        found = gptq(weights, calibration, grid, act_order=act_order)
        plain = calibration.output_error(weights, grid.rounded(weights))
        assert calibration.output_error(weights, found.restored) < 0.95 * plain
        assert np.abs(found.restored - weights).mean() > np.abs(
            grid.rounded(weights) - weights
        ).mean() * (1 - 1e-6)


def test_at_two_bits_few_tokens_and_little_damping_the_feedback_runs_away():
    """What was lost is passed on until weights have grown, and other text is worse than rounded.

    With tokens enough, and the usual damping, the same grid is good on text it has not seen.
    """
    inputs = 128
    weights = np.random.default_rng(1).normal(size=(32, inputs)).astype(np.float32)
    grid, other = Grid(2, group=32), Calibration.of(text(2048, inputs, draw=9))

    def found(tokens, damping):
        calibration = Calibration.of(text(tokens, inputs))
        restored = gptq(weights, calibration, grid, damping=damping).restored
        plain = other.output_error(weights, grid.rounded(weights))
        return other.output_error(weights, restored) / plain, np.abs(restored).max()

    worse, grown = found(64, 1e-6)
    better, usual = found(2048, 0.01)
    assert (better, worse) == (pytest.approx(0.2, abs=0.1), pytest.approx(5, abs=4))
    assert grown > 2 * usual


@pytest.mark.parametrize("act_order", [False, True])
def test_one_spike_makes_it_serve_one_token_at_the_cost_of_all_others(act_order):
    """A token of 2,963 beside values below one has nearly all the power that GPTQ looks at.

    The other inputs of that token make up for its loss, and their weights serve no other token.
    """
    for seed in range(3):
        spiked = 0.06 * text(400, seed=seed)
        spiked[0, 7] = 2963
        weights, calibration = drawn(seed=seed), Calibration.of(spiked)
        plain = Grid(4).rounded(weights)
        found = gptq(weights, calibration, Grid(4), damping=1e-4, act_order=act_order).restored
        others = Calibration.of(spiked[1:])
        assert calibration.output_error(weights, found) < calibration.output_error(weights, plain)
        assert others.output_error(weights, found) > 100 * others.output_error(weights, plain)
        spared = gptq(weights, others, Grid(4), damping=1e-4, act_order=act_order).restored
        assert others.output_error(weights, spared) < 0.5 * others.output_error(weights, plain)


def test_the_feedback_is_the_factor_of_the_inverse():
    hessian = CALIBRATION.products
    upper = feedback_matrix(hessian, damping=0.5)
    damped = hessian + 0.5 * hessian.diagonal().mean() * np.eye(32)
    assert upper.T @ upper @ damped == pytest.approx(np.eye(32), abs=1e-9)
    assert np.array_equal(upper, np.triu(upper))


def test_an_input_that_is_always_zero_is_rounded_plainly():
    values = text(400)
    values[:, 5] = 0
    weights = drawn()
    found = gptq(weights, Calibration.of(values), Grid(4))
    assert np.array_equal(found.codes[:, 5], Grid(4).quantize(weights).codes[:, 5])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda: gptq(WEIGHTS.T, CALIBRATION, Grid(4)), "do not read the 32 inputs"),
        (lambda: gptq(WEIGHTS * np.nan, CALIBRATION, Grid(4)), "no code for nan"),
        (lambda: gptq(WEIGHTS, CALIBRATION, Grid(4, group=12)), "groups of 12 do not divide"),
        (lambda: gptq(WEIGHTS, CALIBRATION, Grid(4, group="column")), "goes along a row"),
        (lambda: gptq(WEIGHTS, CALIBRATION, Grid(4), damping=-1), "0 or more, not -1"),
        (
            lambda: gptq(drawn(), Calibration.of(text(20)), Grid(4), damping=0),
            "of 96 inputs is singular at damping 0",
        ),
        (lambda: gptq(WEIGHTS, Calibration.of(np.zeros((4, 32))), Grid(4)), "is singular"),
    ],
)
def test_what_gptq_cannot_do_is_refused(asked, words):
    with pytest.raises(ValueError, match=words):
        asked()
