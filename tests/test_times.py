"""A prompt, a shared step and a request have times of their own; none replaces another."""

import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.decode import decode_step
from lecture_lib.roofline import Roof
from lecture_lib.serving import decode_roof
from lecture_lib.times import (
    critical_sequences,
    first_token_time,
    in_turn_time,
    prefill,
    request_time,
)
from lecture_lib.transformer import TransformerShape, prefill_work

# Two tables of 40, attention 48, MLP 96, norms 12; a token's cache: 8 byte; looked at: 16 FLOP.
TOY = TransformerShape(
    "toy", layers=1, model_dim=4, mlp_dim=8, query_heads=2, kv_heads=1, head_dim=2, vocabulary=10
)
ROOF = Roof("toy roof", peak_rate=100, bandwidth=10)
A100 = decode_roof("A100 SXM 80GB")
BATCH = 2 ** np.arange(11)


# by hand


def test_a_prompt_is_read_in_the_time_of_its_arithmetic_or_of_its_traffic():
    read = prefill(TOY, ROOF, 5)
    work = prefill_work(TOY, 5)
    assert (read.work.flops, read.work.traffic) == (work.flops, work.traffic)
    assert read.floor == max(work.flops / 100, work.traffic / 10)
    assert read.sum == work.flops / 100 + work.traffic / 10
    assert read.rate == pytest.approx(5 / read.floor)


def test_attention_and_the_matrices_take_turns_in_a_step():
    # matrices: 2 * 196 byte read and 8 written, 392 FLOP; attention: 5 * 8 byte, 5 * 16 FLOP
    assert in_turn_time(TOY, ROOF, context_tokens=5) == pytest.approx(400 / 10 + 40 / 10)
    # for 100 sequences: 39,200 FLOP beat 1,192 byte; each cache is read for itself all the same
    many = in_turn_time(TOY, ROOF, sequences=100, context_tokens=5)
    assert many == pytest.approx(39_200 / 100 + max(100 * 40 / 10, 100 * 80 / 100))


def test_a_request_is_its_first_token_and_a_step_for_each_later_one():
    assert first_token_time(2) == 2
    assert first_token_time(2, waiting_time=3) == 5
    assert request_time(5, 0.5, 1) == 5
    assert request_time(5, 0.5, 11) == 10
    assert request_time(5, 0.5, np.array([1, 3])).tolist() == [5, 6]


# by law


@pytest.mark.parametrize("model", ["Llama-2-7B", "Mixtral-8x7B", "gpt-oss-20b", "DeepSeek-V3"])
def test_taking_turns_is_no_faster_than_the_floor_and_no_slower_than_the_sum(model):
    shape, setting = catalog.shape(model), {"sequences": BATCH, "context_tokens": 2048}
    step = decode_step(shape, A100, **setting)
    turns = in_turn_time(shape, A100, **setting)
    assert (turns >= step.floor * (1 - 1e-12)).all()
    assert (turns <= step.sum * (1 + 1e-12)).all()


def test_taking_turns_is_the_formula_of_the_scaling_book():
    # Austin et al. 2025, chapter 7: B * KV / BW + max(2 * B * P / F, P * b / BW)
    shape, context = catalog.shape("Llama-2-13B"), 8192
    streamed = shape.streamed_parameters()
    caches = BATCH * shape.kv_bytes_per_token() * context / A100.bandwidth
    matrices = np.maximum(2 * BATCH * streamed / A100.peak_rate, 2 * streamed / A100.bandwidth)
    ours = in_turn_time(shape, A100, sequences=BATCH, context_tokens=context)
    assert ours == pytest.approx(caches + matrices, rel=0.01)  # ours writes the new token too


def test_below_the_critical_number_weights_set_the_pace_and_beyond_it_arithmetic():
    shape = catalog.shape("Llama-2-7B")
    critical = critical_sequences(A100)
    alone, below, beyond = in_turn_time(
        shape, A100, sequences=np.array([1, int(critical / 2), int(4 * critical)])
    )
    assert below == pytest.approx(alone, rel=0.01)
    assert beyond == pytest.approx(4 * alone, rel=0.02)


def test_a_recurrent_model_takes_turns_too():
    shape = catalog.shape("RWKV-5-Eagle-7B")
    step = decode_step(shape, A100, sequences=4)
    turns = in_turn_time(shape, A100, sequences=4, context_tokens=1024)
    assert step.floor <= turns <= step.sum


def test_a_reached_share_lengthens_a_prompt_until_reading_it_does():
    read = prefill(catalog.shape("Llama-2-7B"), A100, np.array([1, 64, 4096]))
    assert read.estimate(1) == pytest.approx(read.floor)
    assert read.estimate(0.5)[2] == pytest.approx(2 * read.floor[2])
    assert read.estimate(0.5)[0] == read.floor[0]  # one token: the weights are read all the same


@pytest.mark.parametrize("tokens", [1, 100, 5000])
def test_an_array_gives_what_its_points_give_one_by_one(tokens):
    shape, prompts = catalog.shape("Mixtral-8x7B"), np.array([1, 100, 5000])
    setting = {"sequences": 3, "weight_bits": 4.5, "table_bits": 16}
    together, one = (
        prefill(shape, A100, prompts, **setting),
        prefill(shape, A100, tokens, **setting),
    )
    assert together.floor[prompts == tokens] == pytest.approx(one.floor)
    assert one.rate == pytest.approx(3 * tokens / one.floor)


def test_a_prompt_reads_the_experts_that_all_its_tokens_reach_and_tables_in_their_own_bits():
    shape, prompt = catalog.shape("Mixtral-8x7B"), 64
    read = prefill(shape, A100, prompt, weight_bits=4, table_bits=16)
    head, streamed = shape.vocabulary * shape.model_dim, shape.streamed_parameters(prompt)
    stored = (streamed - head) * 4 / 8 + head * 16 / 8
    assert read.work.traffic == pytest.approx(stored + shape.cache_bytes(prompt), rel=1e-12)


# by source


@pytest.mark.parametrize(("weight_bits", "sequences"), [(16, 240), (8, 120)])
def test_the_critical_batch_of_a_tpu_v5e_is_that_of_the_scaling_book(weight_bits, sequences):
    # Austin et al. 2025, chapter 7: 240 for bf16, 120 for int8 weights that are multiplied in bf16
    found = critical_sequences(decode_roof("TPU v5e"), weight_bits=weight_bits)
    assert found == pytest.approx(sequences, rel=0.01)


@pytest.mark.parametrize(
    ("sequences", "low", "high"),
    # servcalc 0.1.0, Llama-2-7B on A100 80GB, prompt 1024, 512 generated: its ITL in s
    [(1, 0.01083, 0.01677), (4, 0.01189, 0.01798), (16, 0.01701, 0.02479), (64, 0.03651, 0.05221)],
)  # fmt: skip
def test_a_step_of_servcalc_lies_above_our_floor_by_its_efficiency(sequences, low, high):
    step = decode_step(
        catalog.shape("Llama-2-7B"), A100, sequences=sequences, context_tokens=1024 + 256
    )
    assert step.memory_bound  # it says memory for all four, too
    assert step.floor < low
    assert 0.4 < step.floor / high < step.floor / low < 0.8


@pytest.mark.parametrize(
    ("sequences", "context", "genz"),
    # GenZ 0.0.16, Llama-2-7B bf16 on 2039 GB/s at full efficiency: latency of a decode step in s
    [(1, 1024, 6.2816e-3), (1, 4096, 7.0179e-3), (16, 4096, 21.7522e-3)],
)
def test_genz_reads_faster_than_the_memory_because_its_gigabytes_are_2_to_the_30(
    sequences, context, genz
):
    setting = {"sequences": sequences, "context_tokens": context}
    step = decode_step(catalog.shape("Llama-2-7B"), A100, **setting)
    assert genz < step.floor
    assert genz * 2**30 / 1e9 == pytest.approx(step.floor, rel=0.002)


# by refusal


@pytest.mark.parametrize("share", [0, 1.01, 57])
def test_a_share_that_is_no_share_is_refused(share):
    message = f"share must be above 0 and at most 1, not {share}; 0.3 to 0.8 is usual"
    with pytest.raises(ValueError, match=f"^{message}"):
        prefill(TOY, ROOF, 5).estimate(share)


def test_prompts_of_a_model_that_is_no_transformer_are_refused():
    message = "RWKV-5-Eagle-7B: the reading of prompts is counted for transformers alone; take one"
    with pytest.raises(ValueError, match=message):
        prefill(catalog.shape("RWKV-5-Eagle-7B"), A100, 100)


def test_a_request_without_a_token_is_refused():
    with pytest.raises(ValueError, match="generated_tokens must be 1 or more and finite, not 0"):
        request_time(1, 1, 0)
