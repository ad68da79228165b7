"""Says how long all of `make test` has taken, and builds what goes into the hall once for all."""

import os
import time
from pathlib import Path

import pytest

PATIENCE = 300  # s to wait for another worker that builds

# Test processes share the cores already, and products split among threads then wait for each other:
# a kernel took five times as long. This stands before numpy is loaded, and kernels inherit it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_terminal_summary(terminalreporter):
    started = os.environ.get("LECTURE_TEST_STARTED")
    if started:
        seconds = time.time() - float(started)
        terminalreporter.line(
            f"make test took {seconds:.0f} s: environment, browser, lint and every test"
        )


@pytest.fixture(scope="session")
def hall(tmp_path_factory) -> Path:
    """The folder with all that `make hall` builds, but for the PDFs; not to be changed.

    The first test process that asks builds it, any other one waits.
    """
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    base = tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent
    folder, outcome = base / "hall", base / "hall-outcome"
    try:
        folder.mkdir()
    except FileExistsError:
        end = time.monotonic() + PATIENCE
        while not outcome.exists() and time.monotonic() < end:
            time.sleep(0.2)
    else:
        _build(folder, outcome)
    assert outcome.read_text() == "built"
    return folder


def _build(folder: Path, outcome: Path) -> None:
    from slides import build, copies, handout

    failed = [
        part.__name__ for part in (build, copies, handout) if part.main(["--out", str(folder)]) != 0
    ]
    draft = outcome.with_suffix(".draft")
    draft.write_text(f"failed: {', '.join(failed)}" if failed else "built")
    draft.replace(outcome)
