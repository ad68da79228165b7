"""Sums over inputs, taken in pieces, know the error at the output without the inputs."""

import numpy as np
import pytest

from lecture_lib.quantization.calibration import Calibration

RNG = np.random.default_rng(4)
INPUTS = RNG.normal(size=(30, 6))
WEIGHTS = RNG.normal(size=(4, 6)).astype(np.float32)


def test_the_sums_are_those_of_the_inputs():
    found = Calibration.of(INPUTS)
    assert (found.tokens, found.inputs) == (30, 6)
    assert found.products == pytest.approx(INPUTS.T @ INPUTS, rel=1e-5)
    assert found.magnitudes == pytest.approx(np.abs(INPUTS).sum(axis=0), rel=1e-6)
    assert found.largest == pytest.approx(np.abs(INPUTS).max(axis=0), rel=1e-6)


def test_pieces_add_up_to_the_whole():
    whole = Calibration.of(INPUTS.reshape(2, 15, 6))
    pieces = Calibration.of(INPUTS[:7]) + Calibration.of(INPUTS[7:])
    assert pieces.tokens == whole.tokens
    assert pieces.products == pytest.approx(whole.products)
    assert pieces.magnitudes == pytest.approx(whole.magnitudes)
    assert np.array_equal(pieces.largest, whole.largest)


def test_the_error_at_the_output_is_that_of_the_product():
    restored = WEIGHTS + RNG.normal(size=WEIGHTS.shape).astype(np.float32)
    direct = np.square(INPUTS @ (WEIGHTS - restored).T).mean()
    found = Calibration.of(INPUTS).output_error(WEIGHTS, restored)
    assert found == pytest.approx(direct, rel=1e-5)
    assert Calibration.of(INPUTS).output_error(WEIGHTS, WEIGHTS) == 0


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda: Calibration.of(np.ones(3)), r"\[tokens, in\], not shape \(3,\)"),
        (lambda: Calibration.of(np.ones((0, 3))), "not shape"),
        (lambda: Calibration.of([[1, np.nan]]), r"no code for nan, found at \(0, 1\)"),
        (lambda: Calibration.of(INPUTS) + Calibration.of(INPUTS[:, 1:]), "different layers"),
        (lambda: Calibration.of(INPUTS).weights(WEIGHTS.T), "do not read the 6 inputs"),
        (lambda: Calibration.of(INPUTS).weights(np.ones(6)), r"of shape \(6,\)"),
        (lambda: Calibration.of(INPUTS).output_error(WEIGHTS, WEIGHTS[1:]), "cannot come back"),
    ],
)
def test_what_does_not_meet_is_refused(asked, words):
    with pytest.raises(ValueError, match=words):
        asked()
