"""What an addition or a multiplication costs in silicon: published figures beside counted cells.

The figures are one process's, 45 nm or 7 nm; only ratios within a process are compared.
"""

from dataclasses import dataclass
from math import log

from lecture_lib import catalog
from lecture_lib.arithmetic import OPERANDS, Cells, Operand, multiplier, summing
from lecture_lib.transformer import TransformerShape, parameters_by_part

PROCESSES = ("45nm", "7nm")
OPERATIONS = {"add": summing, "mult": multiplier}  # and what counts their cells
READ = 64  # bits that a read of the groups 45nm and 7nm fetches


def operation_energy(process: str, operand: str, operation: str) -> float:
    """Energy [J] of one operation. CatalogError where the figure is not published.

    >>> operation_energy("7nm", "FP16", "mult")
    3.4e-13
    """
    return catalog.energy(f"{process}/{operand.lower()}_{operation}").low


def operation_area(operand: str, operation: str) -> float:
    """Area [m2] of the circuit at 45 nm. CatalogError where the figure is not published."""
    return catalog.energy(f"area/45nm_{operand.lower()}_{operation}").low


def read_energy(process: str, memory: str) -> tuple[float, float]:
    """Least and most energy [J] to read one bit from a memory of a process: "dram", "sram_1MB".

    Reading costs the same for each bit, so that it is linear in the width of a number.
    """
    kind, _, size = memory.partition("_")
    row = catalog.energy(f"{process}/{kind}_{READ}bit{'_' if size else ''}{size}")
    return row.low / READ, row.high / READ


@dataclass(frozen=True)
class Scaling:
    """What the wider of two operands costs more, published and counted: ratios to the narrower."""

    process: str
    operation: str
    narrow: Operand
    wide: Operand
    energy: float
    area: float | None  # None where it is not published
    counted: Cells  # of the wide operand's circuit
    counted_narrow: Cells

    @property
    def bits(self) -> float:
        return self.wide.bits / self.narrow.bits

    @property
    def significands(self) -> float:
        return self.wide.significand / self.narrow.significand

    @property
    def cells(self) -> float:
        return self.counted.total / self.counted_narrow.total

    @property
    def power_of_bits(self) -> float:
        """The p for which the energy grows as bits^p: 2 is quadratic, 1 linear."""
        return log(self.energy) / log(self.bits)

    @property
    def power_of_significands(self) -> float:
        """The p for which the energy grows as (significand bits)^p."""
        return log(self.energy) / log(self.significands)


def scaling(process: str, operation: str, narrow: str, wide: str) -> Scaling:
    """From the narrow to the wide operand. CatalogError where a figure is not published.

    >>> round(scaling("45nm", "mult", "INT8", "INT32").power_of_bits, 2)
    1.98
    """
    energies = [operation_energy(process, name, operation) for name in (narrow, wide)]
    areas = [
        catalog.energies().get(f"area/{process}_{name.lower()}_{operation}")
        for name in (narrow, wide)
    ]
    counted = [OPERATIONS[operation](OPERANDS[name]) for name in (narrow, wide)]
    return Scaling(
        process,
        operation,
        OPERANDS[narrow],
        OPERANDS[wide],
        energies[1] / energies[0],
        areas[1].low / areas[0].low if all(areas) else None,
        counted[1],
        counted[0],
    )


def multiply_add_energy(process: str, operand: str, total: str | None = None) -> float:
    """Energy [J] of a product of two operands and of its addition to a total, wider if named."""
    product = operation_energy(process, operand, "mult")
    return product + operation_energy(process, total or operand, "add")


def without_multiplying(process: str, operand: str = "FP16", total: str = "INT8") -> float:
    """How many times less an addition takes than a multiply-add of the operand: a ratio.

    Weights of -1, 0 and 1 leave an addition for each multiply-add. At 7 nm, FP16 against an INT8
    addition, it is (0.34 + 0.16) / 0.007 pJ, the 71.4 that BitNet b1.58 names (arXiv:2402.17764).
    A sum of many INT8 numbers needs a wider total: INT32 makes it 16.7.

    >>> round(without_multiplying("7nm"), 1), round(without_multiplying("7nm", total="INT32"), 1)
    (71.4, 16.7)
    """
    return multiply_add_energy(process, operand) / operation_energy(process, total, "add")


def decode_energy(process: str, operand: str, bits: float, per_bit: float) -> tuple[float, float]:
    """Energy [J] that a weight takes in decode for one user: its reading, and its multiply-add.

    `bits` are read for the weight at `per_bit` [J/bit], and used once.
    """
    return bits * per_bit, multiply_add_energy(process, operand)


@dataclass(frozen=True)
class TokenEnergy:
    """Energy [J] of a token: its share of reading the weights, and the arithmetic with them."""

    reading: float
    arithmetic: float

    @property
    def total(self) -> float:
        return self.reading + self.arithmetic


def token_energy(
    weights: float, *, bits: float, per_bit: float, operation: float, users: int = 1
) -> TokenEnergy:
    """A token that passes so many weights, each read once for all users of a step.

    `bits` are kept for a weight and read at `per_bit` [J/bit]; `operation` [J] is what a weight
    calculates. Caches, activations and all that idles are left out.

    >>> round(token_energy(7e9, bits=16, per_bit=3.9e-12, operation=0.5e-12).reading, 3)
    0.437
    """
    return TokenEnergy(weights * bits * per_bit / users, weights * operation)


def forward_arithmetic(
    shape: TransformerShape, tokens: int, *, weight: float, attention: float
) -> float:
    """Energy [J] of the products in the layers for so many tokens at once; nothing is read.

    `weight` [J] is spent for each weight and token, `attention` [J] for each multiply-add of
    scores and values, of which a layer makes 2 tokens^2 for each number of its queries. Left out
    are the head, the softmax and the mask: half of the scores are calculated in vain.
    """
    parts = parameters_by_part(shape)
    pairs = 2 * shape.layers * shape.query_heads * shape.head_dim * tokens**2
    return tokens * (parts["attention"] + parts["mlp"]) * weight + pairs * attention


def layers_energy(model: str, tokens: int, process: str = "7nm") -> float:
    """Energy [J] of a model's layers for so many tokens at once, by arithmetic alone.

    FP16 multiply-adds, but INT8 additions with the weights of a BitNet. For 512 tokens it is what
    the model card of BitNet b1.58 2B4T prints as energy, of each model that it compares.

    >>> round(layers_energy("Llama-3.2-1B", 512), 3)
    0.258
    """
    multiply = multiply_add_energy(process, "FP16")
    ternary = catalog.model(model).family == "BitNet"
    weight = operation_energy(process, "INT8", "add") if ternary else multiply
    return forward_arithmetic(catalog.shape(model), tokens, weight=weight, attention=multiply)
