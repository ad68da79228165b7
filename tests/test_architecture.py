"""The shape of the house: arrows point down, models draw nothing, modules stay small and tested."""

import ast
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOME = ROOT / "lecture_lib"

# From the ground up. A module that is not named here is a model, so a new topic edits nothing here.
MODELS = "models"
FLOORS = (
    {"units", "palette"},
    {"roofline"},
    {MODELS},
    {"catalog"},
    {"measured", "serving", "operation_costs", "bench", "trials"},
    {"views", "exercises", "verdicts", "citations"},
)
# Beside the stairs: what shows any topic and knows none.
SEAM = {
    *("controls", "scene", "picture", "explore", "live", "packed", "front", "medium"),
    *("tables", "chapters"),
}
APART = {"doctor"}  # looks at everything, and so may touch nothing when it is imported
DRAWS_OR_LISTENS = {
    "matplotlib", "ipywidgets", "anywidget", "IPython", "PIL", "traitlets", "jupyterlab",
}  # fmt: skip


def name_of(path: Path) -> str:
    """lecture_lib/views/decode.py is called views.decode, and a package by its folder."""
    parts = path.relative_to(HOME).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for path in sorted(HOME.rglob("*.py")) if name_of(path)}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in FILES.items()}


def floor_of(name: str) -> int:
    """The number of the floor that a module stands on, counted from the ground."""
    top = name.partition(".")[0]
    home = next((floor for floor in FLOORS if top in floor), None)
    return FLOORS.index(home or next(floor for floor in FLOORS if MODELS in floor))


def on_the_stairs(name: str) -> bool:
    return name.partition(".")[0] not in SEAM | APART


def draws_nothing(name: str) -> bool:
    """Whether a module is a model, or the reader of the data, and so must load without pictures."""
    return on_the_stairs(name) and floor_of(name) < len(FLOORS) - 1


def imported(name: str) -> set[str]:
    """The full names of all that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = FILES[name].parent.relative_to(ROOT).parts
            base = ".".join(package[: len(package) + 1 - node.level]) if node.level else ""
            base = ".".join(filter(None, [base, node.module]))
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def neighbours(name: str) -> set[str]:
    """The modules of the library that a module imports."""
    inside = {full.removeprefix("lecture_lib.") for full in imported(name)}
    return (inside & set(FILES)) - {name}


@pytest.mark.parametrize("name", [n for n in FILES if on_the_stairs(n)])
def test_a_module_imports_from_its_own_floor_or_below(name):
    above = {n for n in neighbours(name) if on_the_stairs(n) and floor_of(n) > floor_of(name)}
    assert not above, f"{name} stands below {', '.join(sorted(above))} and must not import it"


def test_imports_never_go_round_in_a_circle():
    list(TopologicalSorter({name: neighbours(name) for name in FILES}).static_order())


@pytest.mark.parametrize("name", [n for n in FILES if draws_nothing(n)])
def test_a_model_names_nothing_that_draws_or_listens(name):
    roots = {full.partition(".")[0] for full in imported(name)}
    assert not roots & DRAWS_OR_LISTENS
    assert not {n for n in neighbours(name) if not on_the_stairs(n)}


# Imports each module as if it were the first: the standard library and numpy stay, what else came
# with another is gone.
ALONE = """
import importlib, sys, traceback
kept = {"numpy", *sys.stdlib_module_names}
for name in sys.argv[1:]:
    try:
        importlib.import_module(f"lecture_lib.{name}")
        print(name, *sys.modules)
    except BaseException:
        print(name, "failed")
        print(name, traceback.format_exc(), file=sys.stderr)
    for new in [new for new in sys.modules if new.partition(".")[0] not in kept]:
        del sys.modules[new]
"""


@pytest.fixture(scope="module")
def loaded() -> tuple[dict[str, set[str]], str]:
    """What each model loads when it is imported alone, and what was complained about."""
    models = [name for name in FILES if draws_nothing(name)]
    command = [sys.executable, "-c", ALONE, *models]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    lines = [line.split() for line in run.stdout.splitlines()]
    return {name: set(modules) for name, *modules in lines}, run.stderr


@pytest.mark.parametrize("name", [n for n in FILES if draws_nothing(n)])
def test_a_model_loads_without_anything_that_draws_or_listens(loaded, name):
    modules, complaints = loaded
    assert f"lecture_lib.{name}" in modules.get(name, ()), complaints
    assert not DRAWS_OR_LISTENS & modules[name]


@pytest.mark.parametrize("name", [n for n in FILES if n.partition(".")[0] in SEAM])
def test_the_seam_knows_no_topic(name):
    topics = {n for n in neighbours(name) if on_the_stairs(n) and floor_of(n) > 0}
    assert not topics, f"{name} imports {', '.join(sorted(topics))}, and then knows a topic"


def test_the_doctor_imports_the_standard_library_alone():
    roots = {full.partition(".")[0] for full in imported("doctor")}
    assert roots <= set(sys.stdlib_module_names)


def test_importing_the_package_imports_nothing_else():
    script = "import sys; old = {*sys.modules}; import lecture_lib; print(*{*sys.modules} - old)"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.split() == ["lecture_lib"], run.stderr


@pytest.mark.parametrize("name", list(FILES))
def test_nothing_uses_pyplot(name):
    assert not {full for full in imported(name) if "pyplot" in full.split(".")}


@pytest.mark.parametrize("name", list(FILES))
def test_a_module_has_fewer_than_300_lines(name):
    lines = FILES[name].read_text("utf-8").count("\n")
    assert lines < 300, f"{name} has {lines}: cut it where one idea ends and the next begins"


@pytest.mark.parametrize("name", [n for n in FILES if len(TREES[n].body) > 1])
def test_a_module_has_a_test_file_of_its_name(name):
    """views.decode: test_views_decode.py or, for the whole package, test_views.py.

    Where no model shares the name (views.style), test_style.py will do.
    """
    parts = name.split(".")
    names = {"_".join(parts[:n]) for n in range(1, len(parts) + 1)}
    if parts[-1] not in FILES:
        names.add(parts[-1])
    files = {f"test_{n}.py" for n in names}
    assert any((ROOT / "tests" / file).exists() for file in files), f"missing: one of {files}"


@pytest.mark.parametrize("name", list(FILES))
def test_a_module_opens_by_saying_its_idea(name):
    assert ast.get_docstring(TREES[name])


def test_the_wheel_takes_every_package_and_all_data_along():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["setuptools"]["packages"]["find"]["include"] == ["lecture_lib*"]
    folders = {path.parent for path in HOME.rglob("*.py")}
    assert {folder for folder in folders if not (folder / "__init__.py").exists()} == set()
    patterns = project["tool"]["setuptools"]["package-data"]["lecture_lib"]
    taken = {path for pattern in patterns for path in HOME.glob(pattern)}
    others = {p for p in HOME.rglob("*") if p.is_file() and p.suffix not in {".py", ".pyc"}}
    assert others <= taken, f"package-data misses {sorted(map(str, others - taken))}"
