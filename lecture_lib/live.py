"""Widgets with a front end of our own: what they share, and that of an explorable."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from lecture_lib import front
from lecture_lib.medium import anywidget

REST = 0.01  # s of rest before something is drawn ahead


@cache
def card_class():
    """The class of all cards' widgets; made when first asked for, since it needs anywidget."""

    class Card(anywidget().AnyWidget):
        _css = front.style()

        def __init__(self, **traits):
            super().__init__(**traits)
            self.on_msg(self._send_fonts)

        def _send_fonts(self, _widget, message, _buffers):
            if message == {"want": "fonts"}:
                faces = front.fonts()
                self.send({"fonts": list(faces)}, buffers=list(faces.values()))

    return Card


@cache
def explorable_class():
    """The class of an explorable's widget.

    spec    what the controls are and what stands around the picture; never changes
    at      the number of the value at which each control stands; the front end sets it
    backdrop, layers, says, fault   what is shown: only those that changed are sent
    answered    where the controls stand in what is shown; the page waits for it to change
    ahead   the state that comes next if the hand goes on, and where its controls stand
    """
    import traitlets

    class ExplorableCard(card_class()):
        _esm = front.script("explorable")
        spec = traitlets.Dict().tag(sync=True)
        at = traitlets.List().tag(sync=True, echo_update=False)
        backdrop = traitlets.Unicode().tag(sync=True)
        layers = traitlets.List().tag(sync=True)
        says = traitlets.Unicode().tag(sync=True)
        fault = traitlets.Unicode().tag(sync=True)
        answered = traitlets.List().tag(sync=True)
        ahead = traitlets.Dict().tag(sync=True)

    return ExplorableCard


def bundle(widget, words: str) -> tuple[dict, dict]:
    """How a widget shows, with the words that a notebook stores for it: data and metadata."""
    data, metadata = widget._repr_mimebundle_()
    return {**data, "text/plain": words}, metadata


def later(work: Callable[[], None]) -> asyncio.TimerHandle | None:
    """Calls `work` once the kernel has sent its answers; None where no kernel is listening."""
    try:
        return asyncio.get_running_loop().call_later(REST, work)
    except RuntimeError:
        return None


class Live:
    """An explorable on a page: a hand there moves it, and what it then shows goes back."""

    def __init__(self, explorable):
        self.explorable = explorable
        spec, at = explorable.spec(explorable.controls), explorable.places(explorable.values)
        _, frame = explorable.frame(explorable.values)
        self.card = explorable_class()(spec=spec, at=at, answered=at, **frame)
        self.card.observe(self.moved, "at")
        self.card.on_msg(self.reminded)
        self.waiting = None  # what will be drawn ahead

    def send(self, frame: Mapping[str, Any]) -> None:
        """Tells the page what to show, in one message; what is not named stays as it is."""
        at = self.explorable.places(self.explorable.values)
        with self.card.hold_sync():
            for name, value in {"at": at, **frame, "answered": at}.items():
                setattr(self.card, name, value)

    def moved(self, change) -> None:
        """Answers a hand on a control, and draws ahead what follows if it goes on."""
        old, new = change["old"], change["new"]
        if new == self.explorable.places(self.explorable.values):
            return  # it was not a hand
        if self.waiting:
            self.waiting.cancel()
        self.explorable.visit(**self.values_at(new))
        next_places = following(old, new, self.explorable.controls.values())
        if next_places:
            self.waiting = later(partial(self.draw_ahead, next_places))

    def reminded(self, _card, message, _buffers) -> None:
        """Answers a page that has waited for long, whether its move or our answer got lost."""
        if "at" not in message:
            return
        try:
            self.explorable.visit(**self.values_at(message["at"]))
        finally:  # what is wrong with the state is told in its place
            self.card.send_state(["backdrop", "layers", "says", "fault", "answered"])

    def draw_ahead(self, places: Sequence[int]) -> None:
        """Sends a state before the hand asks for it; what is wrong with it is told when it does."""
        with contextlib.suppress(Exception):
            _, frame = self.explorable.frame(self.values_at(places))
            self.card.ahead = {"at": places, **frame}

    def values_at(self, places: Sequence[int]) -> dict[str, Any]:
        named = zip(self.explorable.controls.items(), places, strict=True)
        return {name: control.values[k] for (name, control), k in named}


def following(old: Sequence[int], new: Sequence[int], controls) -> list[int] | None:
    """Where controls stand after one more step the same way; None if nobody can know, or nowhere.

    >>> from lecture_lib.controls import doubling, switch
    >>> following([1, 0], [2, 0], [doubling(1, 8, 1), switch()])
    [3, 0]
    """
    moved = [k for k in range(len(new)) if new[k] != old[k]]
    if len(moved) != 1:
        return None
    (k,) = moved
    place = new[k] + (1 if new[k] > old[k] else -1)
    inside = 0 <= place < len(list(controls)[k].values)
    return [*new[:k], place, *new[k + 1 :]] if inside else None
