"""A talk shows what the chapters show, in the order and for the minutes of the plan."""

import pytest
from test_plan import SMALL

from slides import BuildError
from slides.cells import Slide
from slides.chapters import Chapter
from slides.plan import read_plan
from slides.talks import talk, talks


def slide(asks, notes="Spoken.", seconds=30):
    return Slide(
        f"x, {asks}", asks, f"<i>{asks}</i>", False, ["body"], [notes] * bool(notes), seconds
    )


def chapter(*slides, number=1):
    return Chapter(f"{number:02}_sample", number, list(slides), "0123456789ab")


CHAPTER = chapter(slide("How?"), slide("What?"), slide("Who?"))


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(SMALL, encoding="utf-8")
    return read_plan(path)


def test_a_talk_has_the_slides_of_the_plan_in_its_order(plan):
    long, short = talks(plan, [CHAPTER])
    assert [s.asks for s in long.slides] == ["Why?", "What?", "How?"]
    assert [s.asks for s in short.slides] == ["Why?", "What?"]
    assert [label for label, _ in long.shown] == ["LLM inference", "Chapter 01", "Chapter 01"]
    assert (long.name, short.name) == ("long", "short")
    assert long.built_from == "01_sample 0123456789ab"


def test_a_talk_has_its_own_minutes_and_its_own_words_where_the_plan_has_some(plan):
    opening, what, how = talk(plan, "long", [CHAPTER]).slides
    assert [s.seconds for s in (opening, what, how)] == [60, 240, 120]
    assert what.notes == ["Spoken."]
    assert [note.strip() for note in how.notes] == ["<p>So.</p>"]
    assert opening.opening
    assert opening.parts == ["<p>A sample.</p>\n"]
    assert [s.seconds for s in CHAPTER.slides] == [30, 30, 30], "the chapter's own deck changed"


def test_a_talk_of_one_chapter_carries_the_mark_of_no_other(plan):
    other = chapter(number=3)
    plan.parts[1].__dict__["chapter"] = 3
    plan.parts[1].__dict__["kept"] = {}
    assert talk(plan, "long", [CHAPTER, other]).built_from == "01_sample 0123456789ab"


FAULTS = {
    "renamed": (
        [chapter(slide("What now?"))],
        r"no slide of 01_sample asks 'What\?'; the nearest is 'What now\?'",
    ),
    "without notes": (
        [chapter(slide("What?", notes=""))],
        "in long: no notes say what is spoken",
    ),
    "hurried": (
        [chapter(slide("What?", notes="word " * 601))],
        "601 words do not fit into 4 minutes; say less, or take longer",
    ),
    "not planned": ([CHAPTER, chapter(number=7)], "chapter 07 is in no talk; give it a part"),
    "written": ([CHAPTER, chapter(number=2)], "chapter 02 is written, and its place is only kept"),
    "gone": ([], "there is no notebook of chapter 01"),
}


@pytest.mark.parametrize(("chapters", "words"), FAULTS.values(), ids=FAULTS)
def test_a_plan_that_does_not_fit_the_chapters_is_refused(plan, chapters, words):
    with pytest.raises(BuildError, match=words):
        talks(plan, chapters)
