"""What the catalog answers with: frozen records in base units that can say where they are from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from lecture_lib.catalog.reader import CatalogError

NOTHING: Mapping[str, Any] = MappingProxyType({})
WIDEST_FIRST = ("fp32", "int32", "unstated", "fp16")


def nothing() -> Any:
    """The default of a field that holds a mapping."""
    return field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Source:
    """A document: `read_on` is a day, a month or "not read"."""

    key: str
    title: str
    url: str | None
    primary: bool
    read_on: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where one figure is from, and how sure that is: seen, recalled or derived."""

    source: str
    title: str
    url: str | None
    read_on: str
    confidence: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Peak:
    """A dense peak rate: a multiply-add is 2 operations."""

    operands: str  # "fp16", "int8", ...
    accumulator: str  # "fp32", "fp16", "int32" or "unstated"
    ops_per_s: float
    engine: str | None = None  # where a device has several that differ


@dataclass(frozen=True, slots=True, eq=False)  # one object a row: it is its own identity
class Device:
    """A chip, card or system-on-chip; None where a figure is not known.

    `provenance` answers by field, and for one rate by "peaks.fp16.fp32".
    """

    name: str
    vendor: str
    year: int
    kind: str
    memory_bytes: int  # 0: no memory but on-chip SRAM
    memory_type: str
    bandwidth: float | None = None  # byte/s of that memory
    sram_bytes: int | None = None
    sram_bandwidth: float | None = None  # byte/s
    power: float | None = None  # W
    price_usd: float | None = None
    process: str | None = None
    interconnect: Mapping[str, Any] = nothing()
    peaks: tuple[Peak, ...] = ()
    cores: int | None = None
    clock: float | None = None  # Hz
    l2_bytes: int | None = None
    register_file_bytes: int | None = None
    texture_units: int | None = None
    die_area: float | None = None  # m2
    note: str | None = None
    also: tuple[Source, ...] = ()
    provenance: Mapping[str, Provenance] = nothing()

    def peak(self, operands: str, accumulator: str | None = None) -> Peak:
        """The peak rate for operands of this format, with the widest accumulator or the named one.

        CatalogError, listing the rates that are known, where there is none.
        """
        wanted = WIDEST_FIRST if accumulator is None else (accumulator,)
        for width in wanted:
            for peak in self.peaks:
                if (peak.operands, peak.accumulator) == (operands, width):
                    return peak
        known = ", ".join(f"{p.operands} ({p.accumulator})" for p in self.peaks) or "none"
        asked = operands if accumulator is None else f"{operands} ({accumulator})"
        raise CatalogError(
            f"{self.name!r} has no peak rate for {asked} in the catalog; "
            f"it has, by operands (accumulator): {known}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """A row of the memory wall: an NVIDIA part of one of two lines."""

    name: str
    line: str  # "GeForce" or "data centre"
    year: int
    released: str
    process: str
    memory_bytes: int
    memory_type: str
    bandwidth: float  # byte/s
    fp32_ops_per_s: float
    matmul_ops_per_s: float  # the best dense matrix rate, in matmul_format
    matmul_format: str
    l2_bytes: int
    power: float  # W
    url: str
    die_area: float | None = None  # m2
    note: str | None = None
    also: tuple[Source, ...] = ()
    provenance: Mapping[str, Provenance] = nothing()


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model's figures; `dimensions` are the arguments of its shape, where its kind has one."""

    name: str
    kind: str
    published_parameters: int
    family: str | None = None
    context_tokens: int | None = None
    dimensions: Mapping[str, Any] = nothing()
    figures: Mapping[str, Any] = nothing()  # what hybrids and vision nets have besides
    published_active_parameters: int | None = None
    weights_note: str | None = None
    note: str | None = None
    also: tuple[Source, ...] = ()
    provenance: Mapping[str, Provenance] = nothing()


@dataclass(frozen=True, slots=True, eq=False)
class Reckoning:
    """The calculation behind the verdict on a claim, as it was made when the row was written."""

    name: str
    formula: str
    inputs: Mapping[str, Any] = nothing()
    result: Mapping[str, Any] = nothing()


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A claim of the lecture's draft and what checking it found."""

    id: str
    section: str
    text: str
    found: str
    verdict: str
    core: bool
    quantity: float | str | None = None
    unit: str | None = None
    correction: str | None = None
    model: Reckoning | None = None
    note: str | None = None
    also: tuple[Source, ...] = ()
    provenance: Mapping[str, Provenance] = nothing()


@dataclass(frozen=True, slots=True, eq=False)
class Energy:
    """An energy, area or demand in base units; low == high where one number is given."""

    name: str
    low: float
    high: float
    unit: str
    note: str | None = None
    also: tuple[Source, ...] = ()
    provenance: Mapping[str, Provenance] = nothing()

    @property
    def group(self) -> str:
        """The part of the name before the first slash."""
        return self.name.partition("/")[0]


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """A measured decode speed. A row with `bits_per_weight` has a device and a model with rows."""

    name: str
    device: str
    model: str
    engine: str
    format: str
    rate_of: str  # whose tokens_per_s: each "user", "all" together, or all per "device"
    tokens_per_s: float
    devices: int = 1
    sequences: int | None = None
    context_tokens: int | None = None  # average while decoding
    prompt_tokens: int | None = None
    generated_tokens: int | None = None
    bits_per_weight: float | None = None
    table_bits: float | None = None
    prefill_tokens_per_s: float | None = None
    seconds_to_first_token: float | None = None
    wall_power_w: float | None = None
    weights_bytes: int | None = None
    bandwidth: float | None = None  # byte/s, of a device without a row
    peak: float | None = None  # FLOP/s of products of matrices, of a device without a row
    printed_model: str | None = None
    engine_date: str | None = None
    note: str | None = None
    also: tuple[Source, ...] = ()
    provenance: Mapping[str, Provenance] = nothing()


@dataclass(frozen=True, slots=True, eq=False)
class TernaryResult:
    """A model in a published table that sets ternary ones beside others, as printed there."""

    name: str
    study: str
    model: str
    size: str
    weights: str  # of the layers: "16 bits" or "ternary"
    memory_bytes: float
    memory_of: str  # "everything", or "no tables": without embedding and head
    seconds_per_token: float
    perplexity: float | None = None
    energy: float | None = None  # J, as the study estimates it
    mean_score: float | None = None  # percent, over the study's benchmarks
    note: str | None = None
    also: tuple[Source, ...] = ()
    provenance: Mapping[str, Provenance] = nothing()


@dataclass(frozen=True, slots=True, eq=False)
class WeightFormat:
    """A way to store weights: `bits_per_weight` with the share of the scales."""

    name: str
    kind: str  # "plain", "block" or "file": the average of a whole file
    bits_per_weight: float
    table_bits: float | None = None  # what the vocabulary's tables keep, where that differs
    block_weights: int | None = None
    value_bits: int | None = None
    scale_bits: int | None = None
    note: str | None = None
    also: tuple[Source, ...] = ()
    provenance: Mapping[str, Provenance] = nothing()


@dataclass(frozen=True, slots=True, eq=False)
class FloatFormat:
    """A small floating-point code."""

    name: str
    bits: int
    largest: float | None = None  # the largest finite value
    exponent_bias: int | None = None
    nan_codes: int | None = None
    inf_codes: int | None = None
    values: tuple[float, ...] = ()  # without their sign
    note: str | None = None
    also: tuple[Source, ...] = ()
    provenance: Mapping[str, Provenance] = nothing()
