"""Attention in tiles gives what attention with all its scores gives, at every step on the way."""

import tracemalloc
from math import exp, sqrt

import numpy as np
import pytest

from lecture_lib.attention import Mask, attention, flash_attention, flash_steps

MASKS = {
    "full": {"causal": False},
    "causal": {},
    "window": {"window": 5},
    "itself alone": {"window": 1},
    "wide window": {"window": 1000},
}
TILES = {"small": (3, 4), "one by one": (1, 1), "ragged": (8, 5), "wider than all": (64, 64)}
ROUNDING = {np.float32: 2e-6, np.float64: 1e-14}
each_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=list(MASKS))
each_tile = pytest.mark.parametrize("tile", TILES.values(), ids=list(TILES))


def heads(query_heads=4, key_heads=2, tokens=23, keys=None, width=8, value_width=6, kind=float):
    """Queries, keys and values: the same numbers each time."""
    rng, seen = np.random.default_rng(3), keys or tokens
    shapes = (
        (query_heads, tokens, width),
        (key_heads, seen, width),
        (key_heads, seen, value_width),
    )
    return [rng.normal(size=shape).astype(kind) for shape in shapes]


# direct attention


def test_attention_is_the_average_of_the_values_by_hand():
    q, k, v = [[1.0, 2.0]], [[0.5, 1.0], [2.0, 0.0]], [[10.0], [20.0]]
    weights = [exp(2.5 / sqrt(2)), exp(2.0 / sqrt(2))]
    by_hand = (10 * weights[0] + 20 * weights[1]) / sum(weights)
    assert attention([q], [k], [v])[0, 0, 0] == pytest.approx(by_hand)


@each_mask
def test_every_query_head_attends_on_its_own_with_the_keys_of_its_group(mask):
    q, k, v = heads(query_heads=6, key_heads=2)
    whole = attention(q, k, v, **mask)
    for head in range(6):
        own = slice(head // 3, head // 3 + 1)
        alone = attention(q[head : head + 1], k[own], v[own], **mask)
        assert whole[head] == pytest.approx(alone[0])


def test_under_a_causal_mask_later_keys_change_nothing():
    q, k, v = heads()
    before = attention(q, k, v)
    k[:, 12:], v[:, 12:] = 7, -9
    after = attention(q, k, v)
    assert np.array_equal(before[:, :12], after[:, :12])
    assert not np.allclose(before[:, 12:], after[:, 12:])


def test_under_a_window_earlier_keys_change_nothing():
    q, k, v = heads()
    before = attention(q, k, v, window=5)
    k[:, :8], v[:, :8] = 7, -9
    after = attention(q, k, v, window=5)
    assert np.array_equal(before[:, 12:], after[:, 12:])  # 12 sees 8 to 12
    assert not np.allclose(before[:, 11], after[:, 11])


@each_mask
def test_a_decode_step_is_the_last_row_of_the_whole(mask):
    q, k, v = heads()
    one = attention(q[:, -1:], k, v, **mask)
    assert one == pytest.approx(attention(q, k, v, **mask)[:, -1:])


# in tiles


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(("tokens", "keys"), [(23, 23), (1, 23), (6, 23)])
@each_mask
@each_tile
def test_tiles_give_what_direct_attention_gives(mask, tile, kind, tokens, keys):
    q, k, v = heads(tokens=tokens, keys=keys, kind=kind)
    direct, tiled = attention(q, k, v, **mask), flash_attention(q, k, v, tile=tile, **mask)
    assert tiled.dtype == direct.dtype == kind
    assert abs(tiled - direct).max() < ROUNDING[kind]


@each_mask
@each_tile
def test_the_output_so_far_is_attention_over_the_keys_so_far(mask, tile):
    q, k, v = (array[0].astype(float) for array in heads(query_heads=1, key_heads=1))
    for step in flash_steps(q, k, v, tile=tile, **mask):
        scores = q[slice(*step.queries)] @ k.T / sqrt(8)
        seen = Mask(**mask).allows(np.arange(*step.queries), np.arange(len(k)))
        seen[:, step.keys[1] :] = False
        largest = np.where(seen, scores, -np.inf).max(axis=1)
        assert np.array_equal(np.isinf(step.maximum), ~seen.any(axis=1))
        assert step.maximum[seen.any(axis=1)] == pytest.approx(largest[seen.any(axis=1)])
        weights = np.where(
            seen, np.exp(scores - np.where(np.isinf(largest), 0, largest)[:, None]), 0
        )
        assert step.total == pytest.approx(weights.sum(axis=1))
        sums = np.maximum(weights.sum(axis=1), 1e-300)[:, None]
        assert step.output == pytest.approx(weights @ v / sums)


def test_a_higher_maximum_rescales_the_sum_that_was_gathered_before():
    steps = list(flash_steps([[1.0]], [[2.0], [5.0]], [[1.0], [1.0]], tile=(1, 1)))
    assert [float(step.maximum[0]) for step in steps] == [2, 5]
    assert [float(step.rescaled[0]) for step in steps] == pytest.approx([0, exp(-3)])
    assert [float(step.total[0]) for step in steps] == pytest.approx([1, 1 + exp(-3)])


def test_scores_too_large_for_an_exponential_do_no_harm():
    q, k, v = heads(kind=np.float32)
    tiled = flash_attention(100 * q, 100 * k, v, tile=(4, 4))
    assert np.isfinite(tiled).all()
    assert tiled == pytest.approx(attention(100 * q, 100 * k, v), abs=1e-5)


def test_a_tile_that_the_mask_hides_whole_is_never_read():
    q, k, v = (array[0] for array in heads(query_heads=1, key_heads=1, tokens=20))
    tiles = [step.tile for step in flash_steps(q, k, v, tile=(5, 5))]
    assert tiles == [(i, j) for i in range(4) for j in range(i + 1)]
    windowed = [step.tile for step in flash_steps(q, k, v, tile=(5, 5), window=3)]
    assert windowed == [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (3, 2), (3, 3)]


@pytest.mark.parametrize("mask", MASKS.values(), ids=list(MASKS))
def test_the_reach_of_a_block_is_just_what_its_queries_may_look_at(mask):
    for first, last in ((0, 3), (4, 4), (5, 9), (10, 19)):
        seen = Mask(**mask).allows(np.arange(first, last + 1), np.arange(20)).any(axis=0)
        start, stop = Mask(**mask).reach(first, last, 20)
        assert (start, stop) == (seen.argmax(), 20 - seen[::-1].argmax())


def test_bytes_are_counted_as_they_move():
    q, k, v = (a[0] for a in heads(1, 1, tokens=20, width=8, value_width=8, kind=np.float32))
    steps = list(flash_steps(q, k, v, tile=(10, 5), causal=False))
    block, tile = 10 * 8 * 4, 2 * 5 * 8 * 4
    assert [step.read for step in steps] == [
        *(block + n * tile for n in range(1, 5)),
        *(2 * block + n * tile for n in range(5, 9)),
    ]
    assert [step.written for step in steps] == [0] * 3 + [block] * 4 + [2 * block]
    assert [step.finished for step in steps] == [False, False, False, True] * 2
    assert [step.flops for step in steps] == [n * 4 * 8 * 50 for n in range(1, 9)]


def test_a_long_context_goes_through_in_the_memory_of_a_few_tiles():
    q, k, v = heads(1, 1, tokens=8192, width=4, value_width=4, kind=np.float32)
    tracemalloc.start()
    tiled = flash_attention(q, k, v, tile=(256, 256))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3e6  # the scores would take 268 MB
    assert tiled[0, -1] == pytest.approx(attention(q[:, -1:], k, v)[0, 0], abs=1e-6)


# by refusal


def test_scores_that_are_too_large_are_refused_with_their_size_and_the_way_out():
    long = np.zeros((1, 65_536, 1), np.float32)
    with pytest.raises(ValueError, match=r"65,536 × 65,536 scores of 1 heads take 17.2 GB") as no:
        attention(long, long, long)
    assert "use flash_attention" in str(no.value)
    assert flash_attention(long[:, :1], long, long).shape == (1, 1, 1)


ONE = np.ones((1, 4, 2))
REFUSED = {
    "widths": ((np.ones((1, 4, 3)), ONE, ONE), "queries have the width 3 and keys 2"),
    "values": ((ONE, ONE, np.ones((1, 5, 2))), "keys are 1 heads of 4 tokens and values 1 of 5"),
    "heads": ((np.ones((3, 4, 2)), np.ones((2, 4, 2)), np.ones((2, 4, 2))), "2 heads of keys must"),
    "no heads": ((ONE[0], ONE, ONE), r"queries must be numbers of the shape .* \(4, 2\)"),
    "nothing": ((ONE, ONE[:, :0], ONE[:, :0]), "keys must be numbers of the shape"),
    "words": ((ONE, ONE, np.full((1, 4, 2), "a")), "values must be numbers"),
    "NaN": ((ONE, ONE * np.nan, ONE), "keys must be finite"),
    "infinite": ((ONE, ONE, ONE * np.inf), "values must be finite"),
    "no keys yet": ((ONE, ONE[:, :2], ONE[:, :2]), "4 queries come after 2 keys"),
}


@pytest.mark.parametrize(("arrays", "words"), REFUSED.values(), ids=list(REFUSED))
@pytest.mark.parametrize("way", [attention, flash_attention])
def test_what_is_no_attention_is_refused_in_one_sentence(way, arrays, words):
    with pytest.raises(ValueError, match=words) as refusal:
        way(*arrays)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("tile", [0, 4, (0, 4), (4, -1), (4, 4, 4), (4.0, 4), None, "44"])
def test_a_tile_that_is_none_is_refused(tile):
    with pytest.raises(ValueError, match="tile must be two whole numbers"):
        flash_attention(ONE, ONE, ONE, tile=tile)


@pytest.mark.parametrize("window", [0, -1, 2.5, True])
def test_a_window_that_is_none_is_refused(window):
    with pytest.raises(ValueError, match="window must be a whole number of tokens"):
        attention(ONE, ONE, ONE, window=window)


def test_a_window_that_looks_ahead_is_refused():
    with pytest.raises(ValueError, match="a window of 2 looks back and no further"):
        attention(ONE, ONE, ONE, window=2, causal=False)
