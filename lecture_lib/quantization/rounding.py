"""Rounding to integers: equal steps, and one scale for all the values that share it.

A value becomes code = round(value / scale) + zero, cut off where the codes end, and comes back as
scale · (code − zero). A symmetric grid has as many codes below zero as above and needs no zero
point; an asymmetric one spans what is there, from the least value to the largest, and zero is
always one of its values. The more values share a scale, the fewer bits the scales cost, and the
further the largest of them stretches the steps of all others.

>>> four = Grid(4, group=4).quantize([0.7, -0.1, 0.34, 0.0])
>>> four.codes.tolist(), four.bits_per_weight
([7, -1, 3, 0], 8.0)
"""

from dataclasses import dataclass
from math import prod
from numbers import Real

import numpy as np

from lecture_lib.quantization.blocks import finite

MOST_BITS = 16
SHARING = ("tensor", "row", "column")
SCALES = {16: np.float16, 32: np.float32}
SHARES = np.linspace(1, 0.2, 41)  # of the range, tried by clip="mse"


@dataclass(frozen=True, eq=False)
class Steps:
    """Where the codes lie: arrays that broadcast against the values in their groups."""

    scale: np.ndarray  # float32: what lies between two codes; never 0
    zero: np.ndarray  # float32: the code of the value 0, a whole number


@dataclass(frozen=True)
class Grid:
    """Integers of `bits` bits, with a scale for each tensor, row, column, or group of so many.

    A row of weights [out, in] belongs to an output channel, a row of activations [tokens, in] to a
    token; a group is a part of a row. `clip` is the share of the range that the codes span; "mse"
    takes for each group the share with the least squared error (of 41, down to a fifth).
    Scales are kept, and so rounded, in `scale_bits`: 16 or 32; a zero point takes as many bits as
    a code. ValueError for what is none of these.
    """

    bits: int
    symmetric: bool = True
    group: str | int = "row"
    clip: float | str = 1.0
    scale_bits: int = 16

    def __post_init__(self):
        least = 2 if self.symmetric else 1  # one bit with a sign has no code but 0
        if type(self.bits) is not int or not least <= self.bits <= MOST_BITS:
            kind = "a symmetric grid" if self.symmetric else "an asymmetric grid"
            raise ValueError(f"{kind} has {least} to {MOST_BITS} whole bits, not {self.bits!r}")
        if self.group not in SHARING and (type(self.group) is not int or self.group < 1):
            raise ValueError(
                f"{self.name}: group must be one of {', '.join(SHARING)}, or how many values of a "
                f"row share a scale, not {self.group!r}"
            )
        share = isinstance(self.clip, Real) and not isinstance(self.clip, bool)
        if self.clip != "mse" and not (share and 0 < self.clip <= 1):
            raise ValueError(
                f'{self.name}: clip must be a share of the range, above 0 and at most 1, or "mse", '
                f"not {self.clip!r}"
            )
        if self.scale_bits not in SCALES:
            raise ValueError(
                f"{self.name}: scale_bits must be 16 or 32, floats of that width, "
                f"not {self.scale_bits!r}"
            )

    @property
    def name(self) -> str:
        return f"INT{self.bits}"

    @property
    def lowest(self) -> int:
        """The first code. A symmetric grid leaves out −2^(bits − 1), which has no counterpart."""
        return -self.highest if self.symmetric else 0

    @property
    def highest(self) -> int:
        """The last code."""
        return 2 ** (self.bits - 1) - 1 if self.symmetric else 2**self.bits - 1

    @property
    def stored_as(self) -> np.dtype:
        """The least of numpy's integers that holds a code."""
        return np.min_scalar_type(self.lowest or self.highest)

    def steps(self, values) -> Steps:
        """The scales and zero points that suit these values.

        ValueError for values that are not finite, rows that do not divide into groups, and steps
        too long for a scale.
        """
        grouped, axes = self.in_groups(finite(self.name, values))
        low = grouped.min(axis=axes, keepdims=True, initial=0)
        high = grouped.max(axis=axes, keepdims=True, initial=0)
        if self.clip != "mse":
            return self._spanning(np.float32(self.clip) * low, np.float32(self.clip) * high)
        best, least = None, np.float32(np.inf)
        for share in SHARES.astype(np.float32):
            tried = self._spanning(share * low, share * high)
            lost = grouped - tried.scale * (self.codes(grouped, tried) - tried.zero)
            error = np.square(lost, dtype=float).sum(axis=axes, keepdims=True)
            better = error < least
            best = _chosen(better, tried, best or tried)
            least = np.where(better, error, least)
        return best

    def codes(self, grouped, steps: Steps, rng=None) -> np.ndarray:
        """The nearest codes, whole numbers in float32, for values in their groups.

        A tie goes to the even code. With a Generator `rng` the code above is taken as often as the
        value lies near to it: then the mean of many roundings is the value.
        """
        with np.errstate(over="ignore"):  # a value far outside of given steps is cut off below
            ratio = grouped / steps.scale
        if rng is None:
            nearest = np.rint(ratio)
        else:
            below = np.floor(ratio)
            nearest = below + (rng.random(ratio.shape) < ratio - below)
        return np.clip(nearest + steps.zero, self.lowest, self.highest)

    def quantize(self, values, *, steps: Steps | None = None, rng=None) -> "Quantized":
        """The values as codes. `steps` found before on other values make the rounding static.

        ValueError as for `steps`, and for steps that do not fit the values.
        """
        values = finite(self.name, values)
        grouped, _ = self.in_groups(values)
        steps = steps or self.steps(values)
        try:
            fits = np.broadcast_shapes(grouped.shape, steps.scale.shape) == grouped.shape
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"{self.name}: scales of shape {steps.scale.shape} do not fit values of shape "
                f"{values.shape} by {self.group}; find the steps on values of that shape"
            )
        codes = self.codes(grouped, steps, rng).reshape(values.shape)
        return Quantized(self, codes.astype(self.stored_as), steps)

    def rounded(self, values, *, steps: Steps | None = None, rng=None) -> np.ndarray:
        """The values after a way through the grid and back, float32 in the same shape."""
        return self.quantize(values, steps=steps, rng=rng).restored

    def in_groups(self, values):
        """The values in their groups, and the axes along which they share a scale."""
        if not values.size or not values.ndim:
            raise ValueError(f"{self.name} rounds rows of values, not shape {values.shape}")
        if self.group == "tensor":
            return values, tuple(range(values.ndim))
        if self.group == "column":
            return values, tuple(range(values.ndim - 1))
        if self.group == "row":
            return values, (-1,)
        if values.shape[-1] % self.group:
            raise ValueError(
                f"{self.name}: groups of {self.group} do not divide a row of "
                f"{values.shape[-1]:,}; take a divisor"
            )
        return values.reshape(*values.shape[:-1], -1, self.group), (-1,)

    def _spanning(self, low, high) -> Steps:
        """The steps with which the codes reach from low to high, where low <= 0 <= high."""
        with np.errstate(over="ignore"):
            span = np.maximum(-low, high) if self.symmetric else high - low
            scale = (span / np.float32(self.highest)).astype(SCALES[self.scale_bits])
        scale = scale.astype(np.float32)
        if not np.isfinite(scale).all():
            raise ValueError(
                f"{self.name}: steps of {span.max() / self.highest:.3g} are longer than a float of "
                f"{self.scale_bits} bits; take scale_bits=32 or smaller values"
            )
        scale = np.where(scale == 0, np.float32(1), scale)  # all zero: any step will do
        zero = np.zeros_like(scale) if self.symmetric else np.rint(-low / scale)
        return Steps(scale, np.clip(zero, self.lowest, self.highest))


@dataclass(frozen=True, eq=False)
class Quantized:
    """Values as codes of a grid, with the scales and zero points to read them."""

    grid: Grid
    codes: np.ndarray  # integers in the shape of the values
    steps: Steps

    @property
    def integers(self) -> np.ndarray:
        """Codes less their zero points: what a multiplier sees, float32 in groups as the scales."""
        return self.grid.in_groups(self.codes.astype(np.float32))[0] - self.steps.zero

    @property
    def restored(self) -> np.ndarray:
        """The values that the codes stand for, float32 in the shape of the codes."""
        return (self.steps.scale * self.integers).reshape(self.codes.shape)

    @property
    def stored_bits(self) -> int:
        """Codes, scales and, on an asymmetric grid, zero points."""
        beside = self.grid.scale_bits + (0 if self.grid.symmetric else self.grid.bits)
        return self.codes.size * self.grid.bits + prod(self.steps.scale.shape) * beside

    @property
    def bits_per_weight(self) -> float:
        """Stored bits, scales and zero points included, for each value."""
        return self.stored_bits / self.codes.size


def _chosen(first: np.ndarray, one: Steps, other: Steps) -> Steps:
    return Steps(np.where(first, one.scale, other.scale), np.where(first, one.zero, other.zero))
