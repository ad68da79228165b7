"""The pictures of attention: what was drawn, read from the artists."""

import re

import numpy as np
import pytest
from pictures import moved_as_drawn_afresh, shown, stays_undrawn, to_draw, xy

from lecture_lib import catalog
from lecture_lib.attention_cost import score_bytes
from lecture_lib.decode import streamed_bytes
from lecture_lib.transformer import kv_cache_bytes
from lecture_lib.views.attention import growth, longer, tiles
from lecture_lib.views.attention.growth import CacheGrowth
from lecture_lib.views.attention.overtaking import AttentionOvertakes
from lecture_lib.views.attention.scores import ScoreMatrix
from lecture_lib.views.attention.tiles import BLOCKS, FlashTiles, carried_out
from lecture_lib.views.attention.words import CONTEXTS, MODELS, NAMES, SCHEMES, apart

SCENES = {
    ScoreMatrix: [
        {"device": "H100 SXM", "model": "Llama-2-13B", "tokens": 4096},
        {"device": "H100 SXM", "model": "Llama-2-13B", "tokens": 65_536},
        {"device": "RTX 4090", "model": "DeepSeek-V3", "tokens": 2**20},
        {"device": "B200 SXM", "model": "Llama-3.1-8B", "tokens": 256},
    ],
    FlashTiles: [
        {"mask": "causal", "number": 14},
        {"mask": "causal", "number": 3},
        {"mask": "full", "number": 36},
        {"mask": "window of 32", "number": 21},
    ],
    CacheGrowth: [
        {"device": "H100 SXM", "model": "Llama-2-13B", "tokens": 4096},
        {"device": "RTX 4090", "model": "Gemma-3-12B (text)", "tokens": 131_072},
        {"device": "H100 SXM", "model": "DeepSeek-V2-Lite", "tokens": 2**20},
        {"device": "RTX 4090", "model": "Mistral-7B-v0.1", "tokens": 256},
    ],
    AttentionOvertakes: [
        {"model": "Llama-2-13B", "weights": "16 bits", "sequences": 1, "tokens": 4096},
        {"model": "Llama-2-13B", "weights": "16 bits", "sequences": 32, "tokens": 65_536},
        {"model": "DeepSeek-V3", "weights": "8 bits", "sequences": 1, "tokens": 256},
        {"model": "Mistral-7B-v0.1", "weights": "16 bits", "sequences": 64, "tokens": 2**20},
    ],
}


@pytest.mark.parametrize("scene", SCENES)
def test_moving_from_any_state_to_any_other_gives_what_drawing_it_afresh_gives(scene):
    moved_as_drawn_afresh(scene, SCENES[scene])


@pytest.mark.parametrize("scene", SCENES)
def test_what_stays_where_it_is_is_not_drawn_again(scene):
    stays_undrawn(scene, SCENES[scene])


def test_a_step_of_the_tiles_leaves_the_hatches_alone():
    scene, _ = shown(FlashTiles, mask="causal", number=14)
    scene.move(FlashTiles.state(mask="causal", number=15))
    assert {*to_draw(scene)}.isdisjoint({p for patches in scene.hidden.values() for p in patches})
    assert scene.past in to_draw(scene)


# the score matrix


@pytest.mark.parametrize("setting", SCENES[ScoreMatrix])
def test_twice_the_tokens_are_four_times_the_scores_and_twice_the_row(setting):
    scene, _ = shown(ScoreMatrix, **setting)
    slopes = {}
    for part, line in scene.lines.items():
        x, y = np.log2(line.get_data())
        slopes[part] = np.polyfit(x, y, 1)[0]
    assert slopes.pop("decode, one layer") == pytest.approx(1)
    assert list(slopes.values()) == pytest.approx([2, 2, 2])


@pytest.mark.parametrize("setting", SCENES[ScoreMatrix])
def test_a_layer_is_crossed_out_where_its_scores_pass_the_memory(setting):
    scene, state = shown(ScoreMatrix, **setting)
    room, heads = state.roof.capacity, catalog.shape(setting["model"]).query_heads
    assert score_bytes(state.most, heads=heads) <= room < score_bytes(state.most + 1, heads=heads)
    over = setting["tokens"] > state.most
    assert scene.cross.get_visible() is over
    assert scene.mark.get_visible() is not over
    assert ("do not fit" in state.says) is over
    assert xy(scene.cross if over else scene.mark) == [setting["tokens"], state.here["one layer"]]
    assert scene.beyond.get_xy()[:, 1].min() == pytest.approx(room, rel=1e-3)


def test_the_scores_of_the_draft_s_model_are_said():
    says = ScoreMatrix.state(**SCENES[ScoreMatrix][0]).says
    assert "40 heads take 1.34 GB and fit the 85.9 GB of the H100 SXM; 32,768 tokens" in says
    assert "one row a head, 328 kB a layer" in says


# the tiles


@pytest.mark.parametrize("mask", tiles.MASKS)
def test_cells_are_past_now_or_hidden_and_each_only_once(mask):
    for number in (1, 8, 20, BLOCKS**2):
        scene, state = shown(FlashTiles, mask=mask, number=number)
        past, now = (len(line.get_xdata()) for line in (scene.past, scene.current))
        hidden = [t for t in tiles.hidden_tiles(mask) if t <= state.tile]
        assert now == (not state.hidden)
        assert past + now + len(hidden) == number
        for other, patches in scene.hidden.items():
            assert all(patch.get_visible() is (other == mask) for patch in patches)


@pytest.mark.parametrize("mask", tiles.MASKS)
def test_the_hidden_tiles_are_those_that_flash_attention_leaves_out(mask):
    steps, _ = carried_out(mask)
    every = {(i, j) for i in range(BLOCKS) for j in range(BLOCKS)}
    assert every - {step.tile for step in steps} == set(tiles.hidden_tiles(mask))


@pytest.mark.parametrize("mask", tiles.MASKS)
def test_every_tile_of_every_mask_has_its_words(mask):
    for number in range(1, BLOCKS**2 + 1):
        assert "inf" not in tiles.tiles(mask=mask, number=number).says


def test_bars_are_to_scale():
    scene, state = shown(FlashTiles, mask="full", number=36)
    widths = [bar.get_width() for bar in scene.bars]
    sizes = [state.chip, state.moved, state.stored]
    assert np.array(widths) / widths[-1] == pytest.approx(np.array(sizes) / sizes[-1])
    # 96 tokens of width 8, 32 bits: queries and output once, keys and values 6 times
    assert state.moved == 4 * (2 * 96 * 8 + 6 * 2 * 96 * 8)
    assert state.stored == 4 * (4 * 96 * 8 + 4 * 96 * 96)


def test_the_numbers_of_a_row_are_those_of_its_scores():
    scene, state = shown(FlashTiles, mask="causal", number=14)
    assert state.tile == (2, 1)
    maximum, total = map(float, re.findall(r"\d+\.\d+", scene.row.get_text()))
    assert maximum == pytest.approx(state.step.maximum[0], abs=0.005)
    assert total == pytest.approx(state.step.total[0], abs=0.005)
    assert "queries 33 to 48 meet keys 17 to 32" in state.says


def test_what_is_done_equals_direct_attention():
    for mask in tiles.MASKS:
        steps, direct = carried_out(mask)
        assert sum(step.finished for step in steps) == BLOCKS
        assert 0 < tiles.largest_difference(steps, direct) < tiles.EXACT


def test_a_difference_would_be_noticed(monkeypatch):
    steps, direct = carried_out("full")
    monkeypatch.setattr(tiles, "carried_out", lambda mask: (steps, direct + 1e-5))
    assert "Tile 1 of 36" in tiles.tiles(mask="full", number=1).says  # no row is finished yet
    with pytest.raises(ArithmeticError, match="differ by"):
        tiles.tiles(mask="full", number=36)


def test_a_long_context_goes_through_and_says_what_its_scores_would_take():
    table = tiles.long_context(2048)
    assert table.rows[0][1] == "16.8 MB"
    assert table.rows[1][2] == "last 16 rows within 0.000001"


# the caches


@pytest.mark.parametrize("setting", SCENES[CacheGrowth])
def test_the_cache_stands_on_its_line_and_memory_ends_where_it_is_full(setting):
    scene, state = shown(CacheGrowth, **setting)
    shape = catalog.shape(setting["model"])
    line = scene.lines["as it is"].get_ydata()
    assert line == pytest.approx(np.array([kv_cache_bytes(shape, n) for n in CONTEXTS]))
    fits = state.weights + state.cache <= state.roof.capacity
    assert scene.mark.get_visible() is bool(fits)
    assert ("does not fit" in state.says) is not fits
    if state.most is not None:
        assert state.weights + kv_cache_bytes(shape, state.most) <= state.roof.capacity
        assert state.weights + kv_cache_bytes(shape, state.most + 1) > state.roof.capacity


def test_windows_alone_never_end_the_memory():
    assert "memory never ends" in CacheGrowth.state(**SCENES[CacheGrowth][3]).says


def test_a_model_beside_others_is_kept_otherwise_only_where_that_differs():
    ways = {model: list(growth.otherwise(catalog.shape(model))) for model in SCHEMES}
    assert ways["Llama-2-13B"] == ["as MQA"]
    assert ways["Gemma-2B"] == ["as MHA"]
    assert ways["Llama-3.1-8B"] == ["as MHA", "as MQA"]
    assert ways["gpt-oss-20b"] == ["as MHA", "as MQA", "without windows"]


def test_latent_vectors_are_set_against_heads_of_the_same_width():
    shape = catalog.shape("DeepSeek-V2-Lite")
    heads = growth.otherwise(shape)["as MHA"]
    # 16 heads, keys of 128 + 64 and values of 128
    assert heads.kv_bytes_per_token() == 27 * 16 * (192 + 128) * 2
    assert shape.kv_bytes_per_token() == 27 * (512 + 64) * 2


def test_the_table_says_what_a_long_context_saves():
    rows = {row[0]: row for row in growth.schemes().rows}
    assert rows["Llama-2-13B"][2:] == ("819 kB", "107 GB", "1 ×")
    assert rows["Llama-3.1-8B"][2:] == ("131 kB", "17.2 GB", "4 ×")
    assert rows["Mistral-7B-v0.1"][3:] == ("537 MB", "128 ×")  # 4 by heads, 32 by its window


def test_each_scheme_is_in_the_menu_by_a_name():
    assert list(MODELS.values()) == list(SCHEMES)
    assert NAMES["Gemma-2B"] == "Gemma-2B (MQA)"
    for model, words in SCHEMES.items():
        shape = catalog.shape(model)
        kinds = {"MHA": shape.kv_heads == shape.query_heads, "MQA": shape.kv_heads == 1}
        assert kinds.get(words.partition(",")[0], True)
        assert ("windows" in words) == bool(shape.window_layers) == ("windows" in NAMES[model])


# the crossovers


@pytest.mark.parametrize("setting", SCENES[AttentionOvertakes])
def test_a_line_passes_one_where_the_mark_says(setting):
    scene, state = shown(AttentionOvertakes, **setting)
    for line, equal in state.equal.items():
        seen = equal is not None and 256 <= equal <= 2**20
        assert scene.crossings[line].get_visible() is seen
        if seen:
            curve = np.log(state.curves[line])
            assert np.interp(np.log(equal), np.log(CONTEXTS), curve) == pytest.approx(0, abs=0.01)
            assert f"{equal:,} tokens" in scene.counts[line].get_text()
        else:
            assert (max(state.curves[line]) < 1) or (min(state.curves[line]) > 1)


def test_users_raise_the_caches_and_leave_the_prompt_alone():
    one, many = (AttentionOvertakes.state(**s) for s in SCENES[AttentionOvertakes][:2])
    assert many.curves["decode"] == pytest.approx(32 * one.curves["decode"])
    assert many.curves["prefill"] == pytest.approx(one.curves["prefill"])
    shape = catalog.shape("Llama-2-13B")
    assert one.here["decode"] == kv_cache_bytes(shape, 4096) / streamed_bytes(shape)


# measured, and places


def test_a_longer_context_was_never_cheaper_than_its_reading():
    rows = longer.longer_contexts().rows
    assert {row[0] for row in rows} >= {"RTX 4090, Llama-3-8B F16"}
    for row in rows:
        assert 0 < float(row[-1].split()[0]) <= 100
    # 1 / 50.88 - 1 / 54.84 s for 3,840 tokens of 131,072 bytes at 1,008 GB/s
    share = 3840 * 131_072 / 1.008e12 / (1 / 50.88 - 1 / 54.84)
    found = next(row for row in rows if row[0].endswith("F16"))
    assert found[-1] == f"{100 * share:.0f} %"


def test_names_are_moved_apart_and_no_further_than_needed():
    assert apart([1, 5, 1.2], 1) == [1, 5, 2]
    assert apart([3, 2, 1], 0.5) == [3, 2, 1]
