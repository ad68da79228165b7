"""The experiments of the bench, declared: what is changed, how, into which format, and where.

To add one, add a line to a list below; `python -m lecture_lib.bench` then runs what has no row yet.
They stand in the order of their importance, which is the order in which they run.
"""

from dataclasses import dataclass, replace

from lecture_lib.bench import methods, notes
from lecture_lib.bench.formats import (
    Format,
    across_tokens,
    blocks,
    floats,
    integers,
    nvfp4_of_nvidia,
    signs,
    trits,
)
from lecture_lib.bench.methods import Method
from lecture_lib.quantization import block_floats, ggml
from lecture_lib.quantization.rounding import Grid
from lecture_lib.quantization.small_floats import E2M1, E2M3, E3M2, E4M3, E5M2

MANY, SOME = 2048, 1024  # tokens that are predicted
ALL = "all 210 matrices"
UNTOUCHED = "as shipped"


@dataclass(frozen=True)
class Experiment:
    """What is changed about the model, and on how many tokens that is measured."""

    name: str
    of: str  # "weights", "activations", "weights and activations", "cache" or "nothing"
    method: str  # "RTN" is rounding to nearest, whatever the format
    run: Method
    weights: Format | None = None
    activations: Format | None = None
    keys: Format | None = None
    values: Format | None = None
    where: str = ALL
    tokens: int = SOME
    says: bool = True
    note: str = ""


def per(stored: Format, of: str) -> Format:
    """The format with its scales named as they are among activations: a row is a token."""
    row = "token" if of == "activations" else "token and head"
    return replace(stored, sharing=row) if stored.sharing == "row" else stored


def label(stored: Format, of: str) -> str:
    """The format in words: "INT8 per row", "UINT4 in 32 values", "Q4_0"."""
    sharing = per(stored, of).sharing if of != "weights" else stored.sharing
    if stored.name in ONE_SHARING:
        return stored.name
    if sharing == "nothing":
        return f"{stored.name} without a scale"
    return f"{stored.name} {'in' if sharing[0].isdigit() else 'per'} {sharing}"


def of_weights(stored: Format, note="", says=True, source="") -> Experiment:
    run = methods.weights_in(stored)
    name = f"weights {source}{label(stored, 'weights')}"
    return Experiment(name, "weights", "RTN", run, weights=stored, says=says, note=note)


def of_activations(stored: Format, note="") -> Experiment:
    run = methods.inputs_in(stored)
    name = f"activations {label(stored, 'activations')}"
    shown = per(stored, "activations")
    if stored.sharing == "tensor":
        note = f"{note} {notes.IN_WINDOWS}".strip()
    return Experiment(name, "activations", "RTN", run, activations=shown, note=note)


def isolated(words: str, where: str, run_of) -> Experiment:
    run = run_of(INT8_TENSOR)
    shown = per(INT8_TENSOR, "activations")
    name = f"activations INT8 per tensor, {words}"
    return Experiment(
        name, "activations", "RTN", run, activations=shown, where=where, note=notes.IN_WINDOWS
    )


def of_both(weights: Format, inputs: Format) -> Experiment:
    run = methods.both_in(weights, inputs)
    words = label(weights, "weights")
    other = label(inputs, "activations")
    name = f"both {words}" if words == other else f"both {words} and {other}"
    return Experiment(
        name, "weights and activations", "RTN", run, weights, per(inputs, "activations")
    )


def of_cache(words: str, keys: Format | None, values: Format | None, note="") -> Experiment:
    both = "keys and values of all layers"
    where = both if keys and values else "keys of all layers" if keys else "values of all layers"
    return Experiment(
        f"cache {words}", "cache", "RTN", methods.cache_in(keys, values),
        keys=keys and per(keys, "cache"), values=values and per(values, "cache"),
        where=where, says=not note, note=note,
    )  # fmt: skip


def cured(name: str, method: str, run, inputs, weights=None, note="") -> Experiment:
    of = "weights and activations" if weights else "activations"
    return Experiment(name, of, method, run, weights, per(inputs, "activations"), note=note)


INT8_TENSOR, INT8_ROW = integers(8, "tensor"), integers(8)
MX = [
    block_floats.MXFP8_E4M3, block_floats.MXFP8_E5M2, block_floats.MXFP6_E2M3,
    block_floats.MXFP6_E3M2, block_floats.MXFP4, block_floats.MXINT8,
]  # fmt: skip
BFP = [block_floats.BFP8, block_floats.BFP4, block_floats.BFP2]
MXFP8, MXFP6, MXFP4 = (blocks(MX[k]) for k in (0, 2, 4))
NVFP4 = nvfp4_of_nvidia()
IN_GGML = {"MXFP4", "NVFP4"}  # names that ggml's formats share with those of chips
ONE_SHARING = {*ggml.FORMATS, *(each.name for each in MX + BFP), "NVFP4", "ternary", "binary"}

BASE = [Experiment(UNTOUCHED, "nothing", "none", methods.untouched, where="nothing", tokens=MANY)]

GGML = [
    of_weights(
        blocks(each),
        notes.OF_FORMAT.get(each.name, ""),
        source="ggml " if each.name in IN_GGML else "",
    )
    for each in ggml.FORMATS.values()
    if each.pack is not None
]

FIRST_ACTIVATIONS = [
    of_activations(each)
    for each in (
        INT8_TENSOR, INT8_ROW, integers(8, 64), integers(8, 32), integers(6), integers(5),
        integers(4), integers(4, 32), integers(6, 32), floats(E4M3, "tensor"), floats(E4M3),
        floats(E5M2, "tensor"), floats(E5M2), floats(E3M2), floats(E2M3), floats(E2M1),
    )
]  # fmt: skip

ISOLATED = [
    isolated("in the two matrices of the spike", "blk.11.ffn_down and blk.28.ffn_down",
             lambda f: methods.inputs_in(f, methods.at_spikes)),
    isolated("in ffn_down alone", "ffn_down of all layers",
             lambda f: methods.inputs_in(f, methods.at_down)),
    isolated("but in ffn_down", "all matrices but ffn_down",
             lambda f: methods.inputs_in(f, methods.but_down)),
    isolated("but in the two matrices of the spike", "all but blk.11.ffn_down and blk.28.ffn_down",
             lambda f: methods.inputs_in(f, methods.but_spikes)),
    replace(isolated("the first token kept", f"{ALL}, all tokens but the first of a window",
             lambda f: methods.inputs_in(f, first_kept=True)), says=False),
    isolated("the largest channel kept", f"{ALL}, all channels but one each",
             lambda f: methods.channel_kept(f, 1)),
]  # fmt: skip

ROUNDED = [
    of_weights(integers(bits, group, symmetric),
               notes.NEARLY if (bits, group, symmetric) == (4, 32, False) else
               notes.RUN_ON if group == 128 else "",
               says=bits < 8 and group == 32)
    for bits in (4, 3, 2, 8)
    for group in ("row", 32, 64, 128, "tensor")
    for symmetric in (True, False)
]  # fmt: skip

CALIBRATED = [
    Experiment(f"weights {label(stored, 'weights')}, {method}", "weights", method, run(grid),
               weights=stored, note=notes.PAPER if method == "GPTQ" else "")
    for bits in (3, 4, 2)
    for method, run in (("GPTQ", methods.by_gptq), ("AWQ", methods.by_awq))
    for stored, grid in ((integers(bits, 64, False), Grid(bits, False, 64)),)
]  # fmt: skip

SINK = Experiment(
    "weights UINT3 in 64 values, GPTQ but at keys and values", "weights", "GPTQ",
    methods.by_gptq(Grid(3, False, 64), methods.but_keys_and_values, damping=0.1),
    weights=integers(3, 64, False), where="all but attn_k and attn_v, which are rounded plainly",
    note=notes.SINK,
)  # fmt: skip

FLOATS = [
    of_weights(floats(small, group), says=group == "tensor")
    for small in (E4M3, E5M2, E3M2, E2M3, E2M1)
    for group in ("tensor", "row")
]  # fmt: skip
CHIPS = [of_weights(blocks(each)) for each in MX + BFP] + [of_weights(NVFP4)]
TERNARY = [of_weights(trits()), of_weights(signs())]

CURES = [
    cured("activations INT8 per tensor, LLM.int8()", "LLM.int8()",
          methods.split(Grid(8, group="tensor")), INT8_TENSOR, note=notes.IN_WINDOWS),
    cured("activations INT8 per token, LLM.int8()", "LLM.int8()",
          methods.split(Grid(8)), INT8_ROW),
    cured("activations INT8 per tensor, SmoothQuant", "SmoothQuant",
          methods.smoothed(INT8_TENSOR), INT8_TENSOR, note=f"alpha 0.5. {notes.IN_WINDOWS}"),
    cured("activations INT8 per token, SmoothQuant", "SmoothQuant",
          methods.smoothed(INT8_ROW), INT8_ROW, note="alpha 0.5"),
    cured("activations INT8 per tensor, rotated by 64", "rotation",
          methods.rotated(INT8_TENSOR, 64), INT8_TENSOR,
          note=f"576 = 9 · 64 and 1536 = 24 · 64 channels, 64 at a time. {notes.IN_WINDOWS}"),
    cured("activations INT8 per token, rotated by 64", "rotation",
          methods.rotated(INT8_ROW, 64), INT8_ROW,
          note="576 = 9 · 64 and 1536 = 24 · 64 channels, 64 at a time"),
    cured("activations INT8 per tensor, rotated whole", "rotation",
          methods.rotated(INT8_TENSOR, None), INT8_TENSOR,
          note=f"All 576 or 1536 channels at once (Paley). {notes.IN_WINDOWS}"),
    cured("activations INT4 per token, rotated whole", "rotation",
          methods.rotated(integers(4), None), integers(4),
          note="All 576 or 1536 channels at once (Paley)"),
    cured("activations INT8 per tensor, static", "static",
          methods.with_steps_of_calibration(Grid(8, group="tensor")), INT8_TENSOR,
          note="The scale is of the largest magnitude on the calibration text."),
]  # fmt: skip

MORE_ACTIVATIONS = [
    of_activations(each)
    for each in (
        floats(E4M3, None), integers(6, "tensor"), integers(4, "tensor"), *map(blocks, MX),
        NVFP4, blocks(block_floats.BFP8), blocks(block_floats.BFP4),
    )
]  # fmt: skip

TOGETHER = [
    of_both(INT8_TENSOR, INT8_TENSOR),
    of_both(INT8_ROW, INT8_ROW),
    cured("both INT8 per row and INT8 per tensor, SmoothQuant", "SmoothQuant",
          methods.smoothed(INT8_TENSOR, INT8_ROW), INT8_TENSOR, INT8_ROW, "alpha 0.5"),
    cured("both INT8 per row and INT8 per token, LLM.int8()", "LLM.int8()",
          methods.split(Grid(8), INT8_ROW), INT8_ROW, INT8_ROW,
          "Weights of the channels that stay apart are rounded too."),
    of_both(MXFP8, MXFP8), of_both(MXFP6, MXFP6),
    of_both(MXFP4, MXFP4), of_both(NVFP4, NVFP4),
    of_both(integers(4, 32), INT8_ROW), of_both(integers(4), integers(4)),
    cured("both INT4 per row and INT4 per token, rotated whole", "rotation",
          methods.rotated(integers(4), None, integers(4)), integers(4), integers(4)),
]  # fmt: skip

OUTLIERS = [
    Experiment(f"activations, {words}", "activations", method,
               methods.zeroed(count, at_random), note=note)
    for count in (1, 6)
    for at_random, words, method, note in (
        (False, f"the {count} largest channels zeroed", "channels zeroed",
         "Largest on the calibration text, of each matrix."),
        (True, f"{count} random channels zeroed", "random channels zeroed",
         "Of each matrix; never one of the largest; seed 1."),
    )
]  # fmt: skip

CACHE = [
    *(of_cache(f"INT{bits} per token and head", integers(bits), integers(bits)) for bits in (8, 4)),
    of_cache("UINT4 in 32 values", integers(4, 32, False), integers(4, 32, False)),
    of_cache("UINT2 in 32 values", integers(2, 32, False), integers(2, 32, False)),
    of_cache("UINT2, keys by channel", across_tokens(2, 32), integers(2, 32, False), notes.KEYS),
    of_cache("UINT4, keys by channel", across_tokens(4, 32), integers(4, 32, False), notes.KEYS),
    of_cache("UINT2 per token and head", integers(2, "row", False), integers(2, "row", False)),
    of_cache("UINT2 keys alone, in 32 values", integers(2, 32, False), None),
    of_cache("UINT2 values alone, in 32 values", None, integers(2, 32, False)),
    of_cache("E4M3 per token and head", floats(E4M3), floats(E4M3)),
]

LONGER = {  # measured on more tokens, since much is said about them
    "weights Q4_0", "weights Q3_K", "weights Q2_K", "activations INT8 per tensor",
    "activations INT8 per token", "activations INT4 per token", "activations E4M3 per tensor",
    "activations MXFP6 (E2M3)",
}  # fmt: skip
EXPERIMENTS: dict[str, Experiment] = {
    each.name: replace(each, tokens=MANY) if each.name in LONGER else each
    for some in (
        BASE, GGML, FIRST_ACTIVATIONS, ISOLATED, ROUNDED[:10], FLOATS, CHIPS, TERNARY, CURES,
        CACHE, CALIBRATED, [SINK], TOGETHER, OUTLIERS, MORE_ACTIVATIONS, ROUNDED[10:],
    )
    for each in some
}  # fmt: skip
