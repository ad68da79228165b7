"""The reader of data/: a file's rows, held to the rules, and every mistake told in one sentence."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lecture_lib.catalog.rules import NOT_READ, ORIGIN_KEYS, RULES, TEXT, Rule


class CatalogError(KeyError, ValueError):
    """A name that no row has, or a row that breaks a rule: one sentence, with the way out."""

    __str__ = Exception.__str__  # a KeyError would show its text in quotes


def nearest(asked: object, known: Iterable[str], most: int = 6) -> list[str]:
    """The known names that may be meant: those with the text or its words in them, or similar."""
    known, folded = list(known), str(asked).casefold()
    words = re.findall(r"[^\W\d_]+|\d+", folded)
    inside = [name for name in known if words and folded in name.casefold()]
    inside = inside or [n for n in known if words and all(w in n.casefold() for w in words)]
    by_fold = {name.casefold(): name for name in known}
    return inside[:most] or [by_fold[fold] for fold in get_close_matches(folded, by_fold, n=most)]


def read(directory: Path, table: str) -> dict[str, dict]:
    """The rows of a table, every one of them checked. CatalogError names what is wrong."""
    stem, _, section = table.partition(".")
    path = directory / f"{stem}.toml"
    label = f"{directory.name}/{path.name}"
    try:
        rows = tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        why = error.strerror or "unknown reason"
        raise CatalogError(f"{label}: cannot be read ({why}); put the file back") from None
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise CatalogError(
            f"{label}: byte {error.start} is 0x{byte:02x}, which is not UTF-8; save it as UTF-8"
        ) from None
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).rstrip(")").rpartition(" (at ")
        raise CatalogError(
            f"{label}, {place}: no TOML: {what}; mend that line, and mind that a row's name and "
            "a key in a row may stand only once"
        ) from None
    rows = rows.get(section, {}) if section else rows
    if not rows:
        raise CatalogError(f"{label}: has no row{section and f' in [{section}]'}; put them back")
    for name, row in rows.items():
        if not TEXT.holds(name):
            raise CatalogError(f"{label}, row {name!r}: must have a name; give it one")
        where = f"{label}, row {name!r}"
        _check(where, "", row, RULES[table])
        _check_pairs(where, table, row)
    return rows


def _check(where: str, path: str, table: Any, rules: Mapping[str, Any]) -> None:
    """Holds a table to its rules: each key is known, none is missing, each value obeys."""
    if not isinstance(table, dict):
        spot = f"{where}, key {path.rstrip('.')!r}" if path else where
        raise CatalogError(f"{spot}: must be a table of keys, not {table!r}; see its neighbours")
    for key, value in table.items():
        rule = rules.get(key) or rules.get(f"{key}?")
        if rule is None:
            meant = nearest(key, (name.rstrip("?") for name in rules), 1)
            way_out = f"write {meant[0]!r}" if meant else "the top of the file lists the keys"
            raise CatalogError(
                f"{where}, key {path + key!r}: no key of this table, with the value {value!r}; "
                f"{way_out}"
            )
        if isinstance(rule, Rule):
            if not rule.holds(value):
                raise CatalogError(
                    f"{where}, key {path + key!r}: must {rule.must}, not {value!r}; {rule.way_out}"
                )
        elif isinstance(rule, list):
            if not isinstance(value, list):
                raise CatalogError(
                    f"{where}, key {path + key!r}: must be a list of tables, not {value!r}; "
                    "put [ ] around it"
                )
            for index, item in enumerate(value):
                _check(where, f"{path}{key}[{index}].", item, rule[0])
        else:
            _check(where, f"{path}{key}.", value, rule)
    for key in rules:
        if key not in table and not key.endswith("?"):
            raise CatalogError(f"{where}, key {path + key!r}: missing, so it has no value; add it")


def _check_pairs(where, table, row):
    """Holds two keys of a row to each other, where the one bounds or replaces the other."""
    if table == "energies" and row["low"] > row["high"]:
        raise CatalogError(
            f"{where}, key 'low': must not be above high = {row['high']!r}, not {row['low']!r}; "
            "swap or correct them"
        )
    if table == "measured" and ("tokens_per_s" in row) == ("seconds_per_token" in row):
        raise CatalogError(
            f"{where}, key 'tokens_per_s': must stand alone or leave its place to "
            f"seconds_per_token, not be {row.get('tokens_per_s')!r}; give one of the two"
        )
    if table == "perplexities":
        given = sorted({"perplexity", "difference", "ratio"} & set(row))
        if len(given) != 1 or ("ratio" in row) == ("untouched" in row):
            raise CatalogError(
                f"{where}, key 'perplexity': must come with untouched, or leave its place to "
                f"difference with untouched, or to ratio alone, not be {', '.join(given)}; "
                "give one of the three"
            )


def check_origin(label: str, name: str, row: Mapping[str, Any], sources: Mapping[str, Any]) -> None:
    """Holds what a row says of its origin to the laws that no rule of one key can tell.

    A recalled figure was never read, and a read one never recalled; what was seen, was seen in a
    source that somebody read; what was derived says how; an exception is of a key in its row.
    """
    where = f"{label}, row {name!r}"
    for key in [row["source"], *row.get("also", ())]:
        _check_source(
            f"{where}, key {'source' if key == row['source'] else 'also'!r}", key, sources
        )
    _check_pair(where, "", row, sources, told="note" in row or "model" in row)
    for index, exception in enumerate(row.get("exceptions", ())):
        path = f"exceptions[{index}]."
        _check_source(f"{where}, key {path + 'source'!r}", exception["source"], sources)
        _check_pair(where, path, exception, sources, told="note" in exception)
        for field in exception["fields"]:
            if not _is_of(field, row):
                raise CatalogError(
                    f"{where}, key {path + 'fields'!r}: must name keys of this row, not {field!r}; "
                    f"it has {', '.join(key for key in row if key not in ORIGIN_KEYS)}"
                )


def _is_of(field, row):
    """Whether a row has this key; of its peaks, "peaks.fp16" and "peaks.fp16.fp32" name some."""
    key, *parts = field.split(".")
    if not parts or key != "peaks":
        return field in row and field not in ORIGIN_KEYS
    rates = [[peak["operands"], peak["accumulator"]] for peak in row.get(key, ())]
    return any(rate[: len(parts)] == parts for rate in rates)


def _check_source(spot, key, sources):
    if key not in sources:
        names = ", ".join(map(repr, nearest(key, sources))) or "none"
        raise CatalogError(
            f"{spot}: must be a row of sources.toml, not {key!r}; nearest: {names}; "
            "take one of these or add the source there"
        )


def _check_pair(where, path, origin, sources, *, told):
    confidence, read_on, source = (origin[key] for key in ("confidence", "read_on", "source"))
    spot = f"{where}, key {path + 'read_on'!r}"
    if confidence == "recalled" and read_on != NOT_READ:
        raise CatalogError(
            f'{spot}: must be "{NOT_READ}" beside confidence = "recalled", not {read_on!r}; '
            "look the figure up and call it seen, or take the date away"
        )
    if confidence != "recalled" and read_on == NOT_READ:
        raise CatalogError(
            f'{spot}: must be a date beside confidence = "{confidence}", not {read_on!r}; '
            'say when it was read, or call it "recalled"'
        )
    if confidence == "seen" and sources[source].read_on == NOT_READ:
        raise CatalogError(
            f"{where}, key {path + 'source'!r}: must be a source that was read beside confidence = "
            f'"seen", not {source!r}; give sources.toml the date of reading, or call it "recalled"'
        )
    if confidence == "derived" and not told:
        raise CatalogError(
            f"{where}, key {path + 'confidence'!r}: must come with a note that says how, not "
            f"{confidence!r} alone; add the formula"
        )
