"""explore(scene, **controls): a picture with controls; live in a notebook, a still in a deck."""

import html
import inspect
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from lecture_lib.controls import Control, choice, doubling, steps, switch
from lecture_lib.medium import in_deck, ipywidgets
from lecture_lib.scene import Picture, Scene, State

__all__ = ["Explorable", "choice", "doubling", "explore", "steps", "switch"]

SCREEN = 2  # pixels of the image to a CSS pixel in a notebook: sharp on a dense screen
SLIDE_WIDTH = 1160  # CSS pixels; a slide is 1280 wide

CARD = """<style>
.lecture-ex{max-width:932px;box-sizing:border-box;margin:4px 0;padding:16px;background:#fcfbf8;color:#1a1f29;border-radius:10px;
 font-family:"IBM Plex Sans","DejaVu Sans",sans-serif;overflow:visible}
.lecture-ex .controls{display:grid;grid-template-columns:repeat(auto-fit,minmax(272px,1fr));gap:8px 28px;overflow:visible}
.lecture-ex .controls>.widget-inline-hbox{display:grid;grid-template-columns:1fr auto;width:auto;height:auto;margin:0}
.lecture-ex .widget-label{font-size:15px;color:#4a5160;text-align:left;width:auto;max-width:none;margin:0;line-height:24px;height:24px}
.lecture-ex .widget-readout{font-size:15px;font-weight:600;color:#1a1f29;text-align:right;min-width:96px;font-variant-numeric:tabular-nums;
 line-height:24px;height:24px;margin:0;border:0;background:none;box-shadow:none}
.lecture-ex .slider-container{grid-column:1/3;grid-row:2;height:28px;margin:0 8px}
.lecture-ex .noUi-target{background:#d9dbe0;border:0;box-shadow:none;height:6px;border-radius:3px}
.lecture-ex .noUi-connects{border-radius:3px}
.lecture-ex .noUi-connect,.lecture-ex .noUi-handle{background:#1a1f29 !important;border:0}
.lecture-ex .noUi-handle{border-radius:50%;width:18px !important;height:18px !important;top:-6px !important;box-shadow:none}
.lecture-ex .widget-dropdown>.widget-label{grid-column:1/3}
.lecture-ex .widget-dropdown select{grid-column:1/3;grid-row:2;width:100%;height:32px;font:600 15px "IBM Plex Sans","DejaVu Sans",sans-serif;
 color:#1a1f29;background-color:#fff;border:1px solid #6b7280;border-radius:6px}
.lecture-ex :focus-visible{outline:3px solid #0b65c4;outline-offset:2px}
.lecture-ex .presets{display:flex;flex-flow:row wrap;gap:10px;margin:10px 0 4px;overflow:visible}
.lecture-ex .presets button{height:40px;line-height:38px;width:auto;padding:0 14px;margin:0;font:600 15px "IBM Plex Sans","DejaVu Sans",sans-serif;
 color:#1a1f29;background:#fff;border:1.5px solid #6b7280;border-radius:8px}
.lecture-ex img{display:block;width:100%;max-width:900px;height:auto;margin-top:8px}
.lecture-ex .says{font-size:17px;line-height:26px;min-height:52px;max-width:68ch;margin-top:6px;color:#1a1f29}
.lecture-ex .wrong{color:#bc3256;font-weight:600}
.lecture-ex .source{font-size:13px;line-height:20px;color:#6b7280;margin-top:4px}
</style>"""


def explore(
    scene: type[Scene], *, presets: Mapping[str, Mapping[str, Any]] | None = None, **controls
):
    """A picture of the scene with a control for each argument of the scene's state.

    A keyword is the scene's argument: a Control moves it, any other value holds it still.
    `presets` are buttons: {words on the button: {control: value}}.
    A wrong name or value raises at once, with the names that there are.
    """
    return Explorable(scene, presets or {}, controls)


class Explorable:
    """A scene with its controls. Shown in JupyterLab it is live; it always has words and a still."""

    def __init__(self, scene: type[Scene], presets: Mapping, settings: Mapping):
        self.scene = scene
        self.controls = {name: c for name, c in settings.items() if isinstance(c, Control)}
        self.fixed = {name: v for name, v in settings.items() if not isinstance(v, Control)}
        self.presets = {words: dict(values) for words, values in presets.items()}
        self._check()
        self.values = {name: control.start for name, control in self.controls.items()}
        self.state = self.state_at()
        self._widget = None
        self._picture = None

    def _check(self):
        """Refuses a setting that the scene does not know, lacks, or cannot take."""
        who = f"explore({self.scene.__name__})"
        arguments = inspect.signature(self.scene.state).parameters
        for name in {**self.controls, **self.fixed}:
            if name not in arguments:
                raise TypeError(
                    f"{who}: no argument {name!r}; the scene has {', '.join(arguments)}"
                )
        for name, argument in arguments.items():
            if argument.default is argument.empty and name not in {**self.controls, **self.fixed}:
                raise TypeError(
                    f"{who}: the argument {name!r} is missing; give it a control or a value"
                )
        for words, values in self.presets.items():
            for name, value in values.items():
                if name not in self.controls:
                    raise TypeError(
                        f"{who}: the preset {words!r} sets {name!r}, which is not a control"
                    )
                if value not in self.controls[name].values:
                    raise ValueError(
                        f"{who}: the preset {words!r} sets {name} to {value!r}, not one of its values"
                    )

    def state_at(self, **values) -> State:
        """The state at these values; every other control stands at its start."""
        starts = {name: control.start for name, control in self.controls.items()}
        return self.scene.state(**{**self.fixed, **starts, **values})

    def visit(self, **values) -> State:
        """Moves controls, as a hand would, and returns the state that then shows."""
        self._set(values)
        return self.state

    # -- moving -----------------------------------------------------------------------------------

    def _set(self, values: Mapping[str, Any]):
        widget = self.widget if ipywidgets() else None
        self.values.update(values)
        if widget is not None:
            self._quiet = True  # several controls move together: one picture, not one for each
            try:
                for name, value in values.items():
                    self._handles[name].value = value
            finally:
                self._quiet = False
        self._update()

    def _update(self):
        """Shows the state of the present values; an error is shown where the words stand, and raised."""
        try:
            self.state = self.scene.state(**self.fixed, **self.values)
            self.picture.show(self.state)
        except Exception as error:
            if self._widget is not None:
                fault = html.escape(f"{type(error).__name__}: {error}")
                self._says.value = (
                    f'<div class="says wrong">✕ This setting broke the picture. {fault}</div>'
                )
            raise
        if self._widget is not None:
            self._image.value = self.picture.png()
            self._says.value = f'<div class="says">{html.escape(self.state.says)}</div>'

    @property
    def picture(self) -> Picture:
        if self._picture is None:
            self._picture = Picture(self.scene(), SCREEN)
        return self._picture

    def still(self, width: int = SLIDE_WIDTH, pixel_ratio: float = 2) -> bytes:
        """A PNG of the present state, `width` CSS pixels wide: the same picture, larger or smaller."""
        picture = Picture(self.scene(), pixel_ratio * width / self.scene.size[0])
        picture.show(self.state)
        return picture.png(small=True)

    # -- the widget ---------------------------------------------------------------------------------

    @property
    def widget(self):
        """The live form: an ipywidgets box with the controls, the picture, the words, the source."""
        if self._widget is None:
            w = ipywidgets()
            self._quiet = False
            self._handles = {name: self._handle(w, name, c) for name, c in self.controls.items()}
            self._image = w.Image(format="png")
            self._says = w.HTML()
            source = w.HTML(f'<div class="source">{html.escape(self.scene.source)}</div>')
            controls = w.Box(list(self._handles.values()))
            controls.add_class("controls")
            parts = [w.HTML(CARD), controls]
            if self.presets:
                buttons = w.Box([self._button(w, words) for words in (*self.presets, "↺ reset")])
                buttons.add_class("presets")
                parts.append(buttons)
            self._widget = w.VBox([*parts, self._image, self._says, source])
            self._widget.add_class("lecture-ex")
            self._update()
        return self._widget

    def _handle(self, w, name: str, control: Control):
        words = control.name or name.replace("_", " ")
        options = list(zip(control.labels, control.values, strict=True))
        kind = {"menu": w.Dropdown, "slider": w.SelectionSlider, "switch": w.ToggleButtons}[
            control.kind
        ]
        style = {"description_width": "auto"}
        handle = kind(options=options, value=control.start, description=words, style=style)

        def moved(change):
            self.values[name] = change["new"]
            if not self._quiet:
                self._update()

        handle.observe(moved, "value")
        return handle

    def _button(self, w, words: str):
        starts = {name: control.start for name, control in self.controls.items()}
        button = w.Button(description=words)
        button.on_click(lambda _: self._set({**starts, **self.presets.get(words, {})}))
        return button

    # -- how it shows ---------------------------------------------------------------------------------

    def _repr_mimebundle_(self, **_kwargs):
        """Words always; a still in a deck or without ipywidgets; otherwise the live widget."""
        words = self.state.says
        if in_deck() or not ipywidgets():
            if not in_deck():
                words += "\n(The controls are missing. Type: pip install ipywidgets, then restart the kernel.)"
            picture = b64encode(self.still()).decode()
            height = round(SLIDE_WIDTH * self.scene.size[1] / self.scene.size[0])
            image = {"width": SLIDE_WIDTH, "height": height, "alt": self.state.says}
            lecture = {"kind": "explorable", "says": self.state.says, "source": self.scene.source}
            return {"image/png": picture, "text/plain": words}, {
                "image/png": image,
                "lecture": lecture,
            }
        bundle = self.widget._repr_mimebundle_()
        return {**bundle, "text/plain": words}
