"""Traps of times and devices: each was met in a published table or in another program.

The numbers are those of the list of traps that the models are held to; each test says what the
mistake would be, and fails if we make it. Traps of counts are tried where the counts are tested.
"""

from pathlib import Path

import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.decode import decode_step
from lecture_lib.estimates import Fit
from lecture_lib.measured import (
    all_compared,
    all_splits,
    class_fit,
    class_rows,
    left_out,
    prefill_shares,
)
from lecture_lib.parallel import layer_split_time
from lecture_lib.roofline import power_energy, work_energy
from lecture_lib.serving import decode_roof, link
from lecture_lib.times import first_token_time, prefill, request_time

COUNTED = {  # number of the trap: the tests of its name, and their file
    1: ("operators", "gqa_reads_kv_heads_and_not_query_heads"),
    2: ("operators", "the_embedding_is_a_lookup_and_not_a_stream"),
    3: ("operators", "2n_misses_the_attention"),
    4: ("operators", "a_multiply_add_is_2_flop"),
    5: ("operators", "the_causal_mask_halves_scores_and_their_bytes_and_keeps_the_diagonal"),
}
ELSEWHERE = {
    17: "units of MLPerf: no row of the catalog is from there",
    18: "cycles of a systolic array, counted from 0 or 1: with the chapter on such arrays",
    25: "perplexities of unlike contexts: with the chapters that measure one",
}
BENCH = [m for m in catalog.measurements() if m.engine == "llama.cpp"]


def peak(device, operands="fp16", accumulator=None):
    return catalog.device(device).peak(operands, accumulator).ops_per_s


# devices


def test_trap_06_a_dense_rate_is_half_of_the_sparse_one_that_is_printed():
    assert peak("H100 SXM", "bf16") == pytest.approx(1979e12 / 2, rel=1e-3)


def test_trap_07_pcie_parts_are_not_sxm_parts_nor_40_gb_80():
    assert (peak("H100 PCIe"), decode_roof("H100 PCIe").bandwidth) == (756e12, 2e12)
    assert (peak("H100 SXM"), decode_roof("H100 SXM").bandwidth) == (989.4e12, 3.35e12)
    bandwidths = [
        decode_roof(f"A100 {part}").bandwidth for part in ("SXM 40GB", "PCIe 80GB", "SXM 80GB")
    ]
    assert bandwidths == [1.555e12, 1.94e12, 2.039e12]


@pytest.mark.parametrize("card", ["RTX 3070", "RTX 3090", "RTX 4080", "RTX 4090", "RTX 5090"])
def test_trap_08_geforce_halves_its_rate_where_sums_keep_32_bits_and_workstations_do_not(card):
    assert peak(card, "fp16", "fp32") == pytest.approx(2 * peak(card, "fp32"), rel=0.01)
    assert peak("RTX 6000 Ada") == pytest.approx(4 * peak("RTX 6000 Ada", "fp32"), rel=0.01)
    assert decode_roof(card).peak_rate == peak(card, "fp16", "fp32")


def test_trap_09_a_gigabyte_a_second_is_10_to_the_9():
    assert decode_roof("RTX 3090").bandwidth == 936.2e9
    assert all(c.step.roof.bandwidth % 1e7 == 0 for c in all_compared())


def test_trap_10_a_model_that_is_called_7b_has_up_to_7_6_billion_parameters():
    named = ("Llama-2-7B", "Mistral-7B-v0.1", "Qwen2.5-7B")
    found = [catalog.shape(model).parameters for model in named]
    assert [round(count / 1e9, 3) for count in found] == [6.738, 7.242, 7.616]


def test_trap_19_hopper_has_no_tensor_cores_for_integers_of_four_bits():
    for name, row in catalog.devices().items():
        if name.startswith(("H100", "H200", "H20", "GH200")):
            assert "int4" not in {p.operands for p in row.peaks}, name
    assert "int4" in {p.operands for p in catalog.device("RTX 4090").peaks}  # where they are


# measured rows


@pytest.mark.parametrize("row", BENCH, ids=lambda row: row.name)
def test_trap_11_a_benchmark_that_starts_from_nothing_has_half_its_tokens_behind_it(row):
    if row.engine_date in ("Nov 2023", "May 2024", "2025"):  # llama-bench; earlier: with a prompt
        assert row.context_tokens == (row.generated_tokens or 128) / 2
    else:
        asked = row.prompt_tokens + row.generated_tokens / 2
        assert row.context_tokens == pytest.approx(asked, abs=1)


def test_trap_12_a_newer_build_is_faster_by_a_quarter_on_the_same_card():
    old, new = (
        next(
            c for c in class_rows("NVIDIA GDDR", "llama.cpp", build)
            if (c.row.device, c.row.model) == ("RTX 4090", "Llama-2-7B") and "Q4_0" in c.name
        )
        for build in ("Dec 2023", "2025")
    )  # fmt: skip
    assert (old.rate, new.rate) == (149.37, 186.21)
    layers = [
        class_fit("NVIDIA GDDR", "llama.cpp", b).seconds_per_layer for b in ("May 2024", "2025")
    ]
    assert layers[1] < layers[0] / 2  # what is gained is time between the kernels


def test_trap_13_no_fitted_model_fits_into_a_cache():
    for c in all_compared():
        cache = catalog.device(c.row.device).l2_bytes or catalog.device(c.row.device).sram_bytes
        assert cache is None or c.step.work.traffic > 2 * cache, c.row.name


def test_trap_14_a_first_token_under_load_holds_waiting_and_is_no_prefill():
    rows = [m for m in catalog.measurements() if m.engine == "vLLM"]
    shape, roof = catalog.shape("Llama-3.1-70B"), decode_roof("H100 SXM")
    for row in rows:
        one = prefill(shape, roof, row.prompt_tokens, weight_bits=8).floor / row.devices
        assert row.seconds_to_first_token > one  # of their own prompt alone it would be nearer
        if row.sequences >= 16:  # of all prompts at once it would be longer
            assert row.seconds_to_first_token < row.sequences * one
    whole = request_time(first_token_time(0.1, waiting_time=0.2), 0.01, 101)
    assert whole == pytest.approx(1.3)
    assert 101 / whole < 1 / 0.01  # tokens over the whole request are not tokens of decoding


def test_trap_15_a_layer_split_speeds_up_no_stream_as_measured_too():
    shape, roof = catalog.shape("Llama-3-8B"), decode_roof("RTX 3090")
    whole = decode_step(shape, roof).floor
    assert layer_split_time([whole / 4] * 4) == pytest.approx(whole)
    # gpu-benchmarks, 8B Q4_K_M, 1024 generated: one RTX 3090, two, four and six of them
    measured = [111.74, 108.07, 104.94, 101.07]
    assert (np.diff(measured) < 0).all()
    hop = (1 / measured[3] - 1 / measured[0]) / 5
    split = layer_split_time([1 / measured[0] / 4] * 4, hop_time=hop)
    assert 1 / split == pytest.approx(measured[2], rel=0.02)


def test_trap_16_fewer_bits_for_a_weight_make_a_token_cheaper_and_a_prompt_no_faster():
    shape, roof = catalog.shape("Llama-2-7B"), decode_roof("A100 SXM 80GB")
    wide, narrow = (prefill(shape, roof, 1024, weight_bits=bits) for bits in (16, 4))
    assert wide.floor == narrow.floor
    tokens = [decode_step(shape, roof, weight_bits=bits).floor for bits in (16, 4)]
    assert 3 < tokens[0] / tokens[1] < 4


def test_trap_20_power_times_time_is_more_than_the_work_needs_and_a_share_is_no_percentage():
    shape, roof = catalog.shape("Llama-2-7B"), decode_roof("A100 SXM 80GB")
    step = decode_step(shape, roof)
    drawn = power_energy(step.floor, roof.power)
    # Horowitz 2014 scaled to 7 nm: about 0.5 pJ for an FP16 multiply-add, 32 pJ a byte of HBM
    assert work_energy(step.work, per_flop=0.25e-12, per_byte=32e-12) < drawn / 2
    assert drawn == pytest.approx(2.7, abs=0.1)  # J; a peer that takes 57 % for 57 says 126
    with pytest.raises(ValueError, match="at most 1, not 57"):
        Fit(bandwidth_share=57, seconds_per_layer=0, error=0, points=3)


def test_trap_21_one_token_reads_two_experts_of_eight_and_a_crowd_all_of_them():
    shape, roof = catalog.shape("Mixtral-8x7B"), decode_roof("A100 SXM 80GB")
    alone, crowd = (
        decode_step(shape, roof, sequences=n, context_tokens=1024).work.traffic for n in (1, 64)
    )
    dense = 0.04619  # s: mlsysim 0.3.0 reads all 46.7e9 parameters for one token on this card
    assert dense / (alone / roof.bandwidth) == pytest.approx(3.6, abs=0.1)
    assert crowd > 3.5 * alone


def test_trap_22_eight_devices_are_three_to_four_times_off_their_floor():
    by_devices = {
        n: [s.times_the_floor for s in all_splits() if s.row.devices == n] for n in (2, 4, 8)
    }
    assert 1.6 < min(by_devices[2]) < max(by_devices[2]) < 1.9
    assert 2.1 < min(by_devices[4]) < max(by_devices[4]) < 2.5
    assert 3.3 < min(by_devices[8]) < max(by_devices[8]) < 3.8
    # the wires alone do not explain it: NVLink moves the sums in a part of the time
    for split in all_splits():
        assert split.step.exchange < 0.1 * split.seconds
    assert link("H100 SXM").bandwidth == 450e9


def test_trap_23_rates_far_out_of_line_are_left_out_and_the_row_says_so():
    told = [
        m for m in catalog.measurements() if m.note and "far out of line" in m.note
    ]  # fmt: skip
    assert {m.device for m in told} >= {"A100 SXM 80GB", "L40S", "A40"}
    assert all(m.prefill_tokens_per_s is None for m in told)
    # 681.47 tok/s, as printed for an A100 that others show at 7,504, would be a share of 0.03
    assert min(prefill_shares("NVIDIA HBM", "llama.cpp").values()) > 0.1


def test_trap_23_one_laptop_makes_up_half_of_what_estimates_for_apple_are_off():
    def off(rows):
        return np.mean([abs(estimated / measured - 1) for _, measured, estimated in left_out(rows)])

    rows = class_rows("Apple LPDDR", "llama.cpp")
    of = ("Apple M1 Max (32-core GPU)", "May 2024")
    laptop = [c for c in rows if (c.row.device, c.row.engine_date) == of]
    assert len(laptop) == 12
    assert off(rows) > 0.1
    assert off(tuple(c for c in rows if c not in laptop)) == pytest.approx(0.060, abs=5e-4)
    found = left_out(rows)
    same_chip = [
        abs(estimated / measured - 1) for c, measured, estimated in found
        if c.row.device == laptop[0].row.device and c.row.engine_date == "Nov 2023"
    ]  # fmt: skip
    assert max(same_chip) < 0.025


def test_trap_24_rates_of_a_service_on_an_unstated_number_of_chips_are_set_against_no_ceiling():
    told = [m for m in catalog.measurements() if m.engine == "GroqCloud"]
    assert told
    assert not {m.name for m in told} & {c.row.name for c in all_compared()}


def test_every_trap_of_the_list_has_a_test_of_its_number_or_a_reason():
    here = {int(name.split("_")[2]) for name in globals() if name.startswith("test_trap_")}
    assert sorted({*here, *COUNTED, *ELSEWHERE}) == list(range(1, 26))
    assert not here & {*COUNTED, *ELSEWHERE}
    for file, name in COUNTED.values():
        written = Path(__file__).with_name(f"test_{file}.py").read_text("utf-8")
        assert f"def test_trap_{name}(" in written
