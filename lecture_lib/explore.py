"""explore(scene, **controls): a picture with controls; live in a notebook, moving in a deck too."""

import inspect
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from html import escape
from typing import Any

from lecture_lib import front
from lecture_lib.controls import Control, choice, doubling, steps, switch
from lecture_lib.live import Live, bundle
from lecture_lib.medium import anywidget, medium
from lecture_lib.packed import MOST_STATES, element, states_needed
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
        self._live = None

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
            self.state, frame = self.frame(self.values)
        except Exception as error:
            fault = f"✕ This setting broke the picture. {type(error).__name__}: {error}"
            self._tell({"fault": fault})
            raise
        self._tell(frame)
        return self.state

    def _tell(self, frame: Mapping[str, Any]):
        if self._live is not None:
            self._live.send(frame)

    def frame(self, values: Mapping[str, Any]) -> tuple[State, dict]:
        """A state, and all that the front end needs to show it."""
        state = self.scene.state(**self.fixed, **values)
        self.picture.show(state)
        picture = {"backdrop": self.picture.backdrop, "layers": [*self.picture.layers]}
        return state, {**picture, "says": state.says, "fault": ""}

    # -- the card ---------------------------------------------------------------------------------

    def places(self, values: Mapping[str, Any]) -> list[int]:
        """The number of the value at which each control stands."""
        return [c.values.index(values[name]) for name, c in self.controls.items()]

    def spec(self, live: Iterable[str], deck: bool = False) -> dict:
        """What the front end must know of the controls, and what stands around the picture."""
        return {
            "size": list(self.scene.size),
            "alt": (inspect.getdoc(self.scene) or "").partition("\n\n")[0].replace("\n", " "),
            "source": self.scene.source,
            "compares": self.scene.compares,
            "words": {colour.variable: words for colour, words in WORDS.items()},
            "deck": deck,
            "start": self.places(self.starts),
            "controls": [
                {
                    "argument": name,
                    "name": control.name or name.replace("_", " "),
                    "kind": control.kind,
                    "play": control.play,
                    "labels": list(control.labels),
                    "groups": [list(group) for group in control.groups],
                    "written": [_written(value) for value in control.values],
                    "values": list(range(len(control.values)))
                    if name in live
                    else [control.values.index(control.start)],
                }
                for name, control in self.controls.items()
            ],
            "presets": [
                {"words": words, "at": self.places({**self.starts, **values})}
                for words, values in self.presets.items()
            ],
            "call": {
                "scene": self._scene_name,
                "arguments": [[n, _written(self.fixed.get(n))] for n in self._order],
            },
        }

    @property
    def widget(self):
        """The live form, an anywidget; made when it is first asked for. Needs anywidget."""
        if self._live is None:
            self._live = Live(self)
        return self._live.card

    # -- how it shows -----------------------------------------------------------------------------

    def _repr_mimebundle_(self, **_kwargs):
        """Words always; live where a kernel can be asked, otherwise moving between drawn states."""
        says, place = self.state.says, medium()
        if place == "notebook" and anywidget():
            return bundle(self.widget, says)
        lecture = {"lecture": {"kind": "explorable", "says": says, "source": self.scene.source}}
        if place == "deck":
            return {"text/html": element(self, deck=True), "text/plain": says}, lecture
        if place == "page":
            html = f"{front.font_faces()}{front.introduction()}{element(self)}"
            return {"text/html": html, "text/plain": says}, lecture
        live = self.in_deck if states_needed(self, self.in_deck) <= MOST_STATES else ()
        html = f"{front.introduction()}{element(self, live=live)}<p>{escape(MISSING)}</p>"
        return {"text/html": html, "text/plain": f"{says}\n{MISSING}"}, lecture


def _written(value: Any) -> str:
    """A value as one types it."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
