"""Builds the decks and their scripts: `python -m slides.build [notebook ...] [--out slides/built]`.

Each notebook runs once in a fresh kernel. Its marked cells become the deck of its chapter; without
any notebook named, the talks of slides/plan.toml are built from the same slides too.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from slides import BUILT, BuildError, packages
from slides.chapters import Chapter, all_notebooks, chapter
from slides.decks import MOST_BYTES, Deck, write_deck, write_whole
from slides.plan import read_plan
from slides.script import script
from slides.talks import talks

AT_ONCE = 2  # notebooks: each has a kernel of its own that wants a core


def main(arguments: list[str] | None = None) -> int:
    """Build the decks that the command line names; return 0, or 1 after saying what is wrong."""
    about = "Build self-contained slide decks from notebooks."
    options = asked(arguments, about, unnamed="all, and the talks")
    notebooks = options.notebooks or all_notebooks()
    if not notebooks:
        print("There is no notebook in notebooks/.", file=sys.stderr)
        return 1
    try:
        for deck in decks(notebooks, with_talks=not options.notebooks):
            _report(write_deck(deck, options.out), deck)
            write_whole(options.out / "script" / f"{deck.name}.html", script(deck))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def asked(arguments: list[str] | None, about: str, unnamed: str = "all") -> Namespace:
    """The notebooks that a command line names, perhaps none, and the folder `out`."""
    parser = ArgumentParser(description=about)
    parser.add_argument("notebooks", nargs="*", type=Path, help=f"default: {unnamed}")
    parser.add_argument("--out", type=Path, default=BUILT)
    return parser.parse_args(arguments)


def of_each(make: Callable, notebooks: Iterable[Path]) -> list:
    """What is made of each notebook, in their order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(make, notebooks))


def _report(path: Path, deck: Deck) -> None:
    size = f"{path.stat().st_size / 1e6:.1f} of at most {MOST_BYTES / 1e6:.0f} MB"
    moving = sum(slide.moves for slide in deck.slides)
    print(f"{path.name}: {len(deck.slides)} slides, {moving} pictures that move, {size}")


def decks(notebooks: Iterable[Path], *, with_talks: bool = False) -> list[Deck]:
    """The decks of these notebooks, and with them the talks of the plan. Raises BuildError."""
    packages.install()
    plan = read_plan() if with_talks else None
    chapters = of_each(chapter, notebooks)
    found = [chapter_deck(one) for one in chapters]
    return [*found, *talks(plan, chapters)] if plan else found


def chapter_deck(one: Chapter) -> Deck:
    """The deck of a chapter: all its slides, in its own order."""
    return Deck(one.name, [(one.label, s) for s in one.slides], {one.name: one.stamp})


def build_deck(path: Path, out: Path) -> Path:
    """Run the notebook at `path` and write its deck into the folder `out`; return the deck's path.

    A deck that stands there is replaced whole or stays as it was. Raises BuildError.
    """
    packages.install()
    return write_deck(chapter_deck(chapter(path)), out)


if __name__ == "__main__":
    raise SystemExit(main())
