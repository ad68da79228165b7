"""The live form of an explorable: a widget that sends where controls stand and gets a state."""

from functools import cache

from lecture_lib import front
from lecture_lib.medium import anywidget


@cache
def card_class():
    """The widget's class; made when it is first asked for, for it needs anywidget.

    spec    what the controls are and what stands around the picture; never changes
    at      the number of the value at which each control stands; the front end sets it
    shown   the state that is shown: backdrop, layers, says, and a fault in words or ""
    """
    import traitlets

    class Card(anywidget().AnyWidget):
        _esm = front.script()
        _css = front.style()
        spec = traitlets.Dict().tag(sync=True)
        at = traitlets.List().tag(sync=True, echo_update=False)
        shown = traitlets.Dict().tag(sync=True)

        def __init__(self, spec: dict, at: list[int], shown: dict):
            super().__init__(spec=spec, at=at, shown=shown)
            self.on_msg(self._send_fonts)

        def _send_fonts(self, _widget, message, _buffers):
            if message == {"want": "fonts"}:
                faces = front.fonts()
                self.send({"fonts": list(faces)}, buffers=list(faces.values()))

    return Card
