"""The plan of the talks fills its slots, and says in one line what is wrong with it."""

import pytest

from slides import BuildError
from slides.plan import PLAN, TOLERANCE, read_plan

SMALL = """
title = "Why?"
subtitle = "A sample."
[opening]
long = 1
short = 1
say = "Welcome."
[slots.long]
minutes = 10
slides = [3, 5]
[slots.short]
minutes = 4
slides = [2, 3]
[[parts]]
chapter = 1
slides = [{ asks = "What?", long = 4, short = 3 }, { asks = "How?", long = 2, say = "So." }]
[[parts]]
chapter = 2
asks = "And then?"
kept = { long = [1, 3] }
"""


@pytest.fixture
def written(tmp_path):
    """Writes a plan, with one text replaced by another, and returns its path."""

    def write(old="", new=""):
        assert old in SMALL
        path = tmp_path / "plan.toml"
        path.write_text(SMALL.replace(old, new), encoding="utf-8")
        return path

    return write


def test_a_plan_counts_slides_and_minutes_those_to_come_included(written):
    plan = read_plan(written())
    assert (plan.count("long"), plan.minutes("long")) == (4, 10)
    assert (plan.count("short"), plan.minutes("short")) == (2, 4)
    assert plan.parts[0].slides[1].say == "So."
    assert plan.parts[1].kept == {"long": (1, 3)}


FAULTS = {
    "too long": ("long = 4", "long = 5.1", "take 11.1 minutes, and 10 are booked"),
    "too short": ("short = 3", "short = 2.5", "slot short: its slides take 3.5 minutes"),
    "too many": ("[3, 5]", "[1, 3]", "slot long: it has 4 slides, and 1 to 3 are right"),
    "too few": ("[1, 3] }", "[9, 3] }", "has 12 slides"),
    "no cut": ("long = 4, ", "", r"slide 'What\?': give its minutes in long; a shorter talk is"),
    "no minutes": ("long = 4", "long = 0", "minutes are a number above 0, not 0"),
    "no number": ("long = 4", "long = true", "minutes are a number above 0, not True"),
    "a slot of no talk": ("short = 3", "brief = 3", "the key 'brief' is not known; there are"),
    "kept for no talk": ("long = [1, 3]", "brief = [1, 3]", "chapter 2, kept: the key 'brief'"),
    "no question": ('asks = "What?", ', "", "the key 'asks' is missing"),
    "no opening": ("[opening]", "[opned]", "'opned' is not known"),
    "no welcome": ('say = "Welcome."', "", "the key 'say' is missing"),
    "no pair": ("[3, 5]", "3", "slides are the least and the most, not 3"),
    "kept no pair": ("[1, 3] }", "3 }", "kept are slides and minutes, not 3"),
    "both": ('asks = "And then?"', "slides = []", "chapter 2: the key 'slides' is not known"),
    "no TOML": ("[opening]", "[opening", "plan.toml is no TOML"),
}


@pytest.mark.parametrize(("old", "new", "words"), FAULTS.values(), ids=FAULTS)
def test_a_plan_that_cannot_be_is_refused_in_one_line(written, old, new, words):
    with pytest.raises(BuildError, match=words) as caught:
        read_plan(written(old, new))
    assert "\n" not in str(caught.value)


def test_a_plan_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BuildError, match="no such plan"):
        read_plan(tmp_path / "plan.toml")


@pytest.mark.parametrize(
    ("slot", "minutes", "least", "most"), [("talk_90", 90, 45, 60), ("talk_45", 45, 22, 32)]
)
def test_the_talks_of_the_lecture_fill_their_slots(slot, minutes, least, most):
    plan = read_plan(PLAN)
    assert plan.slots[slot].minutes == minutes
    assert plan.minutes(slot) == pytest.approx(minutes, rel=TOLERANCE)
    assert least <= plan.count(slot) <= most


def test_the_plan_has_a_place_for_every_chapter():
    assert [part.chapter for part in read_plan().parts] == list(range(14))
