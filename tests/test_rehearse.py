"""The lists to rehearse by: every slide with its minutes and the running total."""

from test_talks import CHAPTER, plan  # noqa: F401 - a fixture

from slides import rehearse
from slides.plan import read_plan


def test_a_talk_is_listed_with_what_is_to_come(plan):  # noqa: F811
    lines = rehearse.talk_lines(plan, "long", [CHAPTER])
    assert rehearse.rehearsal("long", 10, lines) == (
        "long\n"
        "  1   1.0   0:01:00  Why?\n"
        "  2   4.0   0:05:00  Chapter 01  What?\n"
        "  3   2.0   0:07:00  Chapter 01  How?\n"
        "      3.0   0:10:00  Chapter 02  to come, 1 slide: And then?\n"
        "     10.0 of 10 minutes"
    )


def test_a_chapter_is_listed_in_the_minutes_of_its_notes():
    listed = rehearse.rehearsal("01", None, rehearse.chapter_lines(CHAPTER))
    assert listed.splitlines()[1:] == [
        "  1   0.5   0:00:30  How?",
        "  2   0.5   0:01:00  What?",
        "  3   0.5   0:01:30  Who?",
        "      1.5 minutes",
    ]


def test_the_command_lists_the_talks_and_the_chapters(capsys):
    assert rehearse.main([]) == 0
    said = capsys.readouterr().out
    for slot in read_plan().slots.values():
        assert f"\n{slot.name}\n" in f"\n{said}"
        assert f" of {slot.minutes:g} minutes" in said
    assert "01_the_price_of_a_token\n  1   1.0   0:01:00  What does a token cost?" in said
    assert rehearse.main(["talk_45"]) == 0
    assert "talk_90" not in capsys.readouterr().out


def test_the_command_names_what_there_is(capsys):
    assert rehearse.main(["talk_60"]) == 1
    assert "There is no 'talk_60'; there are talk_90, talk_45, 00" in capsys.readouterr().err
