"""What attention costs, held against closed forms, carried-out counts and published figures."""

import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.attention import flash_steps
from lecture_lib.attention_cost import (
    attention_share,
    context_of_equal_reads,
    flash_work,
    largest_tile,
    most_context,
    on_chip_values,
    prompt_of_equal_flops,
    score_bytes,
    stored_work,
)
from lecture_lib.decode import streamed_bytes
from lecture_lib.roofline import Roof
from lecture_lib.transformer import kv_cache_bytes

LLAMA = catalog.shape("Llama-2-13B")
GPTQ = {"weight_bits": 4.156, "table_bits": 16}


# the score matrix


def test_c06_the_scores_of_a_13b_at_4096_and_at_32768_tokens():
    # 40 heads of 4,096 tokens: 1.34 GB for one layer; 86 GB at 32,768
    found = score_bytes(np.array([4096, 32_768]), heads=40)
    assert found.tolist() == [1_342_177_280, 85_899_345_920]


def test_a_decode_step_has_one_row_of_scores():
    assert score_bytes(4096, heads=40, queries=1) == 40 * 4096 * 2
    assert score_bytes(4096, heads=40, layers=40) == 40 * score_bytes(4096, heads=40)


@pytest.mark.parametrize("wrong", [{"tokens": -1}, {"tokens": np.nan}, {"tokens": 1, "heads": 0}])
def test_impossible_scores_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        score_bytes(**wrong)


# traffic


@pytest.mark.parametrize("mask", [{}, {"causal": False}, {"window": 7}, {"window": 40}])
@pytest.mark.parametrize("tile", [(4, 4), (8, 3), (3, 8), (1, 1), (100, 100)])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_traffic_and_flop_counted_tile_by_tile_are_those_of_the_formula(mask, tile, kind):
    q = np.random.default_rng(1).normal(size=(37, 8)).astype(kind)
    *_, last = flash_steps(q, q, q, tile=tile, **mask)
    work = flash_work(37, 8, tile=tile, value_bytes=kind().itemsize, **mask)
    assert (work.flops, work.traffic) == (last.flops, last.read + last.written)


def test_without_a_mask_the_keys_pass_once_for_each_block_of_queries():
    n, d = 1000, 64
    for rows in (100, 128, 999, 1000):
        blocks = -(-n // rows)
        assert flash_work(n, d, tile=(rows, 50), causal=False).traffic == 2 * (
            2 * n * d + 2 * blocks * n * d
        )


def test_under_a_causal_mask_the_blocks_meet_a_triangle_of_tiles():
    tiles, tile, d = 8, 16, 4
    met = tile * tiles * (tiles + 1) // 2
    work = flash_work(tiles * tile, d, tile=(tile, tile), value_bytes=1)
    assert work.traffic == 2 * tiles * tile * d + 2 * met * d
    assert work.flops == 4 * d * tile * met


def test_trap_causal_tiles_of_one_count_exactly_the_pairs_that_the_mask_lets_through():
    n, d = 50, 8
    assert flash_work(n, d, tile=(1, 1)).flops == 4 * d * n * (n + 1) // 2
    assert flash_work(n, d, tile=(1, 1), causal=False).flops == stored_work(n, d).flops


def test_trap_the_output_is_charged_once_and_not_as_a_square():
    # LLM-Viewer charges the fused output as s*s; one block of queries shows the true least
    n, d = 4096, 128
    least = flash_work(n, d, tile=(n, n), causal=False)
    assert least.traffic == 2 * (4 * n * d)  # queries, keys, values and output, once each
    # 32 heads of a 7B at 4,096 tokens: 1.34e8 bytes a layer, read and written once
    assert 32 * least.traffic == pytest.approx(1.34e8, rel=0.01)


def test_theorem_2_the_stored_way_moves_n_d_and_n_squared():
    n, d = 4096, 128
    assert stored_work(n, d, value_bytes=1).traffic == 4 * n * d + 4 * n * n


def test_theorem_2_traffic_of_full_tiles_is_n_squared_d_squared_over_m():
    ratios = []
    for n in (2**14, 2**16):
        for d in (64, 128, 256):
            for tile in (16, 32, 64):
                chip = on_chip_values((tile, tile), d)
                work = flash_work(n, d, tile=(tile, tile), value_bytes=1, causal=False)
                ratios.append(work.traffic / (n**2 * d**2 / chip))
    assert 8 <= min(ratios) <= max(ratios) <= 14  # a constant, whatever N, d and M are


def test_the_largest_tile_fills_a_multiprocessor():
    # 164 kB of shared memory hold a tile of 128 by 128 at a width of 64, in 16 bits
    assert largest_tile(164e3, 64) == 128
    for chip in (1e4, 1e5, 1e6):
        tile = largest_tile(chip, 128)
        assert 2 * on_chip_values((tile, tile), 128) <= chip
        assert 2 * on_chip_values((2 * tile, 2 * tile), 128) > chip


def test_a_chip_without_room_for_a_tile_is_refused():
    with pytest.raises(ValueError, match="hold no tile of width 128"):
        largest_tile(100, 128)


# where attention outgrows the rest


def test_c05_caches_of_a_13b_reach_all_weights_at_31777_tokens_and_the_streamed_ones_before():
    assert context_of_equal_reads(LLAMA, streamed=False) - 1 == 31_777
    assert context_of_equal_reads(LLAMA) - 1 == 31_377  # without the input table
    assert context_of_equal_reads(LLAMA, **GPTQ) - 1 == 8446


@pytest.mark.parametrize("model", ["Llama-2-13B", "Llama-3.1-8B", "Gemma-3-12B (text)"])
def test_at_the_crossover_and_not_before_the_cache_is_as_large_as_the_weights(model):
    shape = catalog.shape(model)
    context, read = context_of_equal_reads(shape), streamed_bytes(shape)
    assert kv_cache_bytes(shape, context - 1) < read <= kv_cache_bytes(shape, context)


def test_users_share_the_weights_and_not_the_caches():
    one, many = context_of_equal_reads(LLAMA), context_of_equal_reads(LLAMA, sequences=32)
    assert many == -(-one // 32)


def test_trap_gqa_keeps_the_caches_of_the_kv_heads():
    shape = catalog.shape("Llama-3.1-8B")
    by_hand = 2 * shape.streamed_parameters() / (2 * 32 * 8 * 128 * 2)
    assert context_of_equal_reads(shape) == int(by_hand) + 1


def test_a_model_of_windows_alone_never_reads_more_cache_than_weights():
    assert context_of_equal_reads(catalog.shape("Mistral-7B-v0.1")) is None
    assert prompt_of_equal_flops(catalog.shape("Mistral-7B-v0.1")) is None


def test_c08_attention_reaches_the_matrices_of_a_13b_at_62_thousand_tokens():
    assert prompt_of_equal_flops(LLAMA) == pytest.approx(61_954, rel=1e-4)  # norms left out here
    matrices = 4 * 5120**2 + 3 * 5120 * 13_824
    assert prompt_of_equal_flops(LLAMA) == matrices // 5120 - 1  # 2 M S = 2 d S (S + 1)
    assert prompt_of_equal_flops(LLAMA, causal=False) == matrices // (2 * 5120)


def test_trap_2n_attention_equals_the_four_projections_of_a_7b_at_8192_tokens():
    shape = catalog.shape("Llama-2-7B")
    projections = {"against": ("attention projections",)}
    assert prompt_of_equal_flops(shape, **projections, causal=False) == 8192
    assert prompt_of_equal_flops(shape, **projections) == 2 * 8192 - 1


def test_c20_projections_are_94_percent_of_a_13b_at_2048_tokens():
    assert 1 - attention_share(LLAMA, 2048, causal=False) == pytest.approx(0.939, abs=0.002)


def test_the_longest_context_is_what_is_left_beside_the_weights():
    roof = Roof("toy", 1, 1, capacity=2 * LLAMA.parameters + 10 * 819_200 + 5)
    assert most_context(LLAMA, roof) == 10
    assert most_context(LLAMA, roof, sequences=3) == 3
    assert most_context(LLAMA, Roof("small", 1, 1, capacity=1e9)) == 0
    assert most_context(LLAMA, roof, weight_bits=8) > 10


def test_windows_that_fit_fit_for_ever():
    roof = Roof("toy", 1, 1, capacity=24e9)
    assert most_context(catalog.shape("Mistral-7B-v0.1"), roof) is None


def test_a_roof_without_a_capacity_is_refused():
    with pytest.raises(ValueError, match="its memory is not known"):
        most_context(LLAMA, Roof("toy", 1, 1))
