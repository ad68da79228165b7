"""Several devices: a ring's messages are counted by hand; a layer split speeds up no stream."""

import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.decode import decode_step
from lecture_lib.parallel import (
    Link,
    all_gather_time,
    all_reduce_time,
    busy_share,
    layer_split_time,
    tensor_parallel,
)
from lecture_lib.roofline import Roof
from lecture_lib.serving import decode_roof, link
from lecture_lib.transformer import TransformerShape

# Two tables of 40, attention 64, MLP 96, norms 12; a token's cache: 16 byte in two heads.
TOY = TransformerShape(
    "toy", layers=1, model_dim=4, mlp_dim=8, query_heads=2, kv_heads=2, head_dim=2, vocabulary=10
)
ROOF, RING = Roof("toy roof", peak_rate=100, bandwidth=10), Link(bandwidth=8, latency=0.5)
H100 = decode_roof("H100 SXM")


# by hand


def test_a_ring_of_four_gathers_in_three_rounds_of_a_quarter_each():
    assert all_gather_time(80, 4, RING) == 3 * (20 / 8 + 0.5)


def test_an_all_reduce_goes_round_twice():
    assert all_reduce_time(80, 4, RING) == 6 * (20 / 8 + 0.5)
    assert all_reduce_time(80, 1, RING) == 0
    assert all_reduce_time(80, np.array([1, 2]), RING).tolist() == [0, 2 * (40 / 8 + 0.5)]


def test_two_devices_halve_the_work_and_sum_after_attention_and_after_the_mlp():
    whole = decode_step(TOY, ROOF, context_tokens=5)
    step = tensor_parallel(TOY, ROOF, RING, devices=2, context_tokens=5)
    assert step.work.traffic == whole.work.traffic / 2
    assert step.work.flops == whole.work.flops / 2
    assert step.exchange == 2 * all_reduce_time(2 * 4, 2, RING)  # two of 4 values, 2 bytes each
    assert step.floor == whole.floor / 2 + step.exchange
    assert step.sum == pytest.approx(whole.sum / 2 + step.exchange)


def test_a_token_passes_every_stage_of_a_layer_split():
    assert layer_split_time([2, 3, 5]) == 10
    assert layer_split_time([2, 3, 5], hop_time=0.5) == 11
    assert layer_split_time(7, hop_time=0.5) == 7


def test_stages_fill_as_streams_follow_each_other():
    assert busy_share(1, 4) == 1 / 4
    assert busy_share(13, 4) == 13 / 16
    assert busy_share(np.array([1, 4]), 4).tolist() == [1 / 4, 4 / 7]


# by law


def test_one_device_takes_what_a_step_takes():
    setting = {"sequences": 16, "context_tokens": 4096, "weight_bits": 8}
    shape = catalog.shape("Llama-3.1-70B")
    alone = tensor_parallel(shape, H100, link("H100 SXM"), devices=1, **setting)
    whole = decode_step(shape, H100, **setting)
    assert alone.exchange == 0
    assert (alone.floor, alone.sum) == pytest.approx((whole.floor, whole.sum))


def test_more_devices_never_make_a_floor_longer_without_latency_and_do_with_it():
    shape, setting = catalog.shape("Llama-3.1-70B"), {"weight_bits": 8, "context_tokens": 1536}
    for latency, faster in ((0, True), (1e-3, False)):
        ring = link("H100 SXM", latency)
        floors = [
            tensor_parallel(shape, H100, ring, devices=n, **setting).floor for n in (1, 2, 4, 8)
        ]
        assert (np.diff(floors) < 0).all() == faster


def test_caches_are_divided_by_their_heads_and_latent_ones_not_at_all():
    gqa, mla = catalog.shape("Llama-3.1-70B"), catalog.shape("DeepSeek-V3")

    def cache_of_one(shape, devices):
        of = {"devices": devices, "weight_bits": 8}
        full, empty = (
            tensor_parallel(shape, H100, RING, context_tokens=c, **of).work.traffic
            for c in (100_000, 0)
        )
        return full - empty

    assert cache_of_one(gqa, 8) == pytest.approx(cache_of_one(gqa, 1) / 8)
    assert cache_of_one(gqa, 16) == pytest.approx(cache_of_one(gqa, 8))  # it has 8 heads
    assert cache_of_one(mla, 8) == pytest.approx(cache_of_one(mla, 1))


def test_arrays_of_sequences_give_what_they_give_one_by_one():
    shape, ring, batch = catalog.shape("Llama-3.1-70B"), link("H100 SXM"), np.array([1, 8, 64])
    together = tensor_parallel(shape, H100, ring, devices=4, sequences=batch, context_tokens=1536)
    for k, n in enumerate(batch):
        one = tensor_parallel(shape, H100, ring, devices=4, sequences=int(n), context_tokens=1536)
        assert together.floor[k] == pytest.approx(one.floor, rel=1e-12)


# by refusal


@pytest.mark.parametrize("bandwidth", [0, -1, np.inf, np.nan])
def test_a_link_that_sends_nothing_is_refused(bandwidth):
    message = f"a link's bandwidth must be above 0 and finite, not {bandwidth}; give it in byte/s"
    with pytest.raises(ValueError, match=f"^{message}"):
        Link(bandwidth)


def test_devices_that_do_not_divide_the_heads_are_refused():
    message = "Llama-2-7B: devices must divide the 32 query heads, and 3 does not; take a power"
    with pytest.raises(ValueError, match=f"^{message}"):
        tensor_parallel(catalog.shape("Llama-2-7B"), H100, RING, devices=3)


def test_a_model_without_heads_is_refused():
    message = "RWKV-5-Eagle-7B: matrices are divided by attention heads, which it has not; take a"
    with pytest.raises(ValueError, match=f"^{message}"):
        tensor_parallel(catalog.shape("RWKV-5-Eagle-7B"), H100, RING, devices=2)


def test_no_devices_are_refused():
    with pytest.raises(ValueError, match="devices must be 1 or more and finite, not 0"):
        all_reduce_time(1, 0, RING)
