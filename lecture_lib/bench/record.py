"""data/bench.toml, written: a row at a time, and never half a file."""

import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "data" / "bench.toml"


def rows(file: Path = FILE) -> dict[str, dict[str, Any]]:
    """The rows that are on record, by name. None if the file is not there yet."""
    return tomllib.loads(file.read_text("utf-8")) if file.exists() else {}


def keep(name: str, row: Mapping[str, Any], order: Iterable[str], file: Path = FILE):
    """Adds or replaces a row: rows stand in this order, and those it does not name at the end.

    The file is written anew beside the old one, which it then replaces in one step.
    """
    kept = {**rows(file), name: dict(row)}
    known = [each for each in order if each in kept]
    ordered = [*known, *(each for each in kept if each not in set(known))]
    parts = [head(file), *(as_toml(each, kept[each]) for each in ordered)]
    beside = file.with_suffix(f".{os.getpid()}")
    beside.write_text("\n".join(parts), "utf-8", newline="\n")
    os.replace(beside, file)


def head(file: Path) -> str:
    """The remarks at the top of the file, which a new row leaves alone."""
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    remarks = []
    for line in lines:
        if not line.startswith("#"):
            break
        remarks.append(line)
    return "".join(f"{line}\n" for line in remarks)


def as_toml(name: str, row: Mapping[str, Any]) -> str:
    lines = [f"[{_value(name)}]", *(f"{key} = {_value(value)}" for key, value in row.items())]
    return "\n".join(lines) + "\n"


def _value(value) -> str:
    if isinstance(value, str):  # JSON's text is TOML's, but for one letter
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)
