"""Our own model under a machine's own roof: how fast it could be, and how fast it is."""

from lecture_lib import catalog, lm
from lecture_lib.lm import speed
from lecture_lib.machine import Measured, cpu_name, this_machine
from lecture_lib.roofline import Roof
from lecture_lib.tables import Table
from lecture_lib.units import plain, readable

STEPS, PROMPTS = 5, 1  # repeats, of which the best counts
PROMPT = 256  # tokens: enough to wait for arithmetic, and soon read


def races(model: lm.Model, roof: Roof) -> tuple[speed.Race, speed.Race]:
    """Both steps timed here and now: a few seconds."""
    return (
        speed.decode_race(model, roof, repeats=STEPS),
        speed.prefill_race(model, roof, PROMPT, PROMPTS),
    )


def table(found: tuple[speed.Race, ...], note: str) -> Table:
    """Predicted beside measured: the floor, the time, and how far apart they are."""
    rows = []
    for race in found:
        work, roof = race.work, race.roof
        reads = work.traffic / roof.bandwidth >= work.flops / roof.peak_rate
        rows.append((
            named(race), readable(work.traffic, "B"), readable(work.flops, "FLOP"),
            "memory" if reads else "arithmetic", readable(race.floor, "s"),
            readable(race.measured, "s"), f"{plain(race.quotient, 2)} ×",
        ))  # fmt: skip
    header = ("step", "moves", "calculates", "waits for", "floor", "measured", "over the floor")
    return Table(header, tuple(rows), note)


def named(race: speed.Race) -> str:
    """The step in words, of which a slide holds few."""
    if race.what == "decode":
        return f"one token after {race.behind}"
    return f"a prompt of {race.tokens}"


def recorded() -> Table:
    """Both steps as they were timed on a machine that the catalog names."""
    row = next(row for row in catalog.measurements() if row.engine.startswith("numpy"))
    found = speed.recorded(catalog.shape(row.model), row)
    roof = found[0].roof
    note = (
        f"Recorded ({row.device}, {row.engine}): {readable(roof.bandwidth, 'B/s')} and "
        f"{readable(roof.peak_rate, 'FLOP/s')} in 32 bits, in the same minute."
    )
    return table(found, note)


def here(model: lm.Model | None) -> Table | None:
    """The model timed on this machine; where it is not installed, that is printed."""
    if model is None:
        print("The model is not installed here, so nothing was timed.")
        return None
    measured: Measured = this_machine()
    roof = measured.roof
    note = (
        f"{cpu_name()}, measured when this was run: {readable(roof.bandwidth, 'B/s')} and "
        f"{readable(roof.peak_rate, 'FLOP/s')} for numpy in 32 bits."
    )
    if not measured.steady:
        note += " The measurement was unsteady: close other programs and restart the kernel."
    return table(races(model, roof), note)
