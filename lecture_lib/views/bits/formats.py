"""The formats that pictures show one number in, and how their numbers are written in words."""

import math
from dataclasses import dataclass

import numpy as np

from lecture_lib.quantization.small_floats import SMALL_FLOATS, SmallFloat
from lecture_lib.units import plain


@dataclass(frozen=True)
class WholeNumber:
    """Whole numbers in two's complement, with the names that SmallFloat has for the same."""

    name: str
    bits: int

    @property
    def largest(self) -> float:
        return 2.0 ** (self.bits - 1) - 1

    def encode(self, values) -> np.ndarray:
        """The code of the nearest whole number, ties to even; beyond the ends, of the end."""
        nearest = np.clip(np.rint(values), -self.largest - 1, self.largest)
        return nearest.astype(np.int64) % 2**self.bits

    def decode(self, codes) -> np.ndarray:
        half = 2 ** (self.bits - 1)
        return ((np.asarray(codes) + half) % 2**self.bits - half).astype(np.float32)

    def rounded(self, values) -> np.ndarray:
        return self.decode(self.encode(values))


Format = SmallFloat | WholeNumber

FORMATS: dict[str, Format] = {
    "FP16": SMALL_FLOATS["FP16"],
    "BF16": SMALL_FLOATS["BF16"],
    "FP8 E4M3": SMALL_FLOATS["E4M3"],
    "FP8 E5M2": SMALL_FLOATS["E5M2"],
    "FP6 E2M3": SMALL_FLOATS["E2M3"],
    "FP6 E3M2": SMALL_FLOATS["E3M2"],
    "FP4 E2M1": SMALL_FLOATS["E2M1"],
    "INT8": WholeNumber("INT8", 8),
    "INT4": WholeNumber("INT4", 4),
}  # as a menu names them


def positive_values(kind: Format) -> np.ndarray:
    """All its finite values from 0 up, rising: float64."""
    codes = np.arange(2 ** (kind.bits - 1))  # the sign is the highest bit
    values = kind.decode(codes).astype(float)
    return values[np.isfinite(values)]


def written(number: float) -> str:
    """A number as a person writes it: six digits at most, and a power of ten for extreme ones.

    >>> written(0.1), written(-448), written(3.3895e38), written(9.18e-41)
    ('0.1', '−448', '3.39 × 10³⁸', '9.18 / 10⁴¹')
    """
    if number == 0 or 1e-6 <= abs(number) < 1e7:
        return plain(float(number), 6)
    power = math.floor(math.log10(abs(number)))
    sign = "×" if power > 0 else "/"  # the font has no raised minus
    return f"{plain(number / 10.0**power)} {sign} 10{raised(abs(power))}"


def raised(number: int) -> str:
    """A whole number above zero as an exponent: ¹²."""
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
