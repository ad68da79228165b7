"""What notebooks store: words alone, the same every time, and nbval turns red when one is wrong."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import store_outputs

ROOT = Path(__file__).parents[1]
WITNESS = "01_the_price_of_a_token.ipynb"
BANDWIDTH = re.compile(
    r'^(\["RTX 4090"\]\n.*?\nbandwidth_bytes_per_s = )\d', re.DOTALL | re.MULTILINE
)


def nbval(folder: Path) -> subprocess.CompletedProcess:
    """pytest --nbval on the notebook in the folder, with the library that lies beside it."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "LECTURE_"))}
    options = ["--nbval", "--nbval-current-env", "-q", "-p", "no:cacheprovider", "-c", "pytest.ini"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, WITNESS],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_one_changed_number_in_the_data_turns_the_notebook_red(tmp_path):
    shutil.copytree(ROOT / "lecture_lib", tmp_path / "lecture_lib")
    shutil.copy(ROOT / "notebooks" / WITNESS, tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    whole = nbval(tmp_path)
    assert whole.returncode == 0, whole.stdout

    devices = tmp_path / "lecture_lib" / "data" / "devices.toml"
    changed, count = BANDWIDTH.subn(r"\g<1>2", devices.read_text("utf-8"), count=1)
    assert count == 1
    devices.write_text(changed, "utf-8")
    bitten = nbval(tmp_path)
    assert bitten.returncode == 1, bitten.stdout
    assert "assert reference_output == test_output failed" in bitten.stdout


def draft(folder: Path, *sources: str) -> Path:
    """A notebook as an editor may leave it: with clutter, and with no ids."""
    cell = {"cell_type": "code", "metadata": {}, "execution_count": 7, "outputs": []}
    cells = [copy.deepcopy(cell) | {"source": source} for source in sources]
    metadata = {"widgets": {"state": {}}, "lecture": {"chapter": 1}, "kernelspec": {"name": "old"}}
    path = folder / "draft.ipynb"
    raw = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(raw))
    return path


SHOWS_A_PICTURE = """
class Picture:
    def _repr_mimebundle_(self, **_):
        return {"text/plain": "a picture", "image/png": "aGVsbG8="}
print("one")
print("two")
Picture()
"""


SHOWS_A_WIDGET = """
import ipywidgets, os
print(os.environ.get("LECTURE_MEDIUM"))
ipywidgets.IntSlider()
"""


def test_storing_keeps_words_alone_and_a_second_time_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_MEDIUM", "deck")  # and yet what a reader sees is stored
    path = draft(tmp_path, SHOWS_A_PICTURE, "", SHOWS_A_WIDGET)
    assert store_outputs.main([str(path)]) == 0
    once = path.read_bytes()
    assert store_outputs.main(["--check", str(path)]) == 0
    assert path.read_bytes() == once
    assert once.endswith(b"}\n")
    cells = json.loads(once)["cells"]
    assert [cell["execution_count"] for cell in cells] == [1, None, 2]
    assert cells[0]["outputs"][0]["text"] == ["one\n", "two\n"]
    assert cells[0]["outputs"][1]["data"] == {"text/plain": ["a picture"]}
    assert cells[2]["outputs"][0]["text"] == ["\n"]
    assert list(cells[2]["outputs"][1]["data"]) == ["text/plain"]
    assert set(json.loads(once)["metadata"]) == {"kernelspec", "language_info", "lecture"}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("1 / 0", "draft.ipynb, cell 2 "),
        ("from IPython.display import HTML; HTML('<b>')", "draft.ipynb, cell 2 "),
        ("import sys; print('careful', file=sys.stderr)", "speaks on stderr: careful"),
    ],
)
def test_a_cell_that_complains_is_named_and_nothing_is_written(tmp_path, capsys, source, words):
    path = draft(tmp_path, "x = 1", source)
    before = path.read_bytes()
    assert store_outputs.main([str(path)]) == 1
    assert words in capsys.readouterr().err
    assert path.read_bytes() == before
