"""The pictures of number formats: what was drawn, read from the artists, and recomputed."""

import itertools
import re
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from pictures import measure, moved_as_drawn_afresh, shown, stays_undrawn, xy

from lecture_lib.arithmetic import OPERANDS
from lecture_lib.picture import Picture
from lecture_lib.quantization import block_floats, ggml
from lecture_lib.quantization.parts import part
from lecture_lib.views.bits import block as block_view
from lecture_lib.views.bits.block import BlockInBytes
from lecture_lib.views.bits.cells import LOOKS, largest_grid
from lecture_lib.views.bits.compared import MAGNITUDES, TwoFormats
from lecture_lib.views.bits.costs import square_law
from lecture_lib.views.bits.errors import corners, worst_error
from lecture_lib.views.bits.formats import FORMATS, WholeNumber, positive_values, written
from lecture_lib.views.bits.layouts import BLOCKS, TERNARY, needed, parts_of
from lecture_lib.views.bits.number import NumberInBits
from lecture_lib.views.bits.samples import ROWS, WIDTH, sample_weights
from lecture_lib.views.bits.values import ValuesOfFormat

NUMBERS = (0, 0.001, 0.02, 0.1, 0.3, 1, 3.14159, 17, 100, 500, 70_000, -0.3, -5, -300)
SCENES = {
    NumberInBits: [
        {"format": "FP8 E4M3", "number": 100},
        {"format": "FP16", "number": 0.00002},
        {"format": "INT8", "number": 0.02, "scale": 1 / 1024},
        {"format": "FP4 E2M1", "number": 1000},
    ],
    BlockInBytes: [
        {"format": "Q4_0", "weight": 7},
        {"format": "Q4_K", "weight": 40},
        {"format": "TQ1_0", "weight": 250, "row": 3},
        {"format": "BFP8", "weight": 20},
    ],
    ValuesOfFormat: [
        {"format": "FP8 E4M3", "number": 100},
        {"format": "FP4 E2M1", "number": 0.1},
        {"format": "BF16", "number": 1000},
        {"format": "INT8", "number": 1000},
    ],
    TwoFormats: [
        {"one": "INT8", "other": "FP8 E4M3", "magnitude": 1 / 16},
        {"one": "INT4", "other": "FP4 E2M1", "magnitude": 1},
        {"one": "FP16", "other": "BF16", "magnitude": 1 / 4096},
        {"one": "FP8 E5M2", "other": "FP8 E5M2", "magnitude": 1 / 4},
    ],
}
OF_ML_DTYPES = {
    "FP16": np.float16,
    "BF16": ml_dtypes.bfloat16,
    "FP8 E4M3": ml_dtypes.float8_e4m3fn,
    "FP8 E5M2": ml_dtypes.float8_e5m2,
    "FP6 E2M3": ml_dtypes.float6_e2m3fn,
    "FP6 E3M2": ml_dtypes.float6_e3m2fn,
    "FP4 E2M1": ml_dtypes.float4_e2m1fn,
}
FINITE = {"FP8 E4M3": 448, "FP8 E5M2": 57_344, "FP6 E2M3": 7.5, "FP6 E3M2": 28, "FP4 E2M1": 6}


@pytest.mark.parametrize("scene", SCENES)
def test_moving_from_any_state_to_any_other_gives_what_drawing_it_afresh_gives(scene):
    moved_as_drawn_afresh(scene, SCENES[scene])


@pytest.mark.parametrize("scene", SCENES)
def test_what_stays_where_it_is_is_not_drawn_again(scene):
    stays_undrawn(scene, SCENES[scene])


def words_seen(scene_type, **setting) -> list:
    """All words of a picture that are seen, with the boxes that they take."""
    picture = Picture(scene_type())
    picture.show(picture.scene.state(**setting))
    texts = [*picture.figure.texts, *(t for ax in picture.figure.axes for t in ax.texts)]
    seen = [text for text in texts if text.get_visible() and text.get_text()]
    renderer = measure(picture.figure)
    return [(text.get_text(), text.get_window_extent(renderer)) for text in seen]


SETTINGS = [
    *((NumberInBits, {"format": f, "number": n}) for f in FORMATS for n in (0.1, -300, 0.00002)),
    *((NumberInBits, {"format": f, "number": 0.0213, "scale": 1 / 1024}) for f in FORMATS),
    *((BlockInBytes, {"format": f, "weight": 250}) for f in BLOCKS),
]


@pytest.mark.parametrize(("scene", "setting"), SETTINGS, ids=str)
def test_no_words_lie_on_others_and_all_lie_in_the_picture(scene, setting):
    words = words_seen(scene, **setting)
    for text, box in words:
        assert box.x0 >= 0, text
        assert box.x1 <= 900 * 0.72, text
    for (one, first), (other, second) in itertools.combinations(words, 2):
        wide = min(first.x1, second.x1) - max(first.x0, second.x0)
        high = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert min(wide, high) < 2.5, (one, other)  # points; a box is higher than its letters


# one number


def stored(format: str, number: float) -> float:
    """What ml_dtypes makes of the number, clipped at the largest, as the picture does."""
    largest = FINITE.get(format, np.inf)
    if format == "FP16":
        largest = 65_504
    clipped = np.clip(np.float64(number), -largest, largest)
    return float(clipped.astype(OF_ML_DTYPES[format]).astype(np.float64))


@pytest.mark.parametrize("format", OF_ML_DTYPES)
def test_the_bits_and_the_factors_make_the_value_that_ml_dtypes_stores(format):
    for number in NUMBERS:
        state = NumberInBits.state(format=format, number=number)
        wished = stored(format, number)
        assert state.value == wished
        sign, exponent, hidden, mantissa = state.fields
        significand = Fraction(hidden.number) + sum(
            Fraction(place) for place, bit in zip(mantissa.places, mantissa.bits, strict=True)
            if bit == "1"
        )  # fmt: skip
        power = int(state.factors[1].power.replace("\u2212", "-"))
        assert (-1) ** sign.number * significand * Fraction(2) ** power == Fraction(wished)
        counted = sum(
            int(p) for p, b in zip(exponent.places, exponent.bits, strict=True) if b == "1"
        )
        assert counted == exponent.number
        assert len(sign.bits + exponent.bits + mantissa.bits) == FORMATS[format].bits


@pytest.mark.parametrize("format", ["INT8", "INT4"])
@pytest.mark.parametrize("scale", [1, 1 / 16, 1 / 1024])
def test_the_places_of_a_whole_number_make_its_value(format, scale):
    bits = FORMATS[format].bits
    for number in NUMBERS:
        state = NumberInBits.state(format=format, number=number, scale=scale)
        places = [int(p.replace("\u2212", "-")) for field in state.fields for p in field.places]
        ones = "".join(field.bits for field in state.fields)
        total = sum(place for place, bit in zip(places, ones, strict=True) if bit == "1")
        assert total * scale == state.value
        assert total == min(max(round(number / scale), -(2 ** (bits - 1))), 2 ** (bits - 1) - 1)


def test_the_words_say_the_error():
    says = {(f, n): NumberInBits.state(format=f, number=n).says for f in FORMATS for n in NUMBERS}
    assert says["FP8 E4M3", 100] == (
        "FP8 E4M3 stores 100 as 96: 4 % too small. The values around it are 96 and 104."
    )
    assert says["FP16", 100] == "FP16 stores 100 as 100: exactly."
    assert says["FP8 E4M3", 500].endswith("as 448, the largest number that it has.")
    assert "stores 0.1 as 0: all of it is lost" in says["INT8", 0.1]
    assert "as \u22120.5: 67 % too far from zero" in says["FP4 E2M1", -0.3]
    for (_, number), words in says.items():
        if found := re.search(r"as (\S+): ([\d.]+) % too", words):
            value = float(found[1].replace(",", "").replace("\u2212", "-"))
            assert float(found[2]) == pytest.approx(
                100 * abs(value - number) / abs(number), rel=0.1
            )


@pytest.mark.parametrize("setting", SCENES[NumberInBits])
def test_each_bit_has_a_box_of_its_field(setting):
    scene, state = shown(NumberInBits, **setting)
    boxes = {meaning: len(boxes.fill.get_xdata()) for meaning, boxes in scene.boxes.items()}
    assert boxes == {m: 0 for m in LOOKS} | {f.meaning: len(f.bits) for f in state.fields}
    digits = [text.get_text() for text in scene.digits if text.get_visible()]
    assert "".join(digits) == "".join(field.bits for field in state.fields)
    names = {m: text.get_text() for m, text in scene.names.items() if text.get_visible()}
    assert set(names) == {field.meaning for field in state.fields}


def test_the_wished_number_stands_between_its_neighbours():
    scene, state = shown(NumberInBits, format="FP8 E4M3", number=98)
    low, high = scene.ends.get_xdata()
    assert (xy(scene.wish)[0] - low) / (high - low) == pytest.approx((98 - 96) / (104 - 96))
    assert xy(scene.stored)[0] == low
    assert (state.below, state.above) == (96, 104)
    beyond = NumberInBits.state(format="FP8 E4M3", number=500)
    assert (beyond.below, beyond.above) == (448, None)


def test_numbers_are_written_for_people():
    assert written(0.0000152588) == "0.0000152588"
    assert written(-3.4e38) == "\u22123.4 × 10³⁸"
    assert written(2.0**-24) == "5.96 / 10⁸"


def test_operands_of_the_arithmetic_are_these_formats():
    for name, operand in OPERANDS.items():
        kinds = {f.name: f for f in FORMATS.values()}
        if name in kinds:
            kind = kinds[name]
            assert operand.bits == kind.bits
            if not isinstance(kind, WholeNumber):
                assert operand.significand == kind.mantissa_bits + 1
                assert operand.exponent == kind.exponent_bits


# all values, and errors


@pytest.mark.parametrize("format", FORMATS)
def test_no_number_errs_more_than_the_worst_error_and_some_err_as_much(format):
    kind = FORMATS[format]
    values = positive_values(kind)
    numbers = np.random.default_rng(1).uniform(0, 3, 4000) * np.geomspace(1e-5, 1e5, 4000)
    errors = abs(kind.rounded(numbers).astype(float) - numbers)
    bound = worst_error(values, numbers)
    assert (errors <= bound * (1 + 1e-6)).all()
    inside = (numbers > values[1]) & (numbers < values[-1])
    assert (errors[inside] / bound[inside]).max() > 0.95


def test_the_curve_bends_only_at_its_corners():
    values = positive_values(FORMATS["FP8 E4M3"])
    xs = corners(values, 1e-3, 1e3)
    between = np.sqrt(xs[1:] * xs[:-1])
    log = np.log(worst_error(values, xs))
    straight = np.exp((log[1:] + log[:-1]) / 2)
    jump = abs(np.diff(log)) > 0.5  # a step in the gaps
    beyond = between > values[-1] * 0.99
    kept = ~jump & ~beyond
    assert worst_error(values, between)[kept] == pytest.approx(straight[kept], rel=1e-6)


def test_the_values_of_a_format_are_all_there():
    scene, state = shown(ValuesOfFormat, format="FP8 E4M3", number=100)
    every = np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e4m3fn).astype(float)
    assert state.values.tolist() == sorted(every[(every >= 0) & np.isfinite(every)][1:])
    assert scene.ticks["even"].get_xdata() == pytest.approx(state.values / 448)
    assert (state.below, state.gap, state.error) == (96, 8, 0.04)
    assert "126 values above zero" in state.says
    assert [t.get_text() for t in scene.panel.numbers] == ["8", "4 %", "126", "448"]
    assert xy(scene.mark) == [100, 0.04]


def test_many_values_are_a_band():
    scene, state = shown(ValuesOfFormat, format="BF16", number=1)
    assert not len(scene.ticks["even"].get_xdata())
    assert len(scene.bands["even"].get_xdata()) == 2
    assert len(state.values) == 255 * 128


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0.0001, "becomes zero"),
        (1000, "beyond the largest: only 45 % of it is left"),
        (100_000, "only 0.45 % of it is left"),
        (448, "largest"),
    ],
)
def test_what_lies_outside_is_said(number, words):
    state = ValuesOfFormat.state(format="FP8 E4M3", number=number)
    assert words in state.says


@pytest.mark.parametrize(("number", "left"), [(1000, "45 %"), (100_000, "0.45 %")])
def test_the_panel_says_what_is_left_beyond_the_largest(number, left):
    """What is lost of 100,000 is 99.55 %, and was shown as 100 %."""
    scene, _ = shown(ValuesOfFormat, format="FP8 E4M3", number=number)
    assert scene.panel.numbers[1].get_text() == left
    assert "left" in scene.panel.captions[1].get_text()


def test_int_errs_flat_over_the_range_and_float_flat_over_the_number():
    scene, _ = shown(TwoFormats, one="INT8", other="FP8 E4M3", magnitude=1 / 16)
    for panel, which, flat in (
        ("of the range", "one", True),
        ("of the number", "one", False),
        ("of the range", "other", False),
        ("of the number", "other", True),
    ):
        x, y = scene.lines[panel, which].get_data()
        seen = y[x > 1 / 64]
        assert bool(seen.max() / seen.min() < 2.2) is flat, (panel, which)


@pytest.mark.parametrize("setting", SCENES[TwoFormats])
def test_the_errors_said_are_those_of_the_marks(setting):
    scene, state = shown(TwoFormats, **setting)
    here = state.says.partition(";")[0]
    said = [float(p) / 100 for p in re.findall(r"([\d.]+) %", here)]
    assert len(said) == (1 if setting["one"] == setting["other"] else 2)
    for share, which in zip(said, ("one", "other"), strict=False):
        magnitude, error = xy(scene.marks["of the number", which])
        assert magnitude == setting["magnitude"]
        assert share == pytest.approx(error, rel=0.06)


def test_the_error_of_the_sample_weights_is_that_of_rounding_them():
    state = TwoFormats.state(one="INT8", other="FP8 E4M3", magnitude=1 / 4)
    weights = sample_weights().astype(np.float64)
    step = abs(weights).max() / 127
    int8 = np.rint(weights / step) * step
    unit = abs(weights).max() / 448
    fp8 = (weights / unit).astype(ml_dtypes.float8_e4m3fn).astype(np.float64) * unit
    for found, back in ((state.one.rms, int8), (state.other.rms, fp8)):
        assert found == pytest.approx(np.linalg.norm(back - weights) / np.linalg.norm(weights))


def test_magnitudes_are_shares_of_the_largest():
    assert MAGNITUDES[2.0**-12] == "1/4,096"
    assert MAGNITUDES[1.0] == "1"


# blocks


@pytest.mark.parametrize("format", BLOCKS)
def test_every_bit_of_a_block_is_of_one_part(format):
    kind = BLOCKS[format]
    bits = np.concatenate([one.bits.ravel() for one in parts_of(kind)])
    assert sorted(bits) == list(range(8 * kind.bytes))


@pytest.mark.parametrize("format", BLOCKS)
def test_a_weight_hangs_on_the_bits_that_are_framed_and_on_no_other(format):
    """Turns every bit of a block around: only a framed one may change the weight."""
    kind = BLOCKS[format]
    weight = kind.weights // 2 + 1
    state = BlockInBytes.state(format=format, weight=weight)
    every = np.arange(8 * kind.bytes)
    turned = np.tile(state.stored, (len(every), 1))
    turned[every, every // 8] ^= (1 << every % 8).astype(np.uint8)
    with np.errstate(all="ignore"):  # a turned bit may make a scale infinite
        back = kind.dequantize(turned)[:, weight - 1]
    before = kind.dequantize(state.stored)[weight - 1]
    changed = every[~((back == before) | (np.isnan(back) & np.isnan(before)))]
    assert set(changed) <= set(state.used)
    assert len(changed) or before == 0


@pytest.mark.parametrize("format", BLOCKS)
def test_what_comes_back_is_what_the_format_makes_of_the_row(format):
    kind, row = BLOCKS[format], sample_weights()[2]
    state = BlockInBytes.state(format=format, weight=30, row=2)
    given = row
    if format in TERNARY:
        gamma = abs(row.astype(float)).mean()
        given = (np.sign(row) * (abs(row) > gamma / 2) * np.float32(gamma)).astype(np.float32)
    assert state.back == pytest.approx(kind.rounded(given), rel=1e-3, abs=1e-9)
    assert f"{kind.bytes} bytes" in state.says
    error = np.linalg.norm(state.back - row) / np.linalg.norm(row)
    said = float(re.search(r"error is ([\d.]+) %", state.says)[1]) / 100
    assert said == pytest.approx(error, rel=0.06)


def test_the_ledger_adds_up_to_the_bits_of_a_weight():
    for format, kind in BLOCKS.items():
        scene, _ = shown(BlockInBytes, format=format, weight=1)
        rows = [count.get_text() for _, count in scene.rows if count.get_visible()]
        sums = [int(row.rpartition("= ")[2].replace(",", "")) for row in rows]
        products = [row.partition(" =")[0].split(" × ") for row in rows]
        assert sums == [int(a) * int(b) for a, b in products]
        assert sum(sums) / kind.weights == kind.bits_per_weight
        assert float(scene.result.get_text().split()[0]) == kind.bits_per_weight


@pytest.mark.parametrize("setting", SCENES[BlockInBytes])
def test_every_bit_is_drawn_once_and_a_one_is_large(setting):
    scene, state = shown(BlockInBytes, **setting)
    large, small = (
        [tuple(p) for line in group.values() for p in zip(*line.get_data(), strict=True)]
        for group in (scene.on, scene.off)
    )
    assert len(large) == np.unpackbits(state.stored).sum()
    assert len({*large, *small}) == 8 * len(state.stored) == len(large) + len(small)
    assert {*zip(*scene.rings.get_data(), strict=True)} <= {*large, *small}
    assert len(scene.rings.get_xdata()) == len(state.used)


def test_the_first_byte_reads_from_its_highest_bit():
    grid = largest_grid(0, 0, 800, 100, 18)
    xs, ys = grid.place(range(8))
    assert list(xs) == sorted(xs, reverse=True)
    assert len({*ys}) == 1


@pytest.mark.parametrize("size", sorted({kind.bytes for kind in BLOCKS.values()}))
def test_every_block_has_room(size):
    left, top, width, height = block_view.BITS
    xs, ys = largest_grid(left, top, width, height, size).place(np.arange(8 * size))
    assert xs.min() > left - 1
    assert xs.max() < left + width
    assert ys.max() < top + height


def test_a_weight_of_q4_0_needs_its_scale_and_its_code():
    parts = parts_of(ggml.FORMATS["Q4_0"])
    # weight 7 of 32 is the low half of byte 2 + 6
    assert sorted(needed(parts, 6)) == [*range(16), *range(64, 68)]


def test_the_parts_of_a_float_block_are_read_from_its_element():
    scale, mantissas, exponents, signs = parts_of(BLOCKS["MXFP8 (E4M3)"])
    packed = block_floats.MXFP8_E4M3.quantize(sample_weights()[0, :32])[None]
    codes = packed[0, 1:]
    assert (mantissas.read(packed)[0] == codes % 8).all()
    assert (exponents.read(packed)[0] == codes // 8 % 16).all()
    assert (signs.read(packed)[0] == codes // 128).all()
    assert scale.read(packed)[0] == packed[0, 0]
    assert part("s", "scale", [[0]], 4).weights.shape == (1, 4)


def test_samples_are_always_the_same_and_as_they_say():
    rows = sample_weights()
    assert rows.shape == (ROWS, WIDTH)
    assert rows.dtype == np.float32
    assert rows.std() == pytest.approx(0.02, rel=0.05)
    assert abs(rows.mean()) < 0.002
    with pytest.raises(ValueError, match="read-only"):
        rows[0, 0] = 1


# what arithmetic costs


def test_the_table_of_the_square_law():
    table = square_law()
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["product, INT8 to INT32"] == (
        "4 ×",
        "4 ×",
        "16.8 ×",
        "15.5 ×",
        "21.1 ×",
        "2 to 2.2",
    )
    assert rows["product, FP16 to FP32"][2:5] == ("4.81 ×", "3.36 ×", "3.85 ×")
    assert rows["product, BF16 to FP16"] == ("1 ×", "1.38 ×", "1.84 ×", "–", "1.62 ×", "–")
    assert rows["sum, INT8 to INT32"][-1] == "0.87 to 1"
