"""A step operator by operator: by hand, against the sums, against another program, by law."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lecture_lib import catalog, recurrent
from lecture_lib.operators import (
    ENDS,
    EVERY,
    Layer,
    Operator,
    activation_peak,
    decode_operators,
    layer_by_layer,
    layers,
    prefill_operators,
    whole,
)
from lecture_lib.operators.record import AMOUNTS
from lecture_lib.roofline import Roof, compute_time, floor_time, memory_time
from lecture_lib.transformer import (
    Mla,
    TransformerShape,
    decode_work,
    distinct_experts,
    kv_cache_bytes,
    prefill_flops_by_part,
    prefill_work,
)

MODELS = [name for name, row in catalog.models().items() if row.kind not in ("hybrid", "vision")]
TRANSFORMERS = [name for name in MODELS if "transformer" in catalog.model(name).kind]
EVERY_MODEL = pytest.mark.parametrize("model", MODELS)
EVERY_TRANSFORMER = pytest.mark.parametrize("model", TRANSFORMERS)
LLAMA_7B, LLAMA_70B = catalog.shape("Llama-2-7B"), catalog.shape("Llama-2-70B")
ONE_BYTE = {"weight_bytes": 1, "activation_bytes": 1, "value_bytes": 1}

# one layer of width 4, two query heads that share one kv head, an MLP of 3, five words
TOY = TransformerShape("toy", 1, 4, 3, 2, 1, 2, 5)


def by_name(operators):
    return {one.name: one for one in operators}


def amounts(one):
    """(flops, elementwise, weights, read, written, cache read, cache written)."""
    return tuple(getattr(one, amount) for amount in AMOUNTS)


def summed(operators, amount):
    return getattr(whole(operators), amount)


# by hand


def test_every_operator_of_a_toy_can_be_counted_on_paper():
    counted = by_name(prefill_operators(TOY, 3, **ONE_BYTE))
    norm = (24, 24, 4, 12, 12, 0, 0)  # 2 for each of 4 gains, and 2 more, for 3 tokens
    assert {name: amounts(one) for name, one in counted.items()} == {
        "embedding": (0, 0, 0, 12, 12, 0, 0),  # three rows of four
        "attention norm": norm,
        "q": (2 * 16 * 3, 0, 16, 12, 12, 0, 0),
        "k": (2 * 8 * 3, 0, 8, 12, 0, 0, 6),
        "v": (2 * 8 * 3, 0, 8, 12, 0, 0, 6),
        "rotary": (0, 3 * 6 * 3, 0, 0, 0, 0, 0),
        "attention": (2 * 2 * 4 * 6, 5 * 2 * 6, 0, 12, 12, 12, 0),  # six pairs of nine
        "o": (2 * 16 * 3, 0, 16, 12, 12, 0, 0),
        "attention add": (0, 12, 0, 24, 12, 0, 0),
        "mlp norm": norm,
        "gate": (2 * 12 * 3, 0, 12, 12, 9, 0, 0),
        "up": (2 * 12 * 3, 0, 12, 12, 9, 0, 0),
        "act": (0, 5 * 9, 0, 18, 9, 0, 0),
        "down": (2 * 12 * 3, 0, 12, 9, 12, 0, 0),
        "mlp add": (0, 12, 0, 24, 12, 0, 0),
        "last norm": norm,
        "head": (2 * 20, 0, 20, 4, 5, 0, 0),  # the last token alone
    }
    unfused = by_name(prefill_operators(TOY, 3, fused=False, **ONE_BYTE))
    assert amounts(unfused["scores"]) == (2 * 2 * 2 * 6, 0, 0, 12, 12, 6, 0)
    assert amounts(unfused["softmax"]) == (0, 5 * 12, 0, 12, 12, 0, 0)
    assert amounts(unfused["values"]) == (2 * 2 * 2 * 6, 0, 0, 12, 12, 6, 0)


def test_the_work_of_an_operator_is_all_that_it_computes_and_moves():
    one = Operator("one", EVERY, 3, flops=1, elementwise_flops=2, weight_bytes=4, read_bytes=8)
    one = replace(one, written_bytes=16, cache_read_bytes=32, cache_written_bytes=64)
    assert (one.work.flops, one.work.traffic) == (3, 124)
    assert (one.activation_bytes, one.cache_bytes) == (24, 96)
    assert amounts(whole([one, one])) == tuple(6 * amount for amount in amounts(one))


def test_latent_attention_moves_the_weights_of_its_keys_to_the_queries_in_decode():
    # DeepSeek-V3, arXiv:2412.19437: 128 heads, latent 512, key 128 + 64, value 128
    shape = catalog.shape("DeepSeek-V3")
    decoded = by_name(decode_operators(shape, 1000, fused=False, **ONE_BYTE))
    read = by_name(prefill_operators(shape, 1000, fused=False, **ONE_BYTE))
    absorbed = decoded["k absorbed"].weight_bytes, decoded["v absorbed"].weight_bytes
    assert absorbed == (128 * 128 * 512, 128 * 512 * 128)
    assert sum(absorbed) == read["kv up"].weight_bytes
    assert decoded["scores"].cache_read_bytes == 1000 * (512 + 64)
    assert decoded["values"].cache_read_bytes == 1000 * 512  # the same latents, once more
    fused = by_name(decode_operators(shape, 1000, **ONE_BYTE))
    assert fused["attention"].cache_read_bytes == 1000 * (512 + 64)
    assert read["scores"].read_bytes == 1000 * 128 * (128 + 64) + 1000 * 128 * 128
    assert read["scores"].cache_read_bytes == 1000 * 64  # the part that carries positions


def test_experts_are_computed_for_each_token_and_read_once():
    mixtral = catalog.shape("Mixtral-8x7B")
    one = by_name(decode_operators(mixtral, 0, sequences=16, **ONE_BYTE))
    assert one["expert up"].flops == 2 * 16 * 2 * 4096 * 14336
    assert one["expert up"].weight_bytes == pytest.approx(
        distinct_experts(mixtral, 16) * 4096 * 14336
    )
    assert one["router"].weight_bytes == 8 * 4096
    assert one["combine"].read_bytes == 16 * 2 * 4096
    v3 = by_name(decode_operators(catalog.shape("DeepSeek-V3"), 0, **ONE_BYTE))
    assert v3["shared up"].weight_bytes == 7168 * 2048
    assert (v3["gate"].repeated, v3["expert gate"].repeated) == (3, 58)
    # the bias that only chooses is read, and is no parameter passed
    assert v3["router"].flops == 2 * 7168 * 256
    assert v3["router"].weight_bytes == 7168 * 256 + 256


def test_a_window_forgets_keys_as_soon_as_they_were_used():
    gemma = catalog.shape("Gemma-3-270M")  # window 512 in 15 of 18 layers
    k = {one.where: one for one in prefill_operators(gemma, 2000, **ONE_BYTE) if one.name == "k"}
    windowed = k["windowed layers"]
    assert (windowed.repeated, k["global layers"].repeated) == (15, 3)
    assert windowed.cache_written_bytes == 512 * 256
    assert windowed.written_bytes == (2000 - 512) * 256
    assert k["global layers"].cache_written_bytes == 2000 * 256


def test_learned_positions_are_looked_up_and_added_and_nothing_is_rotated():
    gpt2 = by_name(prefill_operators(catalog.shape("gpt2"), 10, **ONE_BYTE))
    assert "rotary" not in gpt2
    assert amounts(gpt2["embedding"]) == (0, 7680, 0, 2 * 7680, 7680, 0, 0)
    # LayerNorm: 7 FLOP per value, 4 of them by gain and bias
    norm = gpt2["attention norm"]
    assert (norm.flops, norm.elementwise_flops) == (4 * 7680, 3 * 7680)


def test_a_norm_of_the_heads_works_on_each_head_with_the_same_gains():
    counted = by_name(decode_operators(catalog.shape("Qwen3-0.6B"), 5, sequences=3))
    q, k = counted["q norm"], counted["k norm"]
    assert q.weight_bytes == k.weight_bytes == 128 * 2
    assert q.flops + q.elementwise_flops == 4 * 16 * 128 * 3
    assert k.flops + k.elementwise_flops == 4 * 8 * 128 * 3
    assert q.activation_bytes == 0


def test_the_state_of_a_toy_of_each_kind_can_be_counted_on_paper():
    # width 4, and what one token brings: receptance, key, value; x, dt and gate of 8, B and C of 3
    rwkv = recurrent.RecurrentShape("rwkv", "rwkv4", 2, 4, 16, 5)
    mamba = recurrent.RecurrentShape(
        *("mamba", "mamba1", 1, 4, 0, 5), inner_dim=8, state_dim=3, conv_width=4, dt_rank=1
    )
    state = by_name(decode_operators(rwkv, 0, sequences=2, **ONE_BYTE))["state"]
    kept = 3 * 4 + 2 * 4  # three numbers per channel; the inputs of the token before, twice
    assert amounts(state) == (2 * 23 * 4, 0, 0, 2 * 12, 2 * 4, 2 * kept, 2 * kept)
    counted = by_name(decode_operators(mamba, 0, **ONE_BYTE))
    kept = 8 * 3 + 8 * 3  # three states per channel; three tokens under the convolution
    assert amounts(counted["state"]) == (7 * 24, 0, 0, 3 * 8 + 2 * 3, 8, kept, kept)
    assert amounts(counted["in"]) == (2 * 64, 0, 64, 4, 16, 0, 0)
    assert amounts(counted["selection"]) == (2 * 56, 0, 56, 8, 7, 0, 0)
    assert activation_peak(counted.values()) == 4 + 30 + 8  # the stream, and the state's


# against the sums of transformer.py and recurrent.py


@EVERY_TRANSFORMER
@pytest.mark.parametrize("fused", [True, False])
def test_the_operators_of_decoding_sum_to_decode_work(model, fused):
    shape = catalog.shape(model)
    counted = whole(decode_operators(shape, 9000, sequences=3, fused=fused, **ONE_BYTE))
    work = decode_work(shape, 9000, sequences=3, weight_bytes=1, value_bytes=1)
    assert counted.flops == work.flops
    assert counted.weight_bytes == pytest.approx(shape.streamed_parameters(3), rel=1e-14)
    if fused or not shape.mla:  # unfused latent attention reads the latents twice
        moved = counted.weight_bytes + counted.cache_bytes
        assert moved == pytest.approx(work.traffic, rel=1e-14)


@EVERY_TRANSFORMER
@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("causal", [True, False])
def test_the_operators_of_prefill_sum_to_prefill_work(model, fused, causal):
    shape = catalog.shape(model)
    counted = whole(
        prefill_operators(shape, 5000, sequences=3, causal=causal, fused=fused, **ONE_BYTE)
    )
    work = prefill_work(shape, 5000, sequences=3, weight_bytes=1, value_bytes=1, causal=causal)
    assert counted.flops == work.flops
    assert counted.weight_bytes == pytest.approx(shape.streamed_parameters(15000), rel=1e-14)
    moved = counted.weight_bytes + counted.cache_written_bytes
    assert moved == pytest.approx(work.traffic, rel=1e-14)


PARTS = {
    "attention scores": ("scores",),
    "attention values": ("values",),
    "mlp": [
        f"{kind}{one}" for kind in ("", "expert ", "shared ") for one in ("gate", "up", "down")
    ],
    "router": ("router",),
    "head": ("head",),
}


@EVERY_TRANSFORMER
def test_each_part_of_prefill_is_the_sum_of_its_operators(model):
    shape = catalog.shape(model)
    operators = prefill_operators(shape, 777, sequences=2, fused=False)
    ours = prefill_flops_by_part(shape, 777, sequences=2)
    for part, names in PARTS.items():
        assert ours[part] == summed((one for one in operators if one.name in names), "flops")
    known = {name for names in PARTS.values() for name in names}
    others = ours["attention projections"] + ours["norms"]
    assert others == summed((one for one in operators if one.name not in known), "flops")


@pytest.mark.parametrize("model", sorted(set(MODELS) - set(TRANSFORMERS)))
def test_the_operators_of_a_recurrent_model_sum_to_its_decode_work(model):
    shape = catalog.shape(model)
    counted = whole(decode_operators(shape, 5, sequences=3))
    work = recurrent.decode_work(shape, 5, sequences=3)
    assert counted.flops == work.flops
    assert counted.weight_bytes == 2 * shape.streamed_parameters()
    assert counted.weight_bytes + counted.cache_bytes == work.traffic
    everything = decode_operators(shape, 5, **ONE_BYTE)
    assert all(amount >= 0 for one in everything for amount in amounts(one))


@pytest.mark.parametrize("model", sorted(set(MODELS) - set(TRANSFORMERS)))
def test_a_recurrent_prefill_is_as_many_steps_but_for_the_head_and_writes_one_state(model):
    shape = catalog.shape(model)
    read, step = (
        [one for one in operators if one.name != "head"]
        for operators in (prefill_operators(shape, 50), decode_operators(shape, 0))
    )
    assert summed(read, "flops") == 50 * summed(step, "flops")
    assert summed(read, "cache_written_bytes") == shape.cache_bytes(50)
    assert summed(read, "cache_read_bytes") == 0
    unfused = [one for one in prefill_operators(shape, 50, fused=False) if one.name != "head"]
    extra = summed(unfused, "written_bytes") - summed(read, "written_bytes")
    assert extra == 50 * shape.cache_bytes(50)


# against LLM-Viewer, which counts every operator of Llama-2-7B: where it is right, and where not

PEER = {
    "q_proj": "q",
    "k_proj": "k",
    "v_proj": "v",
    "out_proj": "o",
    "gate_proj": "gate",
    "up_proj": "up",
    "down_proj": "down",
    "qk_matmul": "scores",
    "sv_matmul": "values",
    "softmax": "softmax",
    "attn_norm": "attention norm",
    "mlp_norm": "mlp norm",
    "attn_add": "attention add",
    "mlp_add": "mlp add",
    "mlp_act": "act",
    "lm_head": "head",
}
RIGHT = [name for name in PEER if not name.endswith(("norm", "add", "act", "head"))]
FLOPS, WEIGHTS, READ, WRITTEN = range(4)  # of the peer's rows
TIME = -1  # s
REFERENCE = json.loads(Path(__file__).with_name("reference_operators.json").read_text("utf-8"))
A6000 = Roof(**REFERENCE["about"]["device"])
AGAINST_PEER = pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["id"])


def compared(case):
    """Our rows and the peer's, by its names: FLOP; weights, read, written, cache twice; time."""
    sizes = {
        "weight_bytes": case["w_bits"] / 8,
        "activation_bytes": case["a_bits"] / 8,
        "value_bytes": case["kv_bits"] / 8,
    }
    asked = {"sequences": case["batch"], "fused": False, **sizes}
    if case["phase"] == "prefill":
        ours = prefill_operators(LLAMA_7B, case["seq"], causal=False, **asked)
    else:
        ours = decode_operators(LLAMA_7B, case["seq"], **asked)
    ours = by_name(ours)
    rows = {}
    for theirs, name in PEER.items():
        flops, elementwise, *moved = amounts(ours[name])
        rows[theirs] = [flops + elementwise, *moved, floor_time(ours[name].work, A6000)]
    return rows, case["operators"]


@AGAINST_PEER
def test_every_matrix_and_the_attention_agree_with_llm_viewer_in_flop_bytes_and_time(case):
    ours, theirs = compared(case)
    for name in RIGHT:
        assert ours[name][:TIME] == theirs[name][:TIME]
        assert ours[name][TIME] == pytest.approx(theirs[name][TIME], rel=1e-12)


@AGAINST_PEER
def test_llm_viewer_counts_a_layer_norm_where_llama_has_an_rms_norm_and_reads_no_gains(case):
    ours, theirs = compared(case)
    for norm in ("attn_norm", "mlp_norm"):
        values = theirs[norm][READ] // 2
        assert (ours[norm][FLOPS], theirs[norm][FLOPS]) == (4 * values, 7 * values)
        assert (ours[norm][WEIGHTS], theirs[norm][WEIGHTS]) == (4096 * case["w_bits"] / 8, 0)
        assert ours[norm][READ:TIME] == theirs[norm][READ:TIME]


@AGAINST_PEER
def test_llm_viewer_reads_one_of_the_two_terms_of_an_addition(case):
    ours, theirs = compared(case)
    for add in ("attn_add", "mlp_add"):
        assert ours[add][READ] == 2 * theirs[add][READ]
        assert ours[add][WRITTEN:TIME] == theirs[add][WRITTEN:TIME]
        assert ours[add][FLOPS] == theirs[add][FLOPS]


@AGAINST_PEER
def test_llm_viewer_takes_the_models_width_for_that_of_the_mlp_in_the_activation(case):
    ours, theirs = compared(case)
    wider = 11008 / 4096
    for amount in (READ, WRITTEN):
        assert ours["mlp_act"][amount] == theirs["mlp_act"][amount] * wider
    # and it counts 2 FLOP per value, not 4 for a SiLU and 1 for the gate
    assert ours["mlp_act"][FLOPS] == theirs["mlp_act"][FLOPS] * wider * 5 / 2


@AGAINST_PEER
def test_llm_viewer_halves_the_flop_of_the_head_and_forgets_the_batch_in_its_activations(case):
    ours, theirs = compared(case)
    assert (
        ours["lm_head"][FLOPS] == 2 * theirs["lm_head"][FLOPS] == 2 * 32000 * 4096 * case["batch"]
    )
    assert ours["lm_head"][WEIGHTS] == theirs["lm_head"][WEIGHTS]
    for amount in (READ, WRITTEN):
        assert ours["lm_head"][amount] == case["batch"] * theirs["lm_head"][amount]


@AGAINST_PEER
def test_llm_viewer_adds_up_its_rows_as_whole_does(case):
    _, theirs = compared(case)
    rows = [Operator(name, EVERY, 1 if name == "lm_head" else 32, flops=row[FLOPS],
                     weight_bytes=row[WEIGHTS], read_bytes=row[READ], written_bytes=row[WRITTEN])
            for name, row in theirs.items()]  # fmt: skip
    total = whole(rows)
    assert (total.flops, total.weight_bytes) == (case["total"]["OPs"], case["total"]["load_weight"])
    assert total.read_bytes == case["total"]["load_act"]
    assert total.written_bytes == case["total"]["store_act"]


def test_trap_weights_of_four_bits_keep_the_time_of_prefill_as_llm_viewer_finds_too():
    times = {case["id"]: case["total"]["inference_time"] for case in REFERENCE["cases"]}
    start = "peer/llmviewer/Llama-2-7b-hf/A6000/b1/s1024"
    theirs = [times[f"{start}/{format}/prefill"] for format in ("W16A16KV16", "W4A16KV16")]
    assert theirs == pytest.approx([102.43e-3, 102.17e-3], abs=5e-6)
    asked = {"causal": False, "fused": False}
    ours = [
        sum(one.repeated * floor_time(one.work, A6000) for one in operators)
        for operators in (
            prefill_operators(LLAMA_7B, 1024, weight_bytes=size, **asked) for size in (2, 0.5)
        )
    ]
    assert ours[1] / ours[0] == pytest.approx(theirs[1] / theirs[0], abs=1e-3)
    assert ours == pytest.approx(theirs, rel=0.03)  # with both terms of sums and a wide activation


@AGAINST_PEER
def test_llm_viewer_leaves_both_tables_out_of_the_memory_and_frees_no_activation(case):
    _, theirs = compared(case)
    tables = 2 * 32000 * 4096
    norms = 65 * 4096
    matrices = LLAMA_7B.parameters - tables - norms
    assert case["total"]["memory_consumption_weight"] == matrices * case["w_bits"] / 8
    kept = sum(row[WRITTEN] for name, row in theirs.items() if name != "lm_head")
    assert case["total"]["memory_consumption_tmp_act"] == kept
    # its cache is right
    tokens = case["seq"]
    cache = kv_cache_bytes(LLAMA_7B, tokens, sequences=case["batch"])
    assert case["total"]["memory_consumption_kv_cache"] == cache


def test_flash_attention_reads_and_writes_each_value_once_where_llm_viewer_saves_nothing():
    # bytes per layer of Llama-2-7B at 4,096 tokens: it says 4.33e9 with FlashAttention and
    # 4.43e9 without; a single pass moves queries, keys, values and results
    fused = by_name(prefill_operators(LLAMA_7B, 4096, causal=False))["attention"]
    assert fused.work.traffic == 4 * 4096 * 4096 * 2 == pytest.approx(1.34e8, rel=2e-3)
    rows = by_name(prefill_operators(LLAMA_7B, 4096, causal=False, fused=False))
    unfused = sum(rows[name].work.traffic for name in ("scores", "softmax", "values"))
    assert unfused == pytest.approx(4.43e9, rel=2e-3)


# against llm-flops, which adds what runs beside the matrices


@cache
def summaries():
    cases = json.loads(Path(__file__).with_name("reference_counts.json").read_text("utf-8"))
    return [c for c in cases["cases"] if c["group"] == "flops" and c["cls"] == "peer_run"]


@pytest.mark.parametrize("case", summaries(), ids=lambda case: case["id"])
def test_softmax_and_norms_agree_with_llm_flops_which_rotates_at_twice_the_flop(case):
    model = case["inputs"]["model"].rpartition("/")[2].removesuffix("-v0.1").removesuffix("-hf")
    names = {"Llama-2-7b": "Llama-2-7B", "Llama-2-13b": "Llama-2-13B", "Llama-2-70b": "Llama-2-70B"}
    shape = catalog.shape(names.get(model, {"Mistral-7B": "Mistral-7B-v0.1"}.get(model, model)))
    operators = prefill_operators(shape, case["inputs"]["seq"], causal=False, fused=False)

    def flops(*names):
        chosen = whole(one for one in operators if one.name in names)
        return chosen.flops + chosen.elementwise_flops

    theirs = case["outputs"]["flops"]
    assert flops("softmax") == theirs["attention_detail"]["softmax"]
    assert flops("attention norm", "mlp norm", "last norm") == theirs["layernorm"]
    # a pair takes four products and two sums: 3 FLOP per value, not 6
    assert 2 * flops("rotary") == theirs["attention_detail"]["rope"]


# the traps


def test_trap_gqa_reads_kv_heads_and_not_query_heads():
    # LLM-Viewer with FlashAttention reads 64 heads of Llama-2-70B, which has 8
    attention = by_name(decode_operators(LLAMA_70B, 4096, sequences=16))["attention"]
    assert attention.cache_read_bytes == 16 * 4096 * 2 * 8 * 128 * 2
    assert attention.read_bytes == 16 * 64 * 128 * 2  # all queries
    assert attention.flops == 16 * 4 * 64 * 128 * 4096  # all query heads compute


def test_trap_prefill_reads_queries_of_all_heads_beside_the_keys_of_a_few():
    scores = by_name(prefill_operators(LLAMA_70B, 1000, fused=False))["scores"]
    assert scores.read_bytes == 1000 * 64 * 128 * 2
    assert scores.cache_read_bytes == 1000 * 8 * 128 * 2


def test_trap_the_embedding_is_a_lookup_and_not_a_stream():
    embedding = by_name(decode_operators(catalog.shape("Llama-3-8B"), 0, sequences=4))["embedding"]
    assert embedding.weight_bytes == embedding.flops == 0
    assert embedding.read_bytes == 4 * 4096 * 2


def test_trap_a_tied_table_is_read_as_the_head():
    shape = catalog.shape("Llama-3.2-1B")
    assert by_name(decode_operators(shape, 0))["head"].weight_bytes == 128256 * 2048 * 2


def test_trap_2n_misses_the_attention():
    operators = decode_operators(LLAMA_7B, 4096, fused=False)
    looking = summed((one for one in operators if one.name in ("scores", "values")), "flops")
    two_n = 2 * LLAMA_7B.streamed_parameters()
    assert summed(operators, "flops") == two_n + looking
    assert looking / two_n == pytest.approx(0.16, abs=0.005)
    # and 2N with the input table of Llama-3-8B counts 7 % that nobody computes
    llama_3 = catalog.shape("Llama-3-8B")
    counted = summed(decode_operators(llama_3, 0), "flops")
    assert 2 * llama_3.parameters / counted == pytest.approx(1.07, abs=0.005)


def test_trap_a_multiply_add_is_2_flop():
    # LLM-Viewer counts one for its lm_head
    assert by_name(decode_operators(LLAMA_7B, 0))["head"].flops == 2 * 32000 * 4096


def test_trap_the_causal_mask_halves_scores_and_their_bytes_and_keeps_the_diagonal():
    masked, full = (
        by_name(prefill_operators(LLAMA_7B, 1000, causal=causal, fused=False))
        for causal in (True, False)
    )
    for name in masked:
        halved = name in ("scores", "softmax", "values")
        for amount in ("flops", "elementwise_flops"):
            ratio = 500.5 if halved else 1000
            assert getattr(masked[name], amount) * 1000 == getattr(full[name], amount) * ratio
    assert masked["scores"].written_bytes * 1000 == full["scores"].written_bytes * 500.5


def test_trap_gb_is_not_gib_and_7b_is_6_738_billion():
    weights = summed(decode_operators(LLAMA_7B, 0), "weight_bytes") + 32000 * 4096 * 2
    assert weights == 2 * 6_738_415_616
    assert (round(weights / 1e9, 2), round(weights / 2**30, 2)) == (13.48, 12.55)


def test_trap_w4a16_shrinks_weights_alone_and_keeps_the_compute_peak():
    a100 = Roof("A100 80 GB", peak_rate=312e12, bandwidth=2.039e12)
    wide, narrow = (prefill_operators(LLAMA_7B, 2048, weight_bytes=b) for b in (2, 4.125 / 8))
    for before, after in zip(wide, narrow, strict=True):
        assert before.flops == after.flops
        assert before.cache_bytes == after.cache_bytes
        if before.name != "embedding":
            assert before.activation_bytes == after.activation_bytes
        assert after.weight_bytes == before.weight_bytes * 4.125 / 16
    gate = {name: by_name(prefill_operators(LLAMA_7B, 2048, weight_bytes=b))["gate"].work
            for name, b in (("wide", 2), ("narrow", 0.5))}  # fmt: skip
    for work in gate.values():
        assert compute_time(work, a100) > memory_time(work, a100)


def test_trap_experts_are_read_as_one_dense_mlp_only_by_many_sequences():
    mixtral = catalog.shape("Mixtral-8x7B")
    batch = np.array([1, 2, 8, 10_000])
    expert = by_name(decode_operators(mixtral, 0, sequences=batch, **ONE_BYTE))["expert up"]
    read = expert.weight_bytes / (4096 * 14336)
    assert read[0] == 2
    assert np.all(np.diff(read) > 0)
    assert read[-1] == pytest.approx(8)


def test_trap_a_windowed_layer_does_not_look_past_its_window():
    mistral = catalog.shape("Mistral-7B-v0.1")
    near, far = (summed(decode_operators(mistral, c), "cache_read_bytes") for c in (4096, 30_000))
    assert near == far == 4096 * mistral.kv_bytes_per_token()


# which layer has what


@EVERY_MODEL
def test_the_layers_have_what_the_operators_repeat(model):
    shape = catalog.shape(model)
    operators = decode_operators(shape, 100, **ONE_BYTE)
    found = list(layers(shape))
    assert [layer.index for layer in found] == list(range(shape.layers))
    for one in operators:
        times = 1 if one.where == ENDS else sum(layer.has(one.where) for layer in found)
        assert one.repeated == times > 0
    each = dict(layer_by_layer(shape, operators))
    assert list(each) == found
    flops = sum(one.flops for inside in each.values() for one in inside)
    ends = sum(one.flops for one in operators if one.where == ENDS)
    assert flops + ends == summed(operators, "flops")


@pytest.mark.parametrize(
    ("model", "wide"),
    [
        ("Gemma-2-2B", set(range(1, 26, 2))),
        ("Gemma-3-1B", {5, 11, 17, 23}),
        ("Gemma-3-27B (text)", set(range(5, 60, 6))),
        ("gpt-oss-20b", set(range(1, 24, 2))),
        ("Llama-2-7B", set(range(32))),
        ("Mistral-7B-v0.1", set()),
    ],
)
def test_every_nth_layer_is_global_as_in_the_models_own_files(model, wide):
    # layer_types in config.json, or the rule in the model's class in huggingface/transformers
    shape = catalog.shape(model)
    assert {layer.index for layer in layers(shape) if not layer.windowed} == wide


def test_dense_layers_come_first_and_each_layer_has_one_kind_of_mlp():
    shape = catalog.shape("DeepSeek-V3")
    assert [layer.experts for layer in layers(shape)] == [False] * 3 + [True] * 58
    operators = decode_operators(shape, 10)
    for layer, inside in layer_by_layer(shape, operators):
        names = {one.name for one in inside}
        assert layer.experts == ("expert up" in names) != ("up" in names)
    assert not Layer(0).has(ENDS)


def test_the_first_layer_of_rwkv_7_has_no_value_residual():
    shape = catalog.shape("RWKV-7-0.4B")
    residual = by_name(decode_operators(shape, 0))["value residual up"]
    first, second, *_ = layers(shape)
    assert residual.repeated == 23
    assert not first.has(residual.where)
    assert second.has(residual.where)


# the peak of the activations


def test_the_peak_of_a_toy_can_be_found_on_paper():
    # three tokens; the most is there while "up" is written: the stream and the norm's result, of
    # four values each, gate and up, of three
    assert activation_peak(prefill_operators(TOY, 3, **ONE_BYTE)) == 3 * (4 + 4 + 3 + 3)
    # with a wide MLP it is the activation: the stream, gate and up, and their product
    wide = replace(TOY, mlp_dim=9)
    assert activation_peak(prefill_operators(wide, 3, **ONE_BYTE)) == 3 * (4 + 9 + 9 + 9)
    # with a narrow one an addition: the stream, the block's result, and their sum
    narrow = replace(TOY, mlp_dim=1)
    assert activation_peak(prefill_operators(narrow, 3, **ONE_BYTE)) == 3 * (4 + 4 + 4)
    # one token: a logit for each of many words
    wordy = replace(TOY, vocabulary=500)
    assert activation_peak(decode_operators(wordy, 7, **ONE_BYTE)) == 4 + 500


def test_the_scores_of_a_long_prompt_are_the_peak_unless_they_stay_on_the_chip():
    fused, unfused = (
        activation_peak(prefill_operators(LLAMA_7B, 4096, fused=fused)) for fused in (True, False)
    )
    stream, scores = 4096 * 4096 * 2, 32 * 4096 * 4097 // 2 * 2
    assert unfused == stream + 2 * scores
    assert fused == stream + 3 * 4096 * 11008 * 2
    assert activation_peak(decode_operators(LLAMA_7B, 4096)) == (4096 + 3 * 11008) * 2
    llama_3 = catalog.shape("Llama-3-8B")  # with four times the words
    assert activation_peak(decode_operators(llama_3, 4096)) == (4096 + 128256) * 2


@pytest.mark.parametrize("model", ["Llama-2-7B", "Mixtral-8x7B", "DeepSeek-V3", "Mamba-130M"])
def test_the_peak_is_at_least_what_any_operator_reads_and_writes_and_grows_with_tokens(model):
    shape = catalog.shape(model)
    short, long = (prefill_operators(shape, prompt, fused=False) for prompt in (100, 200))
    most = max(one.activation_bytes for one in short if one.name != "embedding")
    assert most <= activation_peak(short) < activation_peak(long)


# by law

SIZES = st.integers(1, 4)
PATIENT = settings(deadline=None, max_examples=60)  # no test measures time


@st.composite
def shapes(draw):
    """Small transformers of all kinds."""
    kv_heads, size = draw(SIZES), draw(SIZES)
    more = {flag: draw(st.booleans()) for flag in FLAGS}
    if draw(st.booleans()):
        more |= {"experts": 4, "experts_per_token": draw(SIZES), "expert_mlp_dim": draw(SIZES)}
        more |= {"shared_experts": draw(st.integers(0, 2)), "dense_layers": draw(st.integers(0, 1))}
    if draw(st.booleans()):
        more |= {"window": draw(SIZES), "window_layers": draw(st.integers(1, 2))}
    if draw(st.booleans()):
        more["mla"] = Mla(draw(st.integers(0, 3)), *(draw(SIZES) for _ in range(4)))
    return TransformerShape(
        *("drawn", draw(st.integers(2, 5)), draw(SIZES), draw(SIZES)),
        *(kv_heads * draw(SIZES), kv_heads, size, draw(SIZES)),
        norms_per_layer=draw(st.integers(0, 6)),
        **more,
    )


FLAGS = (
    *("tied_embeddings", "gated_mlp", "mlp_bias", "qkv_bias", "output_bias", "norm_biases"),
    *("qk_norm", "sub_norms", "attention_sinks", "expert_bias", "router_bias"),
)
TOKENS = st.integers(1, 9)


@PATIENT
@given(shapes(), st.integers(0, 9), TOKENS)
def test_any_shapes_operators_sum_to_its_decode_work(shape, context, sequences):
    counted = whole(decode_operators(shape, context, sequences=sequences, **ONE_BYTE))
    work = decode_work(shape, context, sequences=sequences, weight_bytes=1, value_bytes=1)
    assert counted.flops == work.flops
    moved = counted.weight_bytes + counted.cache_bytes
    assert moved == pytest.approx(work.traffic, rel=1e-12)
    assert counted.weight_bytes == pytest.approx(shape.streamed_parameters(sequences), rel=1e-12)


@PATIENT
@given(shapes(), TOKENS, TOKENS, st.booleans(), st.booleans())
def test_any_shapes_operators_sum_to_its_prefill_work(shape, prompt, sequences, causal, fused):
    asked = {"sequences": sequences, "causal": causal}
    counted = whole(prefill_operators(shape, prompt, fused=fused, **asked))
    work = prefill_work(shape, prompt, **asked)
    assert counted.flops == work.flops
    moved = counted.weight_bytes + counted.cache_written_bytes
    assert moved == pytest.approx(work.traffic, rel=1e-12)


@PATIENT
@given(shapes(), TOKENS)
def test_reading_a_prompt_computes_what_decoding_it_token_by_token_computes(shape, prompt):
    shape = replace(shape, mla=None)  # which computes otherwise in decode

    def flops(operators):
        one = whole(one for one in operators if one.name != "head")
        return one.flops, one.elementwise_flops

    steps = [flops(decode_operators(shape, token)) for token in range(1, prompt + 1)]
    assert flops(prefill_operators(shape, prompt)) == tuple(map(sum, zip(*steps, strict=True)))


@PATIENT
@given(shapes(), TOKENS, TOKENS, st.booleans())
def test_only_the_weights_are_shared_by_the_sequences(shape, prompt, sequences, fused):
    for count in (prefill_operators, decode_operators):
        one = whole(count(shape, prompt, fused=fused))
        many = whole(count(shape, prompt, sequences=sequences, fused=fused))
        for amount in set(AMOUNTS) - {"weight_bytes"}:
            assert getattr(many, amount) == sequences * getattr(one, amount)
        if shape.experts:
            assert many.weight_bytes >= one.weight_bytes * (1 - 1e-12)
        else:
            assert many.weight_bytes == one.weight_bytes


@PATIENT
@given(shapes(), TOKENS, TOKENS, st.booleans())
def test_fused_attention_computes_the_same_and_moves_no_more(shape, prompt, sequences, causal):
    pairs = (
        [prefill_operators(shape, prompt, sequences=sequences, causal=causal, fused=fused)
         for fused in (True, False)],
        [decode_operators(shape, prompt, sequences=sequences, fused=fused)
         for fused in (True, False)],
    )  # fmt: skip
    for fused, unfused in pairs:
        fused, unfused = whole(fused), whole(unfused)
        assert fused.flops == unfused.flops
        assert fused.elementwise_flops == unfused.elementwise_flops
        assert fused.weight_bytes == unfused.weight_bytes
        assert fused.work.traffic < unfused.work.traffic


GROWN = {
    name: lambda shape, name=name: getattr(shape, name) + 1
    for name in ("layers", "model_dim", "mlp_dim", "vocabulary", "head_dim", "expert_mlp_dim")
} | {
    "query_heads": lambda shape: 2 * shape.query_heads,
    "kv_heads": lambda shape: shape.query_heads,
    "experts": lambda shape: shape.experts + bool(shape.experts),
    "experts_per_token": lambda shape: shape.experts,
    "shared_experts": lambda shape: shape.shared_experts + 1,
}


@PATIENT
@given(shapes(), st.sampled_from(list(GROWN)), TOKENS, st.booleans())
def test_no_amount_shrinks_when_a_dimension_grows(shape, dimension, tokens, fused):
    larger = replace(shape, **{dimension: GROWN[dimension](shape)})
    for count in (prefill_operators, decode_operators):
        small, large = (whole(count(one, tokens, fused=fused)) for one in (shape, larger))
        for amount in AMOUNTS:
            assert getattr(large, amount) >= getattr(small, amount) * (1 - 1e-12)


@PATIENT
@given(shapes(), st.integers(1, 9), st.booleans())
def test_no_amount_shrinks_when_the_context_grows(shape, tokens, fused):
    for count in (prefill_operators, decode_operators):
        near, far = (whole(count(shape, tokens + more, fused=fused)) for more in (0, 1))
        for amount in AMOUNTS:
            assert getattr(far, amount) >= getattr(near, amount) * (1 - 1e-12)


# whole numbers, fractions, shapes of arrays


@EVERY_MODEL
def test_a_thousand_points_are_counted_at_once(model):
    shape = catalog.shape(model)
    tokens, batch = np.arange(1, 1001), 1 + np.arange(1000) % 64
    for count in (prefill_operators, decode_operators):
        many = count(shape, tokens, sequences=batch)
        total = whole(many)
        assert total.work.flops.shape == (1000,)
        for point in (0, 511, 999):
            one = count(shape, int(tokens[point]), sequences=int(batch[point]))
            assert [o.name for o in one] == [o.name for o in many]
            for amount in AMOUNTS:
                all_points = np.broadcast_to(getattr(total, amount), 1000)
                assert all_points[point] == pytest.approx(getattr(whole(one), amount), rel=1e-14)
        assert activation_peak(many).shape == (1000,)


def test_axes_broadcast_against_each_other():
    operators = prefill_operators(
        LLAMA_7B,
        np.array([[[64]], [[128]]]),
        sequences=np.array([[1], [2], [3]]),
        weight_bytes=np.array([2, 1, 0.5, 0.25]),
    )
    assert by_name(operators)["q"].work.traffic.shape == (2, 3, 4)
    assert whole(operators).work.flops.shape == (2, 3, 4)


@EVERY_TRANSFORMER
def test_counts_of_one_sequence_are_whole_numbers(model):
    for one in decode_operators(catalog.shape(model), 4096, fused=False):
        for amount in AMOUNTS:
            value = getattr(one, amount)
            assert value == int(value)
            assert type(value) is int or one.name.startswith("expert")


def test_a_prompt_too_large_for_64_bits_is_still_counted_exactly():
    shape = catalog.shape("Llama-3.1-405B")
    counted = summed(prefill_operators(shape, 131_072, sequences=128), "flops")
    assert counted == prefill_work(shape, 131_072, sequences=128).flops > 2**63


# by refusal


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"sequences": 0}, "toy: sequences must be 1 or more and finite, not 0"),
        ({"weight_bytes": -1}, "toy: weight_bytes must be 0 or more and finite, not -1"),
        ({"activation_bytes": np.nan}, "toy: activation_bytes must be 0 or more"),
        ({"value_bytes": np.inf}, "toy: value_bytes must be 0 or more"),
    ],
)
def test_impossible_amounts_are_refused_by_name(asked, sentence):
    for count in (prefill_operators, decode_operators):
        with pytest.raises(ValueError, match=f"^{sentence}"):
            count(TOY, 5, **asked)


def test_no_prompt_and_a_negative_context_are_refused():
    with pytest.raises(ValueError, match=r"^toy: prompt_tokens must be 1 or more"):
        prefill_operators(TOY, 0)
    with pytest.raises(ValueError, match=r"^toy: context_tokens must be 0 or more"):
        decode_operators(TOY, -1)
    with pytest.raises(ValueError, match=r"^one: flops must be 0 or more and finite, not -1"):
        Operator("one", EVERY, 1, flops=-1)
