"""What is raced: the explorables of chapter 01, the same scenes under interact, and a floor.

Runs in a Jupyter kernel, both that of the kernel's race and that of the notebook in JupyterLab.
"""

from functools import cache

import anywidget
import ipywidgets
import matplotlib.pyplot as plt
import traitlets
from IPython import get_ipython
from test_notebooks import explorables

from lecture_lib.explore import Explorable, explore

CHAPTER = "01_the_price_of_a_token.ipynb"
SCENES = ("TokenPrice", "BatchSharing")
CONTROL = "sequences"  # the slider that both scenes have


@cache
def explorable(scene: str) -> Explorable:
    """The explorable that the chapter's own cells make of the scene."""
    return next(made for made in explorables(CHAPTER) if made.scene.__name__ == scene)


def live(made: Explorable) -> Explorable:
    """The same explorable with its widget: only then does a move send anything."""
    assert made.widget.comm, "there is no kernel that could send"
    return made


def slider(made: Explorable) -> tuple:
    """The values of the slider that is moved."""
    return made.controls[CONTROL].values


def climbing(made: Explorable) -> Explorable:
    """The same picture, but the end of its y axis follows the slider."""
    values = slider(made)

    class Climbing(made.scene):
        def move(self, state):
            self.ax.set_ylim(top=1e5 * (2 + values.index(state.step.sequences)))
            super().move(state)

    return explore(Climbing, presets=made.presets, **made.fixed, **made.controls)


def with_interact(made: Explorable) -> ipywidgets.interactive:
    """What interact shows: a slider, and a new pyplot figure of the scene for each value."""
    control = made.controls[CONTROL]
    others = {**made.fixed, **made.starts}
    width, height = made.scene.size

    def show(value):
        scene = made.scene()
        scene.draw(plt.figure(figsize=(width / 100, height / 100)))
        for artist in scene.artists:
            artist.set_animated(False)  # pyplot would leave out what a scene marks as moving
        scene.move(made.scene.state(**{**others, CONTROL: value}))
        plt.show()

    get_ipython().run_line_magic("matplotlib", "inline")
    plt.rcParams.update(made.scene.style)
    options = list(zip(control.labels, control.values, strict=True))
    handle = ipywidgets.SelectionSlider(options=options, value=control.start)
    return ipywidgets.interactive(show, value=handle)


class Echo(anywidget.AnyWidget):
    """An update with nothing in it: a key sends a number, the kernel sends it back, it is shown."""

    sent = traitlets.Int(0).tag(sync=True)
    back = traitlets.Int(0).tag(sync=True)
    _esm = """
        export default { render({ model, el }) {
            const shown = Object.assign(document.createElement("p"), { tabIndex: 0 });
            shown.className = "echo";
            shown.textContent = model.get("back");
            shown.addEventListener("keydown", () => {
                model.set("sent", model.get("sent") + 1);
                model.save_changes();
            });
            model.on("change:back", () => { shown.textContent = model.get("back"); });
            el.append(shown);
        } };
    """

    @traitlets.observe("sent")
    def _answer(self, change):
        self.back = change["new"]
