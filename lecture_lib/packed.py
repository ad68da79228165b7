"""Packs the states of an explorable for a page that has no kernel to ask."""

import gzip
import itertools
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from math import prod
from typing import Any

MOST_STATES = 1000  # of one explorable; each takes some ten milliseconds to draw, and half a KB


def packed(spec: dict, states: Mapping[tuple[int, ...], dict]) -> str:
    """The spec and the states as text: JSON, gzipped, in base64.

    A text that several states share, such as a layer that did not change, is kept once.
    """
    texts: dict[str, int] = {}

    def number(text: str) -> int:
        return texts.setdefault(text, len(texts))

    rows = {
        ",".join(map(str, at)): [
            number(shown["backdrop"]),
            number(shown["says"]),
            *map(number, shown["layers"]),
        ]
        for at, shown in states.items()
    }
    content = {"spec": spec, "texts": list(texts), "states": rows}
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return b64encode(gzip.compress(plain, mtime=0)).decode()


def states_needed(explorable, live: Sequence[str]) -> int:
    """How many states there are if these controls are live, some of them perhaps twice."""
    counts = [len(explorable.controls[name].values) for name in live]
    return (1 + len(explorable.presets)) * prod(counts)


def settings(explorable, live: Sequence[str]) -> list[dict[str, Any]]:
    """Every setting that can be reached without a kernel.

    These are the start and each preset, and from there every value of the controls that are live.
    """
    start = explorable.starts
    bases = [start, *({**start, **values} for values in explorable.presets.values())]
    moves = itertools.product(*(explorable.controls[name].values for name in live))
    found = [
        {**base, **dict(zip(live, move, strict=True))}
        for base, move in itertools.product(bases, moves)
    ]
    return list({tuple(explorable.places(setting)): setting for setting in found}.values())


def element(explorable, *, deck: bool = False, live: Sequence[str] | None = None) -> str:
    """HTML of a picture that moves without a kernel; where no script runs, a still.

    `live` names the controls that move, by default those that move in a deck.
    ValueError if there are more states than can be drawn beforehand.
    """
    live = explorable.in_deck if live is None else live
    needed = states_needed(explorable, live)
    if needed > MOST_STATES:
        raise ValueError(
            f"explore({explorable.scene.__name__}): a deck would need {needed:,} states, and "
            f"{MOST_STATES:,} can be drawn beforehand; "
            "name the controls that move there: in_deck=[...]"
        )
    states = {
        tuple(explorable.places(setting)): explorable.frame(setting)[1]
        for setting in settings(explorable, live)
    }
    says = explorable.frame(explorable.starts)[0].says
    still = f'{explorable.picture.svg(says)}<p class="says">{escape(says)}</p>'
    source = f'<p class="source">{escape(explorable.scene.source)}</p>'
    return (
        f'<lecture-explorable><div class="lecture-ex">{still}{source}</div>'
        f'<script type="application/gzip">{packed(explorable.spec(live, deck), states)}</script>'
        "</lecture-explorable>"
    )
