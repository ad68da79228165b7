"""The survey of a machine, with a stopwatch that is told: rates, the roof, and the doubt."""

import tomllib

import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.machine import SPREAD
from lecture_lib.survey import Task, Timed, as_row, read_task, survey, tasks

FAST, SLOW, PEAK, EDGE = 8e10, 2e10, 1e11, 1 << 20  # byte/s within and beyond a cache of 1 MiB


def toy_tasks():
    """Tasks of a survey that would take no time to run, and are not run."""
    read = [Task("read", size, 4, size, 0, None) for size in (1 << 14, 1 << 20, 1 << 24)]
    product = [Task("product", n, 1, 64**2 * 4, 2 * 64**2 * n, None) for n in (1, 8, 64)]
    return [*read, *product, Task("square", 32, 1, 32**2 * 4, 2 * 32**3, None)]


def seconds(task):
    """A machine with one cache and a flat roof, that overlaps everything."""
    bandwidth = FAST if task.kind == "read" and task.size <= EDGE else SLOW
    calculating = task.flops / PEAK
    return task.passes * max(task.traffic / bandwidth * (task.kind != "square"), calculating)


def told(stopwatch=seconds, rounds=3, load=0.0):
    return survey("toy", rounds=rounds, load=load, to_do=toy_tasks(), stopwatch=stopwatch)


def test_each_rate_is_an_amount_over_its_best_time():
    found = told()
    assert found.read_rates == pytest.approx([FAST, FAST, SLOW])
    assert found.sizes.tolist() == [1 << 14, 1 << 20, 1 << 24]
    assert found.product_rates == pytest.approx([0.5 * SLOW, 4 * SLOW, PEAK])
    assert found.peak == pytest.approx(PEAK)
    assert (found.roof.peak_rate, found.roof.bandwidth) == pytest.approx((PEAK, SLOW))
    assert (found.matrix_side, found.matrix_bytes) == (64, 64**2 * 4)
    assert found.doubt == ""


def test_between_two_sizes_the_bandwidth_lies_between_theirs():
    found = told()
    assert found.bandwidth_for(1 << 17) == pytest.approx(FAST)
    assert found.bandwidth_for(1 << 22) == pytest.approx((FAST * SLOW) ** 0.5)
    assert found.bandwidth_for([1, 1 << 40]) == pytest.approx([FAST, SLOW])


def test_the_first_round_warms_up_and_the_best_of_the_others_counts():
    rounds = iter([0.001, 5, 3, 4])  # so many times as long

    def slower(task, factor=[0]):  # noqa: B006 - the factor of the round that is running
        if task.kind == "read" and task.size == 1 << 14:
            factor[0] = next(rounds)
        return factor[0] * seconds(task)

    found = told(slower)
    assert found.read_rates[0] == pytest.approx(FAST / 3)
    assert found.reads[0].spread == pytest.approx(4 / 3)


@pytest.mark.parametrize("kind", ["square", "product", "read"])
def test_a_machine_that_is_busy_at_times_cannot_be_told(kind):
    calls = iter(range(1000))

    def busy(task):
        return seconds(task) * (SPREAD * 1.1 if task.kind == kind and next(calls) % 4 else 1)

    assert "median and best are" in told(busy, rounds=6).doubt


def test_threads_that_wait_for_another_program_are_seen_though_they_wait_steadily():
    found = told(lambda task: seconds(task) * (3 if task.kind == "product" else 1))
    assert found.doubt == "all threads together read 3.0 times slower than one alone"


def test_programs_that_stay_busy_are_seen_in_the_load(monkeypatch):
    cores = told().cores
    assert told(load=cores - 0.1).doubt == ""
    assert (
        told(load=cores).doubt == f"{cores}.0 programs were busy on {cores} cores before it began"
    )
    monkeypatch.setattr("lecture_lib.survey.load_average", lambda: 99.0)
    assert told(load=None).load == 99


def test_a_read_looks_at_the_same_memory_again_and_again():
    memory = np.arange(2048, dtype=np.float32)
    task = read_task(memory, 4096)
    assert task.passes * task.size >= 32 * 2**20
    rows = task.run()
    assert rows.shape == (task.passes,)
    assert set(rows) == {1023}


def test_a_small_survey_of_this_machine_is_whole():
    sizes, batches = (1 << 14, 1 << 16), (1, 4)
    found = survey(rounds=1, to_do=tasks(sizes, batches, side=64))
    assert (found.sizes.tolist(), found.batches.tolist()) == (list(sizes), list(batches))
    assert 1 <= found.threads <= found.cores
    assert (found.read_rates > 0).all()
    assert found.cpu
    assert found.blas


def test_a_row_that_is_printed_is_one_that_the_catalog_reads(tmp_path):
    found = told()
    text = as_row(found) + '\nsource = "own"\nread_on = "2026-11-23"\nconfidence = "seen"\n'
    (tmp_path / "machines.toml").write_text(text, "utf-8")
    (tmp_path / "sources.toml").write_text(
        '[own]\ntitle = "own"\nprimary = true\nread_on = "2026-11-23"\n', "utf-8"
    )
    read = catalog.load_from(tmp_path).machine("toy")
    assert read.read_rates == pytest.approx(found.read_rates, rel=1e-3)
    assert read.product_rates == pytest.approx(found.product_rates, rel=1e-3)
    assert read.provenance["peak"].source == "own"
    assert tomllib.loads(text)["toy"]["cpu"] == found.cpu


@pytest.mark.parametrize("name", catalog.machines())
def test_a_recorded_machine_was_steady_and_stands_under_its_roof(name):
    found = catalog.machine(name)
    assert found.doubt == ""
    assert (np.diff(found.sizes) > 0).all()
    assert (np.diff(found.batches) > 0).all()
    intensity = 2 * found.batches / 4  # of the matrix alone: FLOP for each byte read
    roofs = np.minimum(found.roof.peak_rate, intensity * found.roof.bandwidth)
    assert (found.product_rates <= roofs * 1.001).all()
    assert found.read_rates[0] > 2 * found.read_rates[-1]  # a cache is seen
    assert {type(t) for t in (*found.reads, *found.products)} == {Timed}
