"""A cache that drops the least recently used: orders by hand, and what streams past it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_lib.caches import hits, streaming_hit_rate


@pytest.mark.parametrize(
    ("order", "capacity", "found"),
    [
        ("aaaa", 1, 3),
        ("abab", 1, 0),
        ("abab", 2, 2),
        ("abcabc", 2, 0),
        ("abacab", 2, 2),
        ("", 4, 0),
    ],
)
def test_hits_by_hand(order, capacity, found):
    assert hits(map(ord, order), capacity) == found


@given(st.integers(1, 40), st.integers(1, 40), st.integers(2, 4))
def test_what_streams_by_is_found_again_as_a_whole_or_not_at_all(size, capacity, passes):
    rate = streaming_hit_rate(size, capacity, passes=passes)
    assert rate == (1.0 if size <= capacity else 0.0)


@given(st.lists(st.integers(0, 9), max_size=60), st.integers(1, 9))
def test_a_larger_cache_never_answers_less(order, capacity):
    assert hits(order, capacity) <= hits(order, capacity + 1) <= len(order)


def test_a_cache_without_room_and_a_single_pass_are_refused():
    with pytest.raises(ValueError, match="capacity must be 1 or more"):
        hits([1], 0)
    with pytest.raises(ValueError, match="passes must be 2 or more"):
        streaming_hit_rate(4, 2, passes=1)
