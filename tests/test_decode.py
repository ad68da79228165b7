"""One read of the weights serves every sequence of a step; a toy model is counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_lib import catalog
from lecture_lib.decode import (
    bytes_per_weight,
    decode_step,
    most_sequences,
    parted_work,
    resident_bytes,
    stored_bytes,
    streamed_bytes,
)
from lecture_lib.roofline import Roof
from lecture_lib.serving import decode_roof
from lecture_lib.transformer import TransformerShape

# Parameters: two tables of 40, attention 48, MLP 3 * 32, norms 12: 236. A token's cache: 8 byte.
TOY = TransformerShape(
    "toy", layers=1, model_dim=4, mlp_dim=8, query_heads=2, kv_heads=1, head_dim=2, vocabulary=10
)
ROOF = Roof("toy roof", peak_rate=100, bandwidth=10, capacity=1000, power=7)
MODELS = ("Llama-2-7B", "Llama-3.1-8B", "gpt-oss-20b", "DeepSeek-V3", "RWKV-5-Eagle-7B")
BATCH = 2 ** np.arange(13)


def toy_step(roof=ROOF, **setting):
    return decode_step(TOY, roof, **{"context_tokens": 5, **setting})


# by hand


def test_a_toy_step_reads_its_weights_and_its_cache_and_writes_one_token():
    step = toy_step()
    assert step.work.traffic == 2 * (236 - 40) + 8 * 5 + 8
    assert step.work.flops == 2 * (236 - 40) + 2 * 2 * (2 + 2) * 5
    assert step.floor == 440 / 10
    assert step.sum == pytest.approx(472 / 100 + 440 / 10)
    assert step.memory_bound
    assert step.user_rate == step.total_rate == 10 / 440


def test_the_memory_holds_all_weights_and_the_cache_of_each_sequence():
    step = toy_step(sequences=3)
    assert (step.weights, step.caches, step.needed) == (2 * 236, 3 * 8 * 5, 592)


def test_the_tables_may_keep_other_bits_than_the_rest():
    assert stored_bytes(100, 20, 4) == 50
    assert stored_bytes(100, 20, 4, 16) == 80 / 2 + 20 * 2
    assert stored_bytes(100, 0, 4, 16) == 50


def test_a_step_reads_one_table_and_stores_two_unless_they_are_one():
    step = toy_step(weight_bits=4, table_bits=16)
    assert step.weights == (236 - 80) / 2 + 80 * 2
    assert step.work.traffic == pytest.approx((236 - 80) / 2 + 40 * 2 + 48, rel=1e-12)
    tied = TransformerShape("tied", 1, 4, 8, 2, 1, 2, 10, tied_embeddings=True)
    step = decode_step(tied, ROOF, context_tokens=5, weight_bits=4, table_bits=16)
    assert step.weights == (196 - 40) / 2 + 40 * 2
    assert step.work.traffic == pytest.approx((196 - 40) / 2 + 40 * 2 + 48, rel=1e-12)


def test_the_table_that_is_looked_up_is_resident_and_not_streamed():
    kept = {"weight_bits": 4, "table_bits": 16}
    assert resident_bytes(TOY, **kept) == (236 - 80) / 2 + 80 * 2
    assert streamed_bytes(TOY, **kept) == (236 - 80) / 2 + 40 * 2
    assert bytes_per_weight(TOY, **kept) * (236 - 40) == pytest.approx((236 - 80) / 2 + 40 * 2)


def test_many_tokens_stream_the_experts_that_they_reach_together():
    shape = catalog.shape("Mixtral-8x7B")
    few, many = (streamed_bytes(shape, tokens=n) for n in (1, 1000))
    assert few == 2 * shape.streamed_parameters(1) < many == 2 * shape.streamed_parameters(1000)


def test_the_context_adds_the_reading_of_the_caches_and_attention_over_them():
    bare, added = parted_work(TOY, sequences=3, context_tokens=5)
    assert (bare.flops, bare.traffic) == (3 * 2 * 196, 2 * 196 + 3 * 8)  # new tokens are written
    assert (added.flops, added.traffic) == (3 * 16 * 5, 3 * 8 * 5)


@pytest.mark.parametrize("model", MODELS)
def test_both_parts_of_a_step_are_the_step(model):
    shape, setting = catalog.shape(model), {"sequences": BATCH, "weight_bits": 4.156}
    bare, added = parted_work(shape, **setting)
    whole = decode_step(shape, ROOF, **setting).work
    assert (bare + added).flops.tolist() == whole.flops.tolist()
    assert (bare + added).traffic == pytest.approx(whole.traffic)


def test_as_many_fit_as_caches_go_into_what_the_weights_leave():
    assert most_sequences(TOY, ROOF, context_tokens=5) == (1000 - 472) // 40
    assert most_sequences(TOY, Roof("full", 1, 1, capacity=472 + 80), context_tokens=5) == 2
    assert most_sequences(TOY, Roof("short", 1, 1, capacity=472 + 79), context_tokens=5) == 1
    assert most_sequences(TOY, Roof("small", 1, 1, capacity=100), context_tokens=5) == 0


def test_the_energy_of_a_token_is_full_power_during_its_share_of_the_step():
    assert toy_step().energy == pytest.approx(7 * 44)
    shared = toy_step(sequences=4)
    assert shared.energy == pytest.approx(7 * shared.floor / 4)


# by law


@pytest.mark.parametrize("model", MODELS)
def test_sharing_never_slows_all_users_together_and_never_speeds_up_one(model):
    step = decode_step(catalog.shape(model), decode_roof("H100 SXM"), sequences=BATCH)
    assert (np.diff(step.total_rate) >= -1e-12 * step.total_rate[1:]).all()
    assert (np.diff(step.user_rate) <= 0).all()


@pytest.mark.parametrize("model", [m for m in MODELS if m not in ("gpt-oss-20b", "DeepSeek-V3")])
def test_a_dense_model_is_read_once_for_any_number_of_sequences(model):
    step = decode_step(catalog.shape(model), decode_roof("H100 SXM"), sequences=BATCH)
    assert step.total_rate[1] > 1.9 * step.total_rate[0]
    each = np.diff(step.work.traffic.astype(float)) / np.diff(BATCH)
    assert each == pytest.approx(each[0])  # what is added is a cache for each, and no weight
    assert step.work.traffic[0] - each[0] == pytest.approx(
        2 * catalog.shape(model).streamed_parameters(), rel=1e-9
    )


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("device", ["RTX 4090", "H100 SXM", "Raspberry Pi 5 (8GB)"])
def test_a_step_takes_its_floor_to_twice_its_floor(device, model):
    step = decode_step(catalog.shape(model), decode_roof(device), sequences=BATCH)
    assert (step.floor <= step.sum).all()
    assert (step.sum <= 2 * step.floor).all()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("context_tokens", [1, 1024, 100_000])
@pytest.mark.parametrize("weight_bits", [16, 4.156])
def test_the_users_that_fit_do_and_one_more_does_not(model, context_tokens, weight_bits):
    shape, setting = catalog.shape(model), {"context_tokens": context_tokens}
    setting |= {"weight_bits": weight_bits, "table_bits": 16}
    for device in ("RTX 4090", "H100 SXM", "Raspberry Pi 5 (8GB)", "Groq LPU (GroqChip1)"):
        roof = decode_roof(device)
        most = most_sequences(shape, roof, **setting)
        assert not most or decode_step(shape, roof, sequences=most, **setting).fits
        assert not decode_step(shape, roof, sequences=most + 1, **setting).fits


@given(st.floats(1, 1e5), st.integers(1, 1000))
def test_any_memory_holds_the_users_that_fit_and_not_one_more(capacity, context_tokens):
    roof, setting = Roof("any", 1, 1, capacity), {"context_tokens": context_tokens}
    most = most_sequences(TOY, roof, **setting)
    assert not most or toy_step(roof, sequences=most, **setting).fits
    assert not toy_step(roof, sequences=most + 1, **setting).fits


@pytest.mark.parametrize("model", MODELS)
def test_fewer_bits_for_a_weight_leave_the_arithmetic_as_it_is(model):
    wide, narrow = (
        decode_step(catalog.shape(model), decode_roof("RTX 4090"), weight_bits=b) for b in (16, 4)
    )
    assert narrow.work.flops == wide.work.flops
    assert narrow.work.traffic < wide.work.traffic
    assert narrow.weights == wide.weights / 4
    assert narrow.caches == wide.caches


@pytest.mark.parametrize("model", MODELS)
def test_tables_that_keep_the_bits_of_the_rest_change_nothing(model):
    shape, roof = catalog.shape(model), decode_roof("RTX 4090")
    plain, told = (decode_step(shape, roof, weight_bits=4, table_bits=t) for t in (None, 4))
    assert (plain.weights, plain.work.traffic) == (told.weights, told.work.traffic)


# by shape


@pytest.mark.parametrize("model", MODELS)
def test_an_array_of_sequences_gives_what_they_give_one_by_one(model):
    shape, roof = catalog.shape(model), decode_roof("H100 SXM")
    setting = {"weight_bits": 4.156, "table_bits": 16}
    together = decode_step(shape, roof, sequences=BATCH, **setting)
    for k, n in enumerate(BATCH):
        one = decode_step(shape, roof, sequences=int(n), **setting)
        for name in ("floor", "sum", "memory_bound", "user_rate", "total_rate", "needed", "fits"):
            assert getattr(together, name)[k] == pytest.approx(getattr(one, name), rel=1e-12)
        assert np.asarray(together.energy)[k] == pytest.approx(one.energy, rel=1e-12)


# by source


def test_a_13b_at_4_bits_on_a_4090_gives_at_most_146_tokens_a_second():
    kept = catalog.weight_format("GPTQ 4-bit g128")
    step = decode_step(
        catalog.shape("Llama-2-13B"), decode_roof("RTX 4090"), context_tokens=0,
        weight_bits=kept.bits_per_weight, table_bits=kept.table_bits,
    )  # fmt: skip
    # 12.688e9 parameters of 4.156 bits and a head of 163.8e6 of 16 bits
    assert step.work.traffic == pytest.approx(6.92e9, rel=1e-3)
    assert step.user_rate == pytest.approx(1008 / 6.92, rel=1e-3)
    # github.com/turboderp-org/exllamav2, README: 114 tok/s for a 13B, GPTQ 4 bits in groups of 128
    assert 114 < step.user_rate < 150


# where something is not known


def test_a_device_of_unknown_power_has_no_energy():
    assert toy_step(Roof("quiet", 100, 10)).energy is None


def test_of_a_memory_of_unknown_size_nobody_says_what_fits():
    roof = Roof("open", peak_rate=100, bandwidth=10, capacity=None)
    assert toy_step(roof).fits is None
    assert toy_step(roof).user_rate == toy_step().user_rate
    with pytest.raises(ValueError, match="open: its memory is not known; give the Roof a capacity"):
        most_sequences(TOY, roof, context_tokens=5)


# by refusal


@pytest.mark.parametrize("held", [streamed_bytes, resident_bytes, bytes_per_weight])
def test_bits_that_cannot_be_are_refused_with_the_name_of_the_model(held):
    with pytest.raises(ValueError, match="toy: weight_bits must be 0 or more and finite, not -1"):
        held(TOY, weight_bits=-1)


def test_a_roof_without_any_memory_is_refused():
    with pytest.raises(ValueError, match="none: capacity must be a number above 0, not 0"):
        Roof("none", 1, 1, capacity=0)


def test_a_step_for_nobody_is_refused_with_the_name_of_the_model():
    with pytest.raises(ValueError, match="toy: sequences must be 1 or more and finite, not 0"):
        toy_step(sequences=0)
