"""Says, above pytest's own last line, how long all of `make test` has taken."""

import os
import time


def pytest_terminal_summary(terminalreporter):
    started = os.environ.get("LECTURE_TEST_STARTED")
    if started:
        seconds = time.time() - float(started)
        terminalreporter.line(
            f"make test took {seconds:.0f} s: environment, browser, lint and every test"
        )
