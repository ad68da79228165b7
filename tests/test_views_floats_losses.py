"""The picture of perplexity against bits: its marks are the bench's rows."""

import re
from math import exp, log

import pytest
from pictures import moved_as_drawn_afresh, shown, stays_undrawn, xy

from lecture_lib import catalog
from lecture_lib.views.floats import losses
from lecture_lib.views.floats.losses import ASIDE, NATS, LossByBits, more, spoken, trials

NAMES = list(trials())
SETTINGS = [{"trial": name} for name in (NAMES[0], NAMES[1], NAMES[len(NAMES) // 2], NAMES[-1])]


def test_moving_from_any_state_to_any_other_gives_what_drawing_it_afresh_gives():
    moved_as_drawn_afresh(LossByBits, SETTINGS)


def test_what_stays_where_it_is_is_not_drawn_again():
    stays_undrawn(LossByBits, SETTINGS)


@pytest.mark.parametrize("name", NAMES)
def test_the_sentence_and_the_panel_say_the_row(name):
    trial = catalog.trial(name)
    state = LossByBits.state(trial=name)
    assert state.base == catalog.trial("as shipped").perplexity
    said = re.search(r"perplexity ([\d,.]+|over a million), untouched", state.says)[1]
    found = state.base * exp(trial.difference)
    if found < 1e6:
        assert float(said.replace(",", "")) == pytest.approx(found, rel=5e-3)
    else:
        assert said == "over a million"
    assert trial.format.partition(" ")[0] in state.says
    assert len(state.says) < 240


def test_the_ring_is_round_the_mark_and_all_marks_are_in_the_picture():
    for name in NAMES:
        trial = catalog.trial(name)
        x, y = losses.place(trial)
        assert losses.BITS[0] < x < losses.BITS[1]
        assert x == pytest.approx(trial.bits + ASIDE[trial.of])
        assert NATS[0] <= y < NATS[1]
        if NATS[0] < trial.difference:
            assert y == pytest.approx(log(trial.ratio))
    scene, _ = shown(LossByBits, trial=NAMES[0])
    assert xy(scene.ring) == pytest.approx(losses.place(catalog.trial(NAMES[0])))
    drawn = [
        (round(x, 6), round(y, 6))
        for line in scene.ax.lines
        if line.get_linestyle() == "None"
        for x, y in zip(*line.get_data(), strict=True)
    ]
    for name in NAMES:
        x, y = losses.place(catalog.trial(name))
        assert (round(x, 6), round(y, 6)) in drawn


def test_every_trial_changed_all_matrices_and_rounded_to_the_nearest():
    for name in NAMES:
        trial = catalog.trial(name)
        assert (trial.method, trial.where) == ("RTN", "all 210 matrices")
        assert "ggml" not in name


def test_small_differences_have_an_error_and_large_ones_a_factor():
    assert more(log(1.021), 0.004) == "2.1 ± 0.4 % more"
    assert more(-0.001, 0.004) == "0.1 ± 0.4 % less"
    assert more(log(190), 0.05) == "190 times"


def test_what_the_model_says_fits_a_line():
    assert spoken("red,\n\nblue") == "red, blue"
    long = spoken("blue " * 40)
    assert long.endswith("…")
    assert len(long) <= losses.LETTERS + 2
