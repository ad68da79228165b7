"""The search for a block's scale: several are tried, and each is then bettered by least squares.

Dividing by a scale and rounding gives codes. But once the codes are fixed, the scale that made them
is rarely the one that fits them best, and that one is known: least squares gives it. So ggml tries
some scales around the obvious one, fits, and keeps what comes closest, with the larger weights
counting more. That is why Q4_K errs less than Q4_0 at the same number of bits, and takes longer.

The three searches are `make_qkx2_quants`, `make_qx_quants` and `make_q3_quants` in ggml-quants.c of
ggml (MIT), https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c, written anew for
many blocks side by side. Sums and products stand in the order of the C code: the last bit counts.
In the formulas w is the importance of a weight x, and c its code.
"""

from collections.abc import Callable, Iterable

import numpy as np

from lecture_lib.quantization.ggml.arithmetic import in_order, largest, nearest_int

NOTHING = np.float32(1e-15)  # below this a block counts as zero


def scale_and_minimum(x, importance, top: int, tries: Iterable[float], misfit: Callable):
    """Scale s, minimum m ≤ 0 and codes c, 0 to `top`, of each block, so that x ≈ s c + m.

    A try takes (top + its number) / (max − m) for 1 / s, rounds the weights to codes, and fits s
    and m to them: the least of Σ w (s c + m − x)², two linear equations in s and m. It is kept if Σ
    w misfit(s c + m − x) is less than before, and then the next try starts from its m.
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
    """The scale s of each block in x ≈ s c, and the inverse whose codes it was fitted to.

    `sums` rounds the weights with the inverse of a scale, and gives Σ w c x and Σ w c². The best
    scale for these codes is their quotient. It takes (Σ w c x)² / Σ w c² off the error Σ w x² of
    leaving all out, so the try with the largest such gain is kept.
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


def one_block_in_steps(x, half: int, rounds: int = 5):
    """The scale s in x ≈ s c of one block, and its codes c, −half to half − 1: to be read.

    Here the codes move, not the scale. Weight after weight, round after round, a code becomes what
    the best scale of all the others would make of it, if that gains. Importance is x².

    C moves a code only while Σ w c x of the others is positive: a slip. Where the farthest weight
    is positive, the first codes come from a negative scale, the sum is negative, and nothing moves.
    """
    w = x * x
    codes = np.clip(np.rint(x * (-half / largest(x[:, None]))), -half, half - 1)
    wcx, wcc = in_order((w * x * codes)[:, None])[0], in_order((w * codes * codes)[:, None])[0]
    for _ in range(rounds):
        before = codes.copy()
        for j in range(len(x)):
            others_wcx = wcx - w[j] * x[j] * codes[j]
            others_wcc = wcc - w[j] * codes[j] * codes[j]
            if others_wcx <= 0:
                continue
            code = np.float32(np.clip(np.rint(x[j] * others_wcc / others_wcx), -half, half - 1))
            new_wcx = others_wcx + w[j] * x[j] * code
            new_wcc = others_wcc + w[j] * code * code
            gains = new_wcx * new_wcx * wcc > wcx * wcx * new_wcc
            if code != codes[j] and gains:
                codes[j], wcx, wcc = code, new_wcx, new_wcc
        if np.array_equal(codes, before):
            break
    return wcx / wcc, codes


def scale_in_steps(x, half: int, rounds: int = 5):
    """The scale s of each block in x ≈ s c, and its codes c, −half to half − 1, moved one by one.

    What `one_block_in_steps` does, for many blocks. Between two moves of a block nothing changes,
    so all its weights can be asked at once which of them would move; the first after the last
    move does, and begins another round if it lies before it.
    """
    peak = largest(x)
    codes = x * (-half / peak)
    np.rint(codes, out=codes)
    np.clip(codes, -half, half - 1, out=codes)
    weighted = x * x
    terms = weighted * x
    terms *= codes
    wcx = in_order(terms)
    weighted *= codes
    weighted *= codes
    wcc = in_order(weighted)
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
    """All moves of one code that would gain: which weights, of which blocks, new codes and sums."""
    others_wcx = x * x
    others_wcc = others_wcx * codes
    others_wcx *= x
    others_wcx *= codes
    np.subtract(wcx, others_wcx, out=others_wcx)
    others_wcc *= codes
    np.subtract(wcc, others_wcc, out=others_wcc)
    wanted = x * others_wcc
    wanted /= others_wcx
    wanted = nearest_int(wanted, out=wanted)
    np.clip(wanted, -half, half - 1, out=wanted)
    place = np.flatnonzero(wanted != codes.astype(np.int32))
    weight, block = np.divmod(place, x.shape[1])
    x, code = x.ravel()[place], wanted.ravel()[place].astype(np.float32)
    others_wcx, others_wcc = others_wcx.ravel()[place], others_wcc.ravel()[place]
    new_wcx = others_wcx + x * x * x * code
    new_wcc = others_wcc + x * x * code * code
    old_wcx, old_wcc = wcx[block], wcc[block]
    gains = new_wcx * new_wcx * old_wcc > old_wcx * old_wcx * new_wcc
    gains &= (others_wcx > 0) & (new_wcc > 0)
    return [found[gains] for found in (weight, block, code, new_wcx, new_wcc)]
