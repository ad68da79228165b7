"""Measured rows beside the models: no row beats its roof, and a fit must earn its two constants."""

from collections import Counter

import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.decode import decode_step
from lecture_lib.measured import LEAST_ROWS, all_compared, compared, fitted, reached_shares
from lecture_lib.serving import decode_roof

ROWS = all_compared()
COUNTS = Counter((c.row.device, c.row.engine) for c in ROWS)
each_row = pytest.mark.parametrize("one", ROWS, ids=lambda c: c.row.name)
each_fit = pytest.mark.parametrize(
    ("device", "engine"), [pair for pair, rows in COUNTS.items() if rows >= 4]
)


def error(rows, kind) -> float:
    """How far the predicted times of the rows are off: mean absolute relative error."""
    return np.mean([abs(c.rate / c.predicted(kind) - 1) for c in rows])


@each_row
def test_no_measured_row_beats_its_roof(one):
    assert one.rate <= one.most, f"{one.row.name}: {one.rate} measured, at most {one.most}"


@each_row
def test_a_row_stands_beside_the_step_that_it_measured(one):
    shape, row = catalog.shape(one.row.model), one.row
    step = decode_step(
        shape, decode_roof(row.device), context_tokens=row.context_tokens or 0,
        weight_bits=row.bits_per_weight, table_bits=row.table_bits,
    )  # fmt: skip
    assert (row.sequences, row.devices) == (1, 1)
    assert one.step.work.traffic == step.work.traffic
    assert one.step.roof == decode_roof(row.device)
    assert (one.layers, one.rate) == (shape.layers, row.tokens_per_s)
    assert row.model in one.name


def test_every_row_of_one_sequence_that_the_catalog_knows_is_compared():
    rows = [
        m.name for m in catalog.measurements()
        if m.bits_per_weight and m.sequences == m.devices == 1
    ]  # fmt: skip
    assert [c.row.name for c in ROWS] == rows
    assert len(rows) >= 30


def test_the_rows_of_a_device_and_an_engine_are_those_and_no_others():
    assert compared() == ROWS
    for (device, engine), count in COUNTS.items():
        rows = compared(device=device, engine=engine)
        assert {(c.row.device, c.row.engine) for c in rows} == {(device, engine)}
        assert len(rows) == count
    assert len(compared(device="RTX 4090")) > len(compared(device="RTX 4090", engine="ExLlamaV2"))
    assert compared(device="no such device") == ()


@each_row
def test_the_sum_predicts_no_more_than_the_floor_and_no_less_than_half_of_it(one):
    assert one.predicted("floor") == one.most
    assert one.most / 2 <= one.predicted("sum") <= one.most


@each_fit
def test_an_estimate_is_nearer_to_its_own_rows_than_the_floor(device, engine):
    rows = compared(device=device, engine=engine)
    assert error(rows, "estimate") < error(rows, "floor")
    assert error(rows, "estimate") == pytest.approx(fitted(device, engine).error, rel=0.3)


@each_fit
def test_a_fit_reaches_no_more_than_the_bandwidth_and_pays_for_each_layer(device, engine):
    fit = fitted(device, engine)
    assert 0 < fit.bandwidth_share <= 1
    assert fit.seconds_per_layer >= 0
    assert fit.points == COUNTS[device, engine]
    assert compared(device=device, engine=engine)[0].fit == fit


def test_measured_rows_reach_a_part_of_their_ceiling():
    low, high = reached_shares()
    shares = [c.rate / c.most for c in ROWS]
    assert 0 < low <= min(shares)
    assert max(shares) <= high <= 1
    assert {low, high} <= set(shares)


def test_a_13b_reaches_three_quarters_of_its_ceiling_on_a_4090():
    # github.com/turboderp-org/exllamav2, README: 114 tok/s; 1,008 GB/s over 6.92 GB are 146
    (one,) = (c for c in compared(engine="ExLlamaV2") if c.row.model == "LLaMA-13B")
    assert (one.rate, one.most) == (114, pytest.approx(146, abs=1))


@pytest.mark.parametrize(("device", "engine"), [p for p, n in COUNTS.items() if n < LEAST_ROWS])
def test_a_fit_to_too_few_rows_is_refused(device, engine):
    rows = COUNTS[device, engine]
    with pytest.raises(ValueError, match="measured rows of") as refusal:
        fitted(device, engine)
    sentence = f"{rows} measured rows of {engine} on {device}: a fit needs 3 or more"
    assert str(refusal.value) == sentence


def test_a_fit_to_no_row_is_refused():
    with pytest.raises(ValueError, match="0 measured rows of abacus on RTX 4090: a fit needs 3"):
        fitted("RTX 4090", "abacus")


def test_an_unknown_kind_of_time_is_refused():
    with pytest.raises(ValueError, match="kind floor, sum or estimate, not 'energy'"):
        ROWS[0].predicted("energy")


def test_every_measured_model_fits_the_device_that_it_was_measured_on():
    assert [c.row.name for c in all_compared() if not c.step.fits] == []
