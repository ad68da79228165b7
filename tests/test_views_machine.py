"""The picture of this machine, for one that is told: what was drawn, read from the artists."""

import numpy as np
import pytest
from pictures import measure, moved_as_drawn_afresh, shown, stays_undrawn, to_draw, xy

from lecture_lib import catalog
from lecture_lib.machine import Measured
from lecture_lib.medium import MEDIUM
from lecture_lib.roofline import Roof
from lecture_lib.views import machine as view
from lecture_lib.views.machine import MachineRoof
from lecture_lib.views.memory.machines import RECORDED

ROOF = Roof("told", peak_rate=2e11, bandwidth=2e10)
SETTINGS = (
    {"model": "Llama-3.1-8B", "weights": "4 bits", "sequences": 1},
    {"model": "Llama-3.1-8B", "weights": "16 bits", "sequences": 1},
    {"model": "SmolLM2-135M", "weights": "4 bits", "sequences": 64},
    {"model": "Llama-3.1-70B", "weights": "8 bits", "sequences": 16},
)


@pytest.fixture(autouse=True)
def machine_is_told(monkeypatch):
    monkeypatch.setattr(view, "this_machine", lambda: Measured(ROOF, spread=1.1))


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_mark_stands_on_the_lower_of_the_two_roofs(setting):
    scene, state = shown(MachineRoof, **setting)
    intensity, rate = xy(scene.mark)
    assert intensity == pytest.approx(float(state.step.work.intensity))
    assert rate == pytest.approx(min(intensity * 2e10, 2e11))
    assert xy(scene.now.ring) == pytest.approx([intensity, rate])


def test_the_two_roofs_meet_at_the_ridge():
    scene, _ = shown(MachineRoof, **SETTINGS[0])
    assert xy(scene.ridge) == [2e11 / 2e10, 2e11]
    for line, end in ((scene.roofs.memory, -1), (scene.roofs.compute, 0)):
        x, y = line.get_data()
        assert [x[end], y[end]] == xy(scene.ridge)
    x, y = scene.roofs.memory.get_data()
    assert np.diff(np.log(y)) == pytest.approx(np.diff(np.log(x)))  # slope 1: a bandwidth
    assert len(set(scene.roofs.compute.get_ydata())) == 1


def test_some_settings_stand_under_the_slope_and_some_under_the_flat_roof():
    bound = [bool(shown(MachineRoof, **setting)[1].step.memory_bound) for setting in SETTINGS]
    assert True in bound
    assert False in bound


def test_the_axes_name_their_units_and_the_roofs_their_rates():
    scene, _ = shown(MachineRoof, **SETTINGS[0])
    words = {text.get_text() for text in scene.ax.figure.texts}
    assert "arithmetic intensity, FLOP per byte moved" in words
    assert [name.get_text() for name in (scene.roofs.memory_name, scene.roofs.compute_name)] == [
        "memory roof 20 GB/s", "arithmetic roof 200 GFLOP/s",
    ]  # fmt: skip


def test_the_sentence_gives_the_measured_roof_and_the_most_tokens():
    _, state = shown(MachineRoof, **SETTINGS[1])
    # 15.01 GB of weights and 1,025 tokens of 131,072 bytes at 20 GB/s
    assert state.says == (
        "This machine read 20 GB/s and calculated 200 GFLOP/s. Llama-3.1-8B at 16 bits would make "
        "at most 1.32 tok/s, 1 at a time, in 16.2 GB of memory."
    )


def test_an_unsteady_measurement_says_so(monkeypatch):
    monkeypatch.setattr(view, "this_machine", lambda: Measured(ROOF, spread=2))
    assert (
        "this measurement cannot tell: other programs" in shown(MachineRoof, **SETTINGS[0])[1].says
    )


def test_a_page_shows_the_recorded_machine_and_names_it(monkeypatch):
    monkeypatch.setenv(MEDIUM, "page")
    monkeypatch.setattr(view, "this_machine", lambda: pytest.fail("measured for a page"))
    _, state = shown(MachineRoof, **SETTINGS[0])
    assert state.says.startswith(f"The {RECORDED}, recorded, read ")
    assert state.step.roof == catalog.machine(RECORDED).roof


def test_moving_from_any_state_to_any_other_gives_what_drawing_it_afresh_gives():
    moved_as_drawn_afresh(MachineRoof, SETTINGS)


def test_what_stays_where_it_is_is_not_drawn_again():
    stays_undrawn(MachineRoof, SETTINGS)


def test_the_roofs_stay_where_they_are_when_only_the_model_changes():
    scene, _ = shown(MachineRoof, **SETTINGS[0])
    scene.move(MachineRoof.state(**SETTINGS[2]))
    roofs = scene.roofs
    assert not {roofs.memory, roofs.compute, roofs.compute_name, scene.ridge} & {*to_draw(scene)}
    assert scene.mark in to_draw(scene)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_ring_leaves_the_name_of_the_memory_roof_readable(setting):
    scene, _ = shown(MachineRoof, **setting)
    renderer = measure(scene.ax.figure)
    ring = scene.now.ring.get_window_extent(renderer)
    assert not scene.roofs.memory_name.get_window_extent(renderer).overlaps(ring)
