"""One operator of a step: what it computes, what it reads and writes, and which layers have it."""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any

from lecture_lib.roofline import Work
from lecture_lib.units import exact, packed, quantity

EVERY = "every layer"
GLOBAL, WINDOWED = "global layers", "windowed layers"
DENSE, EXPERTS = "dense layers", "expert layers"
LATER = "every layer but the first"
ENDS = "before and after the layers"


@dataclass(frozen=True, eq=False)  # eq: the amounts may be arrays, which have no single ==
class Operator:
    """One operator, as often as `repeated` says; its amounts are those of one time.

    Amounts are numbers or arrays that broadcast, exact where they are whole. ValueError, naming
    the operator and the amount, for one that is negative or missing.
    """

    name: str
    where: str  # which layers have it: EVERY, GLOBAL, WINDOWED, DENSE, EXPERTS, LATER or ENDS
    repeated: int  # how many layers have it
    _: KW_ONLY
    flops: Any = 0  # FLOP: 2 for each parameter passed and each multiply-add of the attention
    elementwise_flops: Any = 0  # FLOP beside these: softmax, norm, activation, rotary, add
    weight_bytes: Any = 0  # byte
    read_bytes: Any = 0  # byte of activations
    written_bytes: Any = 0  # byte of activations
    cache_read_bytes: Any = 0  # byte of keys and values, or of a state
    cache_written_bytes: Any = 0  # byte

    def __post_init__(self):
        for amount in AMOUNTS:
            value = quantity(f"{self.name}: {amount}", getattr(self, amount))
            object.__setattr__(self, amount, packed(value))

    @property
    def activation_bytes(self):
        """Activations that go to memory and come from there [byte]."""
        return packed(exact(self.read_bytes) + exact(self.written_bytes))

    @property
    def cache_bytes(self):
        """The cache's share of the traffic [byte]."""
        return packed(exact(self.cache_read_bytes) + exact(self.cache_written_bytes))

    @property
    def work(self) -> Work:
        """All FLOP and all bytes of one time, as if every operator ran by itself."""
        moved = exact(self.activation_bytes) + exact(self.cache_bytes) + exact(self.weight_bytes)
        return Work(exact(self.flops) + exact(self.elementwise_flops), moved)


AMOUNTS = tuple(
    field.name for field in fields(Operator) if field.name.endswith(("flops", "_bytes"))
)


def whole(operators: Iterable[Operator], name="step") -> Operator:
    """All operators together, each as often as it is repeated: one Operator."""
    operators = list(operators)
    amounts = {
        amount: sum(exact(getattr(one, amount)) * one.repeated for one in operators)
        for amount in AMOUNTS
    }
    return Operator(name, ENDS, 1, **amounts)


@dataclass(frozen=True)
class Layer:
    """One layer: how far it looks back, and which kind of MLP it has."""

    index: int  # from 0
    windowed: bool = False
    experts: bool = False

    def has(self, where: str) -> bool:
        """Whether an operator of these layers runs in this one."""
        return {
            EVERY: True,
            GLOBAL: not self.windowed,
            WINDOWED: self.windowed,
            DENSE: not self.experts,
            EXPERTS: self.experts,
            LATER: self.index > 0,
        }.get(where, False)
