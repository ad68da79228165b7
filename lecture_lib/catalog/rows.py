"""From a row that was checked to its record, where the two differ by more than a name."""

from types import MappingProxyType
from typing import Any

from lecture_lib.catalog.records import (
    Claim,
    Device,
    FloatFormat,
    Measurement,
    Model,
    Peak,
    Reckoning,
)
from lecture_lib.catalog.rules import DIMENSIONS
from lecture_lib.survey import Survey, Timed

DIMENSION_KEYS = {key.rstrip("?") for key in DIMENSIONS}
FOR_MODEL = {"kind", "family", "context_tokens", "published_parameters", "note"}
FOR_MODEL |= {"published_active_parameters", "weights_note", "also", "provenance"}


def frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({key: frozen(item) for key, item in value.items()})
    return tuple(map(frozen, value)) if isinstance(value, list) else value


def device(name, peaks=(), interconnect=None, **row):
    rates = tuple(Peak(**peak) for peak in peaks)
    return Device(name, peaks=rates, interconnect=frozen(interconnect or {}), **row)


def machine(name, reads, products, **row):
    timed = (
        tuple(Timed(t["size"], t["best_s"], t["median_s"]) for t in rows)
        for rows in (reads, products)
    )
    return Survey(name, reads=next(timed), products=next(timed), **row)


def model(name, **row):
    own = {key: value for key, value in row.items() if key in FOR_MODEL}
    sizes = {key: value for key, value in row.items() if key in DIMENSION_KEYS}
    rest = {key: value for key, value in row.items() if key not in FOR_MODEL | DIMENSION_KEYS}
    return Model(name, dimensions=frozen(sizes), figures=frozen(rest), **own)


def claim(name, model=None, **row):
    reckoning = model and Reckoning(**{key: frozen(value) for key, value in model.items()})
    return Claim(name, model=reckoning, **row)


def measurement(name, seconds_per_token=None, tokens_per_s=None, **row):
    return Measurement(name, tokens_per_s=tokens_per_s or 1 / seconds_per_token, **row)


def float_format(name, values=(), **row):
    return FloatFormat(name, values=tuple(values), **row)
