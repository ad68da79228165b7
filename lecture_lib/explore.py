"""explore(scene, **controls): a picture with controls; live in a notebook, moving in a deck too."""

import contextlib
import inspect
import itertools
import json
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from html import escape
from math import prod
from typing import Any

from lecture_lib import front
from lecture_lib.controls import Control, choice, doubling, steps, switch
from lecture_lib.live import explorable_class, later
from lecture_lib.medium import anywidget, medium
from lecture_lib.packed import MOST_STATES, packed
from lecture_lib.palette import WORDS
from lecture_lib.picture import Picture
from lecture_lib.scene import Scene, State

__all__ = ["Explorable", "choice", "doubling", "explore", "steps", "switch"]

MISSING = "(To move every control, type: pip install anywidget, then restart the kernel.)"

Presets = Mapping[str, Mapping[str, Any]]


def explore(
    scene: type[Scene],
    *,
    presets: Presets | None = None,
    in_deck: Sequence[str] | None = None,
    **settings,
):
    """A picture of the scene with a control for each argument of the scene's state.

    A keyword is the scene's argument: a Control moves it, any other value holds it still.
    `presets` are buttons: {words on the button: {control: value}}. `in_deck` names the controls
    that go on moving in a deck, where every state is drawn beforehand: by default all of them.
    TypeError for a name that the scene does not have or that is missing, ValueError for a preset's
    value that its control does not have; whatever the scene refuses at its start is raised too.
    """
    return Explorable(scene, presets or {}, in_deck, settings)


class Explorable:
    """A scene with its controls, at some setting of them."""

    def __init__(self, scene: type[Scene], presets: Presets, in_deck, settings: Mapping[str, Any]):
        self.scene = scene
        self.controls = {name: c for name, c in settings.items() if isinstance(c, Control)}
        self.fixed = {name: v for name, v in settings.items() if not isinstance(v, Control)}
        self.presets = {words: dict(values) for words, values in presets.items()}
        self.in_deck = tuple(self.controls if in_deck is None else in_deck)
        self._check_names()
        self._check_presets()
        self.values = self.starts
        self.state = self.state_at()
        self._widget = self._waiting = None

    def _check_names(self):
        who = f"explore({self.scene.__name__})"
        arguments = inspect.signature(self.scene.state).parameters
        given = {**self.controls, **self.fixed}
        for name in given:
            if name not in arguments:
                known = ", ".join(arguments)
                raise TypeError(f"{who}: no argument {name!r}; the scene has {known}")
        for name, argument in arguments.items():
            if argument.default is argument.empty and name not in given:
                raise TypeError(
                    f"{who}: the argument {name!r} is missing; give it a control or a value"
                )
        for name in self.in_deck:
            if name not in self.controls:
                raise TypeError(f"{who}: in_deck names {name!r}, which is not a control")

    def _check_presets(self):
        who = f"explore({self.scene.__name__})"
        for words, values in self.presets.items():
            for name, value in values.items():
                if name not in self.controls:
                    raise TypeError(
                        f"{who}: the preset {words!r} sets {name!r}, which is not a control"
                    )
                if value not in self.controls[name].values:
                    raise ValueError(
                        f"{who}: the preset {words!r} sets {name} to {value!r}, "
                        "not one of its values"
                    )

    @property
    def starts(self) -> dict[str, Any]:
        """Where each control starts."""
        return {name: control.start for name, control in self.controls.items()}

    def state_at(self, **values) -> State:
        """The state at these values; every other control stands at its start."""
        return self.scene.state(**{**self.fixed, **self.starts, **values})

    @property
    def call(self) -> str:
        """The line of Python that shows the present state."""
        settings = {**self.fixed, **self.values}
        written = [f"{name}={_written(settings[name])}" for name in self._order]
        return f"explore({', '.join([self._scene_name, *written])})"

    @property
    def _scene_name(self) -> str:
        return f"{self.scene.__module__.rpartition('.')[2]}.{self.scene.__name__}"

    @property
    def _order(self) -> list[str]:
        given = {**self.controls, **self.fixed}
        return [name for name in inspect.signature(self.scene.state).parameters if name in given]

    # -- moving -----------------------------------------------------------------------------------

    @cached_property
    def picture(self) -> Picture:
        """The picture that moves; made when it is first asked for."""
        return Picture(self.scene())

    def visit(self, **values) -> State:
        """Moves controls, as a hand would, and returns the state that then shows.

        What the scene refuses is raised; in a notebook its words stand under the last good picture.
        """
        self.values = {**self.values, **values}
        try:
            self.state, shown = self._frame(self.values)
        except Exception as error:
            words = f"✕ This setting broke the picture. {type(error).__name__}: {error}"
            self._send({"fault": words})
            raise
        self._send(shown)
        return self.state

    def _frame(self, values: Mapping[str, Any]) -> tuple[State, dict]:
        """A state, and all that the front end needs to show it."""
        state = self.scene.state(**self.fixed, **values)
        self.picture.show(state)
        picture = {"backdrop": self.picture.backdrop, "layers": [*self.picture.layers]}
        return state, {**picture, "says": state.says, "fault": ""}

    def _send(self, shown: dict):
        """Tells the page what to show, in one message; what is not named stays as it is."""
        if self._widget is not None:
            at = self._places(self.values)
            shown = {"at": at, **shown, "answered": at}
            with self._widget.hold_sync():
                for name, value in shown.items():
                    setattr(self._widget, name, value)

    # -- the card ---------------------------------------------------------------------------------

    def _places(self, values: Mapping[str, Any]) -> list[int]:
        """The number of the value at which each control stands."""
        return [c.values.index(values[name]) for name, c in self.controls.items()]

    def _spec(self, live: Sequence[str], deck: bool) -> dict:
        """What the front end must know of the controls, and what stands around the picture."""
        return {
            "size": list(self.scene.size),
            "alt": (inspect.getdoc(self.scene) or "").partition("\n\n")[0].replace("\n", " "),
            "source": self.scene.source,
            "words": {colour.variable: words for colour, words in WORDS.items()},
            "deck": deck,
            "start": self._places(self.starts),
            "controls": [
                {
                    "argument": name,
                    "name": control.name or name.replace("_", " "),
                    "kind": control.kind,
                    "play": control.play,
                    "labels": list(control.labels),
                    "written": [_written(value) for value in control.values],
                    "values": list(range(len(control.values)))
                    if name in live
                    else [control.values.index(control.start)],
                }
                for name, control in self.controls.items()
            ],
            "presets": [
                {"words": words, "at": self._places({**self.starts, **values})}
                for words, values in self.presets.items()
            ],
            "call": {
                "scene": self._scene_name,
                "arguments": [[n, _written(self.fixed.get(n))] for n in self._order],
            },
        }

    @property
    def widget(self):
        """The live form; made when it is first asked for. Needs anywidget."""
        if self._widget is None:
            _, shown = self._frame(self.values)
            spec, at = self._spec(tuple(self.controls), deck=False), self._places(self.values)
            self._widget = explorable_class()(spec=spec, at=at, answered=at, **shown)
            self._widget.observe(self._moved, "at")
        return self._widget

    def _moved(self, change):
        """A hand moved a control."""
        if change["new"] == self._places(self.values):
            return
        if self._waiting:
            self._waiting.cancel()
        self.visit(**self._values_at(change["new"]))
        following = self._following(change["old"], change["new"])
        if following:
            self._waiting = later(partial(self._draw_ahead, following))

    def _values_at(self, places: Sequence[int]) -> dict[str, Any]:
        named = zip(self.controls.items(), places, strict=True)
        return {name: control.values[k] for (name, control), k in named}

    def _following(self, old: Sequence[int], new: Sequence[int]) -> list[int] | None:
        """Where the controls stand after one more step the same way; None if that is nowhere."""
        moved = [k for k in range(len(new)) if new[k] != old[k]]
        if len(moved) != 1:
            return None
        (k,) = moved
        place = new[k] + (1 if new[k] > old[k] else -1)
        inside = 0 <= place < len(list(self.controls.values())[k].values)
        return [*new[:k], place, *new[k + 1 :]] if inside else None

    def _draw_ahead(self, places: list[int]):
        """Sends a state before the hand asks for it; what is wrong with it is told when it does."""
        with contextlib.suppress(Exception):
            self._widget.ahead = {"at": places, **self._frame(self._values_at(places))[1]}

    # -- without a kernel -------------------------------------------------------------------------

    @property
    def states_in_deck(self) -> int:
        """How many states a deck needs, some of them perhaps twice."""
        return (1 + len(self.presets)) * prod(len(self.controls[n].values) for n in self.in_deck)

    def settings_in_deck(self, live: Sequence[str]) -> list[dict[str, Any]]:
        """Every setting that can be reached in a deck: the start and each preset, and from there
        every value of the controls that are live.
        """
        bases = [self.starts, *({**self.starts, **values} for values in self.presets.values())]
        moves = itertools.product(*(self.controls[name].values for name in live))
        settings = [
            {**base, **dict(zip(live, move, strict=True))}
            for base, move in itertools.product(bases, moves)
        ]
        return list({tuple(self._places(s)): s for s in settings}.values())

    def element(self, *, deck: bool = False, live: Sequence[str] | None = None) -> str:
        """HTML of a picture that moves without a kernel; where no script runs, a still.

        ValueError if there are more states than can be drawn beforehand.
        """
        live = self.in_deck if live is None else live
        if live and self.states_in_deck > MOST_STATES:
            raise ValueError(
                f"explore({self.scene.__name__}): a deck would need {self.states_in_deck:,} "
                f"states, and {MOST_STATES:,} can be drawn beforehand; "
                "name the controls that move there: in_deck=[...]"
            )
        states = {tuple(self._places(s)): self._frame(s)[1] for s in self.settings_in_deck(live)}
        data = packed(self._spec(live, deck), states)
        says = self._frame(self.starts)[0].says
        still = f'{self.picture.svg(says)}<p class="says">{escape(says)}</p>'
        source = f'<p class="source">{escape(self.scene.source)}</p>'
        return (
            f'<lecture-explorable><div class="lecture-ex">{still}{source}</div>'
            f'<script type="application/gzip">{data}</script></lecture-explorable>'
        )

    # -- how it shows -----------------------------------------------------------------------------

    def _repr_mimebundle_(self, **_kwargs):
        """Words always; live where a kernel can be asked, otherwise moving between drawn states."""
        says, place = self.state.says, medium()
        if place == "notebook" and anywidget():
            data, metadata = self.widget._repr_mimebundle_()
            return {**data, "text/plain": says}, metadata
        lecture = {"lecture": {"kind": "explorable", "says": says, "source": self.scene.source}}
        if place == "deck":
            return {"text/html": self.element(deck=True), "text/plain": says}, lecture
        if place == "page":
            html = f"{front.font_faces()}{front.introduction()}{self.element()}"
            return {"text/html": html, "text/plain": says}, lecture
        live = self.in_deck if self.states_in_deck <= MOST_STATES else ()
        html = f"{front.introduction()}{self.element(live=live)}<p>{escape(MISSING)}</p>"
        return {"text/html": html, "text/plain": f"{says}\n{MISSING}"}, lecture


def _written(value: Any) -> str:
    """A value as one types it."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
