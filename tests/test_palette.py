"""The palette is measured, not believed: contrast, distance for all eyes, and both its tones."""

import re
from pathlib import Path

import pytest
from coloraide import Color

from benchmarks.colours import EYES, GROUNDS, MARKS, TEXTS, contrast, distances
from lecture_lib.palette import Colour, css_variables, themed
from lecture_lib.views import style

on_each_ground = pytest.mark.parametrize(
    ("tone", "ground"), [(tone, ground) for tone in GROUNDS for ground in GROUNDS[tone]]
)


@on_each_ground
@pytest.mark.parametrize("colour", MARKS)
def test_a_mark_stands_out_from_the_ground(colour, tone, ground):
    assert contrast(colour, tone, ground) >= 3


@on_each_ground
@pytest.mark.parametrize("colour", TEXTS)
def test_words_can_be_read_on_the_ground(colour, tone, ground):
    assert contrast(colour, tone, ground) >= 4.5


@pytest.mark.parametrize("tone", GROUNDS)
def test_the_words_in_the_pill_can_be_read(tone):
    assert contrast(Colour.GROUND, tone, getattr(Colour.INK, tone)) >= 4.5


@pytest.mark.parametrize("tone", GROUNDS)
def test_what_is_pale_is_seen_but_less_than_any_mark(tone):
    ground = GROUNDS[tone][0]
    least = min(contrast(colour, tone, ground) for colour in MARKS)
    assert contrast(Colour.RULE, tone, ground) < contrast(Colour.PALE, tone, ground) < least


@pytest.mark.parametrize("tone", GROUNDS)
@pytest.mark.parametrize("eyes", EYES)
def test_no_two_meanings_look_alike(eyes, tone):
    apart, one, other = distances(tone, eyes)[0]
    assert apart > 12, f"{one} and {other}: {apart:.1f}"


def test_the_measure_is_the_one_that_was_published():
    # white and black by WCAG; row 1 of the test data of Sharma, Wu, Dalal 2005 by CIEDE2000
    assert Color("white").contrast("black", method="wcag21") == pytest.approx(21)
    one, other = (Color("lab-d65", [50, a, b]) for a, b in ((2.6772, -79.7751), (0, -82.7485)))
    assert one.delta_e(other, method="2000") == pytest.approx(2.0425, abs=1e-4)


def test_every_colour_is_known_by_its_light_tone_alone():
    assert len({colour.light for colour in Colour}) == len(Colour)
    for colour in Colour:
        assert re.fullmatch("#[0-9a-f]{6}", colour.light)
        assert re.fullmatch("#[0-9a-f]{6}", colour.dark)


def test_the_pictures_name_every_colour_as_the_palette_does():
    for colour in Colour:
        assert getattr(style, colour.name) == colour.light


def test_every_hue_has_a_mark_of_its_own_as_second_cue():
    hues = [colour.light for colour in MARKS if colour is not Colour.GREY]
    assert list(style.MARKS) == hues
    assert len(set(style.MARKS.values())) == len(hues)


def test_a_colour_is_written_in_the_palette_and_nowhere_else_in_the_library():
    home = Path(style.__file__).parents[1]
    modules = {path.name: path.read_text("utf-8") for path in home.rglob("*.py")}
    named = {name for name, text in modules.items() if re.search(r"#[0-9a-fA-F]{6}\b", text)}
    assert named == {"palette.py"}


# a page in two tones


def rules(css: str) -> dict[str, dict[str, str]]:
    """The declarations of a style sheet without nested rules, by their selector."""
    return {
        selector.strip(): dict(pair.split(":") for pair in body.split(";"))
        for selector, body in re.findall(r"([^{}]+){([^{}]+)}", css)
    }


def test_a_style_sheet_sets_every_variable_once_for_each_tone():
    found = rules(css_variables(".reveal", [".reveal.dark", ".night"], system=""))
    assert list(found) == [".reveal", ".reveal.dark,.night"]
    for tone, values in zip(("light", "dark"), found.values(), strict=True):
        assert values.pop("color-scheme") == tone
        assert values == {colour.variable: getattr(colour, tone) for colour in Colour}


def test_the_variables_have_the_names_that_the_pages_use():
    assert [colour.variable for colour in Colour] == [
        "--ground", "--ink", "--soft", "--grey", "--rule", "--pale", "--compute", "--traffic",
        "--traffic-text", "--weights", "--cache", "--activations", "--activations-text",
        "--energy", "--wrong", "--wrong-text",
    ]  # fmt: skip


def test_a_card_follows_the_theme_of_its_editor_and_the_system_where_it_is_asked_to():
    css = css_variables()
    assert css.startswith(".lecture-ex{color-scheme:light;")
    night = "{color-scheme:dark;--ground:#14171c;"
    assert (f'[data-jp-theme-light="false"] .lecture-ex,body.vscode-dark .lecture-ex{night}') in css
    system = "body:not([data-jp-theme-light],[class*=vscode-]) .lecture-ex.follow-system"
    assert f"@media (prefers-color-scheme:dark){{{system}{night}" in css
    assert css.count("{") == css.count("}")
    assert "@media" not in css_variables(system="")


@pytest.mark.parametrize("colour", Colour)
def test_a_colour_becomes_its_variable_wherever_matplotlib_writes_one(colour):
    svg = (
        '<path style="fill: {0}; fill-opacity: .2; stroke: {0}; stroke-width: 2"/>'
        '<rect fill="{0}"/><path style="stroke: {0}"/>'
    )
    assert themed(svg.format(colour.light)) == svg.format(f"var({colour.variable})")


@pytest.mark.parametrize(
    "svg",
    [
        '<path style="fill: url(#b123456)"/>',
        '<use xlink:href="#abcdef"/>',
        '<path style="fill: none; stroke: none"/>',
        '<text style="font-size: 11px; fill: none">row #123456</text>',
    ],
)
def test_what_is_no_colour_stays(svg):
    assert themed(svg) == svg


@pytest.mark.parametrize(
    ("svg", "colour"),
    [
        ('<path style="fill: #ffffff"/>', "#ffffff"),
        ('<path style="fill: #FCFBF8"/>', "#FCFBF8"),
        ('<rect fill="#14171c"/>', "#14171c"),  # the dark tone of the ground
        ('<text style="font-size: 11px; text-anchor: middle" x="1">black</text>', "#000000"),
    ],
)
def test_a_colour_that_the_palette_does_not_have_is_named_with_the_way_out(svg, colour):
    with pytest.raises(ValueError, match=f"uses the colour {colour}, which has no dark tone: take"):
        themed(svg)
