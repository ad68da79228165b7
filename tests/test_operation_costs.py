"""Published energies and areas beside counted cells: where the square of the bits holds."""

import pytest

from lecture_lib import catalog
from lecture_lib.catalog import CatalogError
from lecture_lib.operation_costs import (
    decode_energy,
    forward_arithmetic,
    layers_energy,
    multiply_add_energy,
    operation_area,
    operation_energy,
    read_energy,
    scaling,
    token_energy,
    without_multiplying,
)
from lecture_lib.transformer import TransformerShape

PJ = 1e-12


def test_energies_are_those_of_the_rows():
    assert operation_energy("45nm", "FP32", "mult") == 3.7 * PJ
    assert operation_energy("7nm", "BF16", "add") == 0.11 * PJ
    assert operation_area("INT8", "mult") == 282e-12
    assert multiply_add_energy("7nm", "INT8", "INT32") == pytest.approx((0.07 + 0.03) * PJ)


def test_a_figure_that_nobody_published_is_refused_by_name():
    with pytest.raises(CatalogError, match="45nm/bf16_mult"):
        operation_energy("45nm", "BF16", "mult")


def test_c83_the_ratios_of_the_claim():
    result = catalog.claim("C83").model.result
    floats = scaling("45nm", "mult", "FP16", "FP32")
    assert floats.energy == pytest.approx(result["fp32_fp16"], abs=0.01)
    assert floats.significands**2 == pytest.approx(result["predicted"], abs=0.01)
    assert scaling("45nm", "mult", "INT8", "INT32").energy == pytest.approx(result["int32_int8"])
    assert scaling("7nm", "mult", "FP16", "FP32").energy == pytest.approx(3.9, abs=0.06)
    assert scaling("7nm", "mult", "INT8", "INT32").energy == pytest.approx(21, abs=0.2)


@pytest.mark.parametrize("process", ["45nm", "7nm"])
def test_products_grow_with_the_square_and_sums_do_not(process):
    assert scaling(process, "mult", "INT8", "INT32").power_of_bits == pytest.approx(2, abs=0.25)
    assert scaling(process, "add", "INT8", "INT32").power_of_bits == pytest.approx(1, abs=0.2)
    floats = scaling(process, "mult", "FP16", "FP32")
    # the exponents and all that is left out are in it too, and grow more slowly
    assert 1.5 < floats.power_of_significands < 1.8
    assert floats.energy < floats.cells < 6
    assert scaling(process, "add", "FP16", "FP32").power_of_bits == pytest.approx(1.2, abs=0.1)


def test_the_counted_cells_foretell_the_integer_product():
    counted = scaling("45nm", "mult", "INT8", "INT32")
    assert counted.cells == (1024 + 32 + 960) / (64 + 8 + 48)
    assert counted.energy < counted.cells < scaling("7nm", "mult", "INT8", "INT32").energy
    assert counted.area == pytest.approx(3495 / 282)
    assert scaling("7nm", "mult", "INT8", "INT32").area is None


def test_bf16_and_fp16_are_as_wide_and_cost_by_their_significands():
    between = scaling("7nm", "mult", "BF16", "FP16")
    assert between.bits == 1
    assert between.significands**2 == pytest.approx(1.89, abs=0.01)
    assert between.energy == pytest.approx(1.62, abs=0.01)


def test_c45_the_71_times_are_a_multiply_add_of_fp16_over_an_addition_of_int8():
    result = catalog.claim("C45").model.result
    assert without_multiplying("7nm") == pytest.approx(result["ratio"], abs=0.005)
    assert without_multiplying("45nm") == pytest.approx(result["ratio_45nm"])
    assert f"{without_multiplying('7nm'):.1f}" == "71.4"
    # without the addition, or without the multiplication, it is another number
    int8 = operation_energy("7nm", "INT8", "add")
    assert operation_energy("7nm", "FP16", "mult") / int8 == pytest.approx(48.6, abs=0.05)
    assert operation_energy("7nm", "FP16", "add") / int8 == pytest.approx(22.9, abs=0.05)


def test_a_total_that_does_not_overflow_costs_four_times_as_much():
    assert without_multiplying("7nm", total="INT32") == pytest.approx(0.5 / 0.03)
    assert without_multiplying("45nm", total="INT32") == pytest.approx(15)


def test_reading_is_linear_in_the_bits_and_dwarfs_the_arithmetic():
    low, high = read_energy("45nm", "dram")
    assert (low, high) == pytest.approx((1300 / 64 * PJ, 2600 / 64 * PJ))
    assert read_energy("7nm", "sram_1MB")[0] == pytest.approx(14 / 64 * PJ)
    hbm = catalog.energy("dram/hbm2").low
    read, used = decode_energy("7nm", "FP16", 16, hbm)
    assert read / used == pytest.approx(
        catalog.energy("worked/llama2_7b_fp16_token_ratio").low, rel=0.01
    )
    half, _ = decode_energy("7nm", "FP16", 8, hbm)
    assert half == read / 2


def test_a_token_of_a_7b_reads_0_42_joules_and_calculates_a_125th_of_it():
    weights = catalog.shape("Llama-2-7B").parameters
    product = multiply_add_energy("7nm", "FP16")
    token = token_energy(weights, bits=16, per_bit=3.9 * PJ, operation=product)
    reading = catalog.energy("worked/llama2_7b_fp16_token_hbm").low
    assert token.reading == pytest.approx(reading, rel=1e-3)
    arithmetic = catalog.energy("worked/llama2_7b_fp16_token_arithmetic").low
    assert token.arithmetic == pytest.approx(arithmetic, rel=1e-3)
    assert token.total == token.reading + token.arithmetic
    shared = token_energy(weights, bits=16, per_bit=3.9 * PJ, operation=product, users=8)
    assert (shared.reading, shared.arithmetic) == (token.reading / 8, token.arithmetic)


@pytest.mark.parametrize(
    "row", [r for r in catalog.ternary_results() if r.energy and r.model in catalog.models()]
)
def test_the_energies_of_the_2b4t_card_are_arithmetic_of_512_tokens_alone(row):
    printed = 5e-4  # half of the last digit, J
    assert layers_energy(row.model, 512) == pytest.approx(row.energy, abs=printed)


def test_a_pass_through_the_layers_by_hand():
    # 2 layers, width 8, 2 heads of 4, gated mlp of 16: 2 * (4 * 64 + 3 * 128) weights
    toy = TransformerShape("toy", 2, 8, 16, 2, 2, 4, 100)
    assert forward_arithmetic(toy, 10, weight=1, attention=0) == 10 * 2 * (4 * 64 + 3 * 128)
    assert forward_arithmetic(toy, 10, weight=0, attention=1) == 2 * 2 * 8 * 10**2
