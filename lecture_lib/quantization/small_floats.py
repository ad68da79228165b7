"""Floating point in a few bits: a sign, an exponent, a mantissa, and what a number rounds to.

Every format here is one record, ExMy with x bits of exponent and y of mantissa. Its value is
(-1)^sign × 2^(exponent - bias) × 1.mantissa, and where the exponent is zero
(-1)^sign × 2^(1 - bias) × 0.mantissa: these are the subnormals, evenly spaced down to zero. Between
two powers of two lie 2^y evenly spaced values, so a spacing is all that rounding has to know.

What the last codes mean differs, and is called `special`:

- "ieee": the largest exponent is kept for infinities and NaN (E5M2, FP16, BF16);
- "fn", finite: no infinity, and NaN where all bits but the sign are one (E4M3, E8M0);
- "fnuz", finite and unsigned zero: no infinity, and NaN is the code of negative zero;
- "none": every code is a number (E2M1, E3M2, E2M3).

Sources: OCP 8-bit Floating Point Specification (OFP8) 1.0 for E4M3 and E5M2; OCP Microscaling
Formats (MX) 1.0 for E3M2, E2M3, E2M1 and E8M0; arXiv:2206.02915 for FNUZ; IEEE 754 for FP16.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

import numpy as np

from lecture_lib.quantization.nearest_code import nearest_codes

SPECIAL = ("ieee", "fn", "fnuz", "none")


class Fields(NamedTuple):
    """The parts of a code, as whole numbers or arrays of them."""

    sign: np.ndarray
    exponent: np.ndarray  # as stored, the bias included
    mantissa: np.ndarray  # as stored, without the leading one


@dataclass(frozen=True)
class SmallFloat:
    """A floating-point format of at most 16 bits. ValueError for one that cannot be.

    Its codes are whole numbers below 2^bits: sign, exponent and mantissa, from the highest bit on.
    """

    name: str
    exponent_bits: int
    mantissa_bits: int
    bias: int
    special: Literal["ieee", "fn", "fnuz", "none"]
    signed: bool = True
    subnormals: bool = True  # without: exponent zero is one like the others, and zero has no code

    def __post_init__(self):
        if self.special not in SPECIAL:
            raise ValueError(
                f"{self.name}: special must be one of {', '.join(SPECIAL)}, not {self.special!r}"
            )
        for field in ("exponent_bits", "mantissa_bits", "bias"):
            if type(getattr(self, field)) is not int:
                raise ValueError(
                    f"{self.name}: {field} must be a whole number, not {getattr(self, field)!r}"
                )
        if self.exponent_bits < 1 or self.mantissa_bits < 0 or not 2 <= self.bits <= 16:
            raise ValueError(
                f"{self.name}: {self.exponent_bits} bits of exponent and {self.mantissa_bits} of "
                "mantissa make no format of 2 to 16 bits; ask for 1 or more, and 0 or more"
            )
        if self.special == "ieee" and self.mantissa_bits == 0:
            raise ValueError(f"{self.name}: NaN needs a mantissa beside infinity; give it a bit")
        if self.special == "fnuz" and not (self.signed and self.subnormals):
            raise ValueError(
                f"{self.name}: NaN as negative zero needs a sign and a zero; pass signed=True and "
                "subnormals=True"
            )
        if self.largest_code < 1:
            raise ValueError(f"{self.name} has room for NaN and one number; give it more bits")
        lowest = self.smallest_exponent - self.mantissa_bits
        highest = (self.largest_code >> self.mantissa_bits) - self.bias
        if lowest < -149 or highest > 127:
            raise ValueError(
                f"{self.name}: its values reach from 2^{lowest} to 2^{highest} and beyond float32, "
                "in which they are handed back; choose another bias or fewer bits of exponent"
            )

    @property
    def bits(self) -> int:
        return self.signed + self.exponent_bits + self.mantissa_bits

    @property
    def dtype(self):
        """Of the codes: one a byte, or one in two."""
        return np.dtype(np.uint8 if self.bits <= 8 else np.uint16)

    @property
    def smallest_exponent(self) -> int:
        """Of two, in the smallest normal value."""
        return 1 - self.bias if self.subnormals else -self.bias

    @property
    def smallest_normal(self) -> float:
        return 2.0**self.smallest_exponent

    @property
    def smallest_subnormal(self) -> float:
        """The smallest value above zero: the spacing next to zero. Without subnormals a normal."""
        spacing = self.smallest_normal / 2**self.mantissa_bits
        return spacing if self.subnormals else self.smallest_normal

    @property
    def largest_code(self) -> int:
        """The code of the largest finite value."""
        last = 2 ** (self.exponent_bits + self.mantissa_bits) - 1
        taken = {"ieee": 2**self.mantissa_bits, "fn": 1}
        return last - taken.get(self.special, 0)

    @property
    def largest(self) -> float:
        """The largest finite value."""
        return float(self.decode(self.largest_code))

    @property
    def infinity_code(self) -> int | None:
        return self.largest_code + 1 if self.special == "ieee" else None

    @property
    def nan_code(self) -> int | None:
        """The code that NaN is stored as: positive, and quiet where there are several."""
        quiet = 2**self.mantissa_bits // 2
        codes = {"ieee": self.largest_code + 1 + quiet, "fn": self.largest_code + 1}
        return {**codes, "fnuz": self.sign_bit}.get(self.special)

    @property
    def sign_bit(self) -> int:
        """What a negative code has more than a positive one, and the number of positive codes."""
        return 2 ** (self.exponent_bits + self.mantissa_bits)

    def encode(self, values, saturate=True, random=None) -> np.ndarray:
        """The code of the nearest value, ties to the even mantissa, in the shape of the values.

        Between powers of two without a mantissa a tie goes up. Beyond the largest value, halfway to
        what would come next: `saturate` clips, infinities too. Without, it becomes infinity, else
        NaN, and where there is neither it is clipped all the same. Zero where a format has none,
        and negatives where it has no sign: `saturate` takes the least value, and without they
        become NaN, where there is NaN.

        With a numpy Generator as `random` rounding is stochastic: up as often as the value lies
        near to the upper neighbour, so that the mean over many is the value.

        NaN stays NaN. A format without NaN refuses it: ValueError. (ml_dtypes stores it as -0.0,
        which hides that a number was lost.) float64 is rounded once; what is wider becomes
        float64 first.
        """
        values = real(self.name, values)
        if self.nan_code is None and np.isnan(values).any():
            place = tuple(int(index) for index in np.argwhere(np.isnan(values))[0])
            raise ValueError(f"{self.name} has no code for NaN, found at {place}; replace it first")
        return nearest_codes(self, values, saturate, random)

    def decode(self, codes) -> np.ndarray:
        """The values of the codes, float32 in their shape. ValueError for what is no code."""
        return _decoded(self)[self._checked(codes)]

    def rounded(self, values, saturate=True, random=None) -> np.ndarray:
        """The values after a way through the format and back, float32."""
        return self.decode(self.encode(values, saturate, random))

    def fields(self, codes) -> Fields:
        """Sign, exponent and mantissa as they are stored. ValueError for what is no code."""
        codes = self._checked(codes)
        mantissa = codes & (2**self.mantissa_bits - 1)
        exponent = (codes >> self.mantissa_bits) & (2**self.exponent_bits - 1)
        return Fields(codes >> (self.exponent_bits + self.mantissa_bits), exponent, mantissa)

    def _checked(self, codes) -> np.ndarray:
        codes = np.asarray(codes)
        if codes.dtype.kind not in "iu":
            raise ValueError(f"a code of {self.name} is a whole number, not {codes.dtype}")
        if codes.size and not 0 <= codes.min() <= codes.max() < 2**self.bits:
            wrong = codes[(codes < 0) | (codes >= 2**self.bits)][0]
            raise ValueError(
                f"{self.name} has the codes 0 to {2**self.bits - 1:,}, and {wrong:,} is none"
            )
        return codes

    def finite_values(self) -> tuple[np.ndarray, np.ndarray]:
        """All finite values in rising order, float32, and their codes; -0 comes before 0."""
        codes = np.arange(2**self.bits, dtype=self.dtype)
        codes = codes[np.isfinite(_decoded(self))]
        values = self.decode(codes)
        order = np.lexsort((~np.signbit(values), values))
        return values[order], codes[order]


def real(name, values) -> np.ndarray:
    """The values as float32, or as float64 where that may tell more. ValueError for no numbers."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf" and array.dtype.name != "bfloat16":
        raise ValueError(f"{name} stores real numbers, not {array.dtype}; convert the values first")
    narrow = array.dtype.itemsize <= (2 if array.dtype.kind in "iu" else 4)
    with np.errstate(invalid="ignore"):  # a signalling NaN is no reason to warn
        return array.astype(np.float32 if narrow else np.float64, copy=False)


@cache
def _decoded(small: SmallFloat) -> np.ndarray:
    """The value of each code, float32 and read-only."""
    codes = np.arange(2**small.bits)
    sign, exponent, mantissa = small.fields(codes)
    leading = (exponent > 0) | (not small.subnormals)
    power = np.maximum(exponent - small.bias, small.smallest_exponent)
    magnitude = np.ldexp(leading + mantissa / 2**small.mantissa_bits, power)
    unsigned = codes % small.sign_bit
    if small.special == "ieee":
        magnitude[unsigned == small.infinity_code] = np.inf
    if small.special in ("ieee", "fn"):
        first = small.largest_code + (2 if small.special == "ieee" else 1)
        magnitude[unsigned >= first] = np.nan
    if small.special == "fnuz":
        magnitude[small.nan_code] = np.nan
    values = np.where(sign == 1, -magnitude, magnitude).astype(np.float32)
    values.flags.writeable = False
    return values


E4M3 = SmallFloat("E4M3", 4, 3, 7, "fn")
E5M2 = SmallFloat("E5M2", 5, 2, 15, "ieee")
E3M2 = SmallFloat("E3M2", 3, 2, 3, "none")
E2M3 = SmallFloat("E2M3", 2, 3, 1, "none")
E2M1 = SmallFloat("E2M1", 2, 1, 1, "none")
E8M0 = SmallFloat("E8M0", 8, 0, 127, "fn", signed=False, subnormals=False)
E4M3FNUZ = SmallFloat("E4M3FNUZ", 4, 3, 8, "fnuz")
E5M2FNUZ = SmallFloat("E5M2FNUZ", 5, 2, 16, "fnuz")
E4M3B11FNUZ = SmallFloat("E4M3B11FNUZ", 4, 3, 11, "fnuz")
E3M4 = SmallFloat("E3M4", 3, 4, 3, "ieee")
E4M3_IEEE = SmallFloat("E4M3 (IEEE)", 4, 3, 7, "ieee")
FP16 = SmallFloat("FP16", 5, 10, 15, "ieee")
BF16 = SmallFloat("BF16", 8, 7, 127, "ieee")

SMALL_FLOATS = {
    small.name: small
    for small in (
        *(E4M3, E5M2, E3M2, E2M3, E2M1, E8M0, E4M3FNUZ, E5M2FNUZ, E4M3B11FNUZ, E3M4),
        *(E4M3_IEEE, FP16, BF16),
    )
}  # fmt: skip
