"""Small floats against ml_dtypes: every code, and rounding to it."""

from itertools import product

import ml_dtypes
import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.quantization.small_floats import (
    BF16,
    E2M1,
    E4M3,
    E5M2,
    E8M0,
    FP16,
    SMALL_FLOATS,
    SmallFloat,
)

ORACLES = {
    "E4M3": ml_dtypes.float8_e4m3fn,
    "E5M2": ml_dtypes.float8_e5m2,
    "E3M2": ml_dtypes.float6_e3m2fn,
    "E2M3": ml_dtypes.float6_e2m3fn,
    "E2M1": ml_dtypes.float4_e2m1fn,
    "E8M0": ml_dtypes.float8_e8m0fnu,
    "E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
    "E5M2FNUZ": ml_dtypes.float8_e5m2fnuz,
    "E4M3B11FNUZ": ml_dtypes.float8_e4m3b11fnuz,
    "E3M4": ml_dtypes.float8_e3m4,
    "E4M3 (IEEE)": ml_dtypes.float8_e4m3,
    "FP16": np.float16,
    "BF16": ml_dtypes.bfloat16,
}
EVERY = pytest.mark.parametrize("small", SMALL_FLOATS.values(), ids=lambda small: small.name)
TINY = 2.0**-127  # the smallest E8M0, of the subnormal numbers of float32


def all_codes(small):
    return np.arange(2**small.bits).astype(small.dtype)


def hard_inputs(small, draws=300_000):
    """float32: every value and tie with its neighbours, every float16, and bits by chance."""
    values, _ = small.finite_values()
    values = np.append(values.astype(np.float64), 2 * values[-1:].astype(np.float64))
    ties = (values[1:] + values[:-1]) / 2
    beyond = small.largest + (small.largest - values[-3]) * np.array([0.5, 1, 2])
    with np.errstate(over="ignore", invalid="ignore"):
        edges = np.concatenate([values, ties, beyond, -beyond]).astype(np.float32)
        near = [edges, np.nextafter(edges, np.float32(np.inf)), np.nextafter(edges, -np.inf)]
        halves = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)
    by_chance = np.random.default_rng(1).integers(0, 2**32, draws, dtype=np.uint32)
    huge = np.float32([np.inf, -np.inf, np.nan, -np.nan, 3e38, -3e38, 1e-45, -1e-45, 0, -0.0])
    inputs = np.concatenate([*near, halves, by_chance.view(np.float32), huge])
    if small.nan_code is None:
        inputs = inputs[~np.isnan(inputs)]
    if small is E8M0:  # see test_ml_dtypes_rounds_up_what_lies_just_above_the_smallest_e8m0
        inputs = inputs[(inputs <= TINY) | (inputs >= 1.5 * TINY)]
    return inputs


def oracle_codes(small, values, saturate):
    """ml_dtypes' codes, the values clipped first if they saturate; numpy's for FP16, NaN quiet."""
    with np.errstate(over="ignore", invalid="ignore"):
        if saturate:
            values = np.clip(values, *small.finite_values()[0][[0, -1]])
        codes = values.astype(ORACLES[small.name]).view(small.dtype)
    if small is FP16:
        codes[np.isnan(values)] = codes[np.isnan(values)] & 0x8000 | FP16.nan_code
    return codes


@EVERY
def test_every_code_means_what_it_means_to_the_oracle(small):
    with np.errstate(invalid="ignore"):
        theirs = all_codes(small).view(ORACLES[small.name]).astype(np.float32)
    ours = small.decode(all_codes(small))
    assert ours.dtype == np.float32
    assert np.array_equal(ours, theirs, equal_nan=True)
    assert np.array_equal(np.signbit(ours[theirs == 0]), np.signbit(theirs[theirs == 0]))


@pytest.mark.parametrize("saturate", [True, False])
@EVERY
def test_values_round_to_the_code_of_the_oracle(small, saturate):
    values = hard_inputs(small)
    theirs = oracle_codes(small, values, saturate)
    assert np.array_equal(small.encode(values, saturate), theirs)
    with np.errstate(invalid="ignore"):
        assert np.array_equal(small.encode(values.astype(np.float64), saturate), theirs)


@EVERY
def test_values_that_exist_are_kept(small):
    values, codes = small.finite_values()
    assert np.array_equal(small.encode(values), codes)
    assert np.array_equal(small.encode(values, random=np.random.default_rng(0)), codes)
    assert (np.diff(values) >= 0).all()
    assert small.largest == values[-1]
    assert small.smallest_subnormal == values[values > 0][0]


def test_ml_dtypes_rounds_up_what_lies_just_above_the_smallest_e8m0():
    """Between 2^-127 and 1.5 × 2^-127 the nearer power is 2^-127; it is given 2^-126."""
    values = np.float32([1, 1.0000002, 1.25, 1.4999998, 1.5, 2]) * np.float32(TINY)
    assert list(values.astype(ml_dtypes.float8_e8m0fnu).view(np.uint8)) == [0, 1, 1, 1, 1, 1]
    assert list(E8M0.encode(values)) == [0, 0, 0, 0, 1, 1]


def test_ml_dtypes_hides_a_nan_where_a_format_has_none():
    hidden = np.float32([np.nan]).astype(ml_dtypes.float4_e2m1fn).astype(np.float32)
    assert hidden[0] == 0
    assert np.signbit(hidden[0])
    with pytest.raises(ValueError, match=r"E2M1 has no code for NaN, found at \(1, 0\)"):
        E2M1.encode([[1.0], [np.nan]])


def test_what_lies_beyond_the_largest():
    beyond = np.float32([464, 464.1, -1e6, np.inf])  # 464 lies halfway to what would come next
    assert list(E4M3.rounded(beyond)) == [448, 448, -448, 448]
    assert list(E4M3.encode(beyond, saturate=False)) == [0x7E, 0x7F, 0xFF, 0x7F]
    assert list(E5M2.rounded([61439, 61440, -np.inf], saturate=False)) == [57344, np.inf, -np.inf]
    assert list(E2M1.rounded([7, 1e9, -np.inf], saturate=False)) == [6, 6, -6]
    assert np.isnan(E5M2.rounded(np.nan))


def test_e8m0_has_neither_zero_nor_sign():
    assert list(E8M0.rounded([0, -0.0, -8, 1e-45])) == [TINY] * 4
    assert list(E8M0.encode(np.float32([0, -0.0, -8, 1e-45]), saturate=False)) == [255, 255, 255, 0]
    unsigned = SmallFloat("UE4M3", 4, 3, 7, "fn", signed=False)
    assert list(unsigned.rounded([-2, -0.0, 449])) == [0, 0, 448]
    assert np.isnan(unsigned.rounded(-2, saturate=False))


@pytest.mark.parametrize("special", ["ieee", "fn", "fnuz", "none"])
def test_a_small_float_of_ones_own_has_the_values_of_its_definition(special):
    tried = 0
    for exponent, mantissa, bias, subnormals in product(
        range(1, 6), range(5), (-3, 7, 20), (True, False)
    ):
        try:
            small = SmallFloat("own", exponent, mantissa, bias, special, subnormals=subnormals)
        except ValueError:  # one that cannot be, which is tried below
            continue
        tried += 1
        steps = 2**mantissa
        last = steps * 2**exponent - {"ieee": steps, "fn": 1}.get(special, 0)
        values = [
            (code % steps) / steps * 2.0 ** (1 - bias)
            if subnormals and code < steps
            else (1 + code % steps / steps) * 2.0 ** (code // steps - bias)
            for code in range(last)
        ]
        assert small.decode(np.arange(last)).tolist() == values
        assert np.array_equal(small.encode(values), range(last))
        assert small.largest == values[-1]
        assert not np.isfinite(small.decode(np.arange(last, small.sign_bit))).any()
    assert tried > 60


def test_what_has_no_code_becomes_nan_and_not_infinite():
    """Zero lies before the least value and -2 on the other side: neither beyond the largest."""
    unsigned = SmallFloat("UE5M2", 5, 2, 15, "ieee", signed=False)
    assert np.isnan(unsigned.rounded([-2, -np.inf], saturate=False)).all()
    assert list(unsigned.rounded([-0.0, 70_000], saturate=False)) == [0, np.inf]
    no_zero = SmallFloat("E3M2 without zero", 3, 2, 3, "ieee", subnormals=False)
    assert np.isnan(no_zero.rounded([0, -0.0], saturate=False)).all()
    assert list(no_zero.rounded([0, 1e-9, 100], saturate=False)[1:]) == [0.125, np.inf]


@EVERY
def test_the_fields_of_a_code_make_its_value(small):
    _, codes = small.finite_values()
    sign, exponent, mantissa = small.fields(codes)
    subnormal = (exponent == 0) & small.subnormals
    leading = np.where(subnormal, 0, 1) + mantissa / 2.0**small.mantissa_bits
    power = np.where(subnormal, 1, exponent.astype(int)) - small.bias
    assert np.array_equal((-1.0) ** sign * np.ldexp(leading, power), small.decode(codes))


def test_named_numbers():
    assert (E4M3.largest, E4M3.smallest_normal, E4M3.smallest_subnormal) == (448, 2**-6, 2**-9)
    assert (FP16.largest, BF16.smallest_normal) == (65504, 2.0**-126)
    assert E4M3.fields(0xB9) == (1, 7, 1)  # -1.125
    assert [small.bits for small in (E2M1, E8M0, BF16)] == [4, 8, 16]


@pytest.mark.parametrize("name", catalog.float_formats())
def test_the_catalog_knows_the_same_formats(name):
    row, small = catalog.float_formats()[name], SMALL_FLOATS[name]
    values = small.decode(all_codes(small))
    assert row.bits == small.bits
    assert row.largest in (None, small.largest)
    assert row.exponent_bias in (None, small.bias)
    assert row.nan_codes in (None, np.isnan(values).sum())
    assert row.inf_codes in (None, np.isinf(values).sum())
    assert not row.values or row.values == tuple(np.unique(np.abs(values)))


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (2, 3, 4)])
def test_shapes_stay(shape):
    for dtype in (np.float16, np.float32, np.float64, np.int8, np.int64, ml_dtypes.bfloat16):
        codes = E4M3.encode(np.ones(shape, dtype))
        assert codes.shape == shape
        assert (E4M3.decode(codes) == 1).all()


def test_arrays_that_are_read_only_or_strided_or_swapped_are_read_and_left_alone():
    values = np.arange(24, dtype=np.float32).reshape(4, 6)
    values.flags.writeable = False
    for view in (values.T, values[::2, ::-1], values.astype(">f4")):
        assert np.array_equal(E4M3.encode(view), E4M3.encode(view.astype(float)))
    codes = np.arange(12, dtype=np.uint8).reshape(3, 4)
    codes.flags.writeable = False
    assert np.array_equal(E2M1.decode(codes.T), E2M1.decode(codes).T)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: E4M3.encode(["a"]), "E4M3 stores real numbers, not <U1"),
        (lambda: E4M3.encode([True]), "real numbers, not bool"),
        (lambda: E4M3.encode([1j]), "real numbers, not complex128"),
        (lambda: E4M3.decode([1.0]), "a whole number, not float64"),
        (lambda: E2M1.decode([3, 16]), "E2M1 has the codes 0 to 15, and 16 is none"),
        (lambda: E2M1.fields(-1), "and -1 is none"),
        (lambda: SmallFloat("F", 4, 3, 7, "odd"), "special must be one of ieee, fn"),
        (lambda: SmallFloat("F", 0, 3, 7, "fn"), "0 bits of exponent and 3 of mantissa"),
        (lambda: SmallFloat("F", 8, 8, 127, "ieee"), "no format of 2 to 16 bits"),
        (lambda: SmallFloat("F", 4, 0, 7, "ieee"), "NaN needs a mantissa"),
        (lambda: SmallFloat("F", 4, 3, 8, "fnuz", signed=False), "needs a sign"),
        (lambda: SmallFloat("F", 4, 3, 8, "fnuz", subnormals=False), "and a zero"),
        (lambda: SmallFloat("F", 4.5, 3, 7, "fn"), "exponent_bits must be a whole number, not 4.5"),
        (lambda: SmallFloat("F", 4, 3, 7.5, "fn"), "bias must be a whole number, not 7.5"),
        (lambda: SmallFloat("F", 1, 0, 1, "fn"), "room for NaN and one number"),
        (lambda: SmallFloat("F", 8, 7, 127, "none"), "from 2.-133 to 2.128 and beyond float32"),
        (lambda: SmallFloat("F", 8, 7, 150, "ieee"), "from 2.-156"),
    ],
)
def test_what_cannot_be_is_refused(ask, words):
    with pytest.raises(ValueError, match=words):
        ask()
