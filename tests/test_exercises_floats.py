"""The questions on small floats, answered by hand."""

import ml_dtypes
import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.exercises import floats


def decoded(kind, bits: str) -> float:
    return float(np.array([int(bits.replace(" ", ""), 2)], np.uint8).view(kind)[0])


@pytest.mark.parametrize("setting", floats.ones_of_a_code.settings)
def test_a_code_is_worth_what_ml_dtypes_reads(setting):
    name, bits, scale = setting
    kind = {
        "E4M3": ml_dtypes.float8_e4m3fn, "E5M2": ml_dtypes.float8_e5m2,
        "E3M2": ml_dtypes.float6_e3m2fn, "E2M3": ml_dtypes.float6_e2m3fn,
    }[name]  # fmt: skip
    task = floats.ones_of_a_code.pose(*setting)
    assert task.truth == decoded(kind, bits) * scale
    assert task.truth == int(task.truth)


def test_300_is_288_in_e4m3_and_153_is_160():
    assert [floats.ones_stored_for.task(k).truth for k in (0, 2)] == [288, 160]


def test_8_billion_weights_in_mxfp4_take_17_bytes_for_32():
    truth = floats.gigabytes_with_scales.task(0).truth
    assert truth == pytest.approx(8_030_261_248 * 17 / 32 / 1e9)


def test_beside_40_a_neighbour_of_9_is_rounded_in_steps_of_4():
    assert floats.ones_beside_the_largest.task(0).truth == 8


def test_the_square_of_11_over_24_is_a_fifth():
    truth = floats.picojoules_of_a_product.task(0).truth
    assert truth == pytest.approx(3.7 * 121 / 576)


def test_a_float_has_as_few_values_above_the_middle_as_between_any_two_powers():
    every = np.arange(127, dtype=np.uint8).view(ml_dtypes.float8_e4m3fn).astype(float)
    assert floats.upper_half.ask().value == (every > 224).sum() == 8
    assert "126 values above zero" in floats.upper_half.ask().ask


def test_three_values_survive_one_scale():
    assert floats.survivors.ask().value == 3


def test_an_h100_doubles_its_rate():
    asked = floats.rate_of_eight_bits.ask()
    assert asked.value == pytest.approx(2, rel=1e-3)
    assert "7.4 times fewer cells" in asked.ask  # 236 over 32


def test_six_bits_in_blocks_are_the_least_of_the_perplexities():
    asked = floats.six_bits.ask()
    options = [float(option.words.split()[1]) for option in asked.options]
    assert options == sorted(options)
    assert asked.right == 0
    base = catalog.trial("as shipped").perplexity
    truth = base * catalog.trial("activations MXFP6 (E2M3)").ratio
    assert options[0] == pytest.approx(truth, rel=0.06)
