"""Measured decode rates beside what the models say of the same device, model and format."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from lecture_lib import catalog
from lecture_lib.catalog import Measurement
from lecture_lib.decode import DecodeStep, decode_step
from lecture_lib.roofline import Fit, estimate_time, fit_estimate
from lecture_lib.serving import decode_roof

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
    rows = compared(device=device, engine=engine)
    if len(rows) < LEAST_ROWS:
        raise ValueError(
            f"{len(rows)} measured rows of {engine} on {device}: a fit needs {LEAST_ROWS} or more"
        )
    return fit_estimate(
        traffic=np.array([float(c.step.work.traffic) for c in rows]),
        layers=np.array([c.layers for c in rows]),
        seconds=np.array([1 / c.rate for c in rows]),
        bandwidth=rows[0].step.roof.bandwidth,
    )


@cache
def reached_shares() -> tuple[float, float]:
    """The least and the greatest share of their ceiling that measured rows reach."""
    shares = [c.rate / c.most for c in all_compared()]
    return min(shares), max(shares)
