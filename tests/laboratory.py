"""JupyterLab as `make lab` starts it, and a notebook run in it in a browser without network."""

import contextlib
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from browser import Visit, chromium, visit
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).parents[1]
PATIENCE = 90_000  # ms; a busy machine starts a kernel slowly


def write_notebook(path: Path, *sources: str) -> Path:
    """A notebook of these code cells."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    notebook.metadata.kernelspec = {"display_name": "Python 3", "name": "python3"}
    nbformat.write(notebook, path)
    return path


@contextmanager
def jupyter_lab(notebook: Path, environment: dict | None = None) -> Iterator[str]:
    """A running server for the folder of the notebook; yields the notebook's address.

    Its kernels have this process's environment, or the one given.
    """
    chromium()  # no browser: skipped, or failed in CI, before anything is started
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    config = f"--config={ROOT / 'tools' / 'jupyter_lab_config.py'}"
    where = [f"--ServerApp.root_dir={notebook.parent}", f"--port={port}", "--no-browser"]
    # a theme or a layout that this machine's user chose is not what we test
    own = notebook.parent / ".lab"
    where += [f"--LabApp.user_settings_dir={own}", f"--LabApp.workspaces_dir={own}"]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", config, *where, f"--IdentityProvider.token={token}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=environment,
    )
    try:
        _answers(f"http://127.0.0.1:{port}/api", server)
        yield f"http://127.0.0.1:{port}/lab/tree/{notebook.name}?token={token}"
    finally:
        server.terminate()
        try:
            server.wait(timeout=60)
        except subprocess.TimeoutExpired:  # a busy machine stops kernels slowly, and we are done
            server.kill()
            server.wait()


def _answers(address: str, server: subprocess.Popen):
    """Waits until the server answers; fails if it ends, or takes longer than our patience."""
    start = time.monotonic()
    while time.monotonic() - start < PATIENCE / 1000:
        assert server.poll() is None, "JupyterLab ended before it served anything"
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not answer within {PATIENCE / 1000:.0f} s")


def run_all(browser, address: str, width: int = 1280, height: int = 2600) -> Visit:
    """The notebook with all its cells run, in a window high enough to keep a short one whole."""
    opened = visit(browser, address, width, height, allow=(address.partition("/lab")[0],))
    page = opened.page
    page.set_default_timeout(PATIENCE)
    page.locator(".jp-Notebook").wait_for()
    page.get_by_text("| Idle").wait_for()  # asked to run before, JupyterLab asks for a kernel
    page.get_by_text("Run", exact=True).first.click()
    page.get_by_text("Run All Cells", exact=True).click()
    return opened
