"""Mixed depths: the recipes must give the bits that the program's authors print of its files."""

import pytest

from lecture_lib import catalog
from lecture_lib.quantization.mixes import (
    MIXES,
    PARTS,
    average_bits,
    bits_of,
    fitting,
    mixed,
    where_more_bits_help,
)
from lecture_lib.transformer import TransformerShape, parameters_by_part

MODELS = ("Llama-3.1-8B", "Llama-2-7B", "Llama-2-70B", "SmolLM2-135M", "Qwen2.5-7B")


def formats_of(model, file, part):
    """The formats of a part, layer by layer."""
    return [one.format for one in mixed(catalog.shape(model), file) if one.part == part]


PRINTED = {name.removesuffix(" file") for name in catalog.formats() if name.endswith(" file")}


@pytest.mark.parametrize("file", [file for file in MIXES if file in PRINTED])
def test_a_file_of_llama_31_8b_takes_the_bits_that_its_makers_print(file):
    """tools/quantize/README.md prints four digits after the point, and these are all right."""
    printed = catalog.weight_format(f"{file} file").bits_per_weight
    found = average_bits(mixed(catalog.shape("Llama-3.1-8B"), file))
    assert found == pytest.approx(printed, abs=6e-5)


def test_two_recipes_have_no_printed_bits_to_be_held_to():
    assert set(MIXES) - PRINTED == {"Q4_0", "Q3_K_M"}


@pytest.mark.parametrize(
    ("file", "bits"),
    [("Q3_K_S", 3.50), ("Q3_K_M", 3.91), ("Q4_K_S", 4.58), ("Q4_K_M", 4.84), ("Q5_K_M", 5.68)],
)
def test_a_file_of_llama_2_7b_takes_what_an_older_page_prints(file, bits):
    """examples/quantize/README.md, as it stood for Llama 2: keys and values of every head."""
    found = average_bits(mixed(catalog.shape("Llama-2-7B"), file))
    assert found == pytest.approx(bits, abs=0.006)


@pytest.mark.parametrize(("file", "bits"), [("Q2_K", 5.14), ("Q4_K_M", 6.17)])
def test_rows_that_blocks_of_256_do_not_divide_fall_back_as_in_the_program(file, bits):
    """llama_model_quantize of SmolLM2-135M, whose rows have 576 weights, reported these bits."""
    assert average_bits(mixed(catalog.shape("SmolLM2-135M"), file)) == pytest.approx(bits, abs=6e-3)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("file", MIXES)
def test_every_parameter_is_kept_once_and_every_format_fits_its_rows(model, file):
    shape = catalog.shape(model)
    kept = mixed(shape, file)
    parts = parameters_by_part(shape)
    assert sum(one.parameters for one in kept) == shape.parameters
    assert {one.part for one in kept} <= set(PARTS)
    assert sum(one.parameters for one in kept if one.part == "output") == parts["head"]
    assert all(one.parameters > 0 and one.bits_per_weight <= 32 for one in kept)
    assert len({(one.part, one.layer) for one in kept}) == len(kept)


def test_norms_stay_in_32_bits_and_no_tensor_in_16():
    for file in MIXES:
        kept = mixed(catalog.shape("Llama-3.1-8B"), file)
        assert [one.format for one in kept if one.part == "norms"] == ["F32"]
        assert "F16" not in {one.format for one in kept}


def test_more_bits_go_to_both_ends_and_to_every_third_layer_between():
    shape = catalog.shape("Llama-3.1-8B")
    where = [layer for layer in range(32) if where_more_bits_help(shape, layer)]
    assert where == [0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31]
    q6 = [k for k, f in enumerate(formats_of("Llama-3.1-8B", "Q4_K_M", "ffn_down")) if f == "Q6_K"]
    assert q6 == where


def test_values_are_kept_wider_where_heads_share_them():
    assert set(formats_of("Llama-3.1-8B", "Q2_K", "attn_v")) == {"Q4_K"}
    assert set(formats_of("Llama-2-7B", "Q2_K", "attn_v")) == {"Q3_K"}
    assert set(formats_of("Llama-2-70B", "Q2_K", "attn_v")) == {"Q5_K"}
    assert set(formats_of("Llama-2-70B", "Q3_K_S", "attn_v")) == {"Q5_K"}


def test_a_tied_table_is_kept_as_the_head_is():
    tied = TransformerShape("tied", 8, 256, 512, 4, 4, 64, 1000, tied_embeddings=True)
    apart = TransformerShape("apart", 8, 256, 512, 4, 4, 64, 1000)
    formats = {
        shape.name: {one.part: one.format for one in mixed(shape, "Q2_K")}
        for shape in (tied, apart)
    }
    assert formats["tied"]["embedding"] == "Q6_K"
    assert "output" not in formats["tied"]
    assert (formats["apart"]["embedding"], formats["apart"]["output"]) == ("Q2_K", "Q6_K")


@pytest.mark.parametrize(
    ("format", "width", "kept"),
    [("Q3_K", 576, "Q4_0"), ("Q4_K", 576, "Q5_0"), ("Q6_K", 576, "Q8_0"), ("Q4_0", 576, "Q4_0"),
     ("Q4_K", 1536, "Q4_K"), ("IQ1_S", 896, "IQ4_NL"), ("Q5_K", 896, "Q5_1")],
)  # fmt: skip
def test_what_takes_the_place_of_blocks_that_do_not_divide_a_row(format, width, kept):
    assert fitting(format, width) == kept
    assert bits_of(kept) >= bits_of(format)


def test_an_average_counts_every_weight_once():
    kept = mixed(catalog.shape("Llama-2-7B"), "Q4_0")
    narrow = sum(one.parameters for one in kept if one.format == "Q4_0")
    head = 32_000 * 4096
    norms = 65 * 4096
    assert narrow == 6_738_415_616 - head - norms
    expected = (narrow * 4.5 + head * 6.5625 + norms * 32) / 6_738_415_616
    assert average_bits(kept) == pytest.approx(expected, rel=1e-12)


def test_a_file_without_a_recipe_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match="no recipe for a file 'q4_k' here; the nearest is 'Q4_K"):
        mixed(catalog.shape("Llama-2-7B"), "q4_k")


@pytest.mark.parametrize("model", ["Mixtral-8x7B", "DeepSeek-V2-Lite", "gpt2"])
def test_a_model_that_the_recipes_do_not_cover_is_refused(model):
    with pytest.raises(ValueError, match=f"{model}: the recipes here are for dense models"):
        mixed(catalog.shape(model), "Q4_K_M")
