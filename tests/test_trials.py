"""The bench's rows in order: families, what can be told from chance, and what others published."""

from dataclasses import replace
from math import exp, log

import pytest

from lecture_lib import catalog
from lecture_lib.bench.published import curve
from lecture_lib.trials import (
    FAMILIES,
    SIGNIFICANT,
    family,
    grown,
    of_weights,
    perplexity,
    published,
    seen,
    short,
    trial,
    untouched,
)


def test_every_trial_of_weights_is_in_one_family_the_widest_first():
    rows = {name for name, one in catalog.trials().items() if one.of == "weights"}
    found = of_weights()
    assert list(found) == list(FAMILIES)
    assert sorted(one.name for trials in found.values() for one in trials) == sorted(rows)
    for trials in found.values():
        assert [one.bits for one in trials] == sorted((t.bits for t in trials), reverse=True)


@pytest.mark.parametrize(
    ("format", "method", "expected"),
    [("Q4_0", "RTN", "ggml"), ("ggml MXFP4", "RTN", "ggml"), ("MXFP4", "RTN", "floats"),
     ("INT4", "RTN", "integers"), ("UINT3", "GPTQ", "GPTQ"), ("UINT3", "AWQ", "AWQ"),
     ("ternary", "RTN", "few"), ("E4M3", "RTN", "floats"), ("BFP8", "RTN", "floats")],
)  # fmt: skip
def test_a_format_belongs_to_who_stores_it(format, method, expected):
    name = f"weights {format}"
    kept = replace(untouched(), name=name, format=format.split()[-1], method=method)
    assert family(kept) == expected


def test_a_name_does_not_say_again_what_is_changed():
    assert short(trial("weights Q4_0")) == "Q4_0"
    assert short(trial("activations INT8 per token")) == "INT8 per token"
    names = [short(one) for trials in of_weights().values() for one in trials]
    assert len(set(names)) == len(names)


def test_a_loss_is_told_from_chance_by_its_own_error():
    wide, broken = trial("weights Q8_0"), trial("weights Q2_K")
    assert seen(broken)
    assert not seen(untouched())
    assert seen(wide) == (wide.difference > SIGNIFICANT * wide.difference_error)


def test_a_perplexity_is_the_untouched_one_times_the_ratio():
    one = trial("weights Q4_0")
    assert perplexity(one) == pytest.approx(exp(untouched().loss + one.difference))
    assert perplexity(untouched()) == untouched().perplexity
    on_all = trial("activations INT8 per tensor")
    assert on_all.tokens == untouched().tokens
    assert perplexity(on_all) == pytest.approx(on_all.perplexity, rel=1e-5)


@pytest.mark.parametrize(
    ("factor", "words"),
    [(1.0004, "0.04 % more"), (1.002, "0.2 % more"), (1.0282, "2.8 % more"), (1.208, "21 % more"),
     (1.99, "99 % more"), (2.19, "2.2 times"), (155, "160 times"), (21742 / 29.4, "740 times")],
)  # fmt: skip
def test_what_was_lost_is_said_in_two_digits(factor, words):
    assert grown(log(factor)) == words


def test_what_is_published_is_what_the_bench_draws_as_curves():
    ours = [one for one in published()["Llama-3-8B"] if "calibrated" not in one.format]
    theirs = [point for point in curve("Llama-3-8B") if point.ratio > 1]
    assert [one.bits for one in ours] == [point.bits for point in theirs]
    assert [exp(one.added) for one in ours] == pytest.approx([point.ratio for point in theirs])


@pytest.mark.parametrize("model", ["Llama-3-8B", "Llama-2-70B", "LLaMA-7B"])
def test_files_of_larger_models_lose_less_with_more_bits(model):
    rows = [one for one in published()[model] if "calibrated" not in one.format]
    wide, narrow = rows[0], rows[-1]
    assert wide.bits > 6 > 4 > narrow.bits
    assert wide.added < 0.01 < narrow.added


def test_a_trial_that_there_is_not_is_refused_with_the_nearest():
    with pytest.raises(catalog.CatalogError, match="weights Q4_0"):
        trial("weights Q4_00")
