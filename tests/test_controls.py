import pytest

from lecture_lib.controls import choice, doubling, steps, switch


def test_a_menu_shows_words_and_stands_for_values():
    control = choice({"two bytes": 2, "one byte": 1}, start=1)
    assert control.values == (2, 1)
    assert control.label(1) == "one byte"
    assert control.start == 1


def test_a_menu_starts_at_its_first_option_unless_told_otherwise():
    assert choice(["a", "b"]).start == "a"


def test_a_long_menu_is_read_in_groups():
    control = choice({"AMD": ["MI300X"], "Google": ["TPU v4", "TPU v5e"]}, start="TPU v4")
    assert control.values == control.labels == ("MI300X", "TPU v4", "TPU v5e")
    assert control.groups == (("AMD", 1), ("Google", 2))
    assert choice({"two bytes": 2}).groups == choice(["a"]).groups == ()


def test_doubling_runs_up_to_and_including_the_last_value():
    control = doubling(1, 8, start=2, unit="users")
    assert control.values == (1, 2, 4, 8)
    assert control.labels == ("1 users", "2 users", "4 users", "8 users")
    assert control.ends == (1, 8)


def test_steps_keep_the_order_given():
    assert steps([1, 160, 4], start=160).values == (1, 160, 4)


def test_a_switch_is_off_or_on():
    assert switch().labels == ("off", "on")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: choice([]), "a control needs at least one value, and this one has none"),
        (
            lambda: choice(["a"], start="b"),
            "a control starts at one of its values, ('a',), not at 'b'",
        ),
        (lambda: doubling(1, 10, start=1), "doubling 1 again and again meets 8, not 10"),
        (
            lambda: doubling(0, 8, start=1),
            "doubling runs from a value of at least 1 upwards, not from 0 to 8",
        ),
        (
            lambda: steps([1, 2, 1], start=1),
            "a control shows each value by its own words, and '1' stands for two",
        ),
    ],
)
def test_a_control_that_would_break_is_refused_with_the_reason(make, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the whole message is compared
        make()
    assert str(error.value) == message
