"""explore(scene, **controls): a picture with controls; live in a notebook, a still in a deck."""

import html
import inspect
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from lecture_lib.controls import Control, choice, doubling, steps, switch
from lecture_lib.medium import in_deck, ipywidgets
from lecture_lib.scene import Picture, Scene, State

__all__ = ["Explorable", "choice", "doubling", "explore", "steps", "switch"]

SCREEN = 2  # pixels of the image to a CSS pixel in a notebook: sharp on a dense screen
SLIDE_WIDTH = 1160  # CSS pixels; a slide is 1280 wide
RESET = "↺ reset"
MISSING = "(The controls are missing. Type: pip install ipywidgets, then restart the kernel.)"

Presets = Mapping[str, Mapping[str, Any]]


def explore(scene: type[Scene], *, presets: Presets | None = None, **settings):
    """A picture of the scene with a control for each argument of the scene's state.

    A keyword is the scene's argument: a Control moves it, any other value holds it still.
    `presets` are buttons: {words on the button: {control: value}}.
    TypeError for a name that the scene does not have or that is missing, ValueError for a preset's
    value that its control does not have; whatever the scene refuses at its start is raised too.
    """
    return Explorable(scene, presets or {}, settings)


class Explorable:
    """A scene with its controls: live in a notebook, and always with words and a still."""

    def __init__(self, scene: type[Scene], presets: Presets, settings: Mapping[str, Any]):
        self.scene = scene
        self.controls = {name: c for name, c in settings.items() if isinstance(c, Control)}
        self.fixed = {name: v for name, v in settings.items() if not isinstance(v, Control)}
        self.presets = {words: dict(values) for words, values in presets.items()}
        self._check_names()
        self._check_presets()
        self.values = self.starts
        self.state = self.state_at()
        self._picture = self._widget = None

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

    # -- moving -----------------------------------------------------------------------------------

    def visit(self, **values) -> State:
        """Moves controls, as a hand would, and returns the state that then shows."""
        if ipywidgets():
            _ = self.widget  # made when it is first asked for
            self._silent = True  # several controls move together: one picture, not one for each
            try:
                for name, value in values.items():
                    self._handles[name].value = value
            finally:
                self._silent = False
        self.values = {**self.values, **values}
        self._update()
        return self.state

    def _update(self):
        """Shows the state of the values; an error is shown where the words stand, and raised."""
        try:
            self.state = self.scene.state(**self.fixed, **self.values)
            self.picture.show(self.state)
        except Exception as error:
            fault = f"✕ This setting broke the picture. {type(error).__name__}: {error}"
            self._say(fault, "says wrong")
            raise
        if self._widget is not None:
            self._image.value = self.picture.png()
            self._say(self.state.says, "says")

    def _say(self, words: str, style: str):
        if self._widget is not None:
            self._words.value = f'<div class="{style}">{html.escape(words)}</div>'

    @property
    def picture(self) -> Picture:
        """The picture that moves; made when it is first asked for."""
        if self._picture is None:
            self._picture = Picture(self.scene(), SCREEN)
        return self._picture

    def still(self, width: int = SLIDE_WIDTH, pixel_ratio: float = 2) -> bytes:
        """A PNG of the present state, `width` CSS pixels wide: the same picture at another size."""
        picture = Picture(self.scene(), pixel_ratio * width / self.scene.size[0])
        picture.show(self.state)
        return picture.png(small=True)

    # -- the widget -------------------------------------------------------------------------------

    @property
    def widget(self):
        """The live form: an ipywidgets box of the controls, the picture, the words, the source."""
        if self._widget is None:
            w = ipywidgets()
            self._silent = False
            self._handles = {name: self._handle(w, name) for name in self.controls}
            self._image = w.Image(format="png")
            self._words = w.HTML()
            source = w.HTML(f'<div class="source">{html.escape(self.scene.source)}</div>')
            rows = [_row(w, "controls", list(self._handles.values()))]
            if self.presets:
                buttons = [self._button(w, words) for words in (*self.presets, RESET)]
                rows.append(_row(w, "buttons", buttons))
            parts = [w.HTML(card_style()), *rows, self._image, self._words, source]
            self._widget = w.VBox(parts)
            self._widget.add_class("lecture-ex")
            self._update()
        return self._widget

    def _handle(self, w, name: str):
        control = self.controls[name]
        kinds = {"menu": w.Dropdown, "slider": w.SelectionSlider, "switch": w.ToggleButtons}
        handle = kinds[control.kind](
            options=list(zip(control.labels, control.values, strict=True)),
            value=control.start,
            description=control.name or name.replace("_", " "),
            style={"description_width": "auto"},
        )

        def moved(change):
            if not self._silent:
                self.values = {**self.values, name: change["new"]}
                self._update()

        handle.observe(moved, "value")
        return handle

    def _button(self, w, words: str):
        button = w.Button(description=words)
        settings = {**self.starts, **self.presets.get(words, {})}
        button.on_click(lambda _: self.visit(**settings))
        return button

    # -- how it shows -----------------------------------------------------------------------------

    def _repr_mimebundle_(self, **_kwargs):
        """Words always; a still in a deck or without ipywidgets; otherwise the live widget."""
        says = self.state.says
        if ipywidgets() and not in_deck():
            return {**self.widget._repr_mimebundle_(), "text/plain": says}
        words = says if in_deck() else f"{says}\n{MISSING}"
        width, height = self.scene.size
        image = {"width": SLIDE_WIDTH, "height": round(SLIDE_WIDTH * height / width), "alt": says}
        lecture = {"kind": "explorable", "says": says, "source": self.scene.source}
        picture = b64encode(self.still()).decode()
        return {"image/png": picture, "text/plain": words}, {"image/png": image, "lecture": lecture}


def _row(w, style: str, children: list):
    row = w.Box(children)
    row.add_class(style)
    return row


@cache
def card_style() -> str:
    """The style of a card, as a piece of a page."""
    sheet = resources.files("lecture_lib").joinpath("card.css")
    return f"<style>{sheet.read_text('utf-8')}</style>"
