"""Circuits carried out bit by bit give the right numbers, with as many cells as counted."""

import numpy as np
import pytest

from lecture_lib.arithmetic import (
    OPERANDS,
    Cells,
    Circuit,
    Operand,
    adder,
    array_multiplier,
    bits_of,
    multiplier,
    multiply_add,
    number_of,
    shifter,
    summing,
)

WIDTHS = [(n, m) for n in range(1, 7) for m in range(1, 7)]


def every_pair(n: int, m: int):
    """All numbers of n bits with all of m bits."""
    a, b = np.meshgrid(np.arange(2**n), np.arange(2**m))
    return a.ravel(), b.ravel()


@pytest.mark.parametrize(("n", "m"), WIDTHS)
def test_an_array_of_gates_multiplies_every_pair_with_the_cells_of_the_closed_form(n, m):
    a, b = every_pair(n, m)
    circuit = Circuit()
    product = circuit.multiply(bits_of(a, n), bits_of(b, m))
    assert (number_of(product) == a * b).all()
    assert circuit.cells == array_multiplier(n, m)


@pytest.mark.parametrize(("n", "m"), [(11, 11), (24, 24), (32, 32), (24, 11)])
def test_wide_arrays_multiply_too(n, m):
    rng = np.random.default_rng(0)
    a, b = (rng.integers(2**width, size=200, dtype=np.int64) for width in (n, m))
    circuit = Circuit()
    product = circuit.multiply(bits_of(a, n), bits_of(b, m))
    exact = [int(x) * int(y) for x, y in zip(a, b, strict=True)]  # 64 bits unsigned: past int64
    found = [sum(int(bit[k]) << place for place, bit in enumerate(product)) for k in range(200)]
    assert found == exact
    assert circuit.cells == array_multiplier(n, m)


@pytest.mark.parametrize("bits", [1, 2, 3, 5, 8])
def test_a_ripple_of_adders_adds_every_pair(bits):
    a, b = every_pair(bits, bits)
    circuit = Circuit()
    assert (number_of(circuit.add(bits_of(a, bits), bits_of(b, bits))) == a + b).all()
    assert circuit.cells == adder(bits)


@pytest.mark.parametrize(("bits", "places"), [(1, 1), (4, 4), (11, 11), (11, 16), (5, 2)])
def test_rows_of_multiplexers_shift_by_every_distance(bits, places):
    stages = (places - 1).bit_length()
    numbers, by = every_pair(bits, stages)
    circuit = Circuit()
    shifted = circuit.shift_down(bits_of(numbers, bits), bits_of(by, stages))
    assert (number_of(shifted) == numbers >> by).all()
    assert circuit.cells == shifter(bits, places)


def test_the_textbook_array_of_n_by_n():
    for n in range(2, 33):
        assert array_multiplier(n, n) == Cells(n * n, n, n * (n - 2))


def test_a_float_multiplies_significands_and_adds_exponents():
    fp16 = multiplier(OPERANDS["FP16"])
    assert fp16 == Cells(ands=121, half_adders=11 + 1, full_adders=99 + 4)
    assert multiplier(OPERANDS["INT8"]) == array_multiplier(8, 8)
    # a BF16 significand is 8 bits wide with the hidden one: INT8's array, and an exponent
    assert multiplier(OPERANDS["BF16"]) == array_multiplier(8, 8) + adder(8)


def test_a_float_is_shifted_twice_to_be_added_and_an_integer_never():
    fp16, int16 = summing(OPERANDS["FP16"]), summing(OPERANDS["INT16"])
    assert fp16.multiplexers == 2 * 11 * 4
    assert int16 == adder(16)
    # both add 16 bits in all, one in two parts
    assert fp16.half_adders + fp16.full_adders == int16.total == 16


def test_a_multiply_add_is_a_multiplier_and_the_adder_of_its_total():
    int8, int32 = OPERANDS["INT8"], OPERANDS["INT32"]
    assert multiply_add(int8, int32) == array_multiplier(8, 8) + adder(32)
    assert multiply_add(int8, int32).total == 64 + 56 + 32


@pytest.mark.parametrize("count", ["ands", "full_adders"])
def test_only_the_product_grows_with_the_square(count):
    small, large = (getattr(array_multiplier(n, n), count) for n in (256, 512))
    assert large / small == pytest.approx(4, rel=0.01)
    for part in (adder, lambda n: shifter(n, 16)):
        assert part(512).total == 2 * part(256).total


def test_operands_are_as_wide_as_they_are_stored():
    for operand in OPERANDS.values():
        hidden = 1 if operand.exponent else 0
        sign = 1 if operand.exponent else 0  # an integer's is the top bit of its two's complement
        assert operand.bits == sign + operand.exponent + operand.significand - hidden


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: adder(0),
        lambda: array_multiplier(8, 1.5),
        lambda: shifter(4, 0),
        lambda: Operand("E2M-1", 2, 0, 2),
        lambda: bits_of([8], 3),
        lambda: bits_of([-1], 3),
    ],
)
def test_impossible_widths_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must be|bits hold"):
        wrong()
