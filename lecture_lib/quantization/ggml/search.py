"""The search for a block's scale: several are tried, and each is then bettered by least squares.

Dividing by a scale and rounding gives codes. But once the codes are fixed, the scale that made them
is rarely the one that fits them best: least squares knows that one exactly. So ggml tries some
scales around the obvious one, fits, and keeps what comes closest, with the larger weights counting
more. That is why the K-quants beat Q4_0 at the same number of bits, and why they take longer.

The three searches are `make_qkx2_quants`, `make_qx_quants` and `make_q3_quants` in ggml-quants.c of
ggml (MIT), https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c, written down anew for many
blocks side by side. Every sum and product stands in the order of the C code, as its last bit counts.
"""

from collections.abc import Callable, Iterable

import numpy as np

from lecture_lib.quantization.ggml.arithmetic import in_order, largest, nearest_int

NOTHING = np.float32(1e-15)  # below this a block counts as zero


def scale_and_minimum(x, importance, top: int, tries: Iterable[float], misfit: Callable):
    """Scale s, minimum m ≤ 0 and codes 0 to `top` of each block, so that x ≈ s · code + m.

    A try takes (top + its number) / (max − m) for 1 / s, rounds the weights to codes, and fits s and
    m to them: the least of Σ w (s · code + m − x)², two linear equations in s and m. It is kept
    if the sum of w · misfit(s · code + m − x) is less than before; the next one starts from its m.
    """
    minimum, high = np.minimum(x.min(axis=0), 0), x.max(axis=0)
    w, wx = in_order(importance), in_order(importance * x)

    def error(scale, codes, minimum):
        off = scale * codes
        off += minimum
        off -= x
        off = misfit(off)
        off *= importance
        return in_order(off)

    inverse = _finite(top / (high - minimum))
    scale = 1 / (top / (high - minimum))
    best = error(scale, _codes(x, inverse, minimum, top), minimum)
    kept = inverse, minimum.copy()
    for more in tries:
        inverse = _finite((np.float32(more) + top) / (high - minimum))
        codes = _codes(x, inverse, minimum, top)
        weighted = importance * codes
        wc, wcx = in_order(weighted), in_order(weighted * x)
        weighted *= codes
        wcc = in_order(weighted)
        determinant = w * wcc - wc * wc
        fitted = (w * wcx - wx * wc) / determinant
        fitted_minimum = (wcc * wx - wc * wcx) / determinant
        above = fitted_minimum > 0  # a minimum is stored without a sign, to be subtracted
        fitted[above] = (wcx / wcc)[above]
        fitted_minimum[above] = 0
        found = error(fitted, codes, fitted_minimum)
        better = (determinant > 0) & (found < best)
        for old, new in (
            (kept[0], inverse),
            (kept[1], minimum),
            (best, found),
            (scale, fitted),
            (minimum, fitted_minimum),
        ):
            np.copyto(old, new, where=better)
    return scale, minimum, _codes(x, *kept, top)


def _codes(x, inverse, minimum, top):
    codes = x - minimum
    codes *= inverse
    np.rint(codes, out=codes)
    return np.clip(codes, 0, top, out=codes)


def _finite(inverse):
    """The inverse of a scale, 0 where there is none: in C such codes all come out as 0."""
    inverse[~np.isfinite(inverse)] = 0
    return inverse


def scale_through_zero(sums: Callable, inverses: Iterable):
    """The scale s of each block in x ≈ s · code, and the inverse that gave the codes it was fitted to.

    `sums` rounds the weights with the inverse of a scale and gives Σ w · code · x and Σ w · code²: the best
    scale for these codes is their quotient. What it leaves of Σ w x² is less by
    (Σ w · code · x)² / Σ w · code², so the try with the largest such gain is kept.
    """
    first, *others = inverses
    wcx, wcc = sums(first)
    scale, kept = np.where(wcc != 0, wcx / wcc, 0), first.copy()
    gain = scale * wcx
    for inverse in others:
        wcx, wcc = sums(inverse)
        better = (wcc > 0) & (wcx * wcx > gain * wcc)
        fitted = wcx / wcc
        np.copyto(gain, fitted * wcx, where=better)
        np.copyto(scale, fitted, where=better)
        np.copyto(kept, inverse, where=better)
    return scale, kept


def scale_in_steps(x, half: int, rounds: int = 5):
    """The scale of each block in x ≈ s · code, and its codes, −half to half − 1, bettered one by one.

    Here the codes move, not the scale. C goes from weight to weight, round after round: a code becomes
    what the best scale of the others would make of it, if the fit gains. Between two such moves nothing
    changes, so that all the weights of a block can be asked at once which of them would move next.
    """
    peak = largest(x)
    codes = np.clip(np.rint(x * (-half / peak)), -half, half - 1)
    importance = x * x
    wcx, wcc = in_order(importance * x * codes), in_order(importance * codes * codes)
    # A slip in the C code, which files now rely on: where the farthest weight is positive the first
    # codes come from a negative scale, this sum is negative too, and no code may move.
    moving = np.flatnonzero(wcx > 0)
    following, turn = np.zeros(len(moving), int), np.zeros(len(moving), int)
    while len(moving):
        asked = np.take(x, moving, axis=1), np.take(codes, moving, axis=1)
        weight, block, code, new_wcx, new_wcc = _gaining(*asked, wcx[moving], wcc[moving], half)
        wait = (weight - following[block]) % len(x)
        last_to_first = np.argsort((-wait).astype(np.int8), kind="stable")
        chosen = np.full(len(moving), -1)
        chosen[block[last_to_first]] = last_to_first  # what is written last stays
        some = np.flatnonzero(chosen >= 0)
        turn[some] += weight[chosen[some]] < following[some]
        some = some[turn[some] < rounds]
        chosen, moving, turn = chosen[some], moving[some], turn[some]
        codes[weight[chosen], moving] = code[chosen]
        wcx[moving], wcc[moving] = new_wcx[chosen], new_wcc[chosen]
        following = weight[chosen] + 1
    nothing = np.abs(peak) < NOTHING
    scale = np.where((wcc > 0) & ~nothing, wcx / wcc, 0)
    return scale, np.where(nothing, -half, codes)


def _gaining(x, codes, wcx, wcc, half):
    """The moves that would make a block's fit better: weights, blocks, new codes and new sums."""
    importance = x * x
    wx = importance * x
    others_wcx = wx * codes
    np.subtract(wcx, others_wcx, out=others_wcx)
    others_wcc = importance * codes
    others_wcc *= codes
    np.subtract(wcc, others_wcc, out=others_wcc)
    wanted = x * others_wcc
    wanted /= others_wcx
    wanted = np.clip(nearest_int(wanted), -half, half - 1).astype(np.float32)
    weight, block = np.divmod(np.flatnonzero(wanted != codes), x.shape[1])
    code, others_wcx = wanted[weight, block], others_wcx[weight, block]
    new_wcx = others_wcx + wx[weight, block] * code
    new_wcc = others_wcc[weight, block] + importance[weight, block] * code * code
    old_wcx, old_wcc = wcx[block], wcc[block]
    gains = new_wcx * new_wcx * old_wcc > old_wcx * old_wcx * new_wcc
    gains &= (others_wcx > 0) & (new_wcc > 0)
    return [found[gains] for found in (weight, block, code, new_wcx, new_wcc)]
