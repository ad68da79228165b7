"""Blocks of weights, ordinary ones and others: what a format of blocks may meet."""

import numpy as np

MAGNITUDES = (
    *range(-45, -34, 2),
    *(-38, -36, -30, -20, -17, -16, -15, -14, -12, -10),
    *range(-8, -2),
    *(3, 4, 5, 6, 7, 10, 12, 13, 15, 18, 19, 20, 25, 30, 37),
)
# Its codes of 3 bits would still move in a sixth round, and C stops after five.
RESTLESS = [16, -39, 4, -35, 27, -31, 18, 18, -4, 29, 37, -26, 35, 25, 22, -15]
GREATEST = np.finfo(np.float32).max


def ordinary(weights: int, blocks: int) -> np.ndarray:
    """Weights as a language model has them, the same on every machine, float32 [blocks, weights].

    Each is a sum of whole numbers, scaled: nearly normal, with a standard deviation of 0.02.
    """
    draw = np.random.default_rng(20).integers(-1024, 1025, (12, blocks, weights))
    return (draw.sum(axis=0) * np.float32(2**-17 * 1.28)).astype(np.float32)


def of_every_kind(weights: int, each: int) -> np.ndarray:
    """Some blocks of each kind, float32 [blocks, weights]: see the names below."""
    draw = np.random.default_rng(weights)
    shape = each, weights
    normal = draw.standard_normal(shape)
    constant = np.broadcast_to(normal[:, :1], shape)
    place = np.arange(each), draw.integers(0, weights, each)
    half_zero = np.where(draw.random(shape) < 0.5, normal, normal * 0)  # zeros of either sign
    outlier, alone = normal * 0.02, np.zeros(shape)
    outlier[place] *= 1000
    alone[place] = normal[:, 0]
    tied = normal.copy()
    tied[:, ::2] = -tied[:, 1::2]
    below = np.ldexp(
        1 - draw.integers(0, 40, (each, 1)) * 2.0**-24, draw.integers(-126, 128, (each, 1))
    )
    below_power = np.hstack([below, below * draw.uniform(-1, 1, (each, weights - 1))])
    bits = draw.integers(0, 2**32, shape, np.uint32).view(np.float32)
    smaller = np.repeat(draw.integers(-20, 16, (each, weights // 16)), 16, axis=1)
    kinds = {
        "ordinary": normal * 0.02,
        "long tails": draw.standard_t(2, shape),
        "one outlier": outlier,
        "constant": constant,
        "constant but for the last bits": constant * (1 + draw.integers(-2, 3, shape) * 6e-8),
        "far from zero": normal * 0.01 + draw.choice([-1, 1], (each, 1)),
        "all positive": np.abs(normal),
        "all negative": -np.abs(normal),
        "zero": np.zeros(shape),
        "zero and minus zero": draw.choice([0.0, -0.0], shape),
        "half zero": half_zero,
        "half zero, none negative": np.abs(half_zero) * draw.choice([1, 1, 1, -0.0], shape),
        "one alone": alone,
        "whole numbers": draw.integers(-8, 8, shape),
        "a few whole numbers": draw.integers(-2, 3, shape),
        "ties": draw.integers(-254, 255, shape) / 2,
        "quarters": draw.integers(-32, 33, shape) / 4,
        "ternary": draw.integers(-1, 2, shape) * 0.37,
        "as large on both sides": tied,
        "plus or minus one": draw.choice([-1, 1], shape),
        "restless": np.resize(RESTLESS, shape),
        "the greatest float32": draw.choice([-1, 1, 0.5, 0, 0.25], shape) * GREATEST,
        "just below a power of two": below_power,
        "any bits": np.where(np.isfinite(bits), bits, 0),
        "some magnitudes": np.ldexp(draw.uniform(-1, 1, shape), draw.integers(-20, 16, shape)),
        "small blocks that differ": np.ldexp(draw.uniform(-1, 1, shape), smaller),
        **{f"1e{power}": draw.standard_normal(shape) * 10.0**power for power in MAGNITUDES},
    }
    return np.vstack([kind.astype(np.float32) for kind in kinds.values()])
