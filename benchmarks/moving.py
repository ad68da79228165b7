"""How fast a picture follows the hand, beside ipywidgets' interact and beside an empty update.

Run it by hand: .venv/bin/python benchmarks/moving.py. It takes some minutes and prints medians,
95th percentiles and, above all, ratios: machines differ and are busy, and only what ran in one run
on one machine can be compared. --kernel-only leaves the browser out, --moves N times more moves or
fewer, --markdown prints tables for a document. A target stands beside a ratio; nothing enforces it.

interact is what most notebooks do: a new pyplot figure for each value of the slider, shown as PNG.
Ours is the explorable of chapter 01. The kernel's times end where its messages are handed on, those
of the browser at the second frame after the picture has changed. 2x: at twice the pixel density.
In the browser ours comes to no state twice, but where "seen before" says that it does.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import in_kernel
from contestants import SCENES

from lecture_lib.doctor import find_chromium

LIVES = 1000  # moves over which memory is watched
FEWEST = 8
EMPTY = "page, empty update"  # what JupyterLab keeps, whatever is shown
NOTHING = 200  # bytes a move that may stay and still count as none

Durations = Mapping[str, list[float]]


@dataclass(frozen=True)
class Ratio:
    """What was compared, how it came out, and where it should be, if anywhere."""

    words: str
    value: float
    target: float | None = None
    at_least: bool = False

    def row(self) -> tuple[str, ...]:
        if self.target is None:
            return self.words, f"{self.value:.2f}", "", ""
        met = self.value >= self.target if self.at_least else self.value <= self.target
        bound = f"{'at least' if self.at_least else 'at most'} {self.target:g}"
        return self.words, f"{self.value:.2f}", bound, "met" if met else "not met"


def faster(durations: Durations, scene: str, what: str, target: float) -> Ratio:
    """How many times as long interact takes as ours; `what` follows both names."""
    value = ratio(durations[f"{scene}, interact{what}"], durations[f"{scene}, ours{what}"])
    return Ratio(f"{scene}{what}: interact / ours", value, target, at_least=True)


def ratio(slow: list[float], fast: list[float]) -> float:
    """The ratio of two medians."""
    return median(slow) / median(fast)


# -- what is printed ------------------------------------------------------------------------------


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]], markdown: bool) -> str:
    """Rows under a header, in columns; the first is flush left, the others right."""
    rows = [header, *rows]
    if markdown:
        rows.insert(1, ("---", *("---:" for _ in header[1:])))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        rest = [cell.rjust(w) for cell, w in zip(others, widths[1:], strict=True)]
        lines.append([first.ljust(widths[0]), *rest])
    join = "| {} |".format if markdown else "{}".format
    return "\n".join(join((" | " if markdown else "  ").join(line)) for line in lines) + "\n"


def times(durations: Durations, markdown: bool) -> str:
    """Medians and 95th percentiles [ms]."""
    rows = (
        (name, str(len(d)), f"{median(d) * 1e3:.1f}", f"{quantiles(d, n=20)[-1] * 1e3:.1f}")
        for name, d in durations.items()
    )
    return table(("one move", "moves", "median, ms", "95 %, ms"), rows, markdown)


def ratios(found: Iterable[Ratio], markdown: bool) -> str:
    header = ("compared", "measured", "target", "")
    return table(header, (r.row() for r in found), markdown)


def drags(films: Mapping[str, Mapping], markdown: bool) -> str:
    """What the films of the drags show."""
    rows = (
        (
            name,
            f"{film['pictures'] / film['dragged'] * 1e3:.1f}",
            f"{film['pictures']} of {film['passed']}",
            f"{film['frames'] / film['dragged'] * 1e3:.0f}",
            f"{film['settled']:.0f}",
            "yes" if film["right"] else "no",
            str(film["blank"]),
            str(film["jumps"]),
        )
        for name, film in films.items()
    )
    header = ("a drag", "pictures/s", "values shown", "frames/s", "last after, ms", "it is right")
    return table((*header, "blank frames", "jumps"), rows, markdown)


def memory(kept: Mapping[str, Mapping[str, float]], markdown: bool) -> str:
    rows = (
        (f"{place}, {what}", f"{value:.2f}")
        for place, found in kept.items()
        for what, value in found.items()
    )
    return table((f"kept of each of {LIVES:,} moves", "a move"), rows, markdown)


# -- what is run ----------------------------------------------------------------------------------


def kernel(moves: int, markdown: bool) -> None:
    durations = {}
    for scene in SCENES:
        found = in_kernel.asked(f"race({scene!r}, {moves})")
        durations |= {f"{scene}, {name}": times for name, times in found.items()}
    print("\nIn the kernel\n")
    print(times(durations, markdown))
    plain = [faster(durations, scene, "", 10) for scene in SCENES]
    print(ratios([*plain, faster(durations, SCENES[0], ", limits move", 2.5)], markdown))


def browser(moves: int, markdown: bool) -> None:
    import in_browser

    plain, dense = (in_browser.race(moves, density) for density in (1, 2))
    durations = plain["durations"]
    twice = {f"{name}, 2x": times for name, times in dense["durations"].items()}
    floor = in_browser.FLOOR
    found = [faster(durations, scene, "", 4) for scene in SCENES]
    for scene in SCENES:
        ours = f"{scene}, ours"
        most = ratio(durations[f"{scene}, interact"], durations[floor])
        found.append(Ratio(f"{scene}: interact / empty update, the most there can be", most))
        to_floor = ratio(durations[ours], durations[floor])
        found.append(Ratio(f"{scene}: ours / empty update", to_floor, 1.5))
        again = ratio(durations[f"{ours}, seen before"], durations[floor])
        found.append(Ratio(f"{scene}: ours, a state seen before / empty update", again))
        density = ratio(twice[f"{ours}, 2x"], durations[ours])
        found.append(Ratio(f"{scene}: ours, 2x / ours", density, 3))
    print("\nIn JupyterLab, in Chromium\n")
    print(times(durations | twice, markdown))
    print(ratios(found, markdown))
    twice = {f"{name}, 2x": film for name, film in dense["drags"].items()}
    print(drags(plain["drags"] | twice, markdown))
    for what in ("complaints", "requests"):
        print(f"{what} of the page: {'; '.join(plain[what] + dense[what]) or 'none'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kernel-only", action="store_true", help="leave the browser out")
    parser.add_argument("--moves", type=int, default=48, help="moves timed of each (default: 48)")
    parser.add_argument("--markdown", action="store_true", help="print tables for a document")
    options = parser.parse_args()
    if options.moves < FEWEST:
        parser.error(f"--moves is {options.moves}; a median and a percentile need {FEWEST} or more")
    if not options.kernel_only and find_chromium() is None:
        print("Chromium is not installed: make chromium does it. Only the kernel is measured.")
        options.kernel_only = True
    kernel(options.moves, options.markdown)
    kept = {"kernel": in_kernel.asked(f"growth({SCENES[0]!r}, {LIVES})")}
    if not options.kernel_only:
        browser(options.moves, options.markdown)
        import in_browser

        for place, racer in (("page", f"{SCENES[0]}, ours"), (EMPTY, in_browser.FLOOR)):
            kept[place] = in_browser.growth(racer, LIVES)
    print()
    print(memory(kept, options.markdown))
    still = [Ratio("kernel: bytes a move", kept["kernel"]["bytes"], NOTHING)]
    if "page" in kept:
        more = kept["page"]["bytes"] - kept[EMPTY]["bytes"]
        still.append(Ratio("page: bytes a move beyond those of an empty update", more, NOTHING))
    print(ratios(still, options.markdown))


if __name__ == "__main__":
    main()
