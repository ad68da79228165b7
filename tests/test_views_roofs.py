"""The two roofs of a roofline: their lines, their colours and what they say of themselves."""

from pictures import to_draw

from lecture_lib.picture import Picture
from lecture_lib.roofline import Roof
from lecture_lib.scene import State
from lecture_lib.views.roofs import Roofs
from lecture_lib.views.style import COMPUTE, TRAFFIC, TRAFFIC_TEXT, LectureScene, chart

ROOF = Roof("told", peak_rate=2e11, bandwidth=2e10)
NAMES = ((5, 1e11), (15, 3e11))


class Roofline(LectureScene):
    def draw(self, figure):
        ax = chart(figure, x="intensity", y="rate")
        ax.set(xlim=(0, 20), ylim=(0, 4e11))
        self.roofs = Roofs(self, ax, names_zorder=6)

    def move(self, state):
        slope, flat = ([0, 10], [0, 2e11]), ([10, 20], [2e11, 2e11])
        self.roofs.move(ROOF, slope=slope, flat=flat, names=NAMES, peak=state.says)


def roofs_saying(peak: str) -> Roofs:
    scene = Roofline()
    Picture(scene).show(State(peak))
    return scene.roofs


def test_each_roof_has_its_colour_and_its_name_stands_beside_it():
    roofs = roofs_saying("")
    assert (roofs.memory.get_color(), roofs.compute.get_color()) == (TRAFFIC, COMPUTE)
    assert (roofs.memory_name.get_color(), roofs.compute_name.get_color()) == (
        TRAFFIC_TEXT, COMPUTE,
    )  # fmt: skip
    assert roofs.memory.get_xydata().tolist() == [[0, 0], [10, 2e11]]
    assert roofs.compute.get_xydata().tolist() == [[10, 2e11], [20, 2e11]]
    assert (roofs.memory_name.get_position(), roofs.compute_name.get_position()) == NAMES


def test_the_names_give_the_rates_and_a_picture_may_give_the_peak_its_own():
    roofs = roofs_saying("")
    assert roofs.memory_name.get_text() == "memory roof 20 GB/s"
    assert roofs.compute_name.get_text() == "arithmetic roof 200 GFLOP/s"
    assert roofs_saying("12 tok/s").compute_name.get_text() == "arithmetic roof 12 tok/s"


def test_roofs_that_stay_are_not_drawn_again():
    scene = Roofline()
    Picture(scene).show(State(""))
    scene.move(State(""))
    assert not to_draw(scene)
    scene.move(State("12 tok/s"))
    assert to_draw(scene) == [scene.roofs.compute_name]
