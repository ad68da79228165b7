"""Our own model under our own roofline: work counted, time taken."""

import pytest
import tiny_model

from lecture_lib import catalog, lm
from lecture_lib.lm import speed
from lecture_lib.roofline import Roof

ROOF = Roof("toy", peak_rate=1e9, bandwidth=1e8)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return lm.load(tiny_model.write(tmp_path_factory.mktemp("lm") / "tiny.gguf", tied=True))


def test_a_decoded_token_reads_every_weight_and_the_cache_once(model):
    cache = 2 * 2 * 2 * 16 * 4  # layers, keys and values, heads, width, byte
    work = speed.decode_step(model.shape, context=10)
    assert work.traffic == 4 * model.shape.parameters + (10 + 1) * cache


def test_a_race_sets_the_least_time_beside_the_measured_one(model):
    race = speed.decode_race(model, ROOF, context=10, repeats=2)
    work = speed.decode_step(model.shape, context=10)
    assert race.floor == max(work.traffic / 1e8, work.flops / 1e9)
    assert race.measured > 0
    assert race.quotient == race.measured / race.floor
    assert race.rate == 1 / race.measured


def test_a_prompt_is_read_at_so_many_tokens_a_second(model):
    race = speed.prefill_race(model, ROOF, prompt=20, repeats=1)
    work = speed.prefill(model.shape, 20)
    assert race.floor == max(work.traffic / 1e8, work.flops / 1e9)
    assert race.rate == 20 / race.measured


def test_reading_counts_each_token_with_itself_and_those_before(model):
    s = model.shape
    matrices = sum(model.weights[name].size for name in model.matrices)
    pairs = s.layers * s.query_heads * (20 * 21 // 2) * 2 * s.head_dim
    head = s.vocabulary * s.model_dim
    norms = (2 * s.layers + 1) * s.model_dim
    assert speed.prefill(s, 20).flops == 2 * (20 * (matrices + norms) + pairs + head)


def test_the_recorded_run_meets_what_is_due():
    row = next(row for row in catalog.measurements() if row.engine.startswith("numpy"))
    decode, prefill = speed.recorded(catalog.shape("SmolLM2-135M"), row)
    assert 1 < decode.quotient < 2.5
    assert 1 < prefill.quotient <= 1 / 0.6
    assert (decode.behind, prefill.tokens) == (row.context_tokens, row.prompt_tokens)
    assert prefill.rate == pytest.approx(row.prefill_tokens_per_s)
