"""Our own model under a machine's own roof: how fast it could be, and how fast it is."""

from dataclasses import dataclass

from lecture_lib import lm
from lecture_lib.machine import this_machine, times
from lecture_lib.roofline import Roof, Work, floor_time
from lecture_lib.tables import Table
from lecture_lib.transformer import TransformerShape, decode_work, prefill_work
from lecture_lib.units import plain, readable

BEHIND, PROMPT = 64, 256  # tokens before the one that is decoded; tokens that are read at once
STEPS, PROMPTS = 8, 2  # repeats, of which the best counts
VALUE_BYTES = 4  # numpy computes in 32 bits, whatever the file keeps


@dataclass(frozen=True)
class Run:
    """What was timed on a machine [s], under its own roof."""

    roof: Roof
    decode: float  # a token, with BEHIND tokens before it
    prefill: float  # a prompt of PROMPT tokens, up to the last one's logits


def works(shape: TransformerShape) -> dict[str, Work]:
    """What both steps calculate and move, in 32 bits."""
    kept = {"weight_bytes": VALUE_BYTES, "value_bytes": VALUE_BYTES}
    return {
        f"one token, {BEHIND} behind it": decode_work(shape, BEHIND, **kept),
        f"a prompt of {PROMPT} tokens": prefill_work(shape, PROMPT, **kept),
    }


def timed(model: lm.Model) -> Run:
    """Times both steps here and now: a few seconds."""
    text = list(range(PROMPT))  # any tokens take the same time
    cache = lm.Cache(model)
    lm.logits(model, text[:BEHIND], cache=cache)

    def one_more():
        lm.logits(model, [1], cache=cache)

    def prompt():
        lm.forward.states(model, text)[-1] @ model.head.T

    decode, prefill = times(one_more, STEPS), times(prompt, PROMPTS)
    return Run(this_machine().roof, float(decode.min()), float(prefill.min()))


def table(shape: TransformerShape, run: Run, note: str) -> Table:
    """Predicted beside measured: the floor, the time, and how far apart they are."""
    rows = []
    for (words, work), took in zip(works(shape).items(), (run.decode, run.prefill), strict=True):
        floor = float(floor_time(work, run.roof))
        bound = "memory" if work.traffic / run.roof.bandwidth >= floor else "arithmetic"
        rows.append((
            words, readable(work.traffic, "B"), readable(work.flops, "FLOP"),
            f"{readable(floor, 's')} ({bound})", readable(took, "s"), f"{plain(took / floor, 2)} ×",
        ))  # fmt: skip
    header = ("step", "moves", "calculates", "floor, waits for", "measured", "over the floor")
    return Table(header, tuple(rows), note)


def here(model: lm.Model | None) -> Table | str:
    """The model timed on this machine; a sentence where it is not installed."""
    if model is None:
        return "The model is not installed here, so nothing was timed: see the recorded machine."
    run = timed(model)
    roof = f"{readable(run.roof.bandwidth, 'B/s')} and {readable(run.roof.peak_rate, 'FLOP/s')}"
    note = f"This machine, just now: {roof} for numpy in 32 bits, measured as in chapter 00."
    if not this_machine().steady:
        note += " The measurement was unsteady: close other programs and restart the kernel."
    return table(model.shape, run, note)
