"""What the rows of data/ may say: for each file one table of key -> rule.

Not jsonschema: its messages name a path in a schema, ours must name file, row, key, value and the
way out; and importing it takes longer than reading all the data.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

NOT_READ = "not read"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value must be: the words, the test and what to do where it fails."""

    must: str
    holds: Callable[[Any], bool]
    way_out: str = "correct it, or leave the key out if the figure is not known"


def _number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _words(value):
    return isinstance(value, str) and value.strip() == value != ""


def _finite(value):
    if isinstance(value, dict | list):
        return all(map(_finite, value.values() if isinstance(value, dict) else value))
    return isinstance(value, bool) or _words(value) or _number(value)


def _date(value):
    return isinstance(value, str) and (value == NOT_READ or _is_day_or_month(value))


@cache
def _is_day_or_month(text):
    try:
        return bool(
            re.fullmatch(r"\d{4}-\d\d(-\d\d)?", text) and date.fromisoformat(f"{text}-01"[:10])
        )
    except ValueError:
        return False


def one_of(*words: str) -> Rule:
    return Rule(f"be one of {', '.join(words)}", words.__contains__, "take the one that fits")


TEXT = Rule("be text", _words, 'write it between "quotes", without blanks at its ends')
TEXTS = Rule(
    "be a list of names",
    lambda v: isinstance(v, list) and bool(v) and all(map(_words, v)),
    'write it as ["one", "two"]',
)
FLAG = Rule("be true or false", lambda v: isinstance(v, bool), "write true or false")
COUNT = Rule("be a whole number, 0 or more", lambda v: _whole(v) and v >= 0)
SIZE = Rule("be a whole number above 0", lambda v: _whole(v) and v > 0)
SIZES = Rule(
    "be a list of whole numbers above 0", lambda v: isinstance(v, list) and all(map(SIZE.holds, v))
)
YEAR = Rule("be a year from 1940 to 2040", lambda v: _whole(v) and 1940 <= v <= 2040)
POSITIVE = Rule("be a finite number above 0", lambda v: _number(v) and v > 0)
NUMBER = Rule("be a finite number", _number)
NOT_NEGATIVE = Rule("be a finite number, 0 or more", lambda v: _number(v) and v >= 0)
SPOKEN = Rule("be text, however odd", lambda v: isinstance(v, str), 'write it between "quotes"')
NUMBERS = Rule(
    "be a list of finite numbers", lambda v: isinstance(v, list) and all(map(_number, v))
)
QUANTITY = Rule("be text or a finite number above 0", lambda v: _words(v) or POSITIVE.holds(v))
FIGURES = Rule(
    "be a table of text and finite numbers", lambda v: isinstance(v, dict) and _finite(v)
)
READ_ON = Rule(
    f'be a date or "{NOT_READ}"',
    _date,
    'write the day or month of reading as "2026-11-23" or "2026-11"',
)
DAY = Rule("be a day", lambda v: _date(v) and len(v) == 10, 'write it as "2026-11-23"')
CONFIDENCE = one_of("seen", "recalled", "derived")

# A key that ends in "?" may be left out. Tables in a table, and lists of them, are written alike.
Rules = Mapping[str, Any]
ORIGIN: Rules = {"source": TEXT, "read_on": READ_ON, "confidence": CONFIDENCE}
PROVENANCE: Rules = {
    "note?": TEXT,
    **ORIGIN,
    "also?": TEXTS,
    "exceptions?": [{"fields": TEXTS, **ORIGIN, "note?": TEXT}],
}
ORIGIN_KEYS = {"source", "also", "read_on", "confidence", "exceptions"}
TRANSFORMER = "layers model_dim mlp_dim query_heads kv_heads head_dim vocabulary norms_per_layer"
SWITCHES = (
    "tied_embeddings gated_mlp mlp_bias qkv_bias output_bias norm_biases qk_norm sub_norms "
    "attention_sinks expert_bias router_bias"
)
OPTIONS = (
    "learned_positions window window_layers experts experts_per_token expert_mlp_dim "
    "shared_experts dense_layers"
)
RECURRENT = (
    "mix_rank decay_rank iclr_rank value_rank gate_rank inner_dim state_dim conv_width dt_rank "
    "groups"
)
LATENT = "q_lora_rank kv_lora_rank qk_nope_head_dim qk_rope_head_dim v_head_dim"
HYBRID = (
    "full_attention_interval attention_layers linear_layers linear_key_heads linear_value_heads "
    "linear_key_head_dim linear_value_head_dim linear_conv_width"
)
VISION = (
    "parameters conv_parameters fc_parameters multiply_adds conv_multiply_adds fc_multiply_adds "
    "activations peak_activations published_multiply_adds"
)


def _each(names: str, rule: Rule) -> Rules:
    return {f"{name}?": rule for name in names.split()}


OPERANDS = "fp32 tf32 fp16 bf16 fp8 fp6 fp4 bfp8 int16 int8 int4"

DIMENSIONS: Rules = {
    **_each(f"{TRANSFORMER} {OPTIONS} {RECURRENT}", COUNT),
    **_each(SWITCHES, FLAG),
    "mla?": {name: COUNT for name in LATENT.split()},
}
TIMED = [{"size": SIZE, "best_s": POSITIVE, "median_s": POSITIVE}]
SCORED = {"bytes": SIZE, "bits": POSITIVE, "difference": NUMBER, "error": NOT_NEGATIVE}
RULES: Mapping[str, Rules] = {
    "sources": {"title": TEXT, "url?": TEXT, "primary": FLAG, "read_on": READ_ON, "note?": TEXT},
    "devices": {
        "vendor": TEXT,
        "year": YEAR,
        "kind": TEXT,
        "memory_bytes": COUNT,
        "memory_type": TEXT,
        **_each("bandwidth_bytes_per_s sram_bandwidth_bytes_per_s power_w price_usd", POSITIVE),
        **_each("clock_hz die_area_m2", POSITIVE),
        **_each("sram_bytes cores l2_bytes register_file_bytes texture_units", SIZE),
        "process?": TEXT,
        "interconnect?": {
            "kind": TEXT,
            "links?": SIZE,
            "bytes_per_s?": POSITIVE,
            "bytes_per_s_per_link?": POSITIVE,
            "bytes_per_s_per_link_per_direction?": POSITIVE,
            "pcie?": TEXT,
        },
        "peaks?": [
            {
                "operands": one_of(*OPERANDS.split()),
                "accumulator": one_of("fp32", "fp16", "int32", "unstated"),
                "ops_per_s": POSITIVE,
                "engine?": TEXT,
            }
        ],
        **PROVENANCE,
    },
    "machines": {
        **{key: TEXT for key in ("cpu", "blas")},
        **{key: SIZE for key in ("cores", "threads", "rounds", "matrix_side")},
        "measured_on": DAY,
        **{key: POSITIVE for key in ("peak_ops_per_s", "peak_spread")},
        "reads": TIMED,
        "products": TIMED,
        **PROVENANCE,
    },
    "history": {
        "line": one_of("GeForce", "data centre"),
        "year": YEAR,
        "released": DAY,
        **{key: TEXT for key in ("process", "memory_type", "matmul_format", "url")},
        **{key: SIZE for key in ("memory_bytes", "l2_bytes")},
        **{key: POSITIVE for key in ("bandwidth_bytes_per_s", "fp32_ops_per_s", "power_w")},
        "matmul_ops_per_s": POSITIVE,
        "die_area_m2?": POSITIVE,
        **PROVENANCE,
    },
    "models": {
        "family?": TEXT,
        "kind": one_of(
            *("transformer", "mla transformer", "rwkv4", "rwkv5", "rwkv6", "rwkv7"),
            *("mamba1", "mamba2", "hybrid", "vision"),
        ),
        "context_tokens?": SIZE,
        **DIMENSIONS,
        **_each(f"{HYBRID} {VISION} vocabulary_used", COUNT),
        "input?": SIZES,
        "published_parameters": SIZE,
        "published_active_parameters?": SIZE,
        "weights_note?": TEXT,
        **PROVENANCE,
    },
    "claims": {
        **{key: TEXT for key in ("section", "text", "found")},
        "quantity?": QUANTITY,
        **_each("unit correction", TEXT),
        "verdict": one_of("holds", "holds with correction", "outdated", "not supported", "opinion"),
        "core": FLAG,
        "model?": {"name": TEXT, "formula": TEXT, "inputs?": FIGURES, "result?": FIGURES},
        **PROVENANCE,
    },
    "energies": {"low": POSITIVE, "high": POSITIVE, "unit": TEXT, **PROVENANCE},
    "measured": {
        **{key: TEXT for key in ("device", "model", "engine", "format")},
        **_each("printed_model engine_date", TEXT),
        **_each("devices sequences context_tokens prompt_tokens generated_tokens", SIZE),
        **_each(
            "bandwidth_bytes_per_s peak_ops_per_s bits_per_weight table_bits tokens_per_s", POSITIVE
        ),
        **_each("seconds_per_token prefill_tokens_per_s seconds_to_first_token", POSITIVE),
        **_each("wall_power_w weights_bytes", POSITIVE),
        "rate_of": one_of("user", "all", "device"),
        **PROVENANCE,
    },
    "ternary": {
        **{key: TEXT for key in ("study", "model", "size")},
        "weights": one_of("16 bits", "ternary"),
        "memory_bytes": POSITIVE,
        "memory_of": one_of("everything", "no tables"),
        "seconds_per_token": POSITIVE,
        **_each("perplexity energy_j mean_score", POSITIVE),
        **PROVENANCE,
    },
    "formats.weights": {
        "kind": one_of("plain", "block", "file"),
        "bits_per_weight": POSITIVE,
        **_each("table_bits", POSITIVE),
        **_each("block_weights value_bits scale_bits", SIZE),
        **PROVENANCE,
    },
    "perplexities": {
        **{key: TEXT for key in ("model", "format", "text")},
        **_each("perplexity ratio untouched size_bytes bits_per_weight", POSITIVE),
        "difference?": NUMBER,
        **_each("method calibrated", TEXT),
        **PROVENANCE,
    },
    "bench": {
        **{key: TEXT for key in ("model", "method", "where", "text", "machine", "versions")},
        "of": one_of("weights", "activations", "weights and activations", "cache", "nothing"),
        **_each("format sharing inputs_format inputs_sharing prompt", TEXT),
        **{key: SIZE for key in ("tokens", "window")},
        **{key: POSITIVE for key in ("loss", "loss_error")},
        "difference": NUMBER,
        **_each("bits inputs_bits", POSITIVE),
        **_each("relative_error", NOT_NEGATIVE),
        "difference_error": NOT_NEGATIVE,
        "window_losses": NUMBERS,
        "says?": SPOKEN,
        "measured_on": DAY,
        **PROVENANCE,
    },
    "byte_models.training": {
        **{key: TEXT for key in ("weights", "text", "machine", "versions")},
        **{key: SIZE for key in ("text_bytes", "tokens", "steps", "windows", "context")},
        **{key: SIZE for key in ("parameters", "seed", "seconds", "threads")},
        **{key: POSITIVE for key in ("peak_rate", "pairs")},
        "curve": [{"step": SIZE, "train": POSITIVE, "held_out": POSITIVE}],
        "trained_on": DAY,
        **PROVENANCE,
    },
    "byte_models.trial": {
        **{key: TEXT for key in ("beside", "format", "prompt", "machine", "versions")},
        **{key: SCORED for key in ("held_out", "alice")},
        **{key: SPOKEN for key in ("says", "draws")},
        "matrix_bytes": SIZE,
        **{key: POSITIVE for key in ("beginning", "temperature")},
        "measured_on": DAY,
        **PROVENANCE,
    },
    "formats.floats": {
        "bits": SIZE,
        "largest?": POSITIVE,
        **_each("exponent_bias nan_codes inf_codes", COUNT),
        "values?": NUMBERS,
        **PROVENANCE,
    },
}
