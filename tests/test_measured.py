"""Measured rows beside the models: no row beats its roof, and a fit must earn its two constants."""

import runpy
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.decode import decode_step
from lecture_lib.estimates import estimate_time, fit_estimate
from lecture_lib.measured import (
    LEAST_ROWS,
    all_compared,
    all_splits,
    class_fit,
    class_rows,
    compared,
    device_class,
    expected,
    fitted,
    left_out,
    prefill_shares,
    reached_shares,
    split_fit,
)
from lecture_lib.serving import decode_roof

ROOT = Path(__file__).parents[1]
ROWS = all_compared()
COUNTS = Counter((c.row.device, c.row.engine) for c in ROWS)
each_row = pytest.mark.parametrize("one", ROWS, ids=lambda c: c.row.name)
each_fit = pytest.mark.parametrize(
    ("device", "engine"), [pair for pair, rows in COUNTS.items() if rows >= 4]
)


def error(rows, kind) -> float:
    """How far the predicted times of the rows are off: mean absolute relative error."""
    return np.mean([abs(c.rate / c.predicted(kind) - 1) for c in rows])


@each_row
def test_no_measured_row_beats_its_roof(one):
    assert one.rate <= one.most, f"{one.row.name}: {one.rate} measured, at most {one.most}"


@each_row
def test_a_row_stands_beside_the_step_that_it_measured(one):
    shape, row = catalog.shape(one.row.model), one.row
    step = decode_step(
        shape, decode_roof(row.device), context_tokens=row.context_tokens or 0,
        weight_bits=row.bits_per_weight, table_bits=row.table_bits,
    )  # fmt: skip
    assert (row.sequences, row.devices) == (1, 1)
    assert one.step.work.traffic == step.work.traffic
    assert one.step.roof == decode_roof(row.device)
    assert (one.layers, one.rate) == (shape.layers, row.tokens_per_s)
    assert row.model in one.name


def test_every_row_of_one_sequence_that_the_catalog_knows_is_compared():
    rows = [
        m.name for m in catalog.measurements()
        if m.bits_per_weight and m.sequences == m.devices == 1
    ]  # fmt: skip
    assert [c.row.name for c in ROWS] == rows
    assert len(rows) >= 30


def test_the_rows_of_a_device_and_an_engine_are_those_and_no_others():
    assert compared() == ROWS
    for (device, engine), count in COUNTS.items():
        rows = compared(device=device, engine=engine)
        assert {(c.row.device, c.row.engine) for c in rows} == {(device, engine)}
        assert len(rows) == count
    assert len(compared(device="RTX 4090")) > len(compared(device="RTX 4090", engine="ExLlamaV2"))
    assert compared(device="no such device") == ()


@each_row
def test_the_sum_predicts_no_more_than_the_floor_and_no_less_than_half_of_it(one):
    assert one.predicted("floor") == one.most
    assert one.most / 2 <= one.predicted("sum") <= one.most


@each_fit
def test_an_estimate_is_nearer_to_its_own_rows_than_the_floor(device, engine):
    rows = compared(device=device, engine=engine)
    assert error(rows, "estimate") < error(rows, "floor")
    assert error(rows, "estimate") == pytest.approx(fitted(device, engine).error, rel=0.3)


@each_fit
def test_a_fit_reaches_no_more_than_the_bandwidth_and_pays_for_each_layer(device, engine):
    fit = fitted(device, engine)
    assert 0 < fit.bandwidth_share <= 1
    assert fit.seconds_per_layer >= 0
    assert fit.points == COUNTS[device, engine]
    assert compared(device=device, engine=engine)[0].fit == fit


def test_measured_rows_reach_a_part_of_their_ceiling():
    low, high = reached_shares()
    shares = [c.rate / c.most for c in ROWS]
    assert 0 < low <= min(shares)
    assert max(shares) <= high <= 1
    assert {low, high} <= set(shares)


def test_a_13b_reaches_three_quarters_of_its_ceiling_on_a_4090():
    # github.com/turboderp-org/exllamav2, README: 114 tok/s; 1,008 GB/s over 6.92 GB are 146
    (one,) = (c for c in compared(engine="ExLlamaV2") if c.row.model == "LLaMA-13B")
    assert (one.rate, one.most) == (114, pytest.approx(146, abs=1))


@pytest.mark.parametrize(("device", "engine"), [p for p, n in COUNTS.items() if n < LEAST_ROWS])
def test_a_fit_to_too_few_rows_is_refused(device, engine):
    rows = COUNTS[device, engine]
    with pytest.raises(ValueError, match="measured rows of") as refusal:
        fitted(device, engine)
    sentence = f"{rows} measured rows of {engine} on {device}: a fit needs 3 or more"
    assert str(refusal.value) == sentence


def test_a_fit_to_no_row_is_refused():
    with pytest.raises(ValueError, match="0 measured rows of abacus on RTX 4090: a fit needs 3"):
        fitted("RTX 4090", "abacus")


def test_an_unknown_kind_of_time_is_refused():
    with pytest.raises(ValueError, match="kind floor, sum or estimate, not 'energy'"):
        ROWS[0].predicted("energy")


def test_every_measured_model_fits_the_device_that_it_was_measured_on():
    assert [c.row.name for c in all_compared() if not c.step.fits] == []


# classes of devices


CLASSES = ("Apple LPDDR", "NVIDIA GDDR", "NVIDIA HBM")
each_class = pytest.mark.parametrize("kind", CLASSES)


@each_class
def test_a_class_is_one_vendor_with_one_family_of_memory(kind):
    vendor, memory = kind.split()
    names = {c.row.device for c in class_rows(kind, "llama.cpp")}
    assert len(names) >= 3
    for name in names:
        assert catalog.device(name).vendor == vendor
        assert catalog.device(name).memory_type.startswith(memory)


@each_class
def test_an_estimate_of_a_class_keeps_to_what_can_be(kind):
    fit = class_fit(kind, "llama.cpp")
    assert 0.5 < fit.bandwidth_share <= 1
    assert 1e-5 < fit.seconds_per_layer < 1e-3
    assert fit.points == len(class_rows(kind, "llama.cpp"))
    low, high = fit.spread
    assert 0.5 < low < 1 < high < 2


@pytest.mark.parametrize(
    ("kind", "build", "most"),
    [
        ("Apple LPDDR", "Nov 2023", 0.05), ("Apple LPDDR", None, 0.12),
        ("NVIDIA GDDR", "May 2024", 0.06), ("NVIDIA GDDR", "2025", 0.05),
        ("NVIDIA GDDR", None, 0.08), ("NVIDIA HBM", None, 0.10),
    ],
)  # fmt: skip
def test_a_device_that_the_fit_has_not_seen_is_predicted_this_well(kind, build, most):
    """docs/times.md holds the table; Apple over all builds misses a tenth by one machine's rows."""
    assert class_fit(kind, "llama.cpp", build).error < most
    rows = class_rows(kind, "llama.cpp", build)
    assert class_fit(kind, "llama.cpp", build).error < error(rows, "floor")


@each_class
def test_the_error_of_a_class_is_that_of_devices_left_out(kind):
    rows = class_rows(kind, "llama.cpp")
    found = left_out(rows)
    assert sorted(c.row.name for c, _, _ in found) == sorted(c.row.name for c in rows)
    off = np.mean([abs(estimated / measured - 1) for _, measured, estimated in found])
    assert class_fit(kind, "llama.cpp").error == pytest.approx(off)
    c, measured, estimated = found[0]
    others = tuple(o for o in rows if o.row.device != c.row.device)
    alone = fit_estimate(
        traffic=np.array([o.step.work.traffic for o in others]),
        layers=np.array([o.layers for o in others]),
        seconds=np.array([1 / o.rate for o in others]),
        bandwidth=np.array([o.step.roof.bandwidth for o in others]),
    )
    by_hand = estimate_time(c.step.work, c.step.roof, alone, layers=c.layers)
    assert (measured, estimated) == pytest.approx((1 / c.rate, by_hand))


def test_an_estimate_for_an_h200_says_that_its_bandwidth_is_beyond_the_rows():
    fit, roof = class_fit(device_class("H200 SXM"), "llama.cpp"), decode_roof("H200 SXM")
    step = decode_step(catalog.shape("Llama-3-8B"), roof)
    point = {"traffic": step.work.traffic, "layers": 32, "bandwidth": roof.bandwidth}
    assert not fit.covers(**point)
    assert "bandwidth 4.8 TB/s (fitted from 1.94 TB/s to 2.04 TB/s)" in fit.beyond(**point)
    assert fit.covers(**point | {"bandwidth": 2e12})


def test_a_step_on_a_card_that_nobody_measured_is_expected_with_its_range_and_its_limits():
    found = expected("L4", "Llama-3-8B", weight_bits=4.8944, context_tokens=512)
    fit, roof = class_fit("NVIDIA GDDR", "llama.cpp"), decode_roof("L4")
    step = decode_step(catalog.shape("Llama-3-8B"), roof, weight_bits=4.8944, context_tokens=512)
    assert found.seconds == pytest.approx(estimate_time(step.work, roof, fit, layers=32))
    assert step.floor < found.low < found.seconds < found.high
    assert not found.covered
    assert found.says == (
        "Outside the rows that the estimate knows: "
        "bandwidth 300 GB/s (fitted from 360 GB/s to 1.79 TB/s)."
    )
    known = expected("RTX 3090", "Llama-3-8B", build="May 2024")
    assert (known.covered, known.says) == (True, "")


def test_an_estimate_for_a_class_that_nobody_measured_is_refused():
    with pytest.raises(ValueError, match=r"^0 measured rows of llama\.cpp on AMD HBM: a fit"):
        expected("MI300X", "Llama-3-8B")


def test_a_class_of_one_device_leaves_nothing_out():
    message = "only Raspberry Pi 5 .16GB. is measured: leaving it out leaves nothing"
    with pytest.raises(ValueError, match=f"^{message}"):
        left_out(compared(device="Raspberry Pi 5 (16GB)"))
    with pytest.raises(ValueError, match="0 measured rows of abacus on Apple LPDDR"):
        class_fit("Apple LPDDR", "abacus")


@each_class
def test_prompts_are_read_at_a_part_of_the_peak(kind):
    shares = prefill_shares(kind, "llama.cpp")
    assert len(shares) >= 20
    assert min(shares.values()) > 0.1
    assert max(shares.values()) < 1.05  # kernels that multiply at 8 bits pass the 16-bit rate


def test_a_prompt_of_512_on_an_m1_pro_is_read_at_three_quarters_of_its_peak():
    # discussion 4167: 302.14 tok/s of Llama-2-7B in F16; 512 tokens take 6.7e12 FLOP
    name = "Apple M1 Pro (16-core GPU), Llama-2-7B, F16, llama.cpp, 128 generated"
    share = prefill_shares("Apple LPDDR", "llama.cpp")[name]
    assert share == pytest.approx(6.70e12 / (512 / 302.14) / 5.31e12, rel=0.01)


# divided among devices


def test_steps_divided_among_devices_are_fitted_and_predicted_for_other_numbers_of_them():
    rows = all_splits()
    assert {s.row.devices for s in rows} == {2, 4, 8}
    assert split_fit(rows).error < 0.03
    for devices in (2, 4, 8):
        fit = split_fit(tuple(s for s in rows if s.row.devices != devices))
        unseen = [s for s in rows if s.row.devices == devices]
        assert np.mean([abs(s.estimated(fit) / s.seconds - 1) for s in unseen]) < 0.06


def test_the_constants_of_divided_steps_keep_to_what_can_be():
    fit = split_fit(all_splits())
    assert 0.8 < fit.bandwidth_share <= 1
    assert 5e-5 < fit.seconds_per_layer < 1e-4
    assert 1e-6 < fit.seconds_per_sequence < 2e-6


@pytest.mark.parametrize("split", all_splits(), ids=lambda s: s.row.name)
def test_no_divided_step_beats_its_floor(split):
    assert split.seconds == pytest.approx(1 / split.row.tokens_per_s)
    assert split.times_the_floor > 1
    assert split.step.work.traffic * split.row.devices == pytest.approx(
        decode_step(
            catalog.shape(split.row.model), split.step.roof, sequences=split.row.sequences,
            context_tokens=split.row.context_tokens, weight_bits=split.row.bits_per_weight,
        ).work.traffic
    )  # fmt: skip


def test_the_page_on_times_holds_what_the_rows_say(capsys):
    script = ROOT / "benchmarks" / "fit_times.py"
    runpy.run_path(str(script), run_name="__main__")
    page = (ROOT / "docs" / "times.md").read_text("utf-8").splitlines()
    said = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(said) > 20
    missing = [line for line in said if line not in page]
    assert not missing, f"run {script.name} and put into docs/times.md: {missing}"
