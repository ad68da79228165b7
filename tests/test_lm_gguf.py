"""The reader of GGUF files: what the package gguf reads, and what is wrong with a broken file."""

import struct

import numpy as np
import pytest
import tiny_model
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, quants

from lecture_lib import lm
from lecture_lib.lm import gguf

WRITTEN = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "TQ1_0", "TQ2_0", "MXFP4"]


@pytest.fixture
def tiny(tmp_path):
    return tiny_model.write(tmp_path / "tiny.gguf")


def same(ours, theirs) -> bool:
    """Whether a value of the metadata is the same, and of the same kind: text, number or array."""
    if isinstance(ours, np.ndarray):
        return ours.tolist() == theirs
    return type(ours) is type(theirs) and ours == theirs


def test_of_a_model_it_reads_what_gguf_reads(tiny):
    """The real file takes gguf ten seconds: benchmarks/language_model.py compares all of that."""
    ours, theirs = gguf.read(tiny), GGUFReader(tiny)
    keys = [key for key in theirs.fields if not key.startswith("GGUF.")]
    assert list(ours.metadata) == keys
    assert all(same(ours.metadata[key], theirs.fields[key].contents()) for key in keys)
    assert list(ours.tensors) == [tensor.name for tensor in theirs.tensors]
    for tensor in theirs.tensors:
        mine = ours.tensors[tensor.name]
        assert (mine.format, mine.shape[::-1]) == (tensor.tensor_type.name, (*tensor.shape,))
        np.testing.assert_array_equal(mine.stored, tensor.data.view(np.uint8).ravel())
        values = quants.dequantize(tensor.data, tensor.tensor_type)
        np.testing.assert_array_equal(mine.values, values)


def test_numbers_texts_and_arrays_of_every_kind_come_back(tmp_path):
    writer = GGUFWriter(tmp_path / "kinds.gguf", "none")
    for kind, value in [("uint8", 200), ("int8", -3), ("uint16", 60_000), ("int16", -30_000)]:
        getattr(writer, f"add_{kind}")(kind, value)
    for kind, value in [("uint32", 2**31), ("int32", -5), ("uint64", 2**63), ("int64", -(2**40))]:
        getattr(writer, f"add_{kind}")(kind, value)
    writer.add_float32("float32", 0.1)
    writer.add_float64("float64", 0.1)
    writer.add_bool("bool", True)
    writer.add_string("string", "ß €")
    writer.add_array("numbers", [1, -2, 3])
    writer.add_array("texts", ["", "a", "ß"])
    writer.add_array("nested", [[1, 2], [3]])
    writer.add_custom_alignment(64)
    writer.add_tensor("t", np.arange(6, dtype=np.float32).reshape(2, 3))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    file = gguf.read(tmp_path / "kinds.gguf")
    said = file.metadata
    assert [said["uint8"], said["int8"], said["uint16"], said["int16"]] == [
        200,
        -3,
        60_000,
        -30_000,
    ]
    assert [said["uint32"], said["int32"]] == [2**31, -5]
    assert [said["uint64"], said["int64"]] == [2**63, -(2**40)]
    assert said["float32"] == float(np.float32(0.1))
    assert (said["float64"], said["bool"], said["string"]) == (0.1, True, "ß €")
    assert said["numbers"].tolist() == [1, -2, 3]
    assert said["texts"] == ["", "a", "ß"]
    assert [part.tolist() for part in said["nested"]] == [[1, 2], [3]]
    assert file.tensors["t"].values.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("format", WRITTEN)
def test_a_tensor_of_each_format_has_the_values_that_gguf_gives(tmp_path, format):
    kind = GGMLQuantizationType[format]
    values = np.random.default_rng(0).normal(size=(3, 512)).astype(np.float32)
    stored = quants.quantize(values, kind)
    writer = GGUFWriter(tmp_path / "one.gguf", "none")
    writer.add_tensor("first", np.zeros(5, np.float32))  # so that the second needs padding
    writer.add_tensor("second", stored, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    tensor = gguf.read(tmp_path / "one.gguf").tensors["second"]
    assert (tensor.shape, tensor.format) == ((3, 512), format)
    np.testing.assert_array_equal(tensor.values, quants.dequantize(stored, kind))


def test_a_file_cut_off_anywhere_is_called_so(tiny, tmp_path):
    whole, cut = tiny.read_bytes(), tmp_path / "cut.gguf"
    head = whole.index(b"blk.1.ffn_down.weight")
    for size in [*range(4, head, 13), len(whole) // 2, len(whole) - 1]:
        cut.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"cut.gguf is cut off: .* fetch it again"):
            gguf.read(cut)


def test_the_tensor_that_is_cut_off_is_named_with_its_end_and_that_of_the_file(tiny, tmp_path):
    whole, cut = tiny.read_bytes(), tmp_path / "cut.gguf"
    cut.write_bytes(whole[:-40_000])
    has = f"and the file has {len(whole) - 40_000:,}; fetch it again"
    with pytest.raises(ValueError, match=rf"^cut.gguf is cut off: blk.1.* to byte .*, {has}"):
        gguf.read(cut)


def test_whatever_is_changed_in_the_head_is_either_read_or_refused_in_words(tiny, tmp_path):
    whole, bent = tiny.read_bytes(), tmp_path / "bent.gguf"
    head = whole.index(b"blk.1.ffn_down.weight") + 60
    rng = np.random.default_rng(0)
    refusals = []
    for _ in range(150):
        bytes = bytearray(whole)
        for place in rng.integers(0, head, rng.integers(1, 4)):
            bytes[place] = rng.choice([0, 1, 255, rng.integers(256)])
        bent.write_bytes(bytes)
        try:
            lm.load(bent)
        except ValueError as error:
            refusals.append(str(error))
    assert len(refusals) > 75
    assert not [words for words in refusals if "bent" not in words]


def test_an_empty_file_is_called_empty(tmp_path):
    (tmp_path / "none.gguf").touch()
    with pytest.raises(ValueError, match=r"^none.gguf is empty; fetch it again$"):
        gguf.read(tmp_path / "none.gguf")


def test_a_foreign_file_is_told_by_its_first_bytes(tmp_path):
    (tmp_path / "page.gguf").write_text("<!DOCTYPE html><html>not found</html>")
    with pytest.raises(ValueError, match=r"^page.gguf begins with b'<!DO' and is no GGUF file; "):
        gguf.read(tmp_path / "page.gguf")


@pytest.mark.parametrize("version", [1, 4])
def test_a_version_that_is_not_known_is_named(tmp_path, version):
    (tmp_path / "new.gguf").write_bytes(b"GGUF" + struct.pack("<IQQ", version, 0, 0))
    with pytest.raises(ValueError, match=f"^new.gguf is GGUF version {version}, and 2 or 3 is"):
        gguf.read(tmp_path / "new.gguf")


def test_a_format_that_is_not_read_is_named_with_its_tensor(tmp_path):
    writer = GGUFWriter(tmp_path / "odd.gguf", "none")
    writer.add_tensor("t", np.zeros((1, 32), np.int8))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ValueError, match=r"odd.gguf keeps t as I8, which is not read here; .* F32"):
        gguf.read(tmp_path / "odd.gguf")
