"""A cache, carried out: which blocks of memory it holds, and what share of the reads it answers."""

from collections import OrderedDict
from collections.abc import Iterable

from lecture_lib.units import quantity


def hits(blocks: Iterable[int], capacity: int) -> int:
    """Reads that a cache of so many blocks answers, if it drops the least recently used: count.

    >>> hits([1, 2, 1, 3, 2], capacity=2)
    1
    """
    quantity("capacity", capacity, least=1)
    held: OrderedDict[int, None] = OrderedDict()
    found = 0
    for block in blocks:
        if block in held:
            found += 1
            held.move_to_end(block)
        else:
            held[block] = None
            if len(held) > capacity:
                held.popitem(last=False)
    return found


def streaming_hit_rate(size: int, capacity: int, *, passes: int = 2) -> float:
    """Share of the reads after the first pass that a cache answers when `size` blocks stream by.

    All or nothing: what is asked for again was, if one block is missing, the first to be dropped.

    >>> streaming_hit_rate(72, 72), streaming_hit_rate(73, 72)
    (1.0, 0.0)
    """
    quantity("size", size, least=1)
    quantity("passes", passes, least=2)
    order = [block for _ in range(passes) for block in range(size)]
    return hits(order, capacity) / (size * (passes - 1))
