"""The parts of a block say bit by bit what its format does with whole bytes."""

import numpy as np
import pytest
from blocks_to_try import ordinary

from lecture_lib.quantization import ggml
from lecture_lib.quantization.parts import MEANINGS, Part, part

WITH_PARTS = [name for name, form in ggml.FORMATS.items() if form.parts]
E2M1 = np.float32([0, 0.5, 1, 1.5, 2, 3, 4, 6])


def float16(codes):
    return codes.astype(np.uint16).view(np.float16).astype(np.float32)


def signed(codes, bits):
    return codes - (codes >= 2 ** (bits - 1)) * 2**bits


def e2m1(p):
    return (1 - 2 * p["signs"]) * E2M1[2 * p["exponents"] + p["mantissas"]]


def e4m3(codes):
    exponent, mantissa = codes >> 3, codes & 7
    return np.where(exponent > 0, (1 + mantissa / 8) * 2.0 ** (exponent - 7), mantissa / 512)


def trits(codes, count):
    return [codes * 3**place % 256 * 3 // 256 - 1 for place in range(count)]


IQ4_LEVELS = np.float32([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113])
# What a weight is, from the numbers of the parts that serve it.
FORMULAS = {
    "Q4_0": lambda p: float16(p["d"]) * (p["codes"] - 8),
    "Q4_1": lambda p: float16(p["d"]) * p["codes"] + float16(p["m"]),
    "Q5_0": lambda p: float16(p["d"]) * (p["codes"] - 16),
    "Q5_1": lambda p: float16(p["d"]) * p["codes"] + float16(p["m"]),
    "Q8_0": lambda p: float16(p["d"]) * signed(p["codes"], 8),
    **dict.fromkeys(
        ("Q2_K", "Q4_K", "Q5_K"),
        lambda p: float16(p["d"]) * p["scales"] * p["codes"] - float16(p["dmin"]) * p["minima"],
    ),
    "Q3_K": lambda p: float16(p["d"]) * (p["scales"] - 32) * (p["codes"] - 4),
    "Q6_K": lambda p: float16(p["d"]) * signed(p["scales"], 8) * (p["codes"] - 32),
    "IQ4_NL": lambda p: float16(p["d"]) * IQ4_LEVELS[p["codes"]],
    "MXFP4": lambda p: 2.0 ** (p["e"] - 127) * e2m1(p),
    "NVFP4": lambda p: e4m3(p["d"]) * e2m1(p),
    "TQ2_0": lambda p: float16(p["d"]) * (p["codes"] - 1),
}


def by_weight(form, stored):
    """The numbers of each part as every weight meets them, int [blocks, weights]."""
    found = {}
    for each in form.parts:
        found[each.name] = np.zeros((len(stored), form.weights), np.int64)
        found[each.name][:, each.weights] = each.read(stored)[..., None]
    return found


@pytest.mark.parametrize(("name", "formula"), FORMULAS.items())
def test_a_block_read_bit_by_bit_has_the_weights_of_its_format(name, formula):
    form = ggml.format(name)
    stored = form.quantize(ordinary(form.weights, 20) + np.float32(0.003))
    assert np.allclose(formula(by_weight(form, stored)), form.dequantize(stored), rtol=1e-6)


def test_five_weights_share_a_byte_in_base_three():
    form = ggml.format("TQ1_0")
    stored = form.quantize(ordinary(256, 20))
    weights = np.full((20, 256), np.nan)
    *shared, d = form.parts
    for each in shared:
        digits = trits(each.read(stored), each.weights.shape[1])
        weights[:, each.weights] = np.stack(digits, axis=-1) * float16(d.read(stored))[..., None]
    assert np.array_equal(weights, form.dequantize(stored))


@pytest.mark.parametrize("name", WITH_PARTS)
def test_every_bit_has_one_meaning_and_every_weight_its_bits(name):
    form = ggml.format(name)
    bits = np.concatenate([each.bits.ravel() for each in form.parts])
    assert np.array_equal(np.sort(bits), np.arange(8 * form.bytes))
    assert {each.meaning for each in form.parts} <= set(MEANINGS)
    for meaning in {each.meaning for each in form.parts}:
        served = [each.weights.ravel() for each in form.parts if each.meaning == meaning]
        assert set(np.concatenate(served)) == set(range(form.weights))


def test_all_formats_but_the_code_books_have_parts():
    assert [name for name, form in ggml.FORMATS.items() if form.pack] == WITH_PARTS
    assert set(FORMULAS) | {"TQ1_0"} == set(WITH_PARTS)


def test_entries_are_read_lowest_bit_first():
    cut = Part("cut", "value", np.array([[0, 9], [15, 1]]), np.array([[0], [1]]))
    assert cut.read(np.uint8([[0b01, 0b10], [0b10, 0b10000000]])).tolist() == [[3, 0], [0, 3]]


def test_entries_serve_runs_of_weights():
    assert part("scales", "scale", [[0], [1]], 4).weights.tolist() == [[0, 1], [2, 3]]
