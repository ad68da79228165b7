"""Our own model under a machine's own roof: how fast it could be, and how fast it is."""

from lecture_lib import catalog, lm
from lecture_lib.lm import speed
from lecture_lib.machine import Measured, cpu_name, this_machine
from lecture_lib.roofline import Roof, Work
from lecture_lib.tables import Table
from lecture_lib.transformer import TransformerShape
from lecture_lib.units import plain, readable

STEPS, PROMPTS = 5, 1  # repeats, of which the best counts
PROMPT = 64  # tokens: enough to wait for arithmetic, and soon read


def works(shape: TransformerShape) -> dict[str, Work]:
    """What both steps calculate and move, in 32 bits."""
    return {
        f"one token, {speed.CONTEXT} behind it": speed.decode_step(shape),
        f"a prompt of {PROMPT} tokens": speed.prefill(shape, PROMPT),
    }


def races(model: lm.Model, roof: Roof) -> tuple[speed.Race, speed.Race]:
    """Both steps timed here and now: a few seconds."""
    return (
        speed.decode_race(model, roof, repeats=STEPS),
        speed.prefill_race(model, roof, PROMPT, PROMPTS),
    )


def table(shape: TransformerShape, roof: Roof, found, note: str) -> Table:
    """Predicted beside measured: the floor, the time, and how far apart they are."""
    rows = []
    for (words, work), race in zip(works(shape).items(), found, strict=True):
        reads = work.traffic / roof.bandwidth >= work.flops / roof.peak_rate
        rows.append((
            words, readable(work.traffic, "B"), readable(work.flops, "FLOP"),
            "memory" if reads else "arithmetic", readable(race.floor, "s"),
            readable(race.measured, "s"), f"{plain(race.quotient, 2)} ×",
        ))  # fmt: skip
    header = ("step", "moves", "calculates", "waits for", "floor", "measured", "over the floor")
    return Table(header, tuple(rows), note)


def recorded() -> Table:
    """Both steps as they were timed on a machine that the catalog names."""
    row = next(row for row in catalog.measurements() if row.engine.startswith("numpy"))
    shape, roof = catalog.shape(row.model), Roof(row.device, row.peak, row.bandwidth)
    note = (
        f"Recorded on one thread ({row.device}, {row.engine}): {readable(roof.bandwidth, 'B/s')} "
        f"and {readable(roof.peak_rate, 'FLOP/s')} in 32 bits, measured in the same minutes."
    )
    return table(shape, roof, speed.recorded(shape, row), note)


def here(model: lm.Model | None) -> Table | str:
    """The model timed on this machine; a sentence where it is not installed."""
    if model is None:
        return "The model is not installed here, so nothing was timed."
    measured: Measured = this_machine()
    roof = measured.roof
    note = (
        f"{cpu_name()}, measured when this was run: {readable(roof.bandwidth, 'B/s')} and "
        f"{readable(roof.peak_rate, 'FLOP/s')} for numpy in 32 bits."
    )
    if not measured.steady:
        note += " The measurement was unsteady: close other programs and restart the kernel."
    return table(model.shape, roof, races(model, roof), note)
