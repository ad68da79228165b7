"""Laws that hold across the rows of data/, whatever is added to them."""

import math
import tomllib
from collections import Counter
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path

import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.catalog.rules import NOT_READ
from lecture_lib.roofline import floor_time


def records(ask):
    rows = getattr(catalog, ask)()
    return list(rows if isinstance(rows, tuple) else rows.values())


FIGURES = (
    "devices", "machines", "history", "models", "claims", "measurements", "energies", "formats",
    "perplexities", "trials", "trainings", "byte_trials", "float_formats", "ternary_results",
)  # fmt: skip
DATA = Path(catalog.__file__).parents[1] / "data"
FOUND_FROM_OTHERS = ("dimensions", "figures", "tokens_per_s", "ratio", "perplexity")
BITS = {
    "fp16": 16, "bf16": 16, "int16": 16, "fp8": 8, "bfp8": 8, "int8": 8, "fp6": 6, "fp4": 4,
    "int4": 4,
}  # fmt: skip


@pytest.mark.parametrize(
    ("ask", "count"),
    [
        ("devices", 84), ("machines", 1), ("history", 20), ("models", 88), ("claims", 91),
        ("energies", 84), ("measurements", 229), ("formats", 45), ("perplexities", 108),
        ("trials", 2), ("trainings", 2), ("byte_trials", 8),
        ("float_formats", 8), ("ternary_results", 13),
    ],
)  # fmt: skip
def test_no_row_got_lost(ask, count):
    assert len(getattr(catalog, ask)()) >= count


def test_no_kind_of_row_got_lost():
    assert sum(model.kind == "vision" for model in catalog.models().values()) >= 5
    assert sum(claim.core for claim in catalog.claims().values()) >= 47
    assert Counter(energy.group for energy in catalog.energies().values()) >= Counter(
        {
            "45nm": 16, "7nm": 16, "area": 9, "dram": 11, "sram": 6, "link": 4, "query": 5,
            "fleet": 3, "rebound": 9, "worked": 5,
        }
    )  # fmt: skip
    assert Counter(row.engine for row in catalog.measurements()) >= Counter(
        {"llama.cpp": 175, "ExLlamaV2": 9, "rknn-llm": 8, "vLLM": 12, "tt-metal": 7, "ollama": 4}
    )
    assert Counter(weights.kind for weights in catalog.formats().values()) >= Counter(
        {"file": 23, "block": 18, "plain": 4}
    )


def test_the_keys_of_all_rows_of_a_file_stand_in_one_order():
    for path in sorted(DATA.glob("*.toml")):
        tables = tomllib.loads(path.read_text("utf-8"))
        for rows in tables.values() if path.stem == "formats" else [tables]:
            after = {}
            for row in rows.values():
                for earlier, later in zip(list(row), list(row)[1:], strict=False):
                    after.setdefault(later, set()).add(earlier)
            list(TopologicalSorter(after).static_order())  # raises on a circle


@pytest.mark.parametrize("ask", FIGURES)
def test_every_figure_says_where_it_is_from_and_none_is_promoted_in_silence(ask):
    for row in records(ask):
        told = row.provenance
        fields = set(type(row).__slots__) - {"name", "id", "also", "provenance"}
        given = {field for field in fields if field in told}
        default = type(row).__dataclass_fields__
        for field in fields - given:  # what nobody vouches for must be what is left out
            value, unset = getattr(row, field), default[field].default
            assert not value or value == unset or field in FOUND_FROM_OTHERS
        assert given
        for origin in told.values():
            assert (origin.confidence == "recalled") == (origin.read_on == NOT_READ)
            if origin.confidence == "seen":
                assert catalog.sources()[origin.source].read_on != NOT_READ


def test_every_source_is_cited():
    rows = [row for ask in FIGURES for row in records(ask)]
    cited = {origin.source for row in rows for origin in row.provenance.values()}
    cited |= {source.key for row in rows for source in row.also}
    assert set(catalog.sources()) == cited


ROUNDED = {  # published rounded, or dimensions recalled: share by which the count may differ
    "RWKV-4-14B": 1e-3, "RWKV-5-Eagle-0.4B": 1e-3, "RWKV-5-Eagle-1.5B": 1e-3,
    "RWKV-5-Eagle-3B": 1e-3, "RWKV-5-Eagle-7B": 1e-3, "RWKV-6-Finch-1.6B": 1e-3,
    "RWKV-6-Finch-3B": 1e-3, "RWKV-6-Finch-7B": 1e-3, "RWKV-6-Finch-14B": 3e-3,
    "RWKV-7-7.2B": 1e-3, "RWKV-7-13.3B": 3e-3, "BitNet-b1.58-2B4T": 6e-3,
}  # fmt: skip
COUNTABLE = [m for m in catalog.models().values() if m.kind not in ("hybrid", "vision")]


@pytest.mark.parametrize("model", COUNTABLE, ids=lambda model: model.name)
def test_the_count_from_the_shape_is_the_published_one(model):
    counted = catalog.shape(model.name).parameters
    if model.name in ROUNDED:
        assert counted == pytest.approx(model.published_parameters, rel=ROUNDED[model.name])
        assert model.note
    else:
        assert counted == model.published_parameters


def test_seventy_counts_are_exact_and_the_others_are_named():
    assert len(COUNTABLE) == 82
    assert len({model.name for model in COUNTABLE} - set(ROUNDED)) == 70


def test_the_parts_of_a_vision_net_sum_to_the_whole():
    for model in catalog.models().values():
        if model.kind == "vision":
            of = model.figures
            assert of["conv_multiply_adds"] + of["fc_multiply_adds"] == of["multiply_adds"]
            assert of["parameters"] == model.published_parameters


# Arrays built otherwise: FP6 as fast as FP4, FP4 three times FP8, INT8 or FP8 four times FP16.
UNEVEN = {"MI355X", "B300 SXM", "Rubin (R200) SXM", "Groq LPU (GroqChip1)"}
UNEVEN |= {name for name in catalog.devices() if name.startswith("Tenstorrent")}


@pytest.mark.parametrize("device", catalog.devices().values(), ids=lambda device: device.name)
def test_no_sparse_rate_is_stored_as_dense(device):
    """Half the bits give at most twice the rate; for 2:4 sparse operands it is four times."""
    if device.name in UNEVEN:
        return
    peaks = [peak for peak in device.peaks if peak.operands in BITS and not peak.engine]
    moved = [(BITS[peak.operands], peak.ops_per_s) for peak in peaks]
    for bits, rate in moved:
        wider = [other * width for width, other in moved if width > bits]
        assert not wider or rate * bits <= max(wider) * 1.02  # sheets round


@pytest.mark.parametrize(
    ("device", "operands", "accumulator", "dense"),
    [
        # NVIDIA Ada whitepaper 2.1, appendix A: 660.6/1321.2 and 330.3/660.6 dense/sparse
        ("RTX 4090", "int8", "unstated", 660.6e12),
        ("RTX 4090", "fp8", "fp32", 330.3e12),
        ("RTX 4090", "fp8", "fp16", 660.6e12),
        ("RTX 4090", "fp16", "fp32", 165.2e12),
        # NVIDIA Ampere GA102 whitepaper, table 3
        ("RTX 3090", "fp16", "fp32", 71e12),
        ("RTX 3090", "fp16", "fp16", 142e12),
        # the page prints 3,958 with sparsity
        ("H100 SXM", "fp8", "unstated", 1978.9e12),
        # the page prints 485 with sparsity
        ("L4", "int8", "unstated", 242.5e12),
        # 67 TOPS sparse
        ("Jetson Orin Nano 8GB (Super)", "int8", "unstated", 33.5e12),
        # 125 PFLOPS announced, sparse
        ("Cerebras WSE-3", "fp16", "fp32", 15.8e15),
    ],
)
def test_a_peak_is_the_dense_one_of_its_sheet(device, operands, accumulator, dense):
    assert catalog.device(device).peak(operands, accumulator).ops_per_s == dense


def test_no_rate_is_told_twice():
    for device in catalog.devices().values():
        rates = [(p.operands, p.accumulator, p.engine) for p in device.peaks]
        assert len(rates) == len(set(rates))
        formats = {p.operands for p in device.peaks if p.accumulator != "unstated"}
        doubled = {p.operands for p in device.peaks if p.accumulator == "unstated" and not p.engine}
        assert not formats & doubled


@pytest.mark.parametrize(
    ("line", "matmul", "bandwidth", "fp32"),
    [("GeForce", 2.53, 1.36, 1.78), ("data centre", 3.45, 1.72, 1.64)],
)
def test_the_memory_wall_grows_as_the_lecture_says(line, matmul, bandwidth, fp32):
    rows = [row for row in catalog.history() if row.line == line]
    years = [date.fromisoformat(row.released).toordinal() / 365.25 for row in rows]

    def growth(rates):  # factor per two years
        return math.exp(2 * np.polyfit(np.array(years) - years[0], np.log(rates), 1)[0])

    assert growth([row.matmul_ops_per_s for row in rows]) == pytest.approx(matmul, rel=0.02)
    assert growth([row.bandwidth for row in rows]) == pytest.approx(bandwidth, rel=0.02)
    assert growth([row.fp32_ops_per_s for row in rows]) == pytest.approx(fp32, rel=0.02)


def test_the_ternary_saving_of_71_follows_from_the_energies():
    # Ma et al., The Era of 1-bit LLMs, arXiv:2402.17764: 71.4 times less arithmetic energy
    add, multiply, int8 = (
        catalog.energy(f"7nm/{name}").low for name in ("fp16_add", "fp16_mult", "int8_add")
    )
    assert (add + multiply) / int8 == pytest.approx(71.4, abs=0.05)


@pytest.mark.parametrize("node", ["45nm", "7nm"])
@pytest.mark.parametrize("size", ["8KB", "32KB", "1MB"])
def test_an_sram_byte_costs_an_eighth_of_a_64_bit_access(node, size):
    access = catalog.energy(f"{node}/sram_64bit_{size}").low
    assert catalog.energy(f"sram/{node}_{size}").low == pytest.approx(access / 8, rel=0.01)


def test_a_block_takes_its_values_and_its_share_of_the_scale():
    blocks = [weights for weights in catalog.formats().values() if weights.scale_bits]
    assert len(blocks) >= 10
    for block in blocks:
        share = block.scale_bits / block.block_weights
        assert block.bits_per_weight == pytest.approx(block.value_bits + share, abs=1e-3)


ALONE = [
    row
    for row in catalog.measurements()
    if row.bits_per_weight and (row.sequences, row.devices) == (1, 1)
]


@pytest.mark.parametrize("row", ALONE, ids=lambda row: row.name)
def test_no_measured_rate_is_above_its_roof(row):
    """The floor with the cache left out and no table wider than the rest: the most there can be."""
    work = catalog.shape(row.model).decode_work(1, weight_bytes=row.bits_per_weight / 8)
    assert row.tokens_per_s < 1 / floor_time(work, catalog.roof(row.device))


def test_a_measured_row_with_bits_can_be_set_beside_the_models():
    for row in catalog.measurements():
        if row.bits_per_weight:
            catalog.shape(row.model)
            catalog.roof(row.device)
    assert len(ALONE) >= 30


def test_a_row_that_gives_seconds_has_their_inverse_as_its_rate():
    raw = tomllib.loads((DATA / "measured.toml").read_text("utf-8"))
    seconds = {n: row["seconds_per_token"] for n, row in raw.items() if "seconds_per_token" in row}
    rates = {row.name: row.tokens_per_s for row in catalog.measurements()}
    assert len(seconds) == 12
    assert all(rates[name] * second == pytest.approx(1) for name, second in seconds.items())


def test_a_claim_with_a_quantity_has_its_unit():
    for claim in catalog.claims().values():
        assert (claim.quantity is None) == (claim.unit is None)
