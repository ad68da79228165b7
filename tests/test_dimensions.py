"""Dimensions that fit no model are refused, and what they leave unsaid follows a rule."""

from types import SimpleNamespace

import pytest

from lecture_lib.dimensions import (
    every_nth,
    require_divisor,
    require_parts,
    require_places,
    require_whole,
)

TOY = SimpleNamespace(name="toy", heads=12, group=4, layers=3)


def test_dimensions_that_fit_together_pass():
    require_whole(TOY, {"heads": 12, "layers": 0})
    require_divisor(TOY, "group", "heads")
    require_parts(TOY, "layers", "layers")
    for places in ((), (0, 1), (0, 2)):
        require_places(SimpleNamespace(name="toy", layers=3, wide=places), "wide", 2)


def test_dimensions_that_do_not_are_refused_with_a_way_out():
    with pytest.raises(
        ValueError, match=r"^toy: heads must be a whole number, 13 or more, not 12;"
    ):
        require_whole(TOY, {"heads": 13})
    with pytest.raises(
        ValueError, match=r"and 4 does not divide 3; the nearest that do are \[1, 3\]"
    ):
        require_divisor(TOY, "group", "layers")
    with pytest.raises(
        ValueError, match=r"^toy: heads must be at most group, 4, not 12; see the mo"
    ):
        require_parts(TOY, "group", "layers", "heads")


@pytest.mark.parametrize("wrong", [(0,), (0, 1, 2), (1, 0), (0, 3), (1, 1), (-1, 0)])
def test_places_that_are_not_so_many_layers_in_turn_are_refused(wrong):
    with pytest.raises(ValueError, match=r"^toy: wide must be 2 of the layers 0 to 2, in turn, no"):
        require_places(SimpleNamespace(name="toy", layers=3, wide=wrong), "wide", 2)


def test_every_nth_is_the_last_of_each_turn_and_never_more_than_asked():
    assert every_nth(26, 4) == (5, 11, 17, 23)  # two layers remain, as in Gemma-3-1B
    assert every_nth(3, 3) == (0, 1, 2)
    assert every_nth(3, 0) == ()
