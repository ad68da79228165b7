"""The overflow gate: `python -m slides.gate [deck ...]`.

Opens built decks in Chromium without network, on two screens, and goes through every slide before
and after its steps and every moving picture at the ends of its controls. What overflows, overlaps,
is cut off, too small, too pale or without words is said in one line each. gate.js and the two files
beside it look. Letters that a style sheet generates, as the numbers of a list, they do not see.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slides import BUILT, BuildError
from slides.browser import PATIENCE, Visit, launched, visit, wait_for_deck

SCREENS = ((1280, 720), (1920, 1080))
SCRIPT = [Path(__file__).with_name(name) for name in ("gate_look.js", "gate_checks.js", "gate.js")]


@dataclass(frozen=True)
class Seen:
    """What one walk through a deck looked at, and the faults found, a line each."""

    faults: list[str]
    slides: int = 0
    pictures: int = 0
    settings: int = 0
    """States looked at: of each slide before and after its steps, and of each moving picture."""


def main(arguments: list[str] | None = None) -> int:
    """Look through the decks that the command line names; return 0, or 1 after naming faults."""
    parser = argparse.ArgumentParser(description="Look for what overflows in built decks.")
    parser.add_argument("decks", nargs="*", type=Path, help="default: all of slides/built")
    options = parser.parse_args(arguments)
    try:
        return _look_through(options.decks or _decks_in(BUILT))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1


def _look_through(decks: Sequence[Path]) -> int:
    for deck in decks:
        if not deck.is_file():
            raise BuildError(f"{deck}: there is no such deck; make slides builds them.")
        if not is_deck(deck):
            raise BuildError(f"{deck.name} is no deck: it holds no reveal.js slides.")
    walks = []
    with launched() as browser:
        for deck in decks:
            for screen in SCREENS:
                walks.append(walk(browser, deck, screen))
                print(*walks[-1].faults, sep="\n", end="\n" if walks[-1].faults else "", flush=True)
    faults = sum(len(one.faults) for one in walks)
    if faults:
        print(f"{faults} faults in {_number(len(decks), 'deck')}.", file=sys.stderr)
        return 1
    first = walks[:: len(SCREENS)]
    print(
        f"{_number(len(decks), 'deck')}, {_number(sum(one.slides for one in first), 'slide')}, "
        f"{_number(sum(one.pictures for one in first), 'picture')}, "
        f"{_number(sum(one.settings for one in first), 'setting')} on {len(SCREENS)} screens: "
        "nothing overflows."
    )
    return 0


def _number(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"


def _decks_in(folder: Path) -> list[Path]:
    """The decks of a folder, after saying which pages there are none. BuildError without any."""
    pages = sorted(folder.glob("*.html"))
    for page in pages:
        if not is_deck(page):
            print(f"{page.name}: passed over, for it holds no reveal.js slides")
    decks = [page for page in pages if is_deck(page)]
    if not decks:
        raise BuildError(f"There is no deck in {folder}; make slides builds them.")
    return decks


def is_deck(page: Path) -> bool:
    """Whether an HTML file holds reveal.js slides."""
    return '<div class="reveal">' in page.read_text(encoding="utf-8")


def inspect(browser, deck: Path, screen: tuple[int, int]) -> list[str]:
    """The faults of the deck in a window of that size: one line each, none for a sound deck."""
    return walk(browser, deck, screen).faults


def faults(page) -> list[str]:
    """The faults of the deck that is open in playwright's `page`, at the size of its window."""
    return _seen(page).faults


def walk(browser, deck: Path, screen: tuple[int, int]) -> Seen:
    """Open the deck from its file without network and look through it."""
    opened = visit(browser, deck.resolve().as_uri(), *screen)
    try:
        seen = _ready(opened) and _seen(opened.page)
    finally:
        opened.page.context.close()
    at = f"on a screen of {screen[0]}x{screen[1]}"
    lines = [*(seen.faults if seen else [f"{at}: it did not open within {PATIENCE // 1000} s"])]
    lines += [f"{at}: asks the network for {address}" for address in opened.requests]
    lines += [f"{at}: the console says: {_line(words)}" for words in opened.complaints]
    lines = [f"{deck.name}, {line}" for line in lines]
    return Seen(lines, seen.slides, seen.pictures, seen.settings) if seen else Seen(lines)


def _line(words: str) -> str:
    return " ".join(words.split())


def _ready(opened: Visit) -> bool:
    """Whether all of the deck stands, after waiting for it."""
    from playwright.sync_api import TimeoutError as Late

    try:
        wait_for_deck(opened.page, PATIENCE)
    except Late:
        return False
    return True


def _seen(page) -> Seen:
    script = "\n".join(part.read_text(encoding="utf-8") for part in SCRIPT)
    found = page.evaluate(f"async () => {{\n{script}\n}}")
    size = "{width}x{height}".format(**page.viewport_size)
    lines = [
        f'slide {one["slide"]} "{one["title"]}" at {size}'
        f"{', ' * bool(one['setting'])}{one['setting']}: {_line(one['words'])}"
        for one in found["faults"]
    ]
    return Seen(lines, found["slides"], found["pictures"], found["settings"])


if __name__ == "__main__":
    raise SystemExit(main())
