"""The one reader of data/*.toml: devices, models, claims, measurements, formats, trials, sources.

A file is read, and every row checked, when it is first asked for. All numbers are in base units.

>>> device("RTX 4090").bandwidth
1008000000000.0
>>> device("RTX 4090").provenance["bandwidth"].confidence
'seen'
>>> shape("Llama-2-7B").parameters
6738415616
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from lecture_lib.catalog import rows
from lecture_lib.catalog.reader import CatalogError, check_origin, nearest, read
from lecture_lib.catalog.records import (
    Claim,
    Device,
    Energy,
    FloatFormat,
    Generation,
    Measurement,
    Model,
    Peak,
    Provenance,
    Reckoning,
    Source,
    TernaryResult,
    WeightFormat,
)
from lecture_lib.catalog.rules import ORIGIN_KEYS
from lecture_lib.catalog.trials import ByteTrial, Perplexity, Training, Trial
from lecture_lib.recurrent import RecurrentShape
from lecture_lib.roofline import Roof
from lecture_lib.survey import Survey
from lecture_lib.transformer import Mla, TransformerShape

__all__ = [
    "ByteTrial", "Catalog", "CatalogError", "Claim", "Device", "Energy", "FloatFormat",
    "Generation", "Measurement", "Model", "Peak", "Perplexity", "Provenance", "Reckoning",
    "Source", "TernaryResult", "Training", "Trial", "WeightFormat", "byte_trials", "claim",
    "claims", "device", "devices", "energies", "energy", "float_formats", "formats", "history",
    "load_from", "machine", "machines", "measurements", "model", "models", "perplexities", "roof",
    "shape", "sources", "ternary_results", "trainings", "trial", "trials", "weight_format",
]  # fmt: skip

T = TypeVar("T")
RENAMED = {  # in a file the unit is in the key, in a record it is in the field's comment
    "bandwidth_bytes_per_s": "bandwidth",
    "sram_bandwidth_bytes_per_s": "sram_bandwidth",
    "power_w": "power",
    "clock_hz": "clock",
    "energy_j": "energy",
    "die_area_m2": "die_area",
    "peak_ops_per_s": "peak",
}


@dataclass(frozen=True)
class Catalog:
    """The data files of one folder."""

    directory: Path
    _tables: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def sources(self) -> Mapping[str, Source]:
        """All sources by key."""
        return self._table("sources", lambda name, **row: Source(name, **{"url": None, **row}))

    def devices(self) -> Mapping[str, Device]:
        """All devices by name."""
        return self._table("devices", rows.device)

    def device(self, name: str) -> Device:
        """The device of this name. CatalogError with the nearest names if there is none."""
        return self._one("device", name, "devices", self.devices())

    def machines(self) -> Mapping[str, Survey]:
        """All machines that were measured, by name."""
        return self._table("machines", rows.machine)

    def machine(self, name: str) -> Survey:
        """The measured machine of this name. CatalogError with the nearest names if none."""
        return self._one("machine", name, "machines", self.machines())

    def history(self) -> tuple[Generation, ...]:
        """The rows of the memory wall, each line by date."""
        return tuple(self._table("history", Generation).values())

    def models(self) -> Mapping[str, Model]:
        """All models by name."""
        return self._table("models", rows.model)

    def model(self, name: str) -> Model:
        """The model of this name. CatalogError with the nearest names if there is none."""
        return self._one("model", name, "models", self.models())

    def claims(self) -> Mapping[str, Claim]:
        """All claims of the draft by id."""
        return self._table("claims", rows.claim)

    def claim(self, id: str) -> Claim:
        """The claim of this id. CatalogError with the nearest ids if there is none."""
        return self._one("claim", id, "claims", self.claims())

    def measurements(self) -> tuple[Measurement, ...]:
        """All measured speeds."""
        return tuple(self._table("measured", rows.measurement).values())

    def energies(self) -> Mapping[str, Energy]:
        """All energies, areas and demands by name."""
        return self._table("energies", Energy)

    def energy(self, name: str) -> Energy:
        """The energy of this name. CatalogError with the nearest names if there is none."""
        return self._one("energy", name, "energies", self.energies())

    def formats(self) -> Mapping[str, WeightFormat]:
        """All ways to store weights by name."""
        return self._table("formats.weights", WeightFormat)

    def weight_format(self, name: str) -> WeightFormat:
        """The weight format of this name. CatalogError with the nearest names if there is none."""
        return self._one("weight format", name, "formats", self.formats())

    def perplexities(self) -> tuple[Perplexity, ...]:
        """Published perplexities of models in several formats."""
        return tuple(self._table("perplexities", Perplexity.of_row).values())

    def trials(self) -> Mapping[str, Trial]:
        """What the bench found, by the name of the experiment."""
        return self._table("bench", Trial.of_row)

    def trial(self, name: str) -> Trial:
        """The trial of this name. CatalogError with the nearest names if there is none."""
        return self._one("trial", name, "bench", self.trials())

    def trainings(self) -> Mapping[str, Training]:
        """How our two byte models were trained, by the name of the twin."""
        return self._table("byte_models.training", Training.of_row)

    def byte_trials(self) -> Mapping[str, ByteTrial]:
        """What was done to the byte models, and what came of it, by the name of the variant."""
        return self._table("byte_models.trial", ByteTrial.of_row)

    def ternary_results(self) -> tuple[TernaryResult, ...]:
        """What was published of ternary models beside others, in the order of the tables."""
        return tuple(self._table("ternary", TernaryResult).values())

    def float_formats(self) -> Mapping[str, FloatFormat]:
        """The small floating-point codes by name."""
        return self._table("formats.floats", rows.float_format)

    def roof(self, device: str, operands: str = "fp16", accumulator: str | None = None) -> Roof:
        """The roof of a device for one number format; the accumulator is the widest unless named.

        CatalogError for a device without such a rate, or without a memory whose bandwidth is known.
        """
        found = self.device(device)
        peak = found.peak(operands, accumulator)
        if found.bandwidth is None:
            raise CatalogError(
                f"{device!r} has no known memory bandwidth ({found.memory_type}) and so no roof; "
                "take a device with one, or make a Roof of its sram_bandwidth"
            )
        capacity = found.memory_bytes or None
        return Roof(found.name, peak.ops_per_s, found.bandwidth, capacity, found.power)

    def shape(self, model: str) -> TransformerShape | RecurrentShape:
        """The shape of a model, from which its parameters, work and caches are counted.

        CatalogError, which is a ValueError, for a kind of model that no shape counts.
        """
        found = self.model(model)
        sizes = dict(found.dimensions)
        try:
            if found.kind.startswith(("rwkv", "mamba")):
                return RecurrentShape(name=found.name, family=found.kind, **sizes)
            if "transformer" in found.kind:
                mla = sizes.pop("mla", None)
                return TransformerShape(name=found.name, mla=mla and Mla(**mla), **sizes)
        except (TypeError, ValueError) as error:
            where = f"{self.directory.name}/models.toml, row {model!r}"
            raise CatalogError(
                f"{where}: makes no shape, for {error}; correct its dimensions"
            ) from None
        raise CatalogError(
            f"model {model!r} is of the kind {found.kind!r}, which no shape counts; "
            "take a transformer, an RWKV or a Mamba"
        )

    def _one(self, what: str, name: str, stem: str, rows: Mapping[str, T]) -> T:
        if isinstance(name, str) and name in rows:
            return rows[name]
        meant = ", ".join(map(repr, nearest(name, rows)))
        folder = f"{self.directory.parent.name}/{self.directory.name}"
        raise CatalogError(
            f"no {what} {name!r}; {f'nearest: {meant}; ' if meant else ''}"
            f"all {len(rows)}: {folder}/{stem}.toml"
        )

    def _table(self, table: str, build: Callable[..., T]) -> Mapping[str, T]:
        """The records of a table by name, read and checked once."""
        if table not in self._tables:
            label = f"{self.directory.name}/{table.partition('.')[0]}.toml"
            rows = read(self.directory, table)
            origins = self._origins(label, rows) if table != "sources" else {}
            records = {
                name: build(name, **_fields(row), **origins.get(name, {}))
                for name, row in rows.items()
            }
            self._tables[table] = MappingProxyType(records)
        return self._tables[table]

    def _origins(self, label: str, rows: Mapping[str, Mapping]) -> dict[str, dict[str, Any]]:
        """For each row its further sources, and the provenance of each of its fields."""
        sources, found, made = self.sources(), {}, {}

        def made_once(origin):
            key = (origin["source"], origin["read_on"], origin["confidence"], origin.get("note"))
            if key not in made:
                source = sources[key[0]]
                made[key] = Provenance(key[0], source.title, source.url, *key[1:])
            return made[key]

        for name, row in rows.items():
            check_origin(label, name, row, sources)
            whole = made_once({key: row[key] for key in ("source", "read_on", "confidence")})
            by_field = {RENAMED.get(key, key): whole for key in row if key not in ORIGIN_KEYS}
            rates = [f"peaks.{p['operands']}.{p['accumulator']}" for p in row.get("peaks", ())]
            by_field |= dict.fromkeys(rates, whole)
            exceptions = [
                (key, made_once(exception))
                for exception in row.get("exceptions", ())
                for key in exception["fields"]
            ]
            for key, origin in sorted(exceptions, key=lambda pair: pair[0].count(".")):
                by_field[RENAMED.get(key, key)] = origin
                by_field |= {rate: origin for rate in rates if f"{rate}.".startswith(f"{key}.")}
            also = tuple(sources[key] for key in row.get("also", ()))
            found[name] = {"also": also, "provenance": MappingProxyType(by_field)}
        return found


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a file as the fields of a record: without its origin, and units out of the names."""
    drop = set() if "title" in row else ORIGIN_KEYS  # a source is no figure and has no origin
    return {RENAMED.get(key, key): value for key, value in row.items() if key not in drop}


def load_from(directory: str | Path) -> Catalog:
    """The catalog of another folder of data files, with the same answers as this module's."""
    return Catalog(Path(directory))


_own = load_from(Path(__file__).parents[1] / "data")
sources, devices, device = _own.sources, _own.devices, _own.device
machines, machine = _own.machines, _own.machine
models, model, shape, roof = _own.models, _own.model, _own.shape, _own.roof
claims, claim, measurements, history = _own.claims, _own.claim, _own.measurements, _own.history
energies, energy, perplexities = _own.energies, _own.energy, _own.perplexities
trials, trial = _own.trials, _own.trial
trainings, byte_trials = _own.trainings, _own.byte_trials
formats, weight_format, float_formats = _own.formats, _own.weight_format, _own.float_formats
ternary_results = _own.ternary_results
