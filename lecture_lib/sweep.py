"""Many operating points at once: devices, models, sequences and contexts, in bounded blocks."""

import numpy as np

from lecture_lib.decode import decode_step
from lecture_lib.roofline import Work, floor_time, sum_time

BLOCK_POINTS = 1 << 18  # of one block: some megabytes for each array that is made on the way
KINDS = {"floor": floor_time, "sum": sum_time}


class _Rates:
    """The rates of several devices as one roof, each an array [devices, 1, 1]."""

    def __init__(self, roofs):
        self.peak_rate = np.array([roof.peak_rate for roof in roofs], float)[:, None, None]
        self.bandwidth = np.array([roof.bandwidth for roof in roofs], float)[:, None, None]


def blocks(shapes, roofs, sequences, contexts, *, kind="floor", **setting):
    """Step times [s] of every device with every model, block by block: (place, times) pairs.

    `place` indexes the whole cube [device, model, sequences, context]; `times` is what stands
    there. One model's work is counted once for all devices, and no block has more than
    BLOCK_POINTS points unless a row of contexts for all the devices alone has more. `setting` is
    that of `decode_step`. ValueError for a kind that is neither floor nor sum.
    """
    if kind not in KINDS:
        raise ValueError(f"a sweep's times are of the kind floor or sum, not {kind!r}")
    sequences, contexts = np.asarray(sequences, float), np.asarray(contexts, float)
    rates, first = _Rates(roofs), roofs[0]
    rows = max(1, BLOCK_POINTS // (len(roofs) * contexts.size))
    for model, shape in enumerate(shapes):
        for start in range(0, sequences.size, rows):
            some = slice(start, start + rows)
            step = decode_step(
                shape, first, sequences=sequences[some, None], context_tokens=contexts, **setting
            )
            work = Work(*np.broadcast_arrays(step.work.flops, step.work.traffic))
            yield np.s_[:, model, some], KINDS[kind](work, rates)


def sweep(shapes, roofs, sequences, contexts, *, kind="floor", **setting):
    """All step times [s] as one array [device, model, sequences, context]: 8 bytes a point.

    What is larger than memory is asked of `blocks`, and only what is sought in it kept.
    """
    cube = np.empty((len(roofs), len(shapes), len(sequences), len(contexts)))
    for place, times in blocks(shapes, roofs, sequences, contexts, kind=kind, **setting):
        cube[place] = times
    return cube
