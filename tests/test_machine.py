"""The machine in front of you: what is divided by what, in times that are told."""

import numpy as np
import pytest

from lecture_lib import machine
from lecture_lib.machine import Measured, this_machine, times
from lecture_lib.roofline import Roof

ROOF = Roof("toy", 1, 1)


def told(monkeypatch, reading, calculating):
    """The machine as it is found when its two measurements take these seconds."""
    given = iter([np.array(reading), np.array(calculating)])
    monkeypatch.setattr(machine, "MATRIX", 8)
    monkeypatch.setattr(machine, "TILE", 4)
    monkeypatch.setattr(machine, "times", lambda work, repeats: (work(), next(given))[1])
    return this_machine.__wrapped__("toy")


def test_the_best_repeat_counts_and_each_rate_is_an_amount_over_its_time(monkeypatch):
    found = told(monkeypatch, [2, 1, 4], [1, 0.5, 1])
    assert found.roof == Roof("toy", peak_rate=2 * 4**3 / 0.5, bandwidth=8 * 8 * 4 / 1)


def test_the_spread_is_the_worse_of_the_two_medians_over_their_best(monkeypatch):
    assert told(monkeypatch, [2, 1, 4], [1, 1, 1]).spread == 2
    assert told(monkeypatch, [1, 1, 1], [3, 1, 4]).spread == 3


def test_a_wide_spread_is_not_steady():
    assert Measured(ROOF, 1).steady
    assert Measured(ROOF, machine.SPREAD - 0.01).steady
    assert not Measured(ROOF, machine.SPREAD).steady


def test_programs_that_were_there_before_are_seen_in_the_load(monkeypatch):
    assert not Measured(ROOF, 1, load=1).steady
    monkeypatch.setattr(machine, "usable_cores", lambda: 4)
    monkeypatch.setattr(machine, "load_average", lambda: 6.0)
    assert told(monkeypatch, [1, 1, 1], [1, 1, 1]).load == 1.5


def test_the_first_run_does_not_count(monkeypatch):
    clock = iter([10, 13, 20, 21])
    monkeypatch.setattr(machine, "perf_counter", lambda: next(clock))
    runs = []
    assert times(lambda: runs.append(1), repeats=2).tolist() == [3, 1]
    assert len(runs) == 3


def test_a_small_machine_is_measured_whole(monkeypatch):
    monkeypatch.setattr(machine, "MATRIX", 256)
    monkeypatch.setattr(machine, "TILE", 64)
    found = this_machine.__wrapped__("small", repeats=3)
    assert found.roof.name == "small"
    assert found.roof.capacity is None
    assert found.spread >= 1


def test_a_machine_is_measured_once(monkeypatch):
    monkeypatch.setattr(machine, "MATRIX", 8)
    monkeypatch.setattr(machine, "TILE", 4)
    try:
        assert this_machine("once", 2) is this_machine("once", 2)
    finally:
        this_machine.cache_clear()


def test_the_matrix_overflows_a_laptops_caches_and_the_tiles_do_not():
    assert machine.MATRIX**2 * 4 > 128e6
    assert 3 * machine.TILE**2 * 4 < 16e6


@pytest.mark.parametrize("seconds", [[1e-3, 1e-3], [1e-3, 9.0]])
def test_other_programs_make_a_measured_rate_smaller_and_never_larger(monkeypatch, seconds):
    alone = told(monkeypatch, [1e-3], [1e-3]).roof
    beside = told(monkeypatch, seconds, seconds).roof
    assert beside.bandwidth <= alone.bandwidth
    assert beside.peak_rate <= alone.peak_rate


def test_the_processor_is_named_as_the_system_names_it(tmp_path):
    info = tmp_path / "cpuinfo"
    info.write_text("processor\t: 0\nmodel name\t: Toy 1\nmodel name\t: Toy 2\n")
    assert machine.cpu_name(info) == "Toy 1"
    assert machine.cpu_name(tmp_path / "none")


def test_the_environment_may_allow_fewer_threads_and_never_more(monkeypatch):
    monkeypatch.setattr(machine, "usable_cores", lambda: 8)
    assert machine.blas_threads({}) == 8
    assert machine.blas_threads({"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "4"}) == 2
    assert machine.blas_threads({"OPENBLAS_NUM_THREADS": "64"}) == 8
    assert machine.blas_threads({"OMP_NUM_THREADS": "all", "MKL_NUM_THREADS": "0"}) == 8


def test_the_blas_has_a_name():
    assert machine.blas_name()


def test_a_system_that_knows_no_load_has_none(monkeypatch):
    assert machine.load_average() >= 0
    monkeypatch.delattr(machine.os, "getloadavg", raising=False)
    assert machine.load_average() == 0
