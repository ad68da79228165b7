"""The pictures of quantization: what was drawn, read from the artists."""

from itertools import pairwise
from math import exp

import numpy as np
import pytest
from pictures import moved_as_drawn_afresh, shown, stays_undrawn, xy

from lecture_lib import catalog, slices
from lecture_lib.lm import speed
from lecture_lib.quantization.mixes import average_bits, mixed
from lecture_lib.quantization.rounding import Grid
from lecture_lib.trials import family, of_weights, perplexity, published, trial, untouched
from lecture_lib.views.quantization import speaking, tables
from lecture_lib.views.quantization.found import LAYERS, PLACES, OutlierFound
from lecture_lib.views.quantization.grids import BITS, GROUPS, RANGES, WeightsOnGrid, kept, on_grid
from lecture_lib.views.quantization.mixed import FILES, MODELS, ModelInMixedDepths, mixed_depths
from lecture_lib.views.quantization.outliers import METHODS, OutlierRounded, rounded
from lecture_lib.views.quantization.rates import BESIDE, FORMATS, LEAST, LossAgainstBits, rates
from lecture_lib.views.quantization.roofline import here, recorded, table
from lecture_lib.views.quantization.samples import INPUTS, ROW, WEIGHTS, inputs_of, weights_of

SPIKE, CHANNEL = "layer 11, into down", "layer 15, into query"
WHOLE, TOKEN = "a scale for all", "a scale a token"
GRIDS = [
    {"weights": name, "bits": bits, "group": group, "symmetric": symmetric}
    for name, bits, group, symmetric in (
        ("embedding", 4, ROW, True), ("embedding", 2, 16, False), ("layer 11, down", 8, 64, True),
        ("layer 15, query", 3, 256, True),
    )
]  # fmt: skip
MIXED = [
    {"model": model, "file": file}
    for model, file in (
        ("Llama-3.1-8B", "Q2_K"), ("Llama-2-7B", "Q3_K_M"), ("SmolLM2-135M", "Q4_K_M"),
        ("Llama-3.1-70B", "Q8_0"),
    )
]  # fmt: skip
FOUND = [
    {"place": place, "layer": layer}
    for place, layer in (("ffn_down", 11), ("ffn_down", 0), ("attn_q", 15), ("attn_output", 29))
]
ROUNDED = [
    {"inputs": name, "method": method, "bits": bits}
    for name, method, bits in (
        (SPIKE, WHOLE, 8), (SPIKE, TOKEN, 8), (CHANNEL, WHOLE, 6), (CHANNEL, TOKEN, 4),
    )
]  # fmt: skip
RATES = [
    {"format": format, "beside": beside}
    for format, beside in (
        ("Q4_0", "Llama-3-8B"), ("Q8_0", "Llama-2-70B"), ("Q2_K", "LLaMA-7B"),
        ("Q3_K", "Llama-3-8B"),
    )
]  # fmt: skip
SPOKEN = [
    {"format": name}
    for name in ("weights Q8_0", "weights Q4_0", "weights Q2_K", "activations INT8 per tensor")
]
SCENES = {
    WeightsOnGrid: GRIDS, ModelInMixedDepths: MIXED, OutlierFound: FOUND, OutlierRounded: ROUNDED,
    LossAgainstBits: RATES, speaking.ModelSpeaks: SPOKEN,
}  # fmt: skip


@pytest.mark.parametrize("scene", SCENES)
def test_moving_from_any_state_to_any_other_gives_what_drawing_it_afresh_gives(scene):
    moved_as_drawn_afresh(scene, SCENES[scene])


@pytest.mark.parametrize("scene", SCENES)
def test_what_stays_where_it_is_is_not_drawn_again(scene):
    stays_undrawn(scene, SCENES[scene])


# weights on a grid


@pytest.mark.parametrize("setting", GRIDS)
def test_weights_come_back_on_the_lines_of_their_group(setting):
    scene, state = shown(WeightsOnGrid, **setting)
    row = weights_of(setting["weights"])[0, :64]
    was = scene.was.get_ydata()
    assert was / np.abs(was).max() == pytest.approx(row / np.abs(row).max())
    assert max(np.abs(state.was).max(), np.abs(state.back).max()) == pytest.approx(1)
    back = scene.back.get_ydata()
    if len(state.levels):
        lines = state.levels[:, 2]
        assert np.abs(back[:, None] - lines).min(axis=1).max() < 1e-6
    assert xy(scene.here) == pytest.approx([state.here.bits_per_weight, state.here.error])


def test_bits_and_errors_are_those_of_the_whole_sample():
    values = weights_of("embedding")
    stored = Grid(4, group=32).quantize(values)
    found = kept("embedding", 4, 32, True)
    assert found.bits_per_weight == stored.bits_per_weight == 4.5
    lost = np.square(values - stored.restored).sum() / np.square(values).sum()
    assert found.error == pytest.approx(lost**0.5, rel=1e-5)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("symmetric", RANGES.values())
def test_more_bits_and_smaller_groups_err_less_and_take_more(weights, symmetric):
    for group in GROUPS:
        line = [kept(weights, bits, group, symmetric) for bits in BITS]
        assert all(a.error > b.error or b.error == 0 for a, b in pairwise(line))
    for bits in BITS[1:]:
        line = [kept(weights, bits, group, symmetric) for group in GROUPS]
        sizes = [one.bits_per_weight for one in line]
        assert sizes == sorted(sizes, reverse=True)
        assert line[0].error < line[-1].error


def test_weights_on_the_very_grid_of_their_file_come_back_as_they_were():
    state = on_grid(weights="embedding", bits=8, group=32, symmetric=True)
    assert state.here.error == 0  # Q8_0: 8 bits, a scale for 32
    assert state.says.endswith("They lie on this very grid: so the model's file keeps them.")


# mixed depths


@pytest.mark.parametrize("setting", MIXED)
def test_the_area_of_the_bars_is_the_bytes_of_the_file(setting):
    scene, state = shown(ModelInMixedDepths, **setting)
    bars = [bar for group in (scene.wide, scene.narrow) for bar in group if bar.get_visible()]
    shape = catalog.shape(setting["model"])
    area = sum(bar.get_width() * bar.get_height() for bar in bars) * shape.parameters / 8
    assert area == pytest.approx(state.stored, rel=5e-3)  # norms have no bar
    assert area < state.stored
    assert state.average == pytest.approx(average_bits(mixed(shape, setting["file"])))
    assert scene.mean.get_ydata()[0] == state.average
    starts = sorted((bar.get_x(), bar.get_width()) for bar in bars)
    ends = [x + width for x, width in starts]
    assert [x for x, _ in starts[1:]] == pytest.approx(ends[:-1])


def test_what_is_kept_wider_is_dark_and_counted():
    scene, state = shown(ModelInMixedDepths, model="Llama-3.1-8B", file="Q2_K")
    dark = [bar.get_height() for bar in scene.wide if bar.get_visible()]
    assert min(dark) == 3.4375
    assert state.wide == pytest.approx(0.38, abs=0.005)
    assert [number.get_text() for number in scene.panel.numbers] == [
        "2", "3.16", "3.17 GB", "38 %",
    ]  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_every_file_of_every_model_has_a_picture(model):
    for file in FILES:
        state = mixed_depths(model=model, file=file)
        assert sum(bar.share for bar in state.bars) == pytest.approx(1, rel=1e-3)
        assert ("published" in state.says) <= (model == "Llama-3.1-8B")


# outliers


def test_the_largest_of_all_inputs_is_at_the_first_token_of_layer_11():
    scene, state = shown(OutlierFound, place="ffn_down", layer=11)
    assert state.rank == 1
    assert state.first[11] > 2000 > 100 > state.others[11]
    assert scene.first.get_ydata() == pytest.approx(state.first)
    every = slices.sizes()
    assert state.largest == max(every.first_token.max(), every.other_tokens.max())


def test_every_layer_of_every_place_is_found():
    for place in PLACES.values():
        scene, state = shown(OutlierFound, place=place, layer=LAYERS[-1])
        assert len(state.first) == len(LAYERS)
        low, high = scene.ax.get_ylim()
        for values in (state.first, state.others, state.median):
            assert ((low < values) & (values < high)).all()


def test_the_error_of_a_token_is_what_rounding_lost_of_it():
    scene, state = shown(OutlierRounded, inputs=SPIKE, method=WHOLE, bits=8)
    values = inputs_of(SPIKE).values
    back = Grid(8, group="tensor", scale_bits=32).rounded(values)
    assert state.error == pytest.approx(np.sqrt(np.square(values - back).mean(axis=1)), rel=1e-4)
    assert state.zeros == pytest.approx((back == 0).mean(), abs=1e-4)
    assert len(scene.wrong.get_xdata()) == state.lost == len(values) - 1


@pytest.mark.parametrize(
    ("method", "spike", "channel"),
    [("a scale for all", False, True), ("a scale a token", True, True),
     ("outlier channels apart (LLM.int8)", True, True), ("smoothed (SmoothQuant)", False, True),
     ("rotated, a scale for all", False, True), ("rotated, a scale a token", True, True),
     ("a small float, a scale for all", True, True)],
)  # fmt: skip
def test_which_cure_cures_the_spike_of_a_token_in_8_bits(method, spike, channel):
    assert (rounded(inputs=SPIKE, method=method, bits=8).lost == 0) == spike
    assert (rounded(inputs=CHANNEL, method=method, bits=8).lost == 0) == channel


def test_smoothing_and_splitting_help_against_an_outlier_of_a_channel():
    def typical(method):
        return rounded(inputs=CHANNEL, method=method, bits=8).typical

    naive = typical(WHOLE)
    assert typical("smoothed (SmoothQuant)") < naive / 3
    assert typical("outlier channels apart (LLM.int8)") < naive / 2
    assert typical(TOKEN) > naive / 2  # every token has it, so its own scale helps little


@pytest.mark.parametrize("inputs", INPUTS)
def test_every_method_is_carried_out_on_every_input(inputs):
    for method in METHODS:
        errors = [rounded(inputs=inputs, method=method, bits=b).typical for b in (8, 4)]
        assert errors[0] <= errors[1] <= 1.05


# loss against bits


@pytest.mark.parametrize("setting", RATES)
def test_marks_stand_at_the_bits_and_losses_of_their_rows(setting):
    scene, state = shown(LossAgainstBits, **setting)
    chosen = trial(f"weights {setting['format']}")
    mine = family(chosen)
    for name, trials in of_weights().items():
        marks = scene.solid[name] if name == mine else scene.pale[name]
        assert list(marks.get_xdata()) == [one.bits for one in trials]
        expected = np.maximum([one.difference for one in trials], LEAST)
        assert marks.get_ydata() == pytest.approx(expected)
    beside = published()[setting["beside"]]
    assert list(scene.beside.get_xdata()) == [one.bits for one in beside]
    assert xy(scene.here) == pytest.approx([chosen.bits, max(chosen.difference, LEAST)])
    assert state.chosen is chosen


def test_every_format_and_every_model_is_in_the_picture():
    scene, _ = shown(LossAgainstBits, **RATES[0])
    (low, high), (_, top) = scene.ax.get_xlim(), scene.ax.get_ylim()
    for names in FORMATS.values():
        for name in names:
            chosen = rates(format=name, beside=BESIDE[0]).chosen
            assert low < chosen.bits < high
            assert chosen.difference < top
    for model in BESIDE:
        assert all(low < one.bits < high and one.added < top for one in published()[model])


def test_a_loss_within_its_error_is_called_one_that_cannot_be_told():
    said = rates(format="Q8_0", beside="Llama-3-8B").says
    assert "no loss that can be told from chance. Llama-3-8B as Q8_0" in said
    said = rates(format="Q2_K", beside="Llama-2-7B").says
    assert "times. Llama-2-7B as Q2_K, 3.35 bits: 11 % more." in said


# the model speaks


@pytest.mark.parametrize("setting", SPOKEN)
def test_what_is_drawn_is_what_was_recorded_word_for_word(setting):
    scene, state = shown(speaking.ModelSpeaks, **setting)
    drawn = [text.get_text() for text in scene.ours if text.get_visible()]
    assert drawn == list(state.ours)
    found = trial(setting["format"])
    whole = speaking.lines(found.says.strip())
    assert " ".join(drawn).split()[:4] == " ".join(whole).split()[:4]
    assert state.perplexity == perplexity(found)


@pytest.mark.parametrize("names", speaking.SPEAKING.values())
def test_every_format_that_is_offered_has_spoken_and_fits(names):
    for name in names:
        state = speaking.speech(format=name)
        assert 0 < len(state.ours) <= speaking.MOST_LINES
        assert all(len(line) <= speaking.LETTERS for line in state.ours)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [("red, blue", "red, green", "red, "), ("red", "red", "red"), ("red", "rest", ""),
     ("a b c", "a b", "a "), ("", "red", "")],
)  # fmt: skip
def test_words_are_shared_as_wholes(one, other, alike):
    assert speaking.shared(one, other) == alike


def test_letters_without_a_place_in_the_font_are_shown_as_such():
    assert speaking.lines("red\n蓝 и") == ("red \ufffd \ufffd",)
    assert speaking.lines(" ") == ("(nothing)",)


def test_where_no_model_is_installed_the_record_is_read_aloud(capsys):
    speaking.hear(None, speaking.PROMPT, "weights Q4_0")
    said = capsys.readouterr().out
    assert said.startswith(f"{speaking.PROMPT}{trial('weights Q4_0').says}")
    assert "recorded, 20" in said
    speaking.hear(None, "Tell me")
    assert "nothing was recorded for 'Tell me'" in capsys.readouterr().out


# tables


def test_the_tables_read_the_bench():
    assert tables.cures().rows[0][1:] == tables.measured(trial("activations INT8 per tensor"))
    assert tables.isolated().rows[0][1:] == (f"{untouched().perplexity:.3g}", "–")
    found = tables.measured(trial("weights Q4_0"))
    assert float(found[0]) == pytest.approx(
        exp(untouched().loss + trial("weights Q4_0").difference), abs=0.06
    )


def test_a_cache_in_16_bits_is_the_one_of_chapter_03():
    assert tables.fewer_bits().rows[0][-1] == "17.2 GB"


# our roofline


def test_the_roofline_of_our_model_names_what_each_step_waits_for():
    shape, roof = catalog.shape("SmolLM2-135M"), catalog.machine("AMD EPYC, 2 cores").roof
    one = speed.decode_step(shape)
    found = [
        speed.Race("decode", 1, speed.CONTEXT, one, roof, 0.05),
        speed.Race("prefill", 256, 0, speed.prefill(shape, 256), roof, 1.0),
    ]
    rows = table(found, "").rows
    assert [row[3] for row in rows] == ["memory", "arithmetic"]
    assert [row[0] for row in rows] == ["one token after 64", "a prompt of 256"]
    factor = float(rows[0][-1].split()[0])
    assert factor == pytest.approx(0.05 / (one.traffic / roof.bandwidth), rel=0.03)
    assert one.traffic == pytest.approx(4 * shape.streamed_parameters(), rel=0.02)


def test_the_recorded_roofline_is_that_of_the_measured_row():
    row = next(row for row in catalog.measurements() if row.engine.startswith("numpy"))
    found = recorded()
    assert [cells[0] for cells in found.rows] == [
        f"one token after {row.context_tokens}", f"a prompt of {row.prompt_tokens}",
    ]  # fmt: skip
    for cells, race in zip(found.rows, speed.recorded(catalog.shape(row.model), row), strict=True):
        assert cells[-1] == f"{race.measured / race.floor:.2g} ×"
    assert row.device in found.note


def test_without_a_model_nothing_is_timed_and_that_is_said(capsys):
    assert here(None) is None
    assert capsys.readouterr().out.startswith("The model is not installed here")
