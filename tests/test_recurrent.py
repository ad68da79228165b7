"""Counts of recurrent models: published totals, and a memory that does not grow."""

import inspect
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_lib.recurrent import (
    STATE_FLOPS,
    RecurrentShape,
    decode_work,
    state_cache_bytes,
    state_flops,
)
from lecture_lib.roofline import Roof, is_memory_bound
from lecture_lib.transformer import TransformerShape

# name, family, layers, model_dim, mlp_dim, vocabulary
RWKV_4 = RecurrentShape("RWKV-4-169M", "rwkv4", 12, 768, 3072, 50277)  # arXiv:2305.13048
RWKV_4_7B = RecurrentShape("RWKV-4-7B", "rwkv4", 32, 4096, 16384, 50277)
# BlinkDL/RWKV-LM, README; arXiv:2404.05892
EAGLE_7B = RecurrentShape("RWKV-5-Eagle-7B", "rwkv5", 32, 4096, 14336, 65536, head_dim=64)
FINCH_1B6 = RecurrentShape(
    "RWKV-6-Finch-1.6B", "rwkv6", 24, 2048, 7168, 65536, head_dim=64, mix_rank=32, decay_rank=64
)
# arXiv:2503.14456
GOOSE_3B = RecurrentShape(
    "RWKV-7-2.9B",
    *("rwkv7", 32, 2560, 10240, 65536),
    head_dim=64,
    decay_rank=96,
    iclr_rank=96,
    value_rank=64,
    gate_rank=320,
)
# state-spaces/mamba, mamba_simple.py and mamba2.py; the table is padded to whole tiles
MAMBA_130M = RecurrentShape(
    "Mamba-130M",
    *("mamba1", 24, 768, 0, 50280),
    tied_embeddings=True,
    inner_dim=1536,
    state_dim=16,
    conv_width=4,
    dt_rank=48,
)
MAMBA_2_3B = RecurrentShape(
    "Mamba2-2.7B",
    *("mamba2", 64, 2560, 0, 50288),
    tied_embeddings=True,
    inner_dim=5120,
    state_dim=128,
    conv_width=4,
    head_dim=64,
)
SHAPES = [RWKV_4, RWKV_4_7B, EAGLE_7B, FINCH_1B6, GOOSE_3B, MAMBA_130M, MAMBA_2_3B]
EVERY = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)

# one layer of width 2, one head of 2, MLP of 3, five words
TOY = RecurrentShape("toy", "rwkv5", 1, 2, 3, 5, head_dim=2)


# by hand


def test_the_counts_of_a_toy_can_be_made_on_paper():
    layer = 5 * 4 + 8 * 2 + 2 * (2 * 3) + 4 + 2 * 2 + 4 * 2
    assert TOY.parameters == 2 * (5 * 2) + layer + 4 * 2
    assert TOY.state_elements == 2 * 2 + 2 * 2  # a matrix of a head, and the token before, twice
    work = decode_work(TOY, 1000, sequences=3, weight_bytes=1, state_bytes=1)
    assert work.flops == 3 * (2 * (layer + 10 + 8) + 7 * 4)
    assert work.traffic == (layer + 10 + 8) + 3 * 2 * 8  # the state is read and written


# by source


@pytest.mark.parametrize(
    ("shape", "published"),
    [
        (RWKV_4, 169_342_464),  # arXiv:2305.13048, table of model sizes
        (RWKV_4_7B, 7_392_649_216),  # the same
        (GOOSE_3B, 2_947_735_040),  # arXiv:2503.14456, table of model sizes
        (MAMBA_130M, 129_135_360),  # state-spaces/mamba-130m on Hugging Face
        (MAMBA_2_3B, 2_702_599_680),  # state-spaces/mamba2-2.7b on Hugging Face
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_dimensions_give_the_published_count_to_the_unit(shape, published):
    assert shape.parameters == published


@pytest.mark.parametrize(
    ("shape", "count", "published"),
    [
        (EAGLE_7B, 7_518_044_160, 7.52e9),  # arXiv:2404.05892, rounded there
        (FINCH_1B6, 1_599_873_024, 1.60e9),  # the same
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_where_only_a_rounded_count_is_published_ours_rounds_to_it(shape, count, published):
    assert shape.parameters == count
    assert float(f"{shape.parameters:.2e}") == published


def test_the_first_layer_of_rwkv_7_has_no_value_residual():
    # with it in each of the 32 layers the 2.9B would have 2560 * (1 + 2 * 64) parameters too many
    same_layers = replace(GOOSE_3B, layers=31)
    layer = GOOSE_3B.parameters - same_layers.parameters
    ends = 2 * GOOSE_3B.embedding_parameters + 4 * 2560
    assert 32 * layer + ends - GOOSE_3B.parameters == 2560 * (1 + 2 * 64)


@pytest.mark.parametrize(
    ("shape", "elements"),
    [
        (RWKV_4, 12 * 5 * 768),  # arXiv:2305.13048: five vectors per layer
        (EAGLE_7B, 32 * (64 * 64 * 64 + 2 * 4096)),  # arXiv:2404.05892: 64 matrices of 64 x 64
        (GOOSE_3B, 32 * (40 * 64 * 64 + 2 * 2560)),
        (MAMBA_130M, 24 * 1536 * (16 + 3)),
        (MAMBA_2_3B, 64 * (80 * 64 * 128 + (5120 + 2 * 128) * 3)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_state_is_that_of_the_paper(shape, elements):
    assert shape.state_elements == elements


def test_the_state_of_a_7b_is_worth_66_tokens_of_cache():
    llama = TransformerShape("Llama-2-7B", 32, 4096, 11008, 32, 32, 128, 32000)
    state = EAGLE_7B.cache_bytes(10**6)
    assert state == 34_603_008
    assert llama.cache_bytes(65) < state <= llama.cache_bytes(66)


def test_all_but_a_two_hundredth_of_rwkv_decoding_is_matrix_times_vector():
    matrices = 2 * EAGLE_7B.streamed_parameters()
    assert matrices / decode_work(EAGLE_7B, 0).flops == pytest.approx(0.996, abs=5e-4)


# by running the recurrences on numbers that count what is done to them


class Counted:
    done = 0

    def operate(self, *_):
        Counted.done += 1
        return self

    __add__ = __sub__ = __mul__ = __truediv__ = exp = larger = operate


larger = np.frompyfunc(Counted.larger, 2, 1)


def rwkv4(_, a, b, top, k, v, w, u):  # vectors: [channels]
    peak = larger(top, k + u)
    old, new = np.exp(top - peak), np.exp(k + u - peak)
    return (old * a + new * v) / (old * b + new)


def rwkv4_state(_, a, b, top, k, v, w, u):
    faded = top + w
    peak = larger(faded, k)
    old, new = np.exp(faded - peak), np.exp(k - peak)
    return old * a + new * v, old * b + new, peak


def rwkv5(state, r, k, v, w, u):  # state: [keys, values]
    outer = np.outer(k, v)
    return r @ (state + u[:, None] * outer), w[:, None] * state + outer


def rwkv7(state, r, k, v, w, a, b):  # state: [values, keys]
    state = state * w + np.outer(state @ a, b) + np.outer(v, k)
    return state @ r, state


def mamba1(state, x, dt, b, c):  # state: [channels, states], as are the decays
    decays = np.full_like(state, Counted())
    state = np.exp(dt[:, None] * decays) * state + np.outer(dt * x, b)
    return state @ c, state


def mamba2(state, x, dt, b, c):  # one decay for all of a head
    state = state * Counted() + np.outer(dt * x, b)
    return state @ c, state


def operations(recurrence, side):
    arguments = inspect.signature(recurrence).parameters
    vectors = np.full((len(arguments) - 1, side), Counted(), dtype=object)
    state = np.full((side, side), Counted(), dtype=object)
    before = Counted.done
    recurrence(state, *vectors)
    return Counted.done - before


@pytest.mark.parametrize("recurrence", [rwkv5, rwkv7, mamba1, mamba2], ids=lambda r: r.__name__)
def test_a_recurrence_takes_the_stated_flop_per_cell_of_its_matrix(recurrence):
    # side**2 cells, beside terms in side: the second difference sees the square alone
    once, twice, thrice = (operations(recurrence, side) for side in (1, 2, 3))
    assert (thrice - 2 * twice + once) / 2 == STATE_FLOPS[recurrence.__name__]
    assert STATE_FLOPS["rwkv6"] == STATE_FLOPS["rwkv5"]  # the decay depends on the token, no more


def test_rwkv_4_takes_the_stated_flop_per_channel():
    for side in (1, 5):
        done = operations(rwkv4, side) + operations(rwkv4_state, side)
        # k + u is one addition, written twice above
        assert done - side == STATE_FLOPS["rwkv4"] * side


# by law


@EVERY
def test_nothing_grows_with_the_context(shape):
    contexts = np.array([0, 1, 10**6])
    assert shape.kv_bytes_per_token() == 0
    assert len(set(shape.cache_bytes(contexts).tolist())) == 1
    work = shape.decode_work(contexts, sequences=8)
    assert len(set(work.flops.tolist())) == len(set(work.traffic.tolist())) == 1


@EVERY
def test_weights_are_read_once_and_each_state_twice_over(shape):
    one, many = (decode_work(shape, 0, sequences=b) for b in (1, 33))
    assert many.traffic - one.traffic == 32 * 2 * state_cache_bytes(shape, 0)
    assert one.traffic == 2 * shape.streamed_parameters() + 2 * state_cache_bytes(shape, 0)
    assert many.flops == 33 * one.flops


@EVERY
def test_the_input_table_is_a_lookup_unless_it_is_the_output_matrix_too(shape):
    looked_up = 0 if shape.tied_embeddings else shape.embedding_parameters
    assert shape.streamed_parameters() == shape.parameters - looked_up
    untied = replace(shape, tied_embeddings=False)
    assert untied.streamed_parameters() == shape.streamed_parameters()
    assert shape.active_parameters == shape.parameters


@EVERY
def test_moving_the_state_on_takes_little_beside_the_weights(shape):
    assert 0 < state_flops(shape) < 0.07 * 2 * shape.streamed_parameters()


@given(st.integers(1, 9))
def test_the_state_is_proportional_to_the_layers(layers):
    for shape in SHAPES:
        once = replace(shape, layers=1)
        assert replace(shape, layers=layers).state_elements == layers * once.state_elements
        assert state_flops(replace(shape, layers=layers)) == layers * state_flops(once)


def test_without_a_growing_cache_enough_sequences_always_fill_the_arithmetic():
    a100 = Roof("A100 80 GB", peak_rate=312e12, bandwidth=2.039e12)
    assert is_memory_bound(decode_work(EAGLE_7B, 0, sequences=1), a100)
    assert not is_memory_bound(decode_work(EAGLE_7B, 10**6, sequences=10_000), a100)


@EVERY
def test_the_methods_of_a_shape_are_the_functions_at_32_bits(shape):
    mine = shape.decode_work(9, sequences=4, weight_bytes=0.5)
    work = decode_work(shape, 9, sequences=4, weight_bytes=0.5, state_bytes=4)
    assert (mine.flops, mine.traffic) == (work.flops, work.traffic)
    assert shape.cache_bytes(9, sequences=4) == 4 * 4 * shape.state_elements


def test_both_kinds_of_shape_answer_to_the_same_names():
    wanted = {"name", "layers", "model_dim", "vocabulary", "parameters", "active_parameters"}
    wanted |= {"embedding_parameters", "streamed_parameters", "kv_bytes_per_token"}
    wanted |= {"cache_bytes", "decode_work"}
    llama = TransformerShape("Llama-2-7B", 32, 4096, 11008, 32, 32, 128, 32000)
    assert wanted <= set(dir(llama)) & set(dir(EAGLE_7B))


def test_counts_are_whole_numbers():
    for shape in SHAPES:
        work = decode_work(shape, 5, sequences=3)
        assert {type(work.flops), type(work.traffic), type(shape.parameters)} == {int}


# by shape


@EVERY
def test_arrays_give_what_scalars_give_one_by_one(shape):
    context, batch = np.array([[0], [10**6]]), np.array([1, 7, 300])
    together = decode_work(shape, context, sequences=batch)
    assert together.flops.shape == together.traffic.shape == (2, 3)
    assert shape.cache_bytes(context, sequences=batch).shape == (2, 3)
    assert shape.streamed_parameters(batch).shape == shape.kv_bytes_per_token(batch).shape == (3,)
    for column, b in enumerate(batch.tolist()):
        one = decode_work(shape, 0, sequences=b)
        assert together.flops[:, column].tolist() == [one.flops] * 2
        assert together.traffic[:, column].tolist() == [one.traffic] * 2


# by refusal


def refused(message):
    return pytest.raises(ValueError, match=f"^{re.escape(message)}$")


def test_an_unknown_family_is_answered_with_the_known_ones():
    with refused(f"toy: no family 'rwkv3'; choose from {list(STATE_FLOPS)}"):
        replace(TOY, family="rwkv3")


@pytest.mark.parametrize(
    ("family", "field"),
    [
        ("rwkv4", "mlp_dim"),
        ("rwkv5", "head_dim"),
        ("rwkv6", "mix_rank"),
        ("rwkv7", "decay_rank"),
        ("mamba1", "inner_dim"),
        ("mamba2", "inner_dim"),
    ],
)
def test_a_dimension_that_the_family_needs_is_asked_for(family, field):
    with refused(
        f"toy: {field} must be a whole number, 1 or more, not 0; see the model's config.json"
    ):
        replace(TOY, **{"family": family, field: 0})


def test_heads_that_do_not_fill_the_width_are_refused():
    with refused(
        "toy: head_dim must divide model_dim, and 3 does not divide 2; "
        "the nearest that do are [1, 2]"
    ):
        replace(TOY, head_dim=3)


@pytest.mark.parametrize("wrong", [-1, np.nan])
def test_negative_and_missing_amounts_are_refused_by_name(wrong):
    ending = f"must be 0 or more and finite, not {wrong}; correct the value passed in"
    with refused(f"toy: context_tokens {ending}"):
        decode_work(TOY, wrong)
    with refused(f"toy: weight_bytes {ending}"):
        decode_work(TOY, 1, weight_bytes=wrong)
    with refused(f"toy: state_bytes {ending}"):
        state_cache_bytes(TOY, 1, state_bytes=wrong)
    with refused(f"toy: sequences {ending.replace('0', '1', 1)}"):
        TOY.streamed_parameters(wrong)
