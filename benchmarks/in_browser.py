"""A move as a student sees it: JupyterLab in Chromium, from the key to the painted picture."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from browser import launched
from contestants import CONTROL, SCENES, explorable, slider
from in_kernel import ROUNDS, environment
from laboratory import jupyter_lab, run_all, write_notebook

WATCH = Path(__file__).with_name("watch.js").read_text("utf-8")
FLOOR = "empty update"
WIDTH, HEIGHT = 1280, 1000  # CSS px
PAUSE = 60  # ms between two moves, so that one does not wait for the tail of another
LINGER = 2000  # ms that a film goes on after the drag
WARM = 4  # moves before the first that counts
END = "every cell has run"
FILMED = 60  # moves of the mouse in a drag
DRAG = 3.0  # s
THERE_AND_BACK = 3  # times over the slider in a drag: there, back, there


@dataclass
class Racer:
    """One cell of the notebook: how it is moved, and what in it is the picture."""

    name: str
    source: str
    handle: str  # CSS: what takes the keys
    picture: str  # CSS: what changes
    values: int = 10**9
    other: str = ""  # CSS: what is moved at each end of the walk, so that no state comes twice
    at: int = 0  # number of the value that shows
    rising: bool = True
    durations: list[float] = field(default_factory=list)  # s

    def key(self) -> str:
        """The next key of a walk there and back over the slider."""
        if self.at_end:
            self.rising = not self.rising
        self.at += 1 if self.rising else -1
        return "ArrowRight" if self.rising else "ArrowLeft"

    @property
    def at_end(self) -> bool:
        return self.at == (self.values - 1 if self.rising else 0)

    def to_the_first(self) -> int:
        """How many keys the walk still takes to the first value."""
        round_trip = 2 * (self.values - 1)
        return (round_trip - self.at) % round_trip if self.rising else self.at


def racers() -> list[Racer]:
    """The floor, and for each scene interact and our explorable."""
    found = [Racer(FLOOR, "contestants.Echo()", ".echo", ".echo")]
    for scene in SCENES:
        made = explorable(scene)
        source = f"contestants.explorable({scene!r})"
        values = slider(made)
        walk = {"values": len(values), "at": values.index(made.starts[CONTROL])}
        handle = f'input[aria-label="{made.controls[CONTROL].name}"]'
        rival = (f"contestants.with_interact({source})", ".noUi-handle", ".jp-OutputArea img")
        ours = (source, handle, ".lecture-ex svg.picture")
        other = f".settings > :not(:has({handle})) :is(select, input)"
        found.append(Racer(f"{scene}, interact", *rival, **walk))
        found.append(Racer(f"{scene}, ours", *ours, **walk, other=other))
    return found


def ended(page) -> None:
    """Waits until each cell has run. AssertionError if one of them fails."""
    page.get_by_text(END, exact=True).wait_for()
    faults = page.locator(".jp-OutputArea-output[data-mime-type*=error]")
    assert not faults.count(), faults.first.inner_text()


class Track:
    """The cell of a racer on the page, in view."""

    def __init__(self, page, racer: Racer, index: int):
        self.page, self.racer = page, racer
        self.cell = page.locator(".jp-Notebook .jp-CodeCell").nth(index)
        self.cell.scroll_into_view_if_needed()
        self.handle = self.cell.locator(racer.handle)
        self.handle.wait_for()
        self.cell.locator(racer.picture).wait_for()
        self.handle.scroll_into_view_if_needed()
        page.wait_for_timeout(500)

    def ask(self, call: str):
        """What watch.js says of the cell."""
        return self.cell.evaluate(f"(cell, css) => watch.{call}(cell, css)", self.racer.picture)

    def press(self, key: str, pause: int = PAUSE) -> float:
        """Seconds from a key to the frame after its picture."""
        self.ask("key")
        self.page.keyboard.press(key)
        elapsed = self.page.evaluate("() => watch.moved()") / 1000
        self.page.wait_for_timeout(pause)
        return elapsed

    def walk(self, moves: int, pause: int = PAUSE, fresh: bool = False) -> list[float]:
        """Durations [s] of moves by key, there and back over the slider.

        A fresh walk comes to no state twice: at each end it moves another control, untimed.
        """
        durations = []
        for _ in range(moves):
            if fresh and self.racer.other and self.racer.at_end:
                self.cell.locator(self.racer.other).last.focus()
                self.page.keyboard.press("ArrowRight")
                self.page.wait_for_timeout(5 * PAUSE)
            self.handle.focus()
            durations.append(self.press(self.racer.key(), pause))
        return durations

    def drag(self) -> dict:
        """What a film of a drag shows: there, back and there over the slider in DRAG seconds."""
        self.walk(self.racer.to_the_first())
        left, right, y = self.ends()
        mouse = self.page.mouse
        mouse.move(left, y)
        self.ask("roll")
        mouse.down()
        start = time.monotonic()
        for step in range(1, FILMED + 1):
            mouse.move(left + (right - left) * zigzag(step / FILMED), y)
            wait = start + DRAG * step / FILMED - time.monotonic()
            self.page.wait_for_timeout(max(0, wait * 1000))
        mouse.up()
        self.page.wait_for_timeout(LINGER)
        film, last = self.ask("cut"), self.ask("picture")
        self.racer.at, self.racer.rising = self.racer.values - 1, True
        for key in ("ArrowLeft", "ArrowRight"):
            self.press(key)
        passed = THERE_AND_BACK * (self.racer.values - 1)
        return film | {"passed": passed, "right": last == self.ask("picture")}

    def ends(self) -> tuple[float, float, float]:
        """Where the drag begins and ends, and its height [CSS px]: on the handle, past the end."""
        box = self.handle.bounding_box()
        y = box["y"] + box["height"] / 2
        if self.handle.get_attribute("type") == "range":
            return box["x"] + 8, box["x"] + box["width"] + 8, y
        track = self.cell.locator(".noUi-base").last.bounding_box()
        return box["x"] + box["width"] / 2, track["x"] + track["width"] + 8, y


def zigzag(part: float) -> float:
    """Where a hand is that goes there, back and there again, from 0 to 1."""
    return 1 - abs(1 - THERE_AND_BACK * part % 2)


@contextmanager
def running(field: list[Racer], density: int = 1) -> Iterator[tuple]:
    """The racers in JupyterLab, every cell run: the page, and what goes wrong on it."""
    sources = ["import contestants", *(racer.source for racer in field), f"print({END!r})"]
    with TemporaryDirectory() as folder, launched() as browser:
        notebook = write_notebook(Path(folder) / "race.ipynb", *sources)
        with jupyter_lab(notebook, environment()) as address:
            opened = run_all(browser, address, WIDTH, HEIGHT)
            screen = {"deviceScaleFactor": density, "mobile": False}
            screen |= {"width": WIDTH, "height": HEIGHT}
            debugger(opened.page).send("Emulation.setDeviceMetricsOverride", screen)
            ended(opened.page)
            opened.page.evaluate(WATCH)
            yield opened.page, opened
            opened.page.context.close()  # before its server goes, which it would complain of


def debugger(page):
    """The line to Chromium's own tools."""
    return page.context.new_cdp_session(page)


def race(moves: int, density: int = 1) -> dict:
    """Durations [s] of each racer's moves, their drags, and what the page complained of."""
    field = dict(enumerate(racers(), start=1))  # the first cell is for the imports
    drags = {}
    with running([*field.values()], density) as (page, opened):
        for turn in range(ROUNDS + 1):
            for cell, racer in field.items():
                count = -(-moves // ROUNDS) if turn else WARM
                times = Track(page, racer, cell).walk(count, fresh=True)
                racer.durations += times if turn else []
        seen = {}
        for cell, racer in field.items():
            if racer.other:
                track = Track(page, racer, cell)
                track.walk(2 * racer.values, pause=0)
                seen[f"{racer.name}, seen before"] = track.walk(moves)
        for cell, racer in field.items():
            if racer.name != FLOOR:
                drags[racer.name] = Track(page, racer, cell).drag()
    durations = {racer.name: racer.durations for racer in field.values()} | seen
    wrong = {"complaints": opened.complaints, "requests": opened.requests}
    return {"durations": durations, "drags": drags, **wrong}


def growth(name: str, moves: int) -> dict[str, float]:
    """What the page keeps of each move of a racer: bytes of JavaScript, and nodes."""
    racer = next(racer for racer in racers() if racer.name == name)
    with running([racer]) as (page, _):
        tools = debugger(page)
        track = Track(page, racer, 1)
        track.walk(max(moves // 10, 20), pause=0)
        before = kept(tools)
        track.walk(moves, pause=0)
        after = kept(tools)
    return {what: (after[what] - before[what]) / moves for what in before}


def kept(tools) -> dict[str, float]:
    """What the page holds once everything unused is gone."""
    tools.send("Performance.enable")
    for _ in range(2):  # what the first pass lets go of, the second can free
        tools.send("HeapProfiler.collectGarbage")
    metrics = {m["name"]: m["value"] for m in tools.send("Performance.getMetrics")["metrics"]}
    return {"bytes": metrics["JSHeapUsedSize"], "nodes": metrics["Nodes"]}
