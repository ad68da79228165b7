"""Which roof a device decodes under, and what of the catalog can be set against each other."""

from collections.abc import Callable, Iterable
from functools import cache

from lecture_lib import catalog
from lecture_lib.catalog import CatalogError
from lecture_lib.decode import CONTEXT_TOKENS
from lecture_lib.parallel import Link
from lecture_lib.roofline import Roof

# Weights of any format are multiplied at the device's 16-bit rate, unless it has none: fewer bits
# for a weight do not by themselves make the arithmetic faster.
OPERANDS = ("fp16", "bf16", "fp32", "bfp8", "fp8", "int8")


@cache
def decode_roof(device: str) -> Roof:
    """The roof under which a device decodes: a rate, and the memory that holds the weights.

    The rate is the 16-bit one with the widest accumulator, or the nearest that the device has.
    A machine without any memory but its SRAM reads the weights from there. CatalogError where the
    bandwidth or every rate is unknown.
    """
    row = catalog.device(device)
    bandwidth, capacity = row.bandwidth, row.memory_bytes or row.sram_bytes
    if not row.memory_bytes and row.sram_bandwidth:
        bandwidth, capacity = row.sram_bandwidth, row.sram_bytes
    known = {peak.operands for peak in row.peaks}
    operands = next((o for o in OPERANDS if o in known), None)
    if bandwidth is None or operands is None:
        missing = "bandwidth" if operands else "peak rate"
        raise CatalogError(
            f"{device!r}: its {missing} is not published, so no decode rate can be worked out; "
            "take another device, or add the figure and its source to data/devices.toml"
        )
    return Roof(row.name, row.peak(operands).ops_per_s, bandwidth, capacity, row.power)


@cache
def link(device: str, latency: float = 0.0) -> Link:
    """What a device sends through to its neighbours, one direction, at so many seconds a message.

    CatalogError where the device's links are not known.
    """
    row = catalog.device(device)
    both = row.interconnect.get("bytes_per_s")
    each = row.interconnect.get("bytes_per_s_per_link_per_direction", 0)
    bandwidth = both / 2 if both else each * row.interconnect.get("links", 1)
    if not bandwidth:
        raise CatalogError(
            f"{device!r}: its links are not published, so no exchange can be worked out; "
            "take another device, or add the interconnect to data/devices.toml"
        )
    return Link(bandwidth, latency)


def kept_as(weights: str, context_tokens: int = CONTEXT_TOKENS) -> dict:
    """The setting of a decode step for a format of the catalog and a length of context."""
    return {"context_tokens": context_tokens, **bits_of(weights)}


def bits_of(weights: str) -> dict:
    """The bits that a format of the catalog takes for a weight, and those of a table's weight."""
    kept = catalog.weight_format(weights)
    return {"weight_bits": kept.bits_per_weight, "table_bits": kept.table_bits}


def devices_that_decode() -> list[str]:
    """The devices whose decode rate can be worked out, in the catalog's order."""
    return [name for name in catalog.devices() if _works(decode_roof, name)]


def models_that_decode() -> list[str]:
    """The models whose work can be counted from their shape, in the catalog's order."""
    return [name for name in catalog.models() if _works(catalog.shape, name)]


def by_vendor(devices: Iterable[str]) -> dict[str, list[str]]:
    """The devices in groups, one for each vendor, as a menu shows them."""
    return _grouped(devices, lambda name: catalog.device(name).vendor)


def by_family(models: Iterable[str]) -> dict[str, list[str]]:
    """The models in groups, one for each family, as a menu shows them."""
    return _grouped(models, lambda name: catalog.model(name).family or "others")


def _grouped(names: Iterable[str], group_of: Callable[[str], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(group_of(name), []).append(name)
    return groups


def _works(function, name: str) -> bool:
    try:
        function(name)
    except CatalogError:
        return False
    return True
