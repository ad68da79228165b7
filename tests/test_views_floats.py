"""The pictures of small floats: what was drawn, read from the artists, and recomputed."""

import re

import ml_dtypes
import numpy as np
import pytest
from pictures import moved_as_drawn_afresh, shown, stays_undrawn

from lecture_lib import catalog
from lecture_lib.arithmetic import OPERANDS, array_multiplier, multiplier, summing
from lecture_lib.views.bits.block import BlockInBytes
from lecture_lib.views.bits.formats import FORMATS, positive_values
from lecture_lib.views.floats.blocks import in_blocks
from lecture_lib.views.floats.costs import NARROW, PROCESSES, ROWS, NarrowArithmetic, shares_of
from lecture_lib.views.floats.kept import EDGES, HIGH, LOW, MOST, SHARED, KeptOfReal, share, stairs
from lecture_lib.views.floats.products import DEVICES, rate, rates
from lecture_lib.views.floats.samples import EVEN, PLACES, SPIKED, sample
from lecture_lib.views.floats.words import IN_CHIPS, MAGNITUDES, NUMBERS

SCENES = {
    KeptOfReal: [
        {"place": SPIKED, "format": "INT8", "shared": "tensor"},
        {"place": SPIKED, "format": "FP8 E4M3", "shared": "tensor"},
        {"place": SPIKED, "format": "FP6 E2M3", "shared": "row"},
        {"place": EVEN, "format": "FP4 E2M1", "shared": "block"},
    ],
    NarrowArithmetic: [
        {"format": "FP16", "process": "45nm"},
        {"format": "FP8 E4M3", "process": "45nm"},
        {"format": "INT8", "process": "7nm"},
        {"format": "FP4 E2M1", "process": "7nm"},
    ],
}
OF_ML_DTYPES = {
    "FP8 E4M3": (ml_dtypes.float8_e4m3fn, 448),
    "FP8 E5M2": (ml_dtypes.float8_e5m2, 57_344),
    "FP6 E3M2": (ml_dtypes.float6_e3m2fn, 28),
    "FP6 E2M3": (ml_dtypes.float6_e2m3fn, 7.5),
    "FP4 E2M1": (ml_dtypes.float4_e2m1fn, 6),
}


@pytest.mark.parametrize("scene", SCENES)
def test_moving_from_any_state_to_any_other_gives_what_drawing_it_afresh_gives(scene):
    moved_as_drawn_afresh(scene, SCENES[scene])


@pytest.mark.parametrize("scene", SCENES)
def test_what_stays_where_it_is_is_not_drawn_again(scene):
    stays_undrawn(scene, SCENES[scene])


# what real values keep


def by_hand(values, format: str, shared: str) -> np.ndarray:
    """The values there and back, by ml_dtypes and by the rules of the formats."""
    values = values.astype(np.float64)
    rows = {"tensor": (1, -1), "row": values.shape, "block": (-1, 32)}[shared]
    grouped = values.reshape(rows)
    largest = abs(grouped).max(axis=1, keepdims=True)
    if format == "INT8":
        if shared == "block":  # MXINT8: steps of 1/64 under a power of two
            scale = 2.0 ** np.floor(np.log2(largest))
            return (np.clip(np.rint(grouped / scale * 64), -127, 127) / 64 * scale).reshape(
                values.shape
            )
        step = (largest / 127).astype(np.float32)
        return (np.rint(grouped / step) * step).reshape(values.shape)
    kind, top = OF_ML_DTYPES[format]
    scale = (largest / top).astype(np.float32).astype(float)
    if shared == "block":
        scale = 2.0 ** (np.floor(np.log2(largest)) - np.floor(np.log2(top)))
    clipped = np.clip(grouped / scale, -top, top)
    return (clipped.astype(np.float32).astype(kind).astype(float) * scale).reshape(values.shape)


@pytest.mark.parametrize("format", ["INT8", *OF_ML_DTYPES])
@pytest.mark.parametrize("shared", SHARED.values())
@pytest.mark.parametrize("place", [SPIKED, EVEN])
def test_what_is_lost_is_what_ml_dtypes_loses(place, format, shared):
    state = KeptOfReal.state(place=place, format=format, shared=shared)
    values = sample(place).values
    back = by_hand(values, format, shared)
    there = values != 0
    assert state.lost == pytest.approx((back[there] == 0).mean(), abs=2e-4)
    errors = abs(back - values)[there] / abs(values[there])
    assert state.middle == pytest.approx(np.median(errors), rel=0.01)
    assert state.overall == pytest.approx(
        np.linalg.norm(back - values) / np.linalg.norm(values), rel=0.02
    )
    assert share(state.lost) in state.says


def test_the_panel_says_what_was_found():
    scene, state = shown(KeptOfReal, place=SPIKED, format="FP8 E4M3", shared="row")
    said = [number.get_text() for number in scene.panel.numbers]
    assert said == [share(state.lost), "2.2 %", "0.93 %", "8.02"]


def test_one_spike_ruins_int8_and_leaves_e4m3_alone():
    lost = {
        (format, shared): KeptOfReal.state(place=SPIKED, format=format, shared=shared).lost
        for format in ("INT8", "FP8 E4M3")
        for shared in ("tensor", "row")
    }
    assert lost["INT8", "tensor"] > 0.999
    assert lost["FP8 E4M3", "tensor"] < 0.15
    assert lost["INT8", "row"] < 0.3


def test_weights_without_a_spike_are_better_off_in_int8():
    middle = {
        format: KeptOfReal.state(place=EVEN, format=format, shared="row").middle
        for format in ("INT8", "FP8 E4M3", "FP8 E5M2")
    }
    assert middle["INT8"] < middle["FP8 E4M3"] < middle["FP8 E5M2"]


@pytest.mark.parametrize("place", PLACES)
def test_all_values_stand_in_the_picture(place):
    state = KeptOfReal.state(place=place, format="INT8", shared="tensor")
    values = sample(place).values
    magnitudes = abs(values[values != 0])
    assert (magnitudes < LOW).mean() < 1e-3  # they are counted in the first bar
    assert magnitudes.max() < HIGH
    assert state.total.sum() == pytest.approx(1)
    assert state.total.max() < MOST
    assert (state.zero <= state.total).all()


def test_bars_have_the_area_of_their_shares():
    high = np.linspace(0, 1, len(EDGES) - 1)
    xs, ys = stairs(high).T
    logs = np.log(xs)
    area = abs(np.sum(logs[:-1] * ys[1:] - logs[1:] * ys[:-1])) / 2
    assert area == pytest.approx(high.sum() * np.log(EDGES[1] / EDGES[0]))


def test_bits_count_the_scales():
    alone = KeptOfReal.state(place=SPIKED, format="FP4 E2M1", shared="tensor")
    by_row = KeptOfReal.state(place=SPIKED, format="FP4 E2M1", shared="row")
    by_block = KeptOfReal.state(place=SPIKED, format="FP4 E2M1", shared="block")
    width = sample(SPIKED).values.shape[1]
    assert alone.bits == pytest.approx(4, abs=0.01)
    assert by_row.bits == pytest.approx(4 + 32 / width)
    assert by_block.bits == 4.25


def test_shares_are_told_from_all_and_from_none():
    assert share(0) == "none"
    assert share(0.99997) == "99.997 %"
    assert share(0.093) == "9.3 %"
    assert share(1) == "100 %"


def test_samples_are_read_only_and_as_large_as_they_say():
    for place in PLACES:
        found = sample(place)
        assert found.values.dtype == np.float32
        assert found.of == ("weights" if place.startswith("weights") else "activations")
        with pytest.raises(ValueError, match="read-only"):
            found.values[0, 0] = 1


# blocks


def test_the_table_of_blocks_says_bits_and_errors():
    rows = {row[0]: row[1:] for row in in_blocks().rows}
    assert rows["MXFP4"][:4] == ("E2M1", "32", "power of two", "4.25")
    assert rows["NVFP4"][3] == rows["BFP4"][3] == "4.5"
    assert rows["BFP8"][3] == "8.5"
    errors = {name: [float(cell.split()[0]) for cell in row[4:]] for name, row in rows.items()}
    values = sample(EVEN).values
    back = by_hand(values, "FP4 E2M1", "block")
    error = 100 * np.linalg.norm(back - values) / np.linalg.norm(values)
    assert errors["MXFP4"][1] == pytest.approx(error, rel=0.05)
    assert errors["NVFP4"] < errors["MXFP4"]
    assert errors["BFP8"] < errors["MXFP8 (E4M3)"] < errors["MXFP8 (E5M2)"]


def test_the_blocks_of_chips_are_all_shown_and_no_others():
    assert {"MXFP4", "NVFP4", "MXFP8 (E4M3)", "MXFP6 (E2M3)", "BFP8", "BFP4", "BFP2"} == set(
        IN_CHIPS
    )
    for name in IN_CHIPS:
        assert "keeps" in BlockInBytes.state(format=name, weight=32).says


# arithmetic


@pytest.mark.parametrize("format", NARROW)
@pytest.mark.parametrize("process", PROCESSES.values())
def test_every_mark_stands_at_its_share(format, process):
    scene, state = shown(NarrowArithmetic, format=format, process=process)
    operand, wide = OPERANDS[NARROW[format]], OPERANDS["FP32"]
    known = [k for k, one in enumerate(state.shares) if one is not None]
    for k, (mark, value) in enumerate(zip(scene.marks, scene.values, strict=True)):
        xs, ys = mark.get_data()
        if k in known:
            assert (list(xs), list(ys)) == ([state.shares[k]], [k])
            assert value.get_text().startswith("1/")
        else:
            assert len(xs) == 0
            assert value.get_text() == "not published"
    assert state.shares[0] == multiplier(operand).total / multiplier(wide).total
    assert state.shares[3] == summing(operand).total / summing(wide).total
    assert state.shares[-1] == operand.bits / 32 == scene.rules["bits"].get_xdata()[0]
    assert scene.rules["square"].get_xdata()[0] == (operand.bits / 32) ** 2
    assert len(scene.pairs.get_xdata()) == operand.significand**2


@pytest.mark.parametrize("process", PROCESSES.values())
def test_energies_and_areas_are_the_published_ones(process):
    shares = dict(zip(range(len(ROWS)), shares_of(OPERANDS["FP16"], process), strict=True))
    for row, name in ((1, "mult"), (4, "add")):
        one, other = (
            catalog.energy(f"{process}/{operand}_{name}").low for operand in ("fp16", "fp32")
        )
        assert shares[row] == one / other
    areas = [shares[2], shares[5]]
    if process == "45nm":
        assert areas == pytest.approx([1640 / 7700, 1360 / 4184])
    else:
        assert areas == [None, None]


def test_floats_stand_at_the_square_and_reading_at_the_line_of_the_bits():
    """FP16 beside FP32: a product near 1/4, a sum near 1/2, reading at 1/2."""
    shares = shares_of(OPERANDS["FP16"], "7nm")
    assert shares[1] == pytest.approx(1 / 4, rel=0.1)
    assert shares[4] == pytest.approx(1 / 2, rel=0.2)
    assert shares[-1] == 1 / 2


def test_a_wide_sum_takes_most_of_what_eight_bits_would_save():
    eight, sixteen = (shares_of(OPERANDS[name], "7nm") for name in ("E4M3", "FP16"))
    assert sixteen[0] / eight[0] == pytest.approx(236 / 32)
    assert sixteen[6] / eight[6] == pytest.approx(508 / 304)
    assert array_multiplier(4, 4).total + 4 == 32


def test_the_sentence_says_what_is_not_published():
    assert "At 7 nm no energy of it is published." in (
        NarrowArithmetic.state(format="FP8 E4M3", process="7nm").says
    )
    assert "At 45 nm energies are 3.36 and 2.25 times less." in (
        NarrowArithmetic.state(format="FP16", process="45nm").says
    )


# products and numbers


def test_the_table_of_rates_sets_each_beside_sixteen_bits():
    rows = {row[0]: row[1:] for row in rates().rows}
    assert list(rows) == list(DEVICES)
    assert rows["H100 SXM"][2:4] == ("989.4 (1 ×)", "1,979 (2 ×)")
    assert rows["MI355X"][4] == rows["MI355X"][5] == "10,070 (4 ×)"
    assert rows["B200 SXM"][3].partition(" ")[0] == rows["B200 SXM"][4].partition(" ")[0]
    assert rows["H100 SXM"][4] == "–"
    assert rate("H100 SXM", "fp4") is None


def test_numbers_to_try_reach_beyond_every_format_at_either_end():
    assert max(sample(SPIKED).values.max(), 448) in {*NUMBERS, 2882.0}
    e4m3 = positive_values(FORMATS["FP8 E4M3"])
    for offered in (NUMBERS, MAGNITUDES):
        assert min(offered) < e4m3[1] / 2
        assert max(offered) > e4m3[-1]
        assert list(offered) == sorted(offered)
    assert re.match("FP8", "FP8 E4M3")
