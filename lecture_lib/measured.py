"""Measured decode rates beside what the models say of the same device, model and format."""

import re
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from lecture_lib import catalog
from lecture_lib.catalog import Measurement
from lecture_lib.decode import DecodeStep, decode_step
from lecture_lib.estimates import (
    EIGHT_IN_TEN,
    Fit,
    estimate_time,
    fit_estimate,
    likely_times,
)
from lecture_lib.parallel import TensorParallel, tensor_parallel
from lecture_lib.serving import decode_roof, link
from lecture_lib.times import prefill

KINDS = ("floor", "sum", "estimate")  # of a predicted time
LEAST_ROWS = 3  # an estimate has two constants; fewer rows would fit any line


@dataclass(frozen=True, eq=False)
class Compared:
    """A measured row of batch 1 and the decode step that it measured."""

    row: Measurement
    step: DecodeStep
    layers: int

    @property
    def rate(self) -> float:
        """Measured tokens per second of one user."""
        return self.row.tokens_per_s

    @property
    def most(self) -> float:
        """The floor's tokens per second: the ceiling for this row."""
        return float(self.step.user_rate)

    @property
    def name(self) -> str:
        return f"{self.row.model} {self.row.format.split(' (')[0]}"

    @property
    def fit(self) -> Fit:
        """The estimate's constants for this row's device and engine."""
        return fitted(self.row.device, self.row.engine)

    def predicted(self, kind: str) -> float:
        """Tokens per second by a kind of time: "floor", "sum" or "estimate"."""
        if kind not in KINDS:
            raise ValueError(f"a time is of the kind floor, sum or estimate, not {kind!r}")
        if kind == "estimate":
            seconds = estimate_time(self.step.work, self.step.roof, self.fit, layers=self.layers)
        else:
            seconds = getattr(self.step, kind)
        return float(1 / seconds)


@cache
def all_compared() -> tuple[Compared, ...]:
    """The measured rows of batch 1 on one device that give `bits_per_weight`.

    Rows of engines that skip weights leave it out: they may pass a ceiling that counts every
    weight. A context that is not known counts as empty, which makes the ceiling the highest.
    """
    found = []
    for row in catalog.measurements():
        if row.sequences != 1 or row.devices != 1 or row.bits_per_weight is None:
            continue
        shape = catalog.shape(row.model)
        step = decode_step(
            shape,
            decode_roof(row.device),
            context_tokens=row.context_tokens or 0,
            weight_bits=row.bits_per_weight,
            table_bits=row.table_bits,
        )
        found.append(Compared(row, step, shape.layers))
    return tuple(found)


def compared(*, device: str | None = None, engine: str | None = None) -> tuple[Compared, ...]:
    """The compared rows, or those of one device and one engine."""
    return tuple(
        c
        for c in all_compared()
        if device in (None, c.row.device) and engine in (None, c.row.engine)
    )


@cache
def fitted(device: str, engine: str) -> Fit:
    """The estimate's two constants, fitted to the measured rows of a device and an engine."""
    return _fit(compared(device=device, engine=engine), f"{engine} on {device}")


def device_class(device: str) -> str:
    """The devices that are fitted together: of one vendor, with one family of memory.

    >>> device_class("RTX 4090"), device_class("L40S"), device_class("H100 PCIe")
    ('NVIDIA GDDR', 'NVIDIA GDDR', 'NVIDIA HBM')
    """
    row = catalog.device(device)
    return f"{row.vendor} {re.match('[A-Za-z]*', row.memory_type)[0]}"


def class_rows(kind: str, engine: str, build: str | None = None) -> tuple[Compared, ...]:
    """The compared rows of a class of devices and an engine, of every build or of one date."""
    return tuple(
        c
        for c in compared(engine=engine)
        if device_class(c.row.device) == kind and build in (None, c.row.engine_date)
    )


@cache
def class_fit(kind: str, engine: str, build: str | None = None) -> Fit:
    """The estimate for any device of a class, also for one that nobody has measured.

    Its error and spread are those of devices that the fit had not seen: each in turn is left out.
    ValueError where there are fewer than 3 rows, or no second device.
    """
    rows = class_rows(kind, engine, build)
    fit = _fit(rows, f"{engine} on {kind}")
    ratios = np.array([measured / estimated for _, measured, estimated in left_out(rows)])
    return replace(
        fit,
        error=float(np.abs(1 / ratios - 1).mean()),
        spread=tuple(map(float, np.quantile(ratios, EIGHT_IN_TEN))),
    )


def left_out(rows: tuple[Compared, ...]) -> list[tuple[Compared, float, float]]:
    """Each row with its measured time [s] and the one [s] that the other devices' rows predict."""
    devices = list(dict.fromkeys(c.row.device for c in rows))
    if len(devices) < 2:
        raise ValueError(f"only {', '.join(devices)} is measured: leaving it out leaves nothing")
    found = []
    for device in devices:
        fit = _fit(tuple(c for c in rows if c.row.device != device), f"all but {device}")
        for c in (c for c in rows if c.row.device == device):
            estimated = estimate_time(c.step.work, c.step.roof, fit, layers=c.layers)
            found.append((c, 1 / c.rate, float(estimated)))
    return found


@dataclass(frozen=True)
class Expected:
    """The estimated time of a decode step of one sequence, and how far to trust it."""

    seconds: float
    low: float  # s; eight of ten measured rows lie between this and `high`
    high: float  # s
    covered: bool  # whether the fitted rows reach as far as this step
    says: str  # in what they do not; "" where they do


def expected(
    device: str, model: str, *, engine="llama.cpp", build=None, weight_bits=16, **setting
) -> Expected:
    """What a decode step of one sequence will take on a device that nobody has measured.

    By the fit of its class; `setting` is that of `decode_step`, but for the sequences. ValueError
    for a class without rows.
    """
    fit, shape = class_fit(device_class(device), engine, build), catalog.shape(model)
    step = decode_step(shape, decode_roof(device), sequences=1, weight_bits=weight_bits, **setting)
    seconds = float(estimate_time(step.work, step.roof, fit, layers=shape.layers))
    point = {"traffic": float(step.work.traffic), "layers": shape.layers}
    point |= {"bandwidth": step.roof.bandwidth, "weight_bits": weight_bits}
    covered = bool(fit.covers(**point))
    return Expected(seconds, *likely_times(seconds, fit), covered, fit.beyond(**point))


@cache
def prefill_shares(kind: str, engine: str, build: str | None = None) -> dict[str, float]:
    """The share of the peak rate [-] that prompts were read at, by the name of the row.

    The peak is that of `decode_roof`, at 16 bits: kernels that multiply at 8 bits may pass it.
    """
    shares = {}
    for c in class_rows(kind, engine, build):
        if c.row.prefill_tokens_per_s and c.row.prompt_tokens:
            read = prefill(catalog.shape(c.row.model), c.step.roof, c.row.prompt_tokens)
            seconds = c.row.prompt_tokens / c.row.prefill_tokens_per_s
            shares[c.row.name] = float(read.work.flops / seconds / c.step.roof.peak_rate)
    return shares


@dataclass(frozen=True, eq=False)
class Split:
    """A measured row of several devices that divide every matrix, and the step that it measured."""

    row: Measurement
    step: TensorParallel
    layers: int

    @property
    def seconds(self) -> float:
        """Measured time of a step [s]."""
        return 1 / self.row.tokens_per_s

    @property
    def times_the_floor(self) -> float:
        """How many times the floor the measured step takes."""
        return self.seconds / float(self.step.floor)

    def estimated(self, fit: Fit) -> float:
        """Time of the step [s] by a fit to such rows."""
        return float(
            estimate_time(
                self.step.work,
                self.step.roof,
                fit,
                layers=self.layers,
                sequences=self.row.sequences,
            )
        )


@cache
def all_splits() -> tuple[Split, ...]:
    """The measured rows of dense models divided among several linked devices."""
    found = []
    for row in catalog.measurements():
        if row.devices == 1 or row.sequences is None or row.bits_per_weight is None:
            continue
        shape = catalog.shape(row.model)
        step = tensor_parallel(
            shape,
            decode_roof(row.device),
            link(row.device),
            devices=row.devices,
            sequences=row.sequences,
            context_tokens=row.context_tokens or 0,
            weight_bits=row.bits_per_weight,
            table_bits=row.table_bits,
        )
        found.append(Split(row, step, shape.layers))
    return tuple(found)


def split_fit(rows: tuple[Split, ...]) -> Fit:
    """The estimate's constants for divided steps: the bandwidth reached, a layer, a sequence in it.

    What the all-reduces wait for is in the cost of a layer: the rows cannot tell it from launches.
    """
    return fit_estimate(
        traffic=np.array([float(s.step.work.traffic) for s in rows]),
        layers=np.array([s.layers for s in rows]),
        seconds=np.array([s.seconds for s in rows]),
        bandwidth=np.array([s.step.roof.bandwidth for s in rows]),
        sequences=np.array([s.row.sequences for s in rows]),
        weight_bits=np.array([s.row.bits_per_weight for s in rows]),
    )


def _fit(rows: tuple[Compared, ...], whose: str) -> Fit:
    if len(rows) < LEAST_ROWS:
        raise ValueError(f"{len(rows)} measured rows of {whose}: a fit needs {LEAST_ROWS} or more")
    return fit_estimate(
        traffic=np.array([float(c.step.work.traffic) for c in rows]),
        layers=np.array([c.layers for c in rows]),
        seconds=np.array([1 / c.rate for c in rows]),
        bandwidth=np.array([c.step.roof.bandwidth for c in rows]),
        weight_bits=np.array([c.row.bits_per_weight for c in rows]),
    )


@cache
def reached_shares() -> tuple[float, float]:
    """The least and the greatest share of their ceiling that measured rows reach."""
    shares = [c.rate / c.most for c in all_compared()]
    return min(shares), max(shares)
