"""ggml's formats, byte for byte: against the C library, against gguf, and as recorded from C."""

import hashlib
import json
import platform
import sys
from pathlib import Path

import ggml_library
import gguf
import numpy as np
import pytest
from blocks_to_try import of_every_kind, ordinary

from lecture_lib.quantization import ggml
from lecture_lib.quantization.ggml import codebooks
from lecture_lib.quantization.ggml.lanes import AT_ONCE

WRITTEN = [name for name, form in ggml.FORMATS.items() if form.pack]
BY_GGUF = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "TQ1_0", "TQ2_0", "MXFP4"]
RECORDED = json.loads((Path(__file__).parent / "reference_ggml.json").read_text())
# Elsewhere compilers join a product and a sum into one rounding, and the last bits of C differ.
beside_c = pytest.mark.skipif(
    platform.machine().lower() not in {"x86_64", "amd64"} or not ggml_library.where(),
    reason="ggml's last bits are ours on x86-64 alone; the recorded digests hold everywhere",
)


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()[:16]


def random_bytes(form, blocks: int) -> np.ndarray:
    return np.random.default_rng(form.bytes).integers(0, 256, (blocks, form.bytes), np.uint8)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Equal to the sign of zero; any two that are no numbers are equal."""
    both = np.isnan(one) & np.isnan(other)
    return np.array_equal(one.view(np.uint32)[~both], other.view(np.uint32)[~both])


@beside_c
@pytest.mark.parametrize("name", WRITTEN)
def test_bytes_and_weights_are_those_of_the_c_library(name):
    form = ggml.format(name)
    weights = of_every_kind(form.weights, 60 if form.weights > 64 else 150)
    stored = ggml_library.quantize(name, weights, form.bytes)
    differ = np.flatnonzero((form.quantize(weights) != stored).any(axis=1))
    assert not differ.size, f"{differ.size} of {len(weights)} blocks, the first {differ[0]}"
    with np.errstate(invalid="ignore"):
        for some in (stored, random_bytes(form, 500)):
            assert same(form.dequantize(some), ggml_library.dequantize(name, some, form.weights))


@pytest.mark.parametrize("name", WRITTEN)
def test_bytes_and_weights_are_as_recorded_from_the_c_library(name):
    form = ggml.format(name)
    stored = form.quantize(ordinary(form.weights, 300))
    assert [digest(stored), digest(form.dequantize(stored))] == RECORDED[name]["digests"]
    assert form.quantize(ordinary(form.weights, 1)).tobytes().hex() == RECORDED[name]["block"]


@pytest.mark.parametrize("name", WRITTEN)
def test_gguf_reads_the_same_weights(name):
    form = ggml.format(name)
    stored = random_bytes(form, 200)
    with np.errstate(invalid="ignore", over="ignore"):
        theirs = gguf.quants.dequantize(stored, gguf.GGMLQuantizationType[name])
        assert same(form.dequantize(stored), theirs)


@pytest.mark.parametrize("name", BY_GGUF)
def test_gguf_writes_the_same_bytes(name):
    form = ggml.format(name)
    weights = ordinary(form.weights, 100)
    theirs = gguf.quants.quantize(weights, gguf.GGMLQuantizationType[name])
    assert np.array_equal(form.quantize(weights), theirs)


def test_sizes_are_those_of_gguf():
    sizes = {name: (form.weights, form.bytes) for name, form in ggml.FORMATS.items()}
    theirs = {kind.name: size for kind, size in gguf.GGML_QUANT_SIZES.items()}
    assert sizes == {name: theirs[name] for name in sizes}


def test_a_name_tells_the_bits_of_a_code_and_not_of_a_weight():
    bits = {name: ggml.format(name).bits_per_weight for name in ("Q4_0", "Q4_1", "Q8_0", "Q2_K")}
    assert bits == {"Q4_0": 4.5, "Q4_1": 5, "Q8_0": 8.5, "Q2_K": 2.625}
    assert ggml.format("TQ1_0").bits_per_weight == 1.6875
    assert ggml.format("MXFP4").bits_per_weight == 4.25


@pytest.mark.parametrize("name", WRITTEN)
def test_blocks_do_not_depend_on_how_many_go_together(name):
    form = ggml.format(name)
    turn = AT_ONCE // form.weights + 16
    weights = ordinary(form.weights, turn + 1)
    together = form.quantize(weights)
    some = [0, 1, turn - 1, turn]
    assert np.array_equal(np.vstack([form.quantize(weights[[i]]) for i in some]), together[some])
    back = form.dequantize(together)
    assert np.array_equal(np.vstack([form.dequantize(together[[i]]) for i in some]), back[some])
    assert form.rounded(weights[:0]).shape == (0, form.weights)


ERRORS = {  # root of mean squares, relative to that of ordinary weights, %
    **{"Q8_0": 0.53, "Q6_K": 1.75, "Q5_K": 3.6, "Q5_1": 3.8, "Q5_0": 4.2, "Q4_K": 7.1},
    **{"IQ4_NL": 7.6, "Q4_1": 7.8, "Q4_0": 8.6, "NVFP4": 10.2, "MXFP4": 11.4, "Q3_K": 15.0},
    **{"Q2_K": 29.6, "TQ1_0": 80.4, "TQ2_0": 80.4},
}


@pytest.mark.parametrize(("name", "percent"), ERRORS.items())
def test_what_rounding_takes_from_ordinary_weights(name, percent):
    weights = ordinary(256, 500)
    lost = np.square(ggml.format(name).rounded(weights) - weights).mean()
    assert 100 * np.sqrt(lost / np.square(weights).mean()) == pytest.approx(percent, rel=0.02)


@pytest.mark.parametrize("name", BY_GGUF)
def test_rounding_twice_is_rounding_once_where_the_scale_is_the_obvious_one(name):
    form = ggml.format(name)
    once = form.rounded(ordinary(256, 400))
    assert np.array_equal(form.rounded(once), once)


@pytest.mark.parametrize("name", [name for name in WRITTEN if name not in BY_GGUF])
def test_rounding_twice_may_round_again_where_a_scale_is_searched_or_too_coarse(name):
    """A search may find another scale for what is rounded already, and so may NVFP4.

    It takes a sixth of the greatest weight, though that may have got the code of 4 and not of 6.
    """
    form = ggml.format(name)
    weights = np.vstack([ordinary(256, 200), of_every_kind(256, 10).clip(-1000, 1000)])
    once = form.rounded(weights)
    assert not np.array_equal(form.rounded(once), once)


@pytest.mark.parametrize("name", ["TQ1_0", "TQ2_0"])
def test_trits_are_containers_so_make_weights_ternary_first(name):
    weights = ordinary(256, 50)
    scale = np.abs(weights).mean().astype(np.float16).astype(np.float32)
    ternary = np.clip(np.rint(weights / scale), -1, 1) * scale
    assert np.array_equal(ggml.format(name).rounded(ternary), ternary)
    assert np.mean(ggml.format(name).rounded(weights) == 0) > 0.8


FLOAT16_SCALES = [name for name in WRITTEN if "FP4" not in name]


@pytest.mark.parametrize("name", FLOAT16_SCALES)
def test_a_scale_beyond_float16_is_infinite_and_one_below_is_zero(name):
    form, weights = ggml.format(name), ordinary(256, 20)
    assert not form.rounded(weights * np.float32(1e-9)).any()
    assert not np.isfinite(form.rounded(weights * np.float32(1e12))).all()
    assert np.isfinite(form.rounded(weights * np.float32(1e5))).all()


def test_small_floats_as_scales_have_ends_of_their_own():
    weights = ordinary(64, 20)
    for factor in (1e-30, 1e30):
        error = ggml.format("MXFP4").rounded(weights * np.float32(factor)) / factor - weights
        assert np.abs(error).max() < 0.02
    assert not ggml.format("NVFP4").rounded(np.full(64, 0.0058)).any()
    assert (ggml.format("NVFP4").rounded(np.full(64, 1e4)) == 6 * 448).all()
    assert not ggml.format("NVFP4").rounded(np.full(64, 1e15)).any()


@pytest.mark.parametrize(
    ("asked", "nearest"), [("Q4_2", "Q4_"), ("q2k", "Q2_K"), ("IQ2", "IQ2_"), ("", "")]
)
def test_an_unknown_name_meets_the_nearest(asked, nearest):
    with pytest.raises(ValueError, match=f"no format '{asked}' .*nearest name is '{nearest}"):
        ggml.format(asked)


def test_a_name_is_found_in_any_case():
    assert ggml.format("q4_k") is ggml.FORMATS["Q4_K"]


@pytest.mark.parametrize("name", WRITTEN)
def test_rows_are_of_whole_blocks_and_of_numbers(name):
    form = ggml.format(name)
    with pytest.raises(ValueError, match=f"{name} stores blocks of {form.weights} weights"):
        form.quantize(np.zeros(form.weights + 16))
    with pytest.raises(ValueError, match=f"{name} has no code for nan"):
        form.quantize(np.full(form.weights, np.nan))


@pytest.mark.parametrize("name", codebooks.BYTES)
def test_code_books_are_read_by_gguf(name, monkeypatch):
    form = ggml.format(name)
    stored = random_bytes(form, 3)
    with np.errstate(invalid="ignore", over="ignore"):
        theirs = gguf.quants.dequantize(stored, gguf.GGMLQuantizationType[name])
        assert same(form.dequantize(stored), theirs)
    assert form.dequantize(stored[:0]).shape == (0, 256)
    with pytest.raises(ValueError, match="read but not written"):
        form.quantize(np.zeros(256))
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(ImportError, match=f"{name} is read by the package gguf.*pip install gguf"):
        form.dequantize(stored)
