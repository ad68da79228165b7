"""Block floats: against their definitions, GGML's MXFP4, and Tenstorrent's bit by bit."""

import re
from pathlib import Path

import ggml_library
import ml_dtypes
import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.quantization import block_floats, ggml, ternary
from lecture_lib.quantization.block_floats import (
    BFP2,
    BFP4,
    BFP8,
    MXFP4,
    MXFP6_E2M3,
    MXFP6_E3M2,
    MXFP8_E4M3,
    MXFP8_E5M2,
    MXINT8,
    FixedPoint,
    nvfp4,
    nvfp4_scale,
    shared_exponent,
)
from lecture_lib.quantization.small_floats import E2M1, E4M3

# element, exponent of its largest value
MX = {
    MXFP8_E4M3: (ml_dtypes.float8_e4m3fn, 8, 448),
    MXFP8_E5M2: (ml_dtypes.float8_e5m2, 15, 57344),
    MXFP6_E3M2: (ml_dtypes.float6_e3m2fn, 4, 28),
    MXFP6_E2M3: (ml_dtypes.float6_e2m3fn, 2, 7.5),
    MXFP4: (ml_dtypes.float4_e2m1fn, 2, 6),
}
BFP = {BFP8: 7, BFP4: 3, BFP2: 1}
EVERY = [*MX, MXINT8, nvfp4(0.001), *BFP]
NAMED = {"ids": lambda format: format.name}


def weights(rows=256, seed=0):
    """As a model's: most small, one in a thousand large, some blocks of zeros or of tiny ones."""
    draw = np.random.default_rng(seed)
    values = draw.standard_normal((rows, 512)) * 0.02
    values[draw.random(values.shape) < 0.001] *= 30
    values[0, :64], values[1, :64], values[2, 32:64] = 0, 1e-30, 3e38
    return values.astype(np.float32)


def relative_error(format, values):
    return np.sqrt(((format.rounded(values) - values) ** 2).sum() / (values**2).sum())


@pytest.mark.parametrize("format", MX, **NAMED)
def test_microscaling_is_a_power_of_two_and_the_oracles_rounding(format):
    oracle, largest_exponent, largest = MX[format]
    blocks = weights().reshape(-1, 32)
    amax = np.abs(blocks).max(axis=1, keepdims=True).astype(np.float64)
    with np.errstate(divide="ignore"):
        exponent = np.floor(np.log2(amax)) - largest_exponent
    scale = 2.0 ** np.maximum(exponent, -127)
    elements = np.clip(blocks / scale, -largest, largest).astype(oracle).astype(np.float64)
    assert np.array_equal(format.rounded(blocks), (elements * scale).astype(np.float32))
    stored = format.quantize(blocks)
    assert np.array_equal(2.0 ** (stored[:, :1].astype(float) - 127), scale)


def test_mxint8_is_sixty_fourths():
    block = np.zeros(32, np.float32)
    block[:5] = [1.99, -1.99, 1 / 64, 0.4 / 64, -1]
    assert list(MXINT8.quantize(block)[:6]) == [127, 127, 129, 1, 0, 192]
    assert list(MXINT8.rounded(block)[:5]) == [127 / 64, -127 / 64, 1 / 64, 0, -1]
    every = np.arange(256, dtype=np.uint8)
    assert np.array_equal(FixedPoint(8, 6).decode(every), every.view(np.int8) / np.float32(64))


def test_a_stored_scale_of_nan_takes_the_block_along():
    stored = MXFP4.quantize(np.ones(32))
    stored[0] = 255
    assert np.isnan(MXFP4.dequantize(stored)).all()


def ggml_mxfp4(blocks):
    """GGML's values and bytes of MXFP4, for blocks of 32."""
    stored = ggml_library.quantize("MXFP4", blocks, 17)
    return ggml_library.dequantize("MXFP4", stored, 32), stored


def test_mxfp4_is_ggmls_wherever_no_tie_is_rounded():
    blocks = weights(1024, seed=1).reshape(-1, 32)
    theirs, stored = ggml_mxfp4(blocks)
    assert np.array_equal(MXFP4.rounded(blocks), theirs)
    ours = MXFP4.quantize(blocks)
    assert np.array_equal(ours[:, 0], stored[:, 0])
    low, high = stored[:, 1:] & 15, stored[:, 1:] >> 4  # GGML's order: first half, second half
    elements = E2M1.decode(np.hstack([low, high])) * 2.0 ** (stored[:, :1].astype(float) - 127)
    assert np.array_equal(elements.astype(np.float32), theirs)


def test_ggml_rounds_a_tie_of_mxfp4_towards_zero_and_the_standard_to_even():
    """As happens to FP16 and BF16 weights: about one in 1,600 of FP16."""
    values = np.zeros((1, 32), np.float32)
    values[0, :8] = [6, 0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5]
    assert list(ggml_mxfp4(values)[0][0, :8]) == [6, 0, 0.5, 1, 1.5, 2, 3, 4]
    assert list(MXFP4.rounded(values)[0, :8]) == [6, 0, 1, 1, 2, 2, 4, 4]
    halves = weights(1024, seed=2)[3:].reshape(-1, 32).astype(np.float16).astype(np.float32)
    ours, theirs = MXFP4.rounded(halves), ggml_mxfp4(halves)[0]
    differs = ours != theirs
    assert 0 < differs.mean() < 0.002
    middle = (ours[differs] + theirs[differs]) / 2
    assert np.array_equal(middle, halves[differs])
    assert (np.abs(theirs) <= np.abs(ours)).all()


def test_a_block_that_is_next_to_nothing_takes_the_smallest_scale():
    """Below 2^-125 the wanted scale has no code; in GGML on x86-64 its byte wraps around to 255."""
    blocks = np.full((1, 32), 2.0**-126, np.float32)
    assert MXFP4.quantize(blocks)[0, 0] == 0
    assert np.array_equal(MXFP4.rounded(blocks), blocks)


def test_nvfp4_follows_the_two_level_rule():
    values = weights()[3:]
    scale = np.float32(np.abs(values).max() / 448 / 6)
    assert abs(nvfp4_scale(values) / scale - 1) < 1e-6
    scale = nvfp4_scale(values)
    blocks = values.reshape(-1, 16)
    amax = np.abs(blocks).max(axis=1, keepdims=True)
    fp8 = np.clip(amax / np.float32(6) / scale, np.float32(2**-6), np.float32(448))
    fp8 = fp8.astype(ml_dtypes.float8_e4m3fn).astype(np.float32)
    fp4 = np.clip(blocks / (scale * fp8), -6, 6).astype(ml_dtypes.float4_e2m1fn)
    expected = scale * fp8 * fp4.astype(np.float32)
    assert np.array_equal(nvfp4(scale).rounded(values), expected.reshape(values.shape))
    assert E4M3.decode(nvfp4(scale).quantize(values).reshape(-1, 9)[:, 0]).max() == 448


def test_the_second_scale_of_nvfp4_is_for_small_weights():
    """Relative errors by torchao 0.18: .0952 with the tensor's scale, .1302 without."""
    values = (np.random.default_rng(3).standard_normal((256, 1024)) * 0.02).astype(np.float32)
    assert relative_error(nvfp4(nvfp4_scale(values)), values) == pytest.approx(0.0952, abs=0.0008)
    assert relative_error(nvfp4(1), values) == pytest.approx(0.1302, abs=0.001)
    assert relative_error(MXFP4, values) == pytest.approx(0.1141, abs=0.0008)  # torchao and ggml


def test_nvfp4_at_the_ends_of_float32():
    assert nvfp4_scale([]) == nvfp4_scale(np.zeros(16)) == np.finfo(np.float32).tiny
    assert not nvfp4(nvfp4_scale(np.zeros(16))).rounded(np.zeros(16)).any()
    assert (nvfp4(1e-30).rounded(np.full(16, 3e38)) == np.float32(1e-30) * 448 * 6).all()
    for scale in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match="a number above 0 in float32"):
            nvfp4(scale)


def tenstorrent_row(words, mantissa_bits):
    """The exponent and the codes of 16 float32, given as their bits, in whole numbers alone."""
    shared = max((word >> 23) & 255 for word in words)
    codes = []
    for word in words:
        exponent, sign = (word >> 23) & 255, word >> 31
        aligned = ((word & 0x7FFFFF) | 0x800000) >> (shared - exponent)
        dropped = 24 - mantissa_bits
        kept, rest, half = aligned >> dropped, aligned & (2**dropped - 1), 2 ** (dropped - 1)
        if rest > half or (rest == half and kept % 2):
            kept += 1
        kept = min(kept, 2**mantissa_bits - 1) if exponent else 0
        codes.append(sign << mantissa_bits | kept if kept else 0)
    return shared, codes


def tenstorrent_value(code, shared, mantissa_bits):
    """The float32 of a code: its leading one is moved to the front and hidden again."""
    sign, mantissa = code >> mantissa_bits, code & (2**mantissa_bits - 1)
    if not mantissa:
        return -0.0 if sign else 0.0
    moved = mantissa_bits - mantissa.bit_length()
    fraction = ((mantissa << moved) - (1 << (mantissa_bits - 1))) << (24 - mantissa_bits)
    word = sign << 31 | (shared - moved) << 23 | fraction
    return np.uint32(word).view(np.float32)


@pytest.mark.parametrize("format", BFP, **NAMED)
def test_tenstorrents_blocks_bit_by_bit(format):
    mantissa_bits = BFP[format]
    draw = np.random.default_rng(4)
    words = draw.integers(0, 2**32, (400, 16), dtype=np.uint32)
    words[:200] = words[:200] & 0x807FFFFF | draw.integers(110, 130, (200, 16)).astype("u4") << 23
    words[100:300] &= 0xFFF00000  # ties
    words[300:350] &= 0x807FFFFF  # float32's own subnormals, and zeros
    words = np.where((words >> 23) & 255 == 255, words & 0x80FFFFFF, words)  # nothing infinite
    stored = format.quantize(words.view(np.float32))
    back = format.dequantize(stored)
    width = 1 + mantissa_bits
    for row, block, values in zip(words.tolist(), stored, back, strict=True):
        shared, codes = tenstorrent_row(row, mantissa_bits)
        number = sum(code << (width * place) for place, code in enumerate(codes))
        assert bytes(block) == bytes([shared]) + number.to_bytes(2 * width, "little")
        if shared > 7:  # below, a code can need a float32 without a hidden one
            expected = [tenstorrent_value(code, shared, mantissa_bits) for code in codes]
            assert list(values) == expected


def test_tenstorrents_mantissa_cuts_before_it_rounds():
    block = np.zeros(16, np.float32)
    block[:3] = [1, 2**-7 * (1 + 2**-20), 3 * 2**-7]  # steps of 2^-6: half, a little more, a tie
    assert list(BFP8.rounded(block)[:3]) == [1, 0, 2**-5]
    block[1] = 2**-7 * (1 + 2**-16)  # a bit that float32 keeps under the exponent of 1
    assert BFP8.rounded(block)[1] == 2**-6


def test_bfp2_is_ternary():
    """One bit of mantissa and no hidden one: a sign, a power of two, or zero."""
    block = np.zeros(16, np.float32)
    block[:6] = [1.9, -1, 0.5, 0.51, -0.49, -0.51]
    assert list(BFP2.rounded(block)[:6]) == [1, -1, 0, 1, 0, -1]


def test_any_width_can_be_built():
    block = np.linspace(-1, 1, 16, dtype=np.float32)
    assert np.abs(shared_exponent("BFP6", 5).rounded(block) - block).max() <= 2**-5


@pytest.mark.parametrize("format", EVERY, **NAMED)
def test_rounding_twice_changes_nothing_more(format):
    values = weights(8)[3:]
    once = format.rounded(values)
    assert once.shape == values.shape
    assert np.array_equal(format.rounded(once), once)
    assert format.rounded(np.zeros((0, 64))).shape == (0, 64)
    assert not format.rounded(np.zeros(format.weights)).any()


@pytest.mark.parametrize("format", EVERY, **NAMED)
def test_nothing_infinite_and_no_nan_is_stored(format):
    for wrong in (np.nan, np.inf):
        with pytest.raises(ValueError, match=f"no code for {wrong}"):
            format.quantize(np.full(format.weights, wrong))


@pytest.mark.parametrize(
    ("row", "format"),
    [
        ("MXFP4", MXFP4),
        *(("MXFP6", format) for format in (MXFP6_E3M2, MXFP6_E2M3)),
        *(("MXFP8", format) for format in (MXFP8_E4M3, MXFP8_E5M2)),
        ("NVFP4", nvfp4(1)),
        *((f"{format.name} (Tenstorrent)", format) for format in BFP),
    ],
)
def test_the_catalog_knows_the_same_bits(row, format):
    row = catalog.weight_format(row)
    assert row.bits_per_weight == format.bits_per_weight
    assert row.block_weights == format.weights
    assert row.value_bits + row.scale_bits / row.block_weights == format.bits_per_weight


def test_every_format_of_the_module_is_tested():
    named = [f for f in vars(block_floats).values() if isinstance(f, block_floats.BlockFormat)]
    assert set(named) <= set(EVERY)


def test_the_page_says_what_a_weight_takes():
    """Of every format with a name, and nothing else: docs/number-formats.md against the library."""
    page = (Path(__file__).parents[1] / "docs" / "number-formats.md").read_text("utf-8")
    tables = page.partition("## How fast")[2].partition("## What one should")[0]
    rows = re.findall(r"^\| ([^|:]+) \| ([\d.]+) \|", tables, re.MULTILINE)
    said = {name: float(bits) for names, bits in rows for name in names.split(", ")}
    ours = [format for format in EVERY if format.name != "NVFP4"]  # as ggml's, in both tables
    every = [*ours, *ggml.FORMATS.values(), ternary.FIVE_IN_A_BYTE, ternary.four_in_a_byte(1)]
    assert said == {format.name: format.bits_per_weight for format in every}
