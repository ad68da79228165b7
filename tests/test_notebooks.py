"""House rules for notebooks, and every state of every control in them."""

import ast
import dataclasses
import functools
import itertools
import json
import re
from pathlib import Path

import in_process
import nbformat
import numpy as np
import pytest
from in_process import tags, tree
from matplotlib.lines import Line2D
from matplotlib.text import Text
from pictures import afresh, layers, measure, shown_in

from lecture_lib.explore import explore, steps
from lecture_lib.packed import MOST_STATES, states_needed
from lecture_lib.picture import Picture
from slides.cells import NOTES

ROOT = Path(__file__).parents[1]
PATHS = {path.name: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
TAGS = {
    "setup",
    "exercise",
    "solution",
    "show-code",
    "slide-only",
    "raises-exception",
    "nbval-ignore-output",
}
SLIDE_TYPES = {"slide", "fragment", "-", "notes", "skip", None}
TEXT = {"text/plain", "text/markdown"}
each_notebook = pytest.mark.parametrize("name", list(PATHS))


# -- reading ------------------------------------------------------------------------------------


@functools.cache
def notebook(name: str) -> nbformat.NotebookNode:
    return nbformat.read(PATHS[name], as_version=4)


def code_cells(name: str) -> list[nbformat.NotebookNode]:
    return in_process.code_cells(notebook(name))


def slide_type(cell) -> str | None:
    return cell.metadata.get("slideshow", {}).get("slide_type")


def code_lines(source: str) -> list[str]:
    """The lines that are neither empty nor comments."""
    return [line for line in source.splitlines() if line.strip() and line.strip()[0] != "#"]


def imports(cell) -> set[str]:
    found = set()
    for node in ast.walk(tree(cell)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def where(name: str, cell) -> str:
    return f"{name}, cell {notebook(name).cells.index(cell) + 1} (id {cell.id})"


# -- house rules --------------------------------------------------------------------------------


def test_there_are_notebooks_and_their_names_sort_them():
    assert PATHS
    assert all(re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", name) for name in PATHS)


@each_notebook
def test_a_notebook_says_what_chapter_it_is_and_what_it_asks(name):
    lecture = notebook(name).metadata.get("lecture", {})
    assert lecture.get("chapter") == int(name[:2])
    assert lecture.get("question", "").endswith("?")
    assert lecture.get("minutes", 0) > 0


@each_notebook
def test_a_notebook_opens_with_its_title(name):
    first = notebook(name).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")


@each_notebook
def test_the_first_code_cell_is_the_set_up_and_no_other_is(name):
    marked = ["setup" in tags(cell) for cell in code_cells(name)]
    assert marked == [True] + [False] * (len(marked) - 1)


@each_notebook
def test_the_set_up_only_imports(name):
    body = tree(code_cells(name)[0]).body
    calls = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]
    assert all("get_ipython()" in ast.unparse(call) for call in calls)


@each_notebook
def test_no_code_cell_is_longer_than_twelve_lines(name):
    for cell in code_cells(name):
        assert len(code_lines(cell.source)) <= 12, where(name, cell)


@each_notebook
def test_notebooks_draw_and_listen_only_through_the_library(name):
    for cell in code_cells(name):
        words = {part for full in imports(cell) for part in full.split(".")}
        assert not words & {"matplotlib", "pyplot", "ipywidgets", "interact"}, where(name, cell)
        assert "sys.path" not in cell.source, where(name, cell)


@each_notebook
def test_every_tag_and_slide_type_has_a_meaning(name):
    for cell in notebook(name).cells:
        assert tags(cell) <= TAGS, where(name, cell)
        assert slide_type(cell) in SLIDE_TYPES, where(name, cell)


@each_notebook
def test_an_output_that_is_not_compared_has_a_reason(name):
    for cell in code_cells(name):
        unchecked = "nbval-ignore-output" in tags(cell) or "NBVAL_" in cell.source
        assert not unchecked or "# why: " in cell.source, where(name, cell)


@each_notebook
def test_every_slide_has_words_to_speak_and_minutes(name):
    slides = []
    for cell in notebook(name).cells:
        if slide_type(cell) == "slide":
            slides.append([cell])
        elif slides:
            slides[-1].append(cell)
    assert slides
    for opening, *rest in slides:
        notes = [cell.source for cell in rest if slide_type(cell) == "notes"]
        assert len(notes) == 1, where(name, opening)
        assert NOTES.fullmatch(notes[0]), where(name, opening)


@each_notebook
def test_a_notebook_names_the_plain_kernel_and_no_version(name):
    metadata = notebook(name).metadata
    assert metadata.kernelspec.name == "python3"
    assert metadata.language_info == {"name": "python"}


@each_notebook
def test_only_text_is_stored(name):
    assert "widgets" not in notebook(name).metadata
    for cell in code_cells(name):
        for output in cell.outputs:
            kind = output.output_type
            assert kind != "error" or "raises-exception" in tags(cell), where(name, cell)
            assert set(output.get("data", {})) <= TEXT, where(name, cell)
            assert output.get("name", "stdout") == "stdout", where(name, cell)


@each_notebook
def test_stored_words_name_no_place_in_memory_and_no_folder(name):
    for cell in code_cells(name):
        assert not re.search(r"0x[0-9a-f]{6}|/home/|/root/|/Users/", json.dumps(cell.outputs))


@each_notebook
def test_cells_are_numbered_as_if_run_once_from_the_top(name):
    counts = [cell.execution_count for cell in code_cells(name) if cell.source.strip()]
    assert counts == list(range(1, len(counts) + 1)), "type: make notebooks"


@each_notebook
def test_numbers_from_the_world_come_from_the_data_and_not_from_a_cell(name):
    for cell in code_cells(name):
        for node in ast.walk(tree(cell)):
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                assert not is_bare(node.value), f"{where(name, cell)}: {node.value}"


def is_bare(number: float) -> bool:
    """A large number that is no power of two: it was copied from somewhere, and rots there."""
    return abs(number) >= 1e4 and (number % 1 != 0 or int(abs(number)).bit_count() != 1)


# -- what runs ------------------------------------------------------------------------------------


@functools.cache
def run(name: str) -> tuple[dict[str, object], dict]:
    """Runs the notebook's cells here: what each shows, and the names that they leave."""
    return in_process.run(notebook(name), PATHS[name].parent)


def shown(name: str) -> dict[str, object]:
    """The values that the notebook's cells show; cell id: value, or None."""
    return run(name)[0]


@each_notebook
def test_a_cell_that_shows_something_has_its_words_stored(name):
    values = shown(name)
    for cell in code_cells(name):
        if values[cell.id] is not None and "nbval-ignore-output" not in tags(cell):
            assert cell.outputs, f"{where(name, cell)}; type: make notebooks"


def explore_calls(name: str) -> int:
    """How many explore(...) calls the notebook has, read without running it."""
    nodes = itertools.chain.from_iterable(ast.walk(tree(cell)) for cell in code_cells(name))
    return sum(isinstance(n, ast.Call) and ast.unparse(n.func) == "explore" for n in nodes)


def explorables(name: str) -> list:
    return [value for value in shown(name).values() if hasattr(value, "state_at")]


@each_notebook
def test_an_explorable_is_the_last_thing_in_its_cell(name):
    assert len(explorables(name)) == explore_calls(name)


each_explorable = pytest.mark.parametrize(
    ("name", "index"), [(name, i) for name in PATHS for i in range(explore_calls(name))]
)


def settings(explorable) -> list[dict]:
    """Every value of every control with the others at their start, and both ends of every pair."""
    controls = explorable.controls
    single = [{n: value} for n, control in controls.items() for value in control.values]
    pairs = [
        dict(zip(pair, ends, strict=True))
        for pair in itertools.combinations(controls, 2)
        for ends in itertools.product(
            *((controls[n].values[0], controls[n].values[-1]) for n in pair)
        )
    ]
    return single + pairs


def walk(explorable):
    """Visits every setting in turn, and yields each with the state that it shows."""
    starts = explorable.starts
    for setting in settings(explorable):
        yield setting, explorable.visit(**{**starts, **setting})
    explorable.visit(**starts)


@each_explorable
def test_every_setting_of_an_explorable_is_sound(name, index):
    explorable = explorables(name)[index]
    edge = Edge(explorable.picture)
    for setting, state in walk(explorable):
        assert state.says.strip(), setting
        assert not re.search(r"\b(nan|inf|None)\b", state.says), f"{setting}: {state.says}"
        assert not (broken := not_numbers(state)), f"{setting}: not a number: {broken}"
        assert not (cut := edge.cut_off()), f"{setting}: outside the picture: {cut}"
        axes = explorable.picture.figure.axes
        assert all(map(has_content, axes)), f"{setting}: an axes is empty"


@each_explorable
def test_what_is_said_changes_with_what_is_seen(name, index):
    explorable = explorables(name)[index]
    for control_name, control in explorable.controls.items():
        pictures, words = set(), set()
        for value in control.values:
            words.add(explorable.visit(**{**explorable.starts, control_name: value}).says)
            pictures.add(layers(explorable.picture))
        assert len(words) > 1, f"{control_name} never changes what is said"
        assert len(words) >= len(pictures), f"{control_name} changes pictures without a word"
    explorable.visit(**explorable.starts)


@each_explorable
def test_moving_to_a_state_gives_what_drawing_it_afresh_gives(name, index):
    """A picture that came there from one side, one that came from the other, and some new ones."""
    explorable = explorables(name)[index]
    some = settings(explorable)[:: max(1, len(settings(explorable)) // 24)]
    states = [explorable.state_at(**setting) for setting in some]
    there, back = (Picture(explorable.scene()) for _ in range(2))
    shown_there = [shown_in(there, state) for state in states]
    shown_back = [shown_in(back, state) for state in reversed(states)][::-1]
    for setting, one, other in zip(some, shown_there, shown_back, strict=True):
        assert one == other, setting
    for setting, state, moved in list(zip(some, states, shown_there, strict=True))[::3]:
        assert moved == afresh(explorable.scene, state), setting


@each_explorable
def test_the_call_that_is_shown_shows_the_same_again(name, index):
    explorable = explorables(name)[index]
    for setting in settings(explorable)[::7]:
        says = explorable.visit(**{**explorable.starts, **setting}).says
        assert eval(explorable.call, run(name)[1]).state.says == says
    explorable.visit(**explorable.starts)


@each_explorable
def test_every_state_of_a_deck_can_be_drawn_beforehand(name, index):
    explorable = explorables(name)[index]
    assert states_needed(explorable, explorable.in_deck) <= MOST_STATES


def test_an_error_beyond_the_start_is_caught_by_the_walk_and_by_nothing_less():
    whole = next(e for name in PATHS for e in explorables(name) if "sequences" in e.controls)

    @functools.wraps(whole.scene.state)
    def planted(*, sequences, **others):
        if sequences > 64:
            raise ValueError("planted")
        return whole.scene.state(sequences=sequences, **others)

    scene = type("Planted", (whole.scene,), {"state": staticmethod(planted)})
    fixed = {**whole.fixed, **{n: c.start for n, c in whole.controls.items()}}
    explorable = explore(scene, **{**fixed, "sequences": steps([1, 32, 64, 65, 128], start=1)})
    explorable._repr_mimebundle_()  # as a notebook shows it: nothing is wrong
    with pytest.raises(ValueError, match="planted"):
        list(walk(explorable))


def not_numbers(value, name="state") -> list[str]:
    """The fields, at any depth, that hold a value that is not a number."""
    if dataclasses.is_dataclass(value):
        parts = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    elif isinstance(value, dict | list | tuple):
        parts = value if isinstance(value, dict) else dict(enumerate(value))
    else:
        numeric = isinstance(value, float | np.ndarray | np.number)
        kind = np.asarray(value).dtype.kind if numeric else ""
        return [name] if kind == "f" and np.isnan(value).any() else []
    return [bad for key, part in parts.items() for bad in not_numbers(part, f"{name}.{key}")]


class Edge:
    """Looks for words that reach beyond the edge of a picture.

    What looks as it did before is not measured again: every place of a word is in its layer.
    """

    def __init__(self, picture: Picture):
        self.picture = picture
        self.renderer = measure(picture.figure)
        self.seen = {}

    def cut_off(self) -> list[str]:
        """The words, visible and not empty, that reach beyond it now."""
        picture = self.picture
        parts = [(picture.backdrop, self.still), *zip(picture.layers, picture.artists, strict=True)]
        found = []
        for k, (drawn, part) in enumerate(parts):
            if (k, drawn) not in self.seen:
                boxes = part() if k == 0 else self.boxes(texts(part))
                self.seen[k, drawn] = [words for words, box in boxes if self.outside(box)]
            found += self.seen[k, drawn]
        return found

    def still(self):
        """The boxes of axes and of words that do not move."""
        figure = self.picture.figure
        moving = {id(text) for artist in self.picture.artists for text in artist.findobj(Text)}
        axes = [
            axis
            for ax in figure.axes
            if ax.axison and ax.get_visible()
            for axis in (ax.xaxis, ax.yaxis)
        ]
        ticks = {
            id(t) for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for t in axis.findobj(Text)
        }
        words = [text for text in texts(figure) if id(text) not in ticks | moving]
        named = [(f"the {a.axis_name} axis", a.get_tightbbox(self.renderer)) for a in axes]
        return [*self.boxes(words), *named]

    def boxes(self, words):
        return [(text.get_text(), text.get_tightbbox(self.renderer)) for text in words]

    def outside(self, box) -> bool:
        width, height = self.picture.figure.bbox.size
        return (
            box is not None
            and box.width > 0
            and (box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1)
        )


def texts(artist) -> list[Text]:
    """The words of an artist, or of a whole figure, that are seen."""
    return [t for t in artist.findobj(Text) if t.get_visible() and t.get_text().strip()]


def has_content(ax) -> bool:
    """Whether an axes that can be seen shows anything: a point, a patch, an image, a word."""
    lines = [artist for artist in ax.get_children() if isinstance(artist, Line2D)]
    points = any(line.get_visible() and np.isfinite(line.get_xydata()).any() for line in lines)
    words = any(text.get_visible() and text.get_text().strip() for text in ax.texts)
    others = [*ax.patches, *ax.collections, *ax.images, *ax.tables]
    return not ax.get_visible() or points or words or any(a.get_visible() for a in others)
