"""Counts of transformers: against published models, against other programs, and by law."""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_lib.roofline import Roof, compute_time, floor_time, memory_time
from lecture_lib.transformer import (
    Mla,
    TransformerShape,
    decode_work,
    distinct_experts,
    kv_cache_bytes,
    parameters_by_part,
    prefill_flops_by_part,
    prefill_work,
)

# Lightning-AI/litgpt, litgpt/config.py: name, layers, model_dim, mlp_dim, query_heads, kv_heads,
# head_dim, vocabulary
LLAMA_2_7B = TransformerShape("Llama-2-7B", 32, 4096, 11008, 32, 32, 128, 32000)
LLAMA_2_13B = TransformerShape("Llama-2-13B", 40, 5120, 13824, 40, 40, 128, 32000)
LLAMA_2_70B = TransformerShape("Llama-2-70B", 80, 8192, 28672, 64, 8, 128, 32000)
LLAMA_3_8B = TransformerShape("Llama-3-8B", 32, 4096, 14336, 32, 8, 128, 128256)
LLAMA_3_405B = TransformerShape("Llama-3.1-405B", 126, 16384, 53248, 128, 8, 128, 128256)
LLAMA_3_1B = TransformerShape(
    "Llama-3.2-1B", 16, 2048, 8192, 32, 8, 64, 128256, tied_embeddings=True
)
MISTRAL_7B = TransformerShape(
    "Mistral-7B-v0.1", 32, 4096, 14336, 32, 8, 128, 32000, window=4096, window_layers=32
)
MIXTRAL = TransformerShape(
    "Mixtral-8x7B",
    *(32, 4096, 14336, 32, 8, 128, 32000),
    experts=8,
    experts_per_token=2,
    expert_mlp_dim=14336,
)
# karpathy/nanoGPT, model.py
GPT_2 = TransformerShape(
    "gpt2",
    *(12, 768, 3072, 12, 12, 64, 50257),
    tied_embeddings=True,
    learned_positions=1024,
    gated_mlp=False,
    mlp_bias=True,
    qkv_bias=True,
    output_bias=True,
    norm_biases=True,
)
QWEN_2_7B = TransformerShape("Qwen2.5-7B", 28, 3584, 18944, 28, 4, 128, 152064, qkv_bias=True)
QWEN_3_30B = TransformerShape(
    "Qwen3-30B-A3B",
    *(48, 2048, 6144, 32, 4, 128, 151936),
    experts=128,
    experts_per_token=8,
    expert_mlp_dim=768,
    qk_norm=True,
)
GEMMA_3_270M = TransformerShape(
    "Gemma-3-270M",
    *(18, 640, 2048, 4, 1, 256, 262144),
    tied_embeddings=True,
    qk_norm=True,
    norms_per_layer=4,
    window=512,
    window_layers=15,
)
# openai/gpt-oss, gpt_oss/torch/model.py
GPT_OSS_20B = TransformerShape(
    "gpt-oss-20b",
    *(24, 2880, 2880, 64, 8, 64, 201088),
    experts=32,
    experts_per_token=4,
    expert_mlp_dim=2880,
    expert_bias=True,
    qkv_bias=True,
    output_bias=True,
    attention_sinks=True,
    window=128,
    window_layers=12,
)
# deepseek-ai/DeepSeek-V3, inference/configs/config_671B.json and config_16B.json
DEEPSEEK_V3 = TransformerShape(
    "DeepSeek-V3",
    *(61, 7168, 18432, 128, 128, 192, 129280),
    dense_layers=3,
    experts=256,
    experts_per_token=8,
    expert_mlp_dim=2048,
    shared_experts=1,
    router_bias=True,
    mla=Mla(1536, 512, 128, 64, 128),
)
DEEPSEEK_V2_LITE = TransformerShape(
    "DeepSeek-V2-Lite",
    *(27, 2048, 10944, 16, 16, 192, 102400),
    dense_layers=1,
    experts=64,
    experts_per_token=6,
    expert_mlp_dim=1408,
    shared_experts=2,
    mla=Mla(0, 512, 128, 64, 128),
)
# microsoft/bitnet-b1.58-2B-4T, config.json, from memory
BITNET = TransformerShape(
    "BitNet-b1.58-2B4T",
    *(30, 2560, 6912, 20, 5, 128, 128256),
    tied_embeddings=True,
    sub_norms=True,
)
DENSE = [LLAMA_2_7B, LLAMA_3_8B, LLAMA_3_1B, MISTRAL_7B, GPT_2, QWEN_2_7B, GEMMA_3_270M, BITNET]
WITH_EXPERTS = [MIXTRAL, QWEN_3_30B, GPT_OSS_20B, DEEPSEEK_V3, DEEPSEEK_V2_LITE]
EVERY = pytest.mark.parametrize("shape", DENSE + WITH_EXPERTS, ids=lambda shape: shape.name)

# one layer of width 4, two query heads that share one kv head, an MLP of 3, five words
TOY = TransformerShape("toy", 1, 4, 3, 2, 1, 2, 5)


@cache
def reference(group, source):
    cases = json.loads(Path(__file__).with_name("reference_counts.json").read_text())["cases"]
    return [case for case in cases if case["group"] == group and case["cls"] == source]


# by hand


def test_the_parameters_of_a_toy_can_be_counted_on_paper():
    assert parameters_by_part(TOY) == {
        "embedding": 5 * 4,
        "attention": 4 * 4 + 2 * (4 * 2) + 4 * 4,  # query; key and value, half as wide; output
        "mlp": 3 * (4 * 3),
        "router": 0,
        "router bias": 0,
        "norms": 3 * 4,
        "head": 5 * 4,
    }
    assert TOY.parameters == 20 + 48 + 36 + 12 + 20


def test_the_work_of_a_toy_can_be_counted_on_paper():
    decoded = decode_work(TOY, 10, weight_bytes=1, value_bytes=1)
    streamed = 48 + 36 + 12 + 20
    assert decoded.flops == 2 * streamed + 2 * 2 * (2 + 2) * 10  # two heads, key and value of 2
    assert decoded.traffic == streamed + 4 * 10 + 4  # cache read, one token written
    read = prefill_work(TOY, 3, weight_bytes=1, value_bytes=1)
    assert read.flops == 2 * (48 + 36 + 12) * 3 + 2 * 2 * (2 + 2) * 6 + 2 * 20  # six pairs of nine
    assert read.traffic == streamed + 4 * 3


def test_the_first_of_two_tokens_meets_every_expert_it_misses_later():
    # 2 of 8 experts: a second token finds each of its own unread with probability 6/8
    assert distinct_experts(MIXTRAL, 2) == 2 + 2 * 6 / 8


# by source


@pytest.mark.parametrize(
    ("shape", "published"),
    [
        (GPT_2, 124_439_808),  # openai-community/gpt2 on Hugging Face
        (LLAMA_2_7B, 6_738_415_616),  # meta-llama/Llama-2-7b-hf
        (LLAMA_2_70B, 68_976_648_192),  # meta-llama/Llama-2-70b-hf
        (LLAMA_3_1B, 1_235_814_400),  # meta-llama/Llama-3.2-1B
        (LLAMA_3_405B, 405_853_388_800),  # meta-llama/Llama-3.1-405B
        (MISTRAL_7B, 7_241_732_096),  # mistralai/Mistral-7B-v0.1
        (MIXTRAL, 46_702_792_704),  # mistralai/Mixtral-8x7B-v0.1
        (QWEN_2_7B, 7_615_616_512),  # Qwen/Qwen2.5-7B
        (QWEN_3_30B, 30_532_122_624),  # Qwen/Qwen3-30B-A3B
        (GEMMA_3_270M, 268_098_176),  # google/gemma-3-270m
        (GPT_OSS_20B, 20_914_757_184),  # openai/gpt-oss-20b
        (DEEPSEEK_V3, 671_026_419_200),  # deepseek-ai/DeepSeek-V3, without its MTP module
        (DEEPSEEK_V2_LITE, 15_706_484_224),  # deepseek-ai/DeepSeek-V2-Lite
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_dimensions_give_the_published_count_to_the_unit(shape, published):
    assert shape.parameters == published
    assert type(shape.parameters) is int


def test_the_dimensions_of_bitnet_give_the_published_2_4_billion():
    # microsoft/BitNet, README: BitNet-b1.58-2B-4T, 2.4B parameters
    assert BITNET.parameters == 2_412_820_480
    assert BITNET.parameters == pytest.approx(2.4e9, rel=0.01)


@pytest.mark.parametrize(
    ("shape", "active", "published"),
    [
        (MIXTRAL, 12_879_925_248, 12.9e9),  # Mistral AI, "Mixtral of experts", December 2023
        (QWEN_3_30B, 3_353_032_704, 3.3e9),  # Qwen/Qwen3-30B-A3B, model card
        (GPT_OSS_20B, 4_187_440_704, 3.6e9),  # README, which leaves out the input table
        (DEEPSEEK_V3, 37_552_282_624, 37e9),  # arXiv:2412.19437, which leaves it out too
        (DEEPSEEK_V2_LITE, 2_661_150_208, 2.4e9),  # arXiv:2405.04434, which leaves it out too
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_active_parameters_agree_with_the_published_ones(shape, active, published):
    assert shape.active_parameters == active
    low, high = active - shape.embedding_parameters, active
    assert 0.97 * low < published < 1.01 * high


@pytest.mark.parametrize(
    ("shape", "per_token"),
    [
        (LLAMA_2_7B, 524_288),
        (LLAMA_3_8B, 131_072),
        (LLAMA_3_405B, 516_096),
        (GEMMA_3_270M, 18_432),
        (DEEPSEEK_V3, 70_272),  # DeepSeek-AI, arXiv:2505.09343, table 1: 70 KB, Llama 405B 516 KB
        (DEEPSEEK_V2_LITE, 31_104),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_cache_grows_by_the_known_bytes_per_token(shape, per_token):
    assert shape.kv_bytes_per_token() == per_token
    assert shape.kv_bytes_per_token(value_bytes=1) == per_token // 2


# against other programs, closed forms


def test_parameters_equal_the_reference_cases():
    for shape, case in zip((LLAMA_2_7B, LLAMA_3_8B), reference("params", "exact"), strict=True):
        assert case["inputs"]["model"] == shape.name
        assert shape.parameters == case["outputs"]["params"]


def test_cache_bytes_equal_the_reference_case():
    (case,) = reference("kv_cache", "exact")
    assert LLAMA_2_7B.kv_bytes_per_token() == case["outputs"]["kv_bytes_per_token"]


@pytest.mark.parametrize("prompt", [1024, 4096])
def test_prefill_flops_equal_the_reference_case(prompt):
    (case,) = reference("flops", "exact")
    assert prefill_work(LLAMA_2_7B, prompt).flops == case["outputs"][f"flops_s{prompt}"]


@pytest.mark.parametrize("batch", [1, 16])
def test_decode_work_equals_the_reference_case(batch):
    (case,) = reference("flops_bytes", "exact")
    work, expected = decode_work(LLAMA_2_7B, 1024, sequences=batch), case["outputs"]
    assert work.traffic == expected[f"bytes_b{batch}"]
    assert work.flops == expected[f"flops_b{batch}"]
    assert 2 * LLAMA_2_7B.parameters == expected["weights_resident"]
    assert 2 * LLAMA_2_7B.streamed_parameters() == expected["weights_streamed"]


# against llm-flops 0.0.1, a program with other conventions: what it adds, operation by operation

PEERS = {
    "meta-llama/Llama-2-7b-hf": LLAMA_2_7B,
    "meta-llama/Llama-2-13b-hf": LLAMA_2_13B,
    "meta-llama/Llama-2-70b-hf": LLAMA_2_70B,
    "meta-llama/Llama-3-8B": LLAMA_3_8B,
    "mistralai/Mistral-7B-v0.1": MISTRAL_7B,
    "mistralai/Mixtral-8x7B-v0.1": MIXTRAL,
}
AGAINST_PEER = pytest.mark.parametrize(
    "case", reference("flops", "peer_run"), ids=lambda c: c["id"]
)


def compared(case):
    shape, prompt = PEERS[case["inputs"]["model"]], case["inputs"]["seq"]
    return shape, prompt, prefill_flops_by_part(shape, prompt, causal=False), case["outputs"]


@AGAINST_PEER
def test_matrices_of_the_attention_agree_with_a_peer_that_masks_nothing(case):
    _, _, ours, theirs = compared(case)
    detail = theirs["flops"]["attention_detail"]
    projections = detail["qkv_projection"] + detail["output_projection"]
    assert ours["attention projections"] == projections
    assert ours["attention scores"] == detail["attention_scores"]
    assert ours["attention values"] == detail["attention_over_values"]


@AGAINST_PEER
def test_the_peer_adds_5_flop_per_softmax_score_and_6_per_rotated_value(case):
    shape, prompt, _, theirs = compared(case)
    detail = theirs["flops"]["attention_detail"]
    assert detail["softmax"] == 5 * shape.layers * shape.query_heads * prompt**2
    rotated = (shape.query_heads + shape.kv_heads) * shape.head_dim
    assert detail["rope"] == 6 * shape.layers * prompt * rotated


@AGAINST_PEER
def test_the_peer_adds_8_flop_per_hidden_value_of_each_mlp_that_a_token_passes(case):
    shape, prompt, ours, theirs = compared(case)
    mlps, width = (shape.experts_per_token or 1), (shape.expert_mlp_dim or shape.mlp_dim)
    activations = 8 * shape.layers * prompt * mlps * width
    assert theirs["flops"]["mlp"] == ours["mlp"] + ours["router"] + activations


@AGAINST_PEER
def test_the_peer_counts_4_flop_per_normed_value_where_we_count_2_per_gain(case):
    _, _, ours, theirs = compared(case)
    assert theirs["flops"]["layernorm"] == 2 * ours["norms"]


@AGAINST_PEER
def test_the_peer_applies_the_output_matrix_to_every_token_and_we_to_the_last(case):
    _, prompt, ours, theirs = compared(case)
    assert theirs["flops"]["output_head"] == prompt * ours["head"]


@AGAINST_PEER
def test_with_what_the_peer_adds_the_totals_are_equal(case):
    shape, prompt, ours, theirs = compared(case)
    heads, kv_heads, width = shape.query_heads, shape.kv_heads, shape.head_dim
    hidden = shape.experts_per_token * shape.expert_mlp_dim or shape.mlp_dim
    per_token = 6 * (heads + kv_heads) * width + 8 * hidden + 5 * heads * prompt
    extra = shape.layers * prompt * per_token + ours["norms"] + (prompt - 1) * ours["head"]
    assert theirs["flops"]["total"] == sum(ours.values()) + extra


@AGAINST_PEER
def test_resident_weights_and_cache_agree_with_the_peer(case):
    shape, prompt, _, theirs = compared(case)
    assert 2 * shape.parameters == theirs["memory"]["weights"]
    assert kv_cache_bytes(shape, prompt) == theirs["memory"]["kv_cache"]


# the traps


def test_trap_gqa_caches_kv_heads_and_not_query_heads():
    # LLM-Viewer charges 64 heads where Llama-2-70B stores 8
    all_heads = replace(LLAMA_2_70B, kv_heads=64)
    assert all_heads.kv_bytes_per_token() == 8 * LLAMA_2_70B.kv_bytes_per_token()
    assert LLAMA_2_70B.kv_bytes_per_token() == 2 * 80 * 8 * 128 * 2
    fewer, full = decode_work(LLAMA_2_70B, 4096), decode_work(all_heads, 4096)
    scores = 4 * 80 * 64 * 128 * 4096
    linear = 2 * (all_heads.streamed_parameters() - LLAMA_2_70B.streamed_parameters())
    assert full.flops - fewer.flops == linear  # every query head still looks at every token
    assert fewer.flops - 2 * LLAMA_2_70B.streamed_parameters() == scores


def test_trap_the_embedding_is_a_lookup_and_not_a_stream():
    # programs that stream it read 7 % too much of Llama-3-8B and 2 % of Llama-2-7B
    assert LLAMA_3_8B.streamed_parameters() == LLAMA_3_8B.parameters - 128256 * 4096
    assert LLAMA_3_8B.parameters / LLAMA_3_8B.streamed_parameters() == pytest.approx(
        1.07, abs=0.005
    )
    assert LLAMA_2_7B.parameters / LLAMA_2_7B.streamed_parameters() == pytest.approx(
        1.02, abs=0.005
    )
    more_words = replace(LLAMA_3_8B, learned_positions=1000)
    assert more_words.streamed_parameters() == LLAMA_3_8B.streamed_parameters()


def test_trap_a_tied_table_is_read_once_as_the_output_matrix():
    untied = replace(LLAMA_3_1B, tied_embeddings=False)
    assert untied.parameters - LLAMA_3_1B.parameters == 128256 * 2048
    assert untied.streamed_parameters() == LLAMA_3_1B.streamed_parameters() == LLAMA_3_1B.parameters


def test_trap_2n_misses_the_attention():
    # 16 % more at 4,096 tokens of a 7B; as much as the four projections at twice the model's width
    two_n = 2 * LLAMA_2_7B.streamed_parameters()
    assert decode_work(LLAMA_2_7B, 0).flops == two_n
    assert decode_work(LLAMA_2_7B, 4096).flops / two_n == pytest.approx(1.16, abs=0.005)
    parts = prefill_flops_by_part(LLAMA_2_7B, 8192, causal=False)
    looking = parts["attention scores"] + parts["attention values"]
    assert looking == parts["attention projections"]


def test_trap_the_causal_mask_halves_the_scores_and_keeps_the_diagonal():
    masked = prefill_flops_by_part(LLAMA_2_7B, 1000)
    full = prefill_flops_by_part(LLAMA_2_7B, 1000, causal=False)
    for part in masked:
        looks = part in ("attention scores", "attention values")
        assert masked[part] * 1000 == full[part] * (500.5 if looks else 1000)


def test_trap_w4a16_does_not_raise_the_compute_peak():
    a100 = Roof("A100 80 GB", peak_rate=312e12, bandwidth=2.039e12)
    wide, narrow = (prefill_work(LLAMA_2_7B, 2048, weight_bytes=b) for b in (2, 4.5 / 8))
    assert wide.flops == narrow.flops
    assert compute_time(narrow, a100) == floor_time(narrow, a100) == floor_time(wide, a100)
    wide, narrow = (decode_work(LLAMA_2_7B, 0, weight_bytes=b) for b in (2, 4.5 / 8))
    assert wide.flops == narrow.flops
    gain = memory_time(wide, a100) / memory_time(narrow, a100)
    assert gain == pytest.approx(16 / 4.5, rel=1e-3)


@pytest.mark.parametrize("shape", WITH_EXPERTS, ids=lambda shape: shape.name)
def test_trap_one_sequence_reads_its_active_experts_alone(shape):
    # a model that streams all of Mixtral is 3.6 times slow
    assert distinct_experts(shape, 1) == shape.experts_per_token
    chooser = parameters_by_part(shape)["router bias"]
    assert shape.streamed_parameters() == (
        shape.active_parameters - shape.embedding_parameters + chooser
    )
    assert MIXTRAL.parameters / MIXTRAL.streamed_parameters() == pytest.approx(3.6, abs=0.1)


@pytest.mark.parametrize("shape", WITH_EXPERTS, ids=lambda shape: shape.name)
def test_trap_many_sequences_read_the_distinct_experts_they_reach(shape):
    batch = np.array([1, 2, 8, 64, 100_000])
    reached = distinct_experts(shape, batch)
    kept_away = (1 - shape.experts_per_token / shape.experts) ** batch
    assert reached == pytest.approx(shape.experts * (1 - kept_away))
    assert np.all(np.diff(reached) > 0)
    assert np.all(reached <= np.minimum(batch * shape.experts_per_token, shape.experts))
    everything = shape.parameters - shape.embedding_parameters
    assert shape.streamed_parameters(batch)[-1] == pytest.approx(everything)


def test_even_choice_reaches_the_expected_number_of_experts():
    draw = np.random.default_rng(seed=0)
    trials = [len({e for _ in range(5) for e in draw.permutation(8)[:2]}) for _ in range(2000)]
    assert np.mean(trials) == pytest.approx(distinct_experts(MIXTRAL, 5), rel=0.01)


# by law


@EVERY
def test_the_parts_sum_to_the_whole(shape):
    assert sum(parameters_by_part(shape).values()) == shape.parameters
    parts = prefill_flops_by_part(shape, 777, sequences=3)
    assert sum(parts.values()) == prefill_work(shape, 777, sequences=3).flops


@EVERY
def test_a_dense_model_passes_all_it_has_and_one_with_experts_less(shape):
    assert (shape.active_parameters == shape.parameters) == (shape.experts == 0)


@EVERY
def test_decoding_takes_2_flop_per_streamed_parameter_and_sequence(shape):
    chooser = parameters_by_part(shape)["router bias"]
    passed = shape.streamed_parameters() - chooser
    assert decode_work(shape, 0, sequences=7).flops == 7 * 2 * passed


@EVERY
def test_reading_one_token_moves_what_decoding_after_nothing_moves(shape):
    assert prefill_work(shape, 1).traffic == decode_work(shape, 0).traffic


@EVERY
def test_decode_work_grows_by_the_same_amount_for_each_token_and_sequence(shape):
    before, after, later = (decode_work(shape, tokens) for tokens in (50, 60, 70))
    assert after.flops - before.flops == later.flops - after.flops > 0
    assert later.traffic - before.traffic == 20 * shape.kv_bytes_per_token()
    assert decode_work(shape, 50, sequences=9).flops == 9 * before.flops


@EVERY
def test_weights_are_read_once_for_all_sequences(shape):
    one, many = (decode_work(shape, 0, sequences=b, value_bytes=0) for b in (1, 64))
    assert many.traffic == 2 * shape.streamed_parameters(64)
    assert (many.traffic == one.traffic) == (shape.experts == 0)


@EVERY
def test_the_methods_of_a_shape_are_the_functions_at_16_bits(shape):
    mine = shape.decode_work(300, sequences=4, weight_bytes=0.5)
    work = decode_work(shape, 300, sequences=4, weight_bytes=0.5, value_bytes=2)
    assert (mine.flops, mine.traffic) == (work.flops, work.traffic)
    assert shape.cache_bytes(300, sequences=4) == kv_cache_bytes(
        shape, 300, sequences=4, value_bytes=2
    )


def test_a_windowed_layer_forgets_what_lies_behind_its_window():
    # Mistral 7B: 4,096 tokens in each of 32 layers (arXiv:2310.06825)
    full = replace(MISTRAL_7B, window=None, window_layers=0)
    tokens = np.array([0, 4095, 4096, 4097, 32768])
    capped = kv_cache_bytes(full, np.minimum(tokens, 4096))
    assert kv_cache_bytes(MISTRAL_7B, tokens).tolist() == capped.tolist()
    beyond = decode_work(MISTRAL_7B, tokens)
    assert beyond.flops.tolist() == decode_work(full, np.minimum(tokens, 4096)).flops.tolist()
    # Gemma 3: 3 of 18 layers remember everything
    assert GEMMA_3_270M.cache_bytes(10_000) == 18_432 // 18 * (3 * 10_000 + 15 * 512)


@given(prompt=st.integers(1, 60), window=st.integers(1, 70))
def test_a_windowed_prefill_counts_the_pairs_that_the_mask_lets_through(prompt, window):
    shape = replace(TOY, layers=3, window=window, window_layers=2)
    query, key = np.indices((prompt, prompt))
    seen = (key <= query) & (key > query - window)
    pairs = 2 * seen.sum() + np.tril(np.ones_like(query)).sum()
    # two heads of width 2, and 2 FLOP for each multiply-add
    assert prefill_flops_by_part(shape, prompt)["attention scores"] == 2 * 2 * 2 * pairs


def test_latent_attention_looks_at_wide_latents_in_decode_and_at_narrow_heads_in_prefill():
    # arXiv:2405.04434, 2.1: 128 heads over 512 + 64 and 512 values, or over 128 + 64 and 128
    added = decode_work(DEEPSEEK_V3, 1).flops - decode_work(DEEPSEEK_V3, 0).flops
    assert added == 61 * 2 * 128 * ((512 + 64) + 512)
    parts = prefill_flops_by_part(DEEPSEEK_V3, 1)
    assert parts["attention scores"] == 61 * 2 * 128 * (128 + 64)
    assert parts["attention values"] == 61 * 2 * 128 * 128


@given(st.sampled_from([1, 2, 3, 6]), st.integers(1, 8), st.integers(0, 5000))
def test_the_cache_is_proportional_to_kv_heads_tokens_and_sequences(kv_heads, sequences, tokens):
    shape = replace(TOY, query_heads=6, kv_heads=kv_heads)
    assert kv_cache_bytes(shape, tokens, sequences=sequences) == (
        kv_heads * sequences * tokens * kv_cache_bytes(replace(shape, kv_heads=1), 1)
    )


# whole numbers


@EVERY
def test_counts_of_one_sequence_are_whole_numbers(shape):
    for work in (decode_work(shape, 4096), prefill_work(shape, 1)):
        assert type(work.flops) is int
        assert work.traffic == int(work.traffic)
    assert type(kv_cache_bytes(shape, 4096, sequences=3)) is int


def test_a_prompt_too_large_for_64_bits_is_still_counted_exactly():
    # 128 prompts of 131,072 tokens: past 2**63, where int64 would wrap around
    one = prefill_work(LLAMA_3_405B, 131_072).flops
    many = prefill_work(LLAMA_3_405B, 131_072, sequences=128).flops
    assert many == 128 * one > 2**63
    as_array = prefill_work(LLAMA_3_405B, np.array([131_072]), sequences=128).flops
    assert as_array.tolist() == [float(many)]
    assert prefill_work(LLAMA_3_405B, np.array([131_072])).flops.tolist() == [one]


# by shape


@EVERY
def test_arrays_give_what_scalars_give_one_by_one(shape):
    tokens, batch = np.array([[1], [600], [9000]]), np.array([1, 3, 64, 500])
    decoded = decode_work(shape, tokens, sequences=batch)
    read = prefill_work(shape, tokens, sequences=batch)
    assert decoded.flops.shape == decoded.traffic.shape == read.traffic.shape == (3, 4)
    for (row, column), flops in np.ndenumerate(decoded.flops):
        t, b = int(tokens[row, 0]), int(batch[column])
        one, prompt = decode_work(shape, t, sequences=b), prefill_work(shape, t, sequences=b)
        assert (one.flops, prompt.flops) == (flops, read.flops[row, column])
        assert one.traffic == pytest.approx(decoded.traffic[row, column], rel=1e-15)
        assert prompt.traffic == pytest.approx(read.traffic[row, column], rel=1e-15)


@EVERY
def test_every_count_follows_the_shape_of_its_arguments(shape):
    batch = np.array([[1, 2], [3, 4]])
    assert shape.streamed_parameters(batch).shape == (2, 2)
    assert distinct_experts(shape, batch).shape == (2, 2)
    assert shape.cache_bytes(batch).shape == shape.cache_bytes(7, sequences=batch).shape == (2, 2)
    parts = prefill_flops_by_part(shape, batch)
    assert {part.shape for part in parts.values()} == {(2, 2)}
    assert decode_work(shape, 9, weight_bytes=np.array([2, 0.5])).flops.shape == (2,)


def test_fractions_of_a_byte_give_fractions_and_whole_bytes_whole_numbers():
    narrow = decode_work(LLAMA_2_7B, 0, weight_bytes=4.5 / 8, value_bytes=0)
    assert narrow.traffic == LLAMA_2_7B.streamed_parameters() * 0.5625
    assert type(narrow.traffic) is float
    assert type(decode_work(LLAMA_2_7B, 0, weight_bytes=1).traffic) is int


# by refusal


def refused(message):
    return pytest.raises(ValueError, match=f"^{re.escape(message)}$")


def test_kv_heads_that_do_not_divide_the_query_heads_are_refused_with_the_nearest_that_do():
    with refused(
        "toy: kv_heads must divide query_heads, and 5 does not divide 12; "
        "the nearest that do are [4, 6]"
    ):
        replace(TOY, query_heads=12, kv_heads=5)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"layers": 0}, "layers must be a whole number, 1 or more, not 0"),
        ({"model_dim": 4.0}, "model_dim must be a whole number, 1 or more, not 4.0"),
        ({"vocabulary": np.nan}, "vocabulary must be a whole number, 1 or more, not nan"),
        ({"experts": 4}, "experts_per_token must be a whole number, 1 or more, not 0"),
        ({"window_layers": 1}, "window must be a whole number, 1 or more, not None"),
        ({"window": 8}, "window_layers must be a whole number, 1 or more, not 0"),
        ({"dense_layers": 2}, "dense_layers must be at most layers, 1, not 2"),
        (
            {"experts": 4, "experts_per_token": 5, "expert_mlp_dim": 1},
            "experts_per_token must be at most experts, 4, not 5",
        ),
    ],
)
def test_dimensions_that_fit_no_model_are_refused(changes, complaint):
    with refused(f"toy: {complaint}; see the model's config.json"):
        replace(TOY, **changes)


@pytest.mark.parametrize("wrong", [-1, np.nan])
def test_negative_and_missing_amounts_are_refused_by_name(wrong):
    ending = f"must be 0 or more and finite, not {wrong}; correct the value passed in"
    with refused(f"toy: context_tokens {ending}"):
        decode_work(TOY, wrong)
    with refused(f"toy: weight_bytes {ending}"):
        prefill_work(TOY, 1, weight_bytes=wrong)
    with refused(f"toy: value_bytes {ending}"):
        kv_cache_bytes(TOY, 1, value_bytes=wrong)
    with refused(f"toy: tokens {ending}"):
        distinct_experts(TOY, wrong)


@pytest.mark.parametrize("wrong", [-1, 0])
def test_a_step_for_no_sequence_and_a_prompt_without_tokens_are_refused(wrong):
    ending = f"must be 1 or more and finite, not {wrong}; correct the value passed in"
    for call in (decode_work, prefill_work, kv_cache_bytes):
        with refused(f"toy: sequences {ending}"):
            call(TOY, 1, sequences=wrong)
    with refused(f"toy: sequences {ending}"):
        TOY.streamed_parameters(wrong)
    with refused(f"toy: prompt_tokens {ending}"):
        prefill_work(TOY, wrong)
