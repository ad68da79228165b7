"""Adders and multipliers made of gates: counted from their widths, and carried out bit by bit.

Counted is the plain circuit that a textbook draws: ripple-carry adders, an array multiplier, a
barrel shifter. Faster ones (carry look-ahead, Booth, Wallace) place other cells, but their numbers
grow with the widths in the same way. Left out are registers, rounding, and special values.
"""

from dataclasses import dataclass, fields

import numpy as np

from lecture_lib.units import quantity


@dataclass(frozen=True)
class Cells:
    """How many of each kind of cell a circuit is made of."""

    ands: int = 0
    half_adders: int = 0  # add two bits
    full_adders: int = 0  # add three bits
    multiplexers: int = 0  # pass one of two bits

    def __add__(self, other: "Cells") -> "Cells":
        return Cells(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Cells)))

    @property
    def total(self) -> int:
        """Cells of every kind: count."""
        return sum(getattr(self, f.name) for f in fields(Cells))


@dataclass(frozen=True)
class Operand:
    """A number as arithmetic sees it; ValueError for a significand of less than one bit."""

    name: str
    bits: int  # as stored
    significand: int  # bits that are multiplied: a float's mantissa and its hidden one
    exponent: int = 0  # bits; an integer has none

    def __post_init__(self):
        for field, least in (("bits", 1), ("significand", 1), ("exponent", 0)):
            quantity(f"{self.name}: {field}", getattr(self, field), least=least)


OPERANDS = {
    operand.name: operand
    for operand in (
        Operand("FP32", 32, 24, 8),
        Operand("FP16", 16, 11, 5),
        Operand("BF16", 16, 8, 8),
        Operand("E5M2", 8, 3, 5),
        Operand("E4M3", 8, 4, 4),
        Operand("E2M1", 4, 2, 2),
        Operand("INT32", 32, 32),
        Operand("INT16", 16, 16),
        Operand("INT8", 8, 8),
        Operand("INT4", 4, 4),
    )
}


# -- counted from the widths ------------------------------------------------------------------


def adder(bits: int) -> Cells:
    """Cells of a ripple-carry adder of two numbers of so many bits: linear in the width.

    >>> adder(32)
    Cells(ands=0, half_adders=1, full_adders=31, multiplexers=0)
    """
    return Cells(half_adders=1, full_adders=_width("bits", bits) - 1)


def array_multiplier(columns: int, rows: int) -> Cells:
    """Cells of an unsigned array multiplier of so many bits by so many: their product.

    Each of rows x columns ANDs makes one bit of a partial product. Every row but the first is
    added to the sum so far with `columns` adders, of which the lowest has no carry to take in; in
    the first addition the highest has none to meet.

    >>> array_multiplier(8, 8)
    Cells(ands=64, half_adders=8, full_adders=48, multiplexers=0)
    """
    columns, rows = _width("columns", columns), _width("rows", rows)
    if min(columns, rows) == 1:  # partial products that do not overlap are not added
        return Cells(ands=columns * rows)
    return Cells(columns * rows, half_adders=rows, full_adders=columns * (rows - 1) - rows)


def shifter(bits: int, places: int) -> Cells:
    """Cells of a barrel shifter by 0 to places - 1: a row of multiplexers for each bit of that.

    >>> shifter(11, 16).multiplexers
    44
    """
    stages = (_width("places", places) - 1).bit_length()
    return Cells(multiplexers=_width("bits", bits) * stages)


def multiplier(operand: Operand) -> Cells:
    """Cells that multiply two such numbers: significands in an array, exponents in an adder.

    A signed integer takes as many cells as an unsigned one (Baugh and Wooley: some ANDs become
    NANDs), and the sign of a float one gate more, which is not counted.
    """
    product = array_multiplier(operand.significand, operand.significand)
    return product + adder(operand.exponent) if operand.exponent else product


def summing(operand: Operand) -> Cells:
    """Cells that add two such numbers.

    Integers take an adder. A float first takes the difference of the exponents and shifts the
    smaller significand by it, and after the sum shifts the result back to a leading one.
    """
    significands = adder(operand.significand)
    if not operand.exponent:
        return significands
    shift = shifter(operand.significand, operand.significand)
    return adder(operand.exponent) + shift + significands + shift


def multiply_add(operand: Operand, total: Operand) -> Cells:
    """Cells of one multiply-add: a multiplier, and the adder of the running total."""
    return multiplier(operand) + summing(total)


def _width(name: str, bits: int) -> int:
    """A width of at least one whole bit. ValueError for any other."""
    if quantity(name, bits, least=1) != int(bits):
        raise ValueError(f"{name} must be a whole number of bits, not {bits}")
    return int(bits)


# -- carried out bit by bit -------------------------------------------------------------------

Bits = list  # of arrays of 0 and 1, the lowest bit first; an array holds that bit of many numbers


class Circuit:
    """Gates that work on many numbers at once; each counts once, as it is built once."""

    def __init__(self):
        self.cells = Cells()

    def and_(self, a, b):
        self.cells += Cells(ands=1)
        return a & b

    def half_adder(self, a, b):
        """Sum and carry of two bits."""
        self.cells += Cells(half_adders=1)
        return a ^ b, a & b

    def full_adder(self, a, b, carry):
        """Sum and carry of three bits."""
        self.cells += Cells(full_adders=1)
        either = a ^ b
        return either ^ carry, (a & b) | (either & carry)

    def multiplexer(self, choice, off, on):
        self.cells += Cells(multiplexers=1)
        return np.where(choice, on, off)

    def add(self, a: Bits, b: Bits) -> Bits:
        """The sum, with its last carry; a column takes the adder for as many bits as it has."""
        total, carry = [], []
        for column in range(max(len(a), len(b))):
            bits = [number[column] for number in (a, b) if column < len(number)] + carry
            if len(bits) == 1:
                total.append(bits[0])
                carry = []
            else:
                added, out = (self.half_adder if len(bits) == 2 else self.full_adder)(*bits)
                total.append(added)
                carry = [out]
        return total + carry

    def multiply(self, a: Bits, b: Bits) -> Bits:
        """The product: a partial product for each bit of b, each added one place further up."""
        product, running = [], []
        for bit in b:
            partial = [self.and_(one, bit) for one in a]
            running = self.add(running, partial)
            product.append(running[0])  # no later row reaches this place
            running = running[1:]
        return product + running

    def shift_down(self, a: Bits, by: Bits) -> Bits:
        """The number without its lowest `by` bits: each bit of `by` moves it a power of two."""
        for power, bit in enumerate(by):
            above = a[2**power :] + [np.zeros_like(a[0])] * min(2**power, len(a))
            a = [self.multiplexer(bit, here, up) for here, up in zip(a, above, strict=True)]
        return a


def bits_of(numbers, width: int) -> Bits:
    """The bits of whole numbers, the lowest first. ValueError for what does not fit the width."""
    numbers = np.asarray(numbers)
    if np.any(numbers < 0) or np.any(numbers >> width):
        raise ValueError(f"{width} bits hold 0 to {2**width - 1}; give numbers that fit")
    return [(numbers >> place) & 1 for place in range(width)]


def number_of(bits: Bits):
    """The whole numbers that these bits write."""
    return sum(np.asarray(bit) << place for place, bit in enumerate(bits))
