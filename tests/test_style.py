"""The palette is measured, not believed: contrast, and distance as colour-blind eyes see it."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from lecture_lib.scene import Picture, State
from lecture_lib.views import style

MARKS = ("COMPUTE", "TRAFFIC", "WEIGHTS", "CACHE", "ACTIVATIONS", "ENERGY", "WRONG", "GREY")
TEXTS = (
    "COMPUTE",
    "TRAFFIC_TEXT",
    "WEIGHTS",
    "CACHE",
    "ACTIVATIONS_TEXT",
    "ENERGY",
    "WRONG",
    "GREY",
    "INK",
    "SOFT",
)

# Machado, Oliveira, Fernandes 2009, severity 1.0: linear RGB as each eye mixes it.
SEEN_BY = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour) -> np.ndarray:
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(one, other) -> float:
    """The contrast ratio of WCAG 2."""
    light, dark = sorted((linear(c) @ [0.2126, 0.7152, 0.0722] for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb) -> np.ndarray:
    """CIE L*a*b* of a linear RGB colour, white D65."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.clip(to_xyz @ np.clip(rgb, 0, 1), 0, None) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one, other) -> float:
    """CIEDE2000 between two L*a*b* colours (Sharma, Wu, Dalal 2005)."""
    chroma = (np.hypot(*one[1:]) + np.hypot(*other[1:])) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    (l1, a1, b1), (l2, a2, b2) = one, other
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a * stretch)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180
    dl, dc, dh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    light, colour, hue = (l1 + l2) / 2, (c1 + c2) / 2, (h1 + turn / 2) % 360
    t = (
        1
        - 0.17 * cos(hue - 30)
        + 0.24 * cos(2 * hue)
        + 0.32 * cos(3 * hue + 6)
        - 0.2 * cos(4 * hue - 63)
    )
    sl = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * colour, 1 + 0.015 * colour * t
    twist = np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    rt = -2 * np.sqrt(colour**7 / (colour**7 + 25**7)) * twist
    return np.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * dc / sc * dh / sh)


def cos(degrees: float) -> float:
    return np.cos(np.radians(degrees))


def test_the_distance_is_the_one_that_was_published():
    # rows 1, 7 and 17 of the test data of Sharma, Wu, Dalal 2005
    assert distance((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert distance((50, 0, 0), (50, -1, 2)) == pytest.approx(2.3669, abs=1e-4)
    assert distance((50, 2.5, 0), (73, 25, -18)) == pytest.approx(27.1492, abs=1e-4)


@pytest.mark.parametrize("name", MARKS)
def test_a_mark_stands_out_from_the_ground(name):
    assert contrast(getattr(style, name), style.GROUND) >= 3


@pytest.mark.parametrize("name", TEXTS)
def test_words_can_be_read_on_the_ground(name):
    assert contrast(getattr(style, name), style.GROUND) >= 4.5


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_no_two_meanings_look_alike(eyes):
    seen = {name: lab(SEEN_BY[eyes] @ linear(getattr(style, name))) for name in MARKS}
    for one, other in itertools.combinations(MARKS, 2):
        apart = distance(seen[one], seen[other])
        assert apart > 12, f"{one} and {other}: {apart:.1f}"


def test_the_fonts_travel_with_the_package():
    assert style.fonts()[0] == "IBM Plex Sans"


class Stem(style.LectureScene):
    def draw(self, figure: Figure):
        self.ax = style.chart(figure, x="users", y="tokens")
        self.ax.set(xlim=(0, 100), ylim=(0, 10))
        self.now = style.Now(self, self.ax, [0, 50, 100], ["0", "50", "100"])

    def move(self, state):
        self.now.move(float(state.says), 5, f"{state.says} users")


def ticks_seen(x: str) -> list[str]:
    scene = Stem()
    Picture(scene).show(State(x))
    return [tick.get_text() for tick in scene.now.ticks if tick.get_visible()]


def test_the_pill_takes_the_place_of_the_tick_that_it_would_cover():
    assert ticks_seen("51") == ["0", "100"]
    assert ticks_seen("25") == ["0", "50", "100"]


@pytest.mark.parametrize("x", ["0", "100"])
def test_the_pill_stays_inside_the_picture(x):
    scene = Stem()
    picture = Picture(scene)
    picture.show(State(x))
    box = scene.now.pill.get_window_extent(picture.canvas.renderer)
    assert box.x0 >= 0
    assert box.x1 <= picture.figure.bbox.width


def test_decades_carry_their_unit():
    values, words = style.decades(8, 10, "B")
    assert values.tolist() == [1e8, 1e9, 1e10]
    assert words == ["100 MB", "1 GB", "10 GB"]
