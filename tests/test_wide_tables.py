"""Bytes of a model whose layers are kept in few bits and whose tables are not."""

import pytest

from lecture_lib import catalog
from lecture_lib.decode import resident_bytes
from lecture_lib.wide_tables import NORM_BITS, bytes_by_part


def test_the_parts_of_the_2b4t_by_hand():
    # config.json: 30 layers, width 2560, mlp 6912, 20 query and 5 KV heads of 128, 128,256 tokens
    layers = 30 * (2 * 2560 * 2560 + 2 * 2560 * 640 + 3 * 2560 * 6912)
    parts = bytes_by_part(catalog.shape("BitNet-b1.58-2B4T"), layer_bits=2, table_bits=16)
    assert parts["layers"] == layers / 4
    assert parts["tables"] == 128_256 * 2560 * 2  # tied: one table
    # the file that Microsoft offers, ggml-model-i2_s.gguf, has 1.19 GB
    assert sum(parts.values()) == pytest.approx(1.19e9, rel=0.01)


@pytest.mark.parametrize("model", ["Llama-2-7B", "Gemma-3-1B", "Qwen2.5-1.5B", "Mixtral-8x7B"])
def test_with_as_many_bits_everywhere_the_parts_are_the_whole(model):
    shape = catalog.shape(model)
    parts = bytes_by_part(shape, layer_bits=NORM_BITS, table_bits=NORM_BITS)
    assert sum(parts.values()) == pytest.approx(resident_bytes(shape, weight_bits=NORM_BITS))


def test_bits_below_zero_are_refused_by_name():
    with pytest.raises(ValueError, match="Llama-2-7B: table_bits"):
        bytes_by_part(catalog.shape("Llama-2-7B"), layer_bits=2, table_bits=-1)
