"""Weights that are -1, 0 or 1: rounding to them, storing them, and products that only add.

BitNet b1.58 (arXiv:2402.17764) trains with weights of three values under one scale for the matrix,
and whole activations of 8 bits under one scale for each token. What is left of the product
is adding and subtracting, exact in whole numbers.

Two numbers of the literature mislead. "1.58 bits" is information, log2 3, and no way to store
it: five trits a byte take 1.6, with a scale for each block 1.6875, and common kernels take 2. And
"2.53 times smaller than 4 bits" is 4 / 1.58: information over a nominal width, neither as stored.
"""

from dataclasses import dataclass

import numpy as np

from lecture_lib.quantization.bit_packing import packed_bits, unpacked_bits
from lecture_lib.quantization.blocks import BlockFormat, finite

INFORMATION = float(np.log2(3))  # bits in a trit, if all three values are equally frequent
TRITS_IN_A_BYTE = 5  # 3^5 = 243 is the last power of three below 256
PLACES = 3 ** np.arange(TRITS_IN_A_BYTE)


def absmean(weights) -> tuple[np.ndarray, np.float32]:
    """The trits of the weights, int8, and their scale gamma, the mean magnitude.

    RoundClip(W / gamma, -1, 1), ties to even: weights beyond gamma / 2 become -1 or 1. The paper
    adds a small number to gamma, against dividing by zero; here zeros stay zero without it.
    ValueError for weights that are not finite, and for none at all.
    """
    weights = finite("a ternary matrix", weights)
    if not weights.size:
        raise ValueError("the mean magnitude of no weights is no number; pass at least one")
    gamma = np.float32(np.abs(weights).mean(dtype=np.float64))
    with np.errstate(over="ignore"):  # a quotient beyond float32 is clipped as well
        scaled = weights / (gamma or np.float32(1))
    return np.rint(np.clip(scaled, -1, 1)).astype(np.int8), gamma


def least_squares(weights) -> tuple[np.ndarray, np.float32]:
    """The trits and the scale that err least over all weights together: no rounding does better.

    Some number of the largest magnitudes becomes -1 or 1, under their mean as the scale; of all
    such numbers the best is taken (as in Ternary Weight Networks, arXiv:1605.04711, but exactly).
    Equal magnitudes at the border are cut between them. ValueError as for absmean.
    """
    weights = finite("a ternary matrix", weights)
    if not weights.size:
        raise ValueError("no weights have no nearest ternary ones; pass at least one")
    magnitudes = np.abs(weights).ravel().astype(np.float64)
    order = np.argsort(-magnitudes, kind="stable")
    sums, counts = np.cumsum(magnitudes[order]), np.arange(1, magnitudes.size + 1)
    most = int(np.argmax(sums**2 / counts))  # what the error is less by
    trits = np.zeros(weights.size, np.int8)
    trits[order[: most + 1]] = np.sign(weights.ravel()[order[: most + 1]])
    return trits.reshape(weights.shape), np.float32(sums[most] / counts[most])


def absmax_per_token(activations) -> tuple[np.ndarray, np.ndarray]:
    """The activations [..., width] as int8 from -127 to 127, and a scale [..., 1] for each token.

    A token times its scale is the token again, up to half a scale. ValueError for what is not
    finite, and for tokens of no width.
    """
    activations = finite("an activation of 8 bits", activations)
    if not activations.ndim or not activations.shape[-1]:
        raise ValueError(f"tokens need a width, and {activations.shape} has none")
    scales = np.abs(activations).max(axis=-1, keepdims=True) / np.float32(127)
    scales = np.maximum(scales, np.finfo(np.float32).tiny)  # also for a token of zeros
    return np.rint(np.clip(activations / scales, -127, 127)).astype(np.int8), scales


def entropy(trits) -> float:
    """The bits of information in a trit, as frequent as -1, 0 and 1 are here; at most log2 3."""
    return _entropy(np.bincount(_trits(trits).ravel() + 1, minlength=3) / max(np.size(trits), 1))


def information(zeros: float) -> float:
    """The bits of information in a trit that is 0 with this share, and else 1 or -1 alike.

    ValueError for a share outside 0 to 1.

    >>> round(information(0.42), 3)
    1.561
    """
    if not 0 <= zeros <= 1:
        raise ValueError(f"a share of zeros lies from 0 to 1, and {zeros} does not")
    return _entropy(np.array([zeros, (1 - zeros) / 2, (1 - zeros) / 2]))


def _entropy(shares) -> float:
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum()) + 0.0  # no -0


def packed_trits(trits) -> np.ndarray:
    """Five trits in a byte, uint8 [rows, n / 5]: the digits, less one, of a number in base three.

    The first digit counts ones. ValueError for rows that are no multiple of five.
    """
    trits = _matrix(trits)
    rows, count = trits.shape
    if count % TRITS_IN_A_BYTE:
        raise ValueError(f"{count} trits do not fill bytes of five; add zeros")
    digits = trits.reshape(rows, count // TRITS_IN_A_BYTE, TRITS_IN_A_BYTE) + 1
    return (digits * PLACES).sum(axis=-1).astype(np.uint8)


def unpacked_trits(stored) -> np.ndarray:
    """The trits, int8 [rows, 5 n], in uint8 [rows, n]. ValueError for a byte of 243 or more."""
    stored = np.asarray(stored)
    trits = stored.dtype == np.uint8 and stored.ndim == 2 and (stored < 3**TRITS_IN_A_BYTE).all()
    if not trits:
        raise ValueError(
            "five trits a byte are uint8 [rows, n] below 243; these are something else"
        )
    digits = stored[..., None] // PLACES % 3
    return (digits.reshape(len(stored), TRITS_IN_A_BYTE * stored.shape[1]) - 1).astype(np.int8)


def _pack_five(blocks):
    scales = np.abs(blocks).max(axis=1, keepdims=True)
    trits = _only_trits("five trits a byte", blocks, scales)
    with np.errstate(over="ignore", under="ignore"):  # named below
        halves = scales.astype("<f2")
    lost = np.isinf(halves) | ((halves == 0) & (scales > 0))
    if lost.any():
        raise ValueError(
            f"five trits a byte keep their scale in FP16, which has no {scales[lost][0]}; "
            "give the weights another unit"
        )
    # 256 trits leave four places of 52 bytes empty
    return np.hstack([packed_trits(np.pad(trits, ((0, 0), (0, 4)))), halves.view(np.uint8)])


def _unpack_five(stored):
    scales = np.ascontiguousarray(stored[:, 52:]).view("<f2").astype(np.float32)
    return unpacked_trits(stored[:, :52])[:, :256] * scales


# As large as TQ1_0 of llama.cpp, whose order of the trits is made for vector instructions.
FIVE_IN_A_BYTE = BlockFormat("five trits a byte", 256, 52 + 2, _pack_five, _unpack_five)


def four_in_a_byte(scale) -> BlockFormat:
    """Weights that are -scale, 0 or scale, in two bits each: I2_S of bitnet.cpp, but for the order.

    The scale is kept once for the tensor. ValueError if it is no number above 0.
    """
    scale = np.float32(scale)
    if not 0 < scale < np.inf:
        raise ValueError(f"the scale of ternary weights is a number above 0, not {scale}")

    def pack(blocks):
        return packed_bits(
            (_only_trits("four trits a byte", blocks, scale) + 1).astype(np.uint8), 2
        )

    def unpack(stored):
        return (unpacked_bits(stored, 2).astype(np.float32) - 1) * scale

    return BlockFormat("four trits a byte", 4, 1, pack, unpack, tensor_bits=32)


def _only_trits(name, blocks, scales) -> np.ndarray:
    """The trits that the scales were multiplied with. ValueError where there are none."""
    trits = np.sign(blocks).astype(np.int8)
    if not np.array_equal(trits * scales, blocks):
        raise ValueError(
            f"{name} are a way to store -s, 0 and s, and round nothing; "
            "take absmean(weights) first, and its trits times its scale"
        )
    return trits


def dense_product(trits, activations) -> np.ndarray:
    """activations [tokens, in] times trits [out, in], int64 [tokens, out], by multiplying."""
    trits, activations = _operands(trits, activations)
    return activations.astype(np.int64) @ trits.T.astype(np.int64)


def sum_product(trits, activations) -> np.ndarray:
    """The same by adding where the trit is 1 and subtracting where it is -1."""
    trits, activations = _operands(trits, activations)
    sums = np.empty((len(activations), len(trits)), np.int64)
    for output, row in enumerate(trits):
        added = activations.sum(axis=1, where=row == 1, dtype=np.int64)
        sums[:, output] = added - activations.sum(axis=1, where=row == -1, dtype=np.int64)
    return sums


def table_product(trits, activations) -> np.ndarray:
    """The same by looking up: a stored byte is the place of its sum in a table of 243.

    Five activations have 243 sums with trits. They are made once for each token and then serve
    every output, one addition for five weights.
    """
    trits, activations = _operands(trits, activations)
    short = -trits.shape[1] % TRITS_IN_A_BYTE
    stored = packed_trits(np.pad(trits, ((0, 0), (0, short))))
    groups = np.pad(activations, ((0, 0), (0, short)))
    groups = groups.reshape(len(activations), stored.shape[1], TRITS_IN_A_BYTE)
    sums = np.zeros((len(activations), len(trits)), np.int64)
    for group in range(stored.shape[1]):
        sums += sum_table(groups[:, group])[:, stored[:, group]]
    return sums


def sum_table(activations) -> np.ndarray:
    """All sums of the activations [tokens, n] with n trits, int64 [tokens, 3^n], by their byte.

    One activation more makes three copies of the table: less it, as it is, and with it.
    """
    table = np.zeros((len(activations), 1), np.int64)
    for one in np.asarray(activations, np.int64).T[:, :, None]:
        table = np.hstack([table - one, table, table + one])
    return table


@dataclass(frozen=True)
class Additions:
    """Additions and subtractions for one token, as sums from zero: each term counts as one."""

    dense: int  # and as many multiplications
    summing: int  # one for each trit that is not zero
    tables: int  # to fill the tables of five activations
    looking_up: int  # one for each byte

    @property
    def saved(self) -> float:
        """The share of the dense additions that zeros save."""
        return 1 - self.summing / self.dense if self.dense else 0.0


def additions(trits) -> Additions:
    """What each way to a product with trits [out, in] adds. All but the dense multiply nothing."""
    outputs, inputs = _matrix(trits).shape
    groups = -(-inputs // TRITS_IN_A_BYTE)
    filled = groups * (3**TRITS_IN_A_BYTE - 1)  # 2 + 6 + 18 + 54 + 162
    return Additions(outputs * inputs, int(np.count_nonzero(trits)), filled, outputs * groups)


def _trits(trits) -> np.ndarray:
    """The trits as int8. ValueError for any other number."""
    trits = np.asarray(trits)
    if trits.dtype.kind not in "iuf" or not np.isin(trits, (-1, 0, 1)).all():
        raise ValueError("a trit is -1, 0 or 1, and these are not; take absmean(weights) first")
    return trits.astype(np.int8)


def _matrix(trits) -> np.ndarray:
    """The trits as int8 [rows, n]."""
    trits = _trits(trits)
    if trits.ndim != 2:
        raise ValueError(
            f"trits come as a matrix [rows, n], and these have the shape {trits.shape}"
        )
    return trits


def _operands(trits, activations) -> tuple[np.ndarray, np.ndarray]:
    """Both as matrices of whole numbers of the same width."""
    trits, activations = _matrix(trits), np.asarray(activations)
    if activations.dtype.kind not in "iu":
        raise ValueError(
            f"activations are whole numbers here, not {activations.dtype}; "
            "take absmax_per_token(activations) first"
        )
    if activations.ndim != 2 or trits.shape[1] != activations.shape[1]:
        raise ValueError(
            f"trits [out, in] and activations [tokens, in] need the same width, and have the "
            f"shapes {trits.shape} and {activations.shape}"
        )
    return trits, activations
