"""The pictures of the memory wall: what was drawn, read from the artists."""

from dataclasses import replace

import numpy as np
import pytest
from pictures import moved_as_drawn_afresh, shown, stays_undrawn, xy

from lecture_lib import catalog
from lecture_lib.convolution import layer_work, net, total
from lecture_lib.decode import parted_work
from lecture_lib.survey import Timed
from lecture_lib.views.memory import machines
from lecture_lib.views.memory.batch import BatchOnMachine, predicted
from lecture_lib.views.memory.growth import LINES, RATES, YEARS, ComputeAndBandwidth, wall
from lecture_lib.views.memory.layers import (
    DEVICES,
    HIGH,
    LOW,
    MODELS,
    NETS,
    LayersUnderRoof,
    products,
    under_roof,
)
from lecture_lib.views.memory.machines import MACHINES, RECORDED, THIS, surveyed, warning
from lecture_lib.views.memory.steps import CHIPS, BandwidthSteps, holds

GROWN = [
    {"line": line, "rate": rate, "until": until}
    for line, rate, until in (
        ("data centre", "matmul_ops_per_s", 2025), ("data centre", "fp32_ops_per_s", 2025),
        ("GeForce", "matmul_ops_per_s", 2015), ("GeForce", "fp32_ops_per_s", 2020),
    )
]  # fmt: skip
H100 = {"device": "H100 SXM", "model": "Llama-3.1-8B"}
ROOFED = [
    {**H100, "net_name": "ResNet-50", "batch": 1},
    {**H100, "net_name": "VGG-16", "batch": 1024},
    {**H100, "device": "Raspberry Pi 5 (8GB)", "net_name": "MobileNetV2", "batch": 16},
    {**H100, "model": "Llama-2-7B", "net_name": "AlexNet (torchvision)", "batch": 64},
]
BATCHED = [{"machine": RECORDED, "batch": batch} for batch in (1, 2, 16, 256)]
STEPPED = [
    {"machine": RECORDED, "model": model, "weights": weights}
    for model, weights in (
        ("Gemma-3-270M", "Q4_0"), ("Llama-3.1-8B", "Q4_0"), ("Llama-3.1-8B", "16 bits"),
        ("Llama-3.1-405B", "16 bits"),
    )
]  # fmt: skip
SCENES = {
    ComputeAndBandwidth: GROWN, LayersUnderRoof: ROOFED, BatchOnMachine: BATCHED,
    BandwidthSteps: STEPPED,
}  # fmt: skip


@pytest.mark.parametrize("scene", SCENES)
def test_moving_from_any_state_to_any_other_gives_what_drawing_it_afresh_gives(scene):
    moved_as_drawn_afresh(scene, SCENES[scene])


@pytest.mark.parametrize("scene", SCENES)
def test_what_stays_where_it_is_is_not_drawn_again(scene):
    stays_undrawn(scene, SCENES[scene])


# growth


@pytest.mark.parametrize("setting", GROWN)
def test_marks_are_the_rows_as_multiples_of_the_first(setting):
    scene, state = shown(ComputeAndBandwidth, **setting)
    rows = [r for r in catalog.history() if r.line == setting["line"]]
    rows = {r.name: r for r in rows if r.year <= setting["until"]}
    assert set(state.names) == set(rows)
    first = rows[state.names[0]]
    for mark, key in zip(scene.marks, (setting["rate"], "bandwidth"), strict=True):
        multiples = [getattr(rows[n], key) / getattr(first, key) for n in state.names]
        assert mark.get_ydata() == pytest.approx(multiples)
    for line, factor in zip(scene.fits, (state.compute_fit, state.bandwidth_fit), strict=True):
        (start, end), (low, high) = line.get_data()
        assert high / low == pytest.approx(factor.factor ** ((end - start) / 2))


def test_the_gap_is_the_format_and_the_panel_says_so():
    factors = {}
    for rate in RATES.values():
        scene, state = shown(ComputeAndBandwidth, line="data centre", rate=rate, until=2025)
        factors[rate] = [number.get_text() for number in scene.panel.numbers]
        assert state.names[-1] == "B200"
    assert factors["matmul_ops_per_s"] == ["× 3.45", "× 1.72", "16 → 1,120", "FP4"]
    assert factors["fp32_ops_per_s"] == ["× 1.63", "× 1.72", "16 → 10", "FP32"]


def test_a_format_is_named_where_it_changes():
    scene, _ = shown(ComputeAndBandwidth, **GROWN[0])
    seen = [label.get_text() for label in scene.formats if label.get_visible()]
    assert seen == ["FP32", "FP16", "BF16", "FP8", "FP4"]


@pytest.mark.parametrize("line", LINES.values())
def test_every_year_has_parts_enough_for_a_line(line):
    for until in YEARS:
        assert len(wall(line=line, rate="fp32_ops_per_s", until=until).names) >= 3


# layers under a roof


@pytest.mark.parametrize("model", MODELS)
def test_the_products_of_a_token_are_the_weights_that_it_reads(model):
    shape = catalog.shape(model)
    *layered, head = products(shape)
    weights = shape.layers * total(tuple(layered), "weights") + head.weights
    streamed = shape.streamed_parameters()
    assert weights < streamed
    assert weights == pytest.approx(streamed, rel=1e-3)  # all but norms and biases


@pytest.mark.parametrize("setting", ROOFED)
def test_every_mark_stands_on_the_roof_at_its_intensity(setting):
    scene, state = shown(LayersUnderRoof, **setting)
    for marks in scene.groups:
        x, y = marks.get_data()
        assert y == pytest.approx(np.minimum(1, np.asarray(x) / state.roof.ridge))
    layers = [layer for layer in net(setting["net_name"]) if layer.kind != "pool"]
    expected = [layer_work(layer, batch=setting["batch"]).intensity for layer in layers]
    assert scene.groups[0].get_xdata() == pytest.approx(expected)
    assert xy(scene.ridge) == [state.roof.ridge, 1]
    low, high = scene.ax.get_xlim()
    assert all(((low < m.get_xdata()) & (m.get_xdata() < high)).all() for m in scene.groups)


def test_a_batch_moves_products_and_leaves_attention_where_it_is():
    one, many = (under_roof(**{**ROOFED[0], "batch": batch}) for batch in (1, 64))
    assert one.step == pytest.approx(1, rel=1e-3)
    assert many.step > 60
    assert many.attention == pytest.approx(one.attention, rel=1e-6)
    # 32 query heads share 8 of keys: 4 FLOP of each byte, but for the token that is written
    assert one.attention == pytest.approx(4, rel=2e-3)
    _, attention = parted_work(catalog.shape("Llama-2-7B"), sequences=8)
    assert attention.intensity == pytest.approx(1, rel=2e-3)


@pytest.mark.parametrize("net_name", NETS.values())
def test_every_layer_stands_within_the_picture(net_name):
    for batch in (1, 1024):
        state = under_roof(device=DEVICES[0], net_name=net_name, model=MODELS[0], batch=batch)
        for found in (state.vision, state.decode, state.prefill):
            assert LOW < found.min() <= found.max() < HIGH


# a batch


@pytest.mark.parametrize("setting", BATCHED)
def test_the_marks_are_the_measured_rates_under_the_measured_roof(setting):
    scene, _ = shown(BatchOnMachine, **setting)
    survey = catalog.machine(RECORDED)
    assert scene.measured.get_ydata() == pytest.approx(survey.product_rates)
    assert xy(scene.mark)[0] == setting["batch"]
    assert xy(scene.mark)[1] in survey.product_rates
    slope = scene.roofs.memory.get_ydata() / scene.roofs.memory.get_xdata()
    assert slope == pytest.approx([survey.roof.bandwidth * 2 / 4] * 2)
    assert max(scene.roofs.compute.get_ydata()) == survey.roof.peak_rate


def test_the_panel_says_what_a_batch_brings_and_costs():
    scene, state = shown(BatchOnMachine, **BATCHED[3])
    share, took, longer, caches = [number.get_text() for number in scene.panel.numbers]
    assert share == "98 %"
    assert took == "102 ms"
    assert longer == "× 18"
    assert caches == "34.4 GB"  # 256 times 1,024 tokens of 131,072 bytes
    assert state.caches == 256 * 1024 * 131_072


def test_no_product_is_predicted_to_take_longer_than_it_took():
    for row in predicted(RECORDED).rows:
        assert float(row[-1].split()[0]) >= 1


# steps


@pytest.mark.parametrize("setting", STEPPED)
def test_a_model_stands_at_its_bytes_and_the_rate_is_bandwidth_over_bytes(setting):
    scene, state = shown(BandwidthSteps, **setting)
    survey = catalog.machine(RECORDED)
    assert scene.measured.get_xdata() == pytest.approx(survey.sizes)
    assert scene.measured.get_ydata() == pytest.approx(survey.read_rates)
    assert xy(scene.mark) == pytest.approx([state.stored, state.bandwidth])
    assert survey.read_rates.min() <= state.bandwidth * 1.001 <= survey.read_rates.max()


def test_the_rate_of_a_model_by_hand():
    _, state = shown(BandwidthSteps, **STEPPED[2])
    read = 2 * (8_030_261_248 - 128_256 * 4096)
    assert state.rate == pytest.approx(catalog.machine(RECORDED).read_rates[-1] / read)


def test_chips_hold_what_is_not_larger_than_their_own_memory():
    assert holds(9.2e7) == list(CHIPS.values())
    assert holds(2e8) == ["MI300X", "WSE-3"]
    assert holds(1e11) == []


# machines


def test_this_computer_is_measured_and_every_other_is_read(monkeypatch):
    monkeypatch.setattr(machines, "this_survey", lambda: "measured")
    assert surveyed(THIS) == "measured"
    assert surveyed(RECORDED) is catalog.machine(RECORDED)
    assert set(MACHINES.values()) == {RECORDED, THIS}


def test_a_measurement_that_cannot_be_trusted_says_so(monkeypatch):
    steady = catalog.machine(RECORDED)
    first = steady.products[0]
    busy = replace(steady, products=(Timed(1, first.best, 2 * first.best), *steady.products[1:]))
    assert warning(steady) == ""
    monkeypatch.setattr(machines, "this_survey", lambda: busy)
    for scene, setting in ((BatchOnMachine, BATCHED[0]), (BandwidthSteps, STEPPED[0])):
        says = scene.state(**{**setting, "machine": THIS}).says
        assert "this measurement cannot tell: median and best are 2.0 times apart" in says
