"""What the bits of a code mean: its fields, and the factors of the value that they stand for."""

from dataclasses import dataclass

from lecture_lib.quantization.small_floats import SmallFloat
from lecture_lib.views.bits.formats import Format, written


@dataclass(frozen=True)
class Field:
    """Neighbouring bits of one meaning, and what they add to the value."""

    meaning: str  # as in LOOKS
    bits: str
    places: tuple[str, ...]  # what a one in each place counts
    name: str = ""  # by default its meaning

    @property
    def number(self) -> int:
        return int(self.bits, 2)


@dataclass(frozen=True)
class Factor:
    """A factor of the value, or the value: as it is written, and two lines of where from."""

    text: str
    power: str = ""  # raised behind it
    because: str = ""
    also: str = ""  # where the smallest numbers differ


def fraction_places(bits: int) -> tuple[str, ...]:
    """What the bits after the point count, in words: 1/2, 1/4, ..."""
    return tuple(f"1/{2**k}" for k in range(1, bits + 1))


def whole_places(bits: int) -> tuple[str, ...]:
    return tuple(str(2**k) for k in reversed(range(bits)))


def fields_of(kind: Format, code: int) -> tuple[Field, ...]:
    """The fields of a code, and between exponent and mantissa the hidden bit of a float."""
    bits = format(code, f"0{kind.bits}b")
    if not isinstance(kind, SmallFloat):
        top, *places = whole_places(kind.bits)
        sign = Field("sign", bits[0], (f"−{top}",))
        return sign, Field("mantissa", bits[1:], tuple(places), "value")
    end = 1 + kind.exponent_bits
    exponent = Field("exponent", bits[1:end], whole_places(kind.exponent_bits))
    hidden = Field("hidden", str(int(exponent.number > 0)), ("1",))
    mantissa = Field("mantissa", bits[end:], fraction_places(kind.mantissa_bits))
    return Field("sign", bits[0], ("−",)), exponent, hidden, mantissa


def factors_of(kind: Format, fields: tuple[Field, ...], scale: float, value: float):
    """What is multiplied to make the value, and the value."""
    if isinstance(kind, SmallFloat):
        sign, exponent, hidden, mantissa = fields
        subnormal = not exponent.number
        power = (exponent.number or 1) - kind.bias
        parts = 2**kind.mantissa_bits
        found = [
            Factor("−1" if sign.number else "+1", because=f"sign bit {sign.bits}"),
            Factor(
                "2",
                written(power),
                f"{1 if subnormal else exponent.number} − bias {kind.bias}",
                "not 0: subnormal" if subnormal else "",
            ),
            Factor(
                written(hidden.number + mantissa.number / parts),
                because=f"{hidden.bits} + {mantissa.number}/{parts}",
                also="no hidden 1" if subnormal else "",
            ),
        ]
    else:
        ones = [p for f in fields for p, bit in zip(f.places, f.bits, strict=True) if bit == "1"]
        found = [Factor(written(value / scale), because=sum_of(ones))]
    if scale != 1:
        found.append(Factor(fraction(scale), because="scale, kept elsewhere"))
    return (*found, Factor(written(value), because="stored"))


def sum_of(places: list[str]) -> str:
    """The places that count, as a sum: −128 + 4 + 1."""
    shown = places if len(places) <= 5 else [*places[:3], "…", places[-1]]
    return " + ".join(shown) or "no bit is set"


def fraction(scale: float) -> str:
    """A scale as one over a whole number, where it is."""
    return f"1/{1 / scale:.0f}" if scale < 1 and (1 / scale).is_integer() else written(scale)
