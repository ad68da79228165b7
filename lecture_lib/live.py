"""Widgets with a front end of our own: what they share, and that of an explorable."""

import asyncio
from collections.abc import Callable
from functools import cache

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


def later(work: Callable[[], None]) -> asyncio.TimerHandle | None:
    """Calls `work` once the kernel has sent its answers; None where no kernel is listening."""
    try:
        return asyncio.get_running_loop().call_later(REST, work)
    except RuntimeError:
        return None
