"""Controls with a finite list of values, so that every state can be tested, drawn and exported."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Control:
    """A control: its values, the words that show them, where it starts, and how it is drawn."""

    values: tuple[Any, ...]
    labels: tuple[str, ...]
    start: Any
    kind: str  # "menu", "slider" or "switch"
    name: str | None = None  # the words before the control; by default the argument's name
    play: bool = False  # whether a button steps through the values
    groups: tuple[tuple[str, int], ...] = ()  # of a menu: their names, how many values each has

    def __post_init__(self):
        if not self.values:
            raise ValueError("a control needs at least one value, and this one has none")
        if len(set(self.labels)) < len(self.labels):
            twice = next(label for label in self.labels if self.labels.count(label) > 1)
            raise ValueError(
                f"a control shows each value by its own words, and {twice!r} stands for two"
            )
        if self.start not in self.values:
            raise ValueError(
                f"a control starts at one of its values, {self.labels}, not at {self.start!r}"
            )

    @property
    def ends(self) -> tuple[Any, ...]:
        """The first and the last value."""
        return self.values[0], self.values[-1]

    def label(self, value: Any) -> str:
        return self.labels[self.values.index(value)]


def choice(
    options: Mapping[str, Any] | Sequence[str], start: Any = None, *, name: str | None = None
):
    """A menu. `options` are words, or words with what they stand for: {"FP16": 2, "INT8": 1}.

    A long menu is read more easily in groups of words: {"AMD": ["MI300X"], "Google": ["TPU v4"]}.
    """
    groups = ()
    if isinstance(options, Mapping) and all(isinstance(v, list) for v in options.values()):
        groups = tuple((group, len(members)) for group, members in options.items())
        options = [option for members in options.values() for option in members]
    if not isinstance(options, Mapping):
        options = {str(option): option for option in options}
    values = tuple(options.values())
    first = values[0] if start is None and values else start
    return Control(values, tuple(options), first, "menu", name, groups=groups)


def doubling(
    first: int,
    last: int,
    start: int,
    *,
    unit: str = "",
    name: str | None = None,
    play: bool = False,
) -> Control:
    """A slider over first, 2 first, 4 first, ... up to and including last.

    With `play` a button steps through the values.
    """
    if not (first >= 1 and last >= first):
        raise ValueError(
            f"doubling runs from a value of at least 1 upwards, not from {first} to {last}"
        )
    values = tuple(first * 2**k for k in range(int(math.log2(last / first)) + 1))
    if values[-1] != last:
        raise ValueError(f"doubling {first} again and again meets {values[-1]}, not {last}")
    labels = tuple(f"{v:,} {unit}".strip() for v in values)
    return Control(values, labels, start, "slider", name, play)


def steps(
    values: Sequence[float],
    start: float,
    *,
    unit: str = "",
    name: str | None = None,
    play: bool = False,
) -> Control:
    """A slider over the given values, in their order. With `play` a button steps through them."""
    labels = tuple(f"{v:,} {unit}".strip().replace("-", "\u2212") for v in values)
    return Control(tuple(values), labels, start, "slider", name, play)


def switch(start: bool = False, *, name: str | None = None) -> Control:
    """A switch: off or on."""
    return Control((False, True), ("off", "on"), start, "switch", name)
