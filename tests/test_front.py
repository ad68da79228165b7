import re

from lecture_lib import front
from lecture_lib.palette import Colour


def test_the_style_sets_every_colour_and_names_none_itself():
    assert all(f"{colour.variable}:{colour.light}" in front.style() for colour in Colour)
    assert not re.search("#[0-9a-f]{6}", front.sheet())


def test_the_style_asks_only_for_colours_that_there_are():
    asked = set(re.findall(r"var\((--[a-z-]+)", front.sheet()))
    ours = {colour.variable for colour in Colour} | {"--sans"}
    assert {name for name in asked if not name.startswith("--jp-")} <= ours


def test_the_fonts_of_a_page_are_fonts():
    assert set(front.fonts()) == {400, 600}
    assert all(data.startswith(b"wOF2") for data in front.fonts().values())
    assert front.font_faces().count("@font-face") == 2


def test_a_script_can_stand_inside_a_page():
    for kind in ("explorable", "question"):
        assert "</script" not in front.script(kind)
        assert "export default" in front.script(kind)


def test_nothing_of_the_front_end_asks_for_an_address():
    text = front.sheet() + front.script("explorable") + front.script("question")
    addresses = set(re.findall(r"https?://[^\"'\s]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # the name of a namespace, never asked for
