"""How much memory the activations of a pass need at once."""

import numpy as np

from lecture_lib.operators.record import ENDS

# These read the stream that passes by all blocks; beside every other operator of a layer it waits.
READS_STREAM = {"attention norm", "mlp norm", "attention add", "mlp add", "vectors", "add"}

WAITING = {  # what was written before an operator and is read after it
    "k": ("q",),
    "v": ("q",),
    "kv down": ("q", "q up"),
    "kv up": ("q", "q up"),
    "up": ("gate",),
    "expert up": ("expert gate",),
    "shared gate": ("expert down",),
    "shared up": ("shared gate", "expert down"),
    "shared act": ("expert down",),
    "shared down": ("expert down",),
    "channel receptance": ("channel key",),
    "channel value": ("channel receptance",),
}


def live_bytes(operators):
    """The most bytes that are live beside any of the operators, itself included [byte]."""
    operators = list(operators)
    written = {one.name: one.written_bytes for one in operators}
    stream = written["embedding"]
    peak = 0
    for one in operators:
        live = one.read_bytes + one.written_bytes
        live = live + sum(written.get(name, 0) for name in WAITING.get(one.name, ()))
        if one.where != ENDS and one.name not in READS_STREAM:
            live = live + stream
        # the rows of the table are weights
        live = stream if one.name == "embedding" else live
        peak = np.maximum(peak, live)
    return peak
