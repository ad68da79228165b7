"""The plan of the talks, slides/plan.toml: which slides, in which order, for how many minutes.

A slide is named by its question and is never copied: it is whatever its chapter shows under it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slides import ROOT, BuildError

PLAN = ROOT / "slides" / "plan.toml"
TOLERANCE = 0.1  # of a slot: nobody speaks to the minute, and a tenth over still ends in time


@dataclass(frozen=True)
class Slot:
    """A talk as it is booked: a length, and how many slides such a length carries."""

    name: str
    minutes: float
    least: int
    most: int


@dataclass(frozen=True)
class Chosen:
    """A slide in the talks."""

    asks: str
    """Its question: the heading in its chapter."""
    minutes: Mapping[str, float]
    """Slot's name -> what it takes there; a slot that is not named leaves the slide out."""
    say: str = ""
    """What is spoken there, as markdown; empty where the chapter's own notes are."""


@dataclass(frozen=True)
class Part:
    """What the talks take from one chapter; one that is not written yet has its place kept."""

    chapter: int
    slides: tuple[Chosen, ...] = ()
    asks: str = ""
    """The question of a chapter to come."""
    kept: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    """Slot's name -> slides and minutes that are kept for a chapter to come."""

    def count(self, slot: str) -> int:
        """How many slides of the slot are from here, those to come included."""
        return sum(slot in c.minutes for c in self.slides) + self.kept.get(slot, (0, 0))[0]

    def minutes(self, slot: str) -> float:
        """How many minutes of the slot are spent here, those to come included."""
        return sum(c.minutes.get(slot, 0) for c in self.slides) + self.kept.get(slot, (0, 0))[1]


@dataclass(frozen=True)
class Plan:
    """The talks: their slots, the slide that opens them, and the parts in their order."""

    title: str
    subtitle: str
    opening: Chosen
    slots: Mapping[str, Slot]
    parts: tuple[Part, ...]

    def count(self, slot: str) -> int:
        """How many slides the slot has, its opening and those to come included."""
        return 1 + sum(part.count(slot) for part in self.parts)

    def minutes(self, slot: str) -> float:
        """How many minutes the slot takes, its opening and those to come included."""
        return self.opening.minutes[slot] + sum(part.minutes(slot) for part in self.parts)


def read_plan(path: Path = PLAN) -> Plan:
    """The plan, checked. BuildError where it cannot be read, or does not fill its slots."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BuildError(f"{path}: there is no such plan of the talks.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BuildError(f"{path.name} is no TOML: {error}.") from None
    _only(rows, {"title", "subtitle", "opening", "slots", "parts"}, path.name)
    slots = {name: _slot(name, row, path.name) for name, row in rows["slots"].items()}
    _only(rows["opening"], {"say", *slots}, f"{path.name}, opening")
    opening = _chosen({"asks": rows["title"], **rows["opening"]}, slots, path.name)
    parts = tuple(_part(row, slots, path.name) for row in rows["parts"])
    plan = Plan(rows["title"], rows["subtitle"], opening, slots, parts)
    for slot in slots.values():
        _check_slot(plan, slot, path.name)
    return plan


def _only(row: Mapping[str, Any], keys: set[str], where: str, optional: set[str] = frozenset()):
    """Refuses a row with a key too many or too few: the keys that are not `optional` must stand."""
    for key in row.keys() - keys:
        raise BuildError(
            f"{where}: the key {key!r} is not known; there are {', '.join(sorted(keys))}."
        )
    for key in sorted(keys - optional - row.keys()):
        raise BuildError(f"{where}: the key {key!r} is missing.")


def _slot(name: str, row: Mapping[str, Any], where: str) -> Slot:
    _only(row, {"minutes", "slides"}, f"{where}, slot {name}")
    least, most = _pair(row["slides"], f"{where}, slot {name}: slides are the least and the most")
    return Slot(name, _positive(row["minutes"], f"{where}, slot {name}"), least, most)


def _part(row: Mapping[str, Any], slots: Mapping[str, Slot], where: str) -> Part:
    where = f"{where}, chapter {row.get('chapter', '?')}"
    if "kept" not in row:
        _only(row, {"chapter", "slides"}, where)
        return Part(row["chapter"], tuple(_chosen(c, slots, where) for c in row["slides"]))
    _only(row, {"chapter", "asks", "kept"}, where)
    _only(row["kept"], set(slots), f"{where}, kept", optional=set(slots))
    pairs = {
        name: _pair(pair, f"{where}: kept are slides and minutes")
        for name, pair in row["kept"].items()
    }
    kept = {name: (count, _positive(time, where)) for name, (count, time) in pairs.items()}
    return Part(row["chapter"], asks=row["asks"], kept=kept)


def _chosen(row: Mapping[str, Any], slots: Mapping[str, Slot], where: str) -> Chosen:
    where = f"{where}, slide {row.get('asks', '?')!r}"
    _only(row, {"asks", "say", *slots}, where, optional={"say", *slots})
    minutes = {name: _positive(row[name], where) for name in slots if name in row}
    longest = max(slots.values(), key=lambda slot: slot.minutes).name
    if longest not in minutes:
        raise BuildError(f"{where}: give its minutes in {longest}; a shorter talk is a cut of it.")
    return Chosen(row["asks"], minutes, row.get("say", ""))


def _pair(pair: Any, what: str) -> tuple:
    if not (isinstance(pair, list) and len(pair) == 2):
        raise BuildError(f"{what}, not {pair!r}.")
    return tuple(pair)


def _positive(minutes: Any, where: str) -> float:
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not minutes > 0:
        raise BuildError(f"{where}: minutes are a number above 0, not {minutes!r}.")
    return minutes


def _check_slot(plan: Plan, slot: Slot, where: str) -> None:
    minutes, count = plan.minutes(slot.name), plan.count(slot.name)
    if abs(minutes / slot.minutes - 1) > TOLERANCE:
        raise BuildError(
            f"{where}, slot {slot.name}: its slides take {minutes:g} minutes, and {slot.minutes:g} "
            f"are booked; a tenth more or less is allowed."
        )
    if not slot.least <= count <= slot.most:
        raise BuildError(
            f"{where}, slot {slot.name}: it has {count} slides, and {slot.least} to {slot.most} "
            "are right for its length."
        )
