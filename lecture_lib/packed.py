"""Packs the states of an explorable for a page that has no kernel to ask."""

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping

MOST_STATES = 1000  # of one explorable; each takes about ten milliseconds to draw, and 1 KB


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
