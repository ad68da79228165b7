"""Tables of the bench: what one scale breaks, what mends it, and caches in fewer bits."""

from collections.abc import Mapping

from lecture_lib import catalog
from lecture_lib.catalog import Trial
from lecture_lib.tables import Table
from lecture_lib.transformer import kv_cache_bytes
from lecture_lib.trials import perplexity, recorded
from lecture_lib.units import plain, readable

ISOLATED = {
    "nothing: as shipped": "as shipped",
    "all that the 210 matrices read": "activations INT8 per tensor",
    "… in the two matrices of the spike alone": (
        "activations INT8 per tensor, in the two matrices of the spike"
    ),
    "… everywhere but there": "activations INT8 per tensor, but in the two matrices of the spike",
    "… but of the first token": "activations INT8 per tensor, the first token kept",
}
CURES = {
    "a scale for all": "activations INT8 per tensor",
    "a scale a token": "activations INT8 per token",
    "a scale for 64 channels of a token": "activations INT8 in 64 values",
    "outlier channels apart, LLM.int8()": "activations INT8 per tensor, LLM.int8()",
    "smoothed, SmoothQuant": "activations INT8 per tensor, SmoothQuant",
    "rotated": "activations INT8 per tensor, rotated whole",
    "8 bits as floats, E4M3": "activations E4M3 per tensor",
}
CACHES = {
    "as computed": "as shipped",
    "INT8, a scale a head": "cache INT8 per token and head",
    "INT4, a scale a head": "cache INT4 per token and head",
    "4 bits in 32 values": "cache UINT4 in 32 values",
    "2 bits in 32 values": "cache UINT2 in 32 values",
    "2 bits, keys by channel": "cache UINT2, keys by channel",
}
MEASURED = "SmolLM2-135M"
LARGE, LONG = "Llama-3.1-8B", 131_072  # whose cache is counted, and how many tokens of it


def measured(one: Trial) -> tuple[str, str]:
    """The perplexity of a trial, and what was added to the loss with its standard error."""
    if one.of == "nothing":
        return plain(one.perplexity), "–"
    sign = "+" if one.difference >= 0 else "−"
    return plain(perplexity(one)), f"{sign}{abs(one.difference):.3f} ± {one.difference_error:.3f}"


def isolated() -> Table:
    """INT8 with one scale for the whole tensor, in ever fewer places: where it breaks the model."""
    return _table("in 8 bits, one scale for 256 tokens:", ISOLATED)


def cures() -> Table:
    """All inputs of all matrices in 8 bits, with each of the cures."""
    return _table("all inputs of 210 matrices in 8 bits", CURES)


def _table(first: str, named: Mapping[str, str]) -> Table:
    found = recorded(named)
    rows = tuple((words, *measured(one)) for words, one in found.items())
    return Table((first, "perplexity", "added loss, nats a token"), rows, _note(found))


def fewer_bits() -> Table:
    """Keys and values in fewer bits: what it costs SmolLM2, and what it saves a larger model."""
    shape, rows = catalog.shape(LARGE), []
    for words, one in recorded(CACHES).items():
        bits = 16 if one.of == "nothing" else bits_with_heads_of(one, shape.head_dim)
        size = kv_cache_bytes(shape, LONG, value_bytes=bits / 8)
        rows.append((words, plain(bits), *measured(one), readable(size, "B")))
    cache = f"{LARGE}, {LONG:,} tokens"
    header = ("keys and values", "bits a value", "perplexity", "added loss", cache)
    return Table(header, tuple(rows))


def bits_with_heads_of(one: Trial, head_dim: int) -> float:
    """The bits of a value where a head has so many: a scale a head then weighs less."""
    if one.sharing != "token and head":
        return one.bits
    codes = int("".join(letter for letter in one.format if letter.isdigit()))
    return codes + (one.bits - codes) * catalog.shape(MEASURED).head_dim / head_dim


def _note(trials: Mapping[str, Trial]) -> str:
    """Where the numbers of these trials are from; "as shipped" was measured on all tokens."""
    tokens = sorted({one.tokens for one in trials.values() if one.of != "nothing"})
    spread = " to ".join(f"{number:,}" for number in dict.fromkeys((tokens[0], tokens[-1])))
    return f"SmolLM2-135M on {spread} tokens of Alice; ± a standard error of the paired difference."
