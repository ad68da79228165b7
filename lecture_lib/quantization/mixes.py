"""Mixed depths: the format that each tensor of a file gets, as llama.cpp chooses when it converts.

A file called Q2_K is a recipe: most matrices in blocks of Q2_K, those that suffer most in wider
ones, norms in 32 bits. The choice is made once, by the tensor's part and layer, and written into
the file; nothing changes when the model runs. The recipes are those of llama_tensor_get_type in
llama.cpp's src/llama-quant.cpp (commit 007dbbf), for dense models of the Llama family, without an
importance matrix.

>>> from lecture_lib.transformer import TransformerShape
>>> toy = TransformerShape("toy", 8, 256, 512, 4, 4, 64, 1000)
>>> {one.format for one in mixed(toy, "Q4_K_M")} == {"Q4_K", "Q6_K", "F32"}
True
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from lecture_lib.quantization.ggml import FORMATS
from lecture_lib.transformer import TransformerShape, parameters_by_part

WIDE = {"F32": 32.0, "F16": 16.0}  # bits of what is not in blocks
PARTS = (
    "embedding", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down",
    "norms", "output",
)  # fmt: skip

# Where a rule holds: functions of the shape and of the layer's number.
Where = Callable[[TransformerShape, int], bool]
Rule = tuple[str, Where]


def everywhere(shape: TransformerShape, layer: int) -> bool:
    """In each layer."""
    return True


def where_more_bits_help(shape: TransformerShape, layer: int) -> bool:
    """In the first and the last eighth of the layers, and in every third between."""
    eighth = shape.layers // 8
    return layer < eighth or layer >= 7 * shape.layers // 8 or (layer - eighth) % 3 == 2


def where_heads_share(shape: TransformerShape, layer: int) -> bool:
    """Where four or more query heads share a KV head: values are then a small matrix."""
    return shape.query_heads // shape.kv_heads >= 4


def in_the_first(part: int) -> Where:
    """In the first of so many equal parts of the layers."""
    return lambda shape, layer: layer < shape.layers // part


def below(number: int) -> Where:
    """In so many layers from the first on."""
    return lambda shape, layer: layer < number


@dataclass(frozen=True)
class Mix:
    """A recipe: `most` for all matrices that no rule names; of a part's rules the first counts."""

    most: str
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    head: str = "Q6_K"
    embedding: str = ""  # as most matrices, unless named


MORE = (("Q6_K", where_more_bits_help),)
VALUES = (("Q4_K", where_heads_share),)
LOW = {"attn_v": (*VALUES, ("Q2_K", everywhere)), "ffn_down": (("Q2_K", in_the_first(8)),)}

MIXES: dict[str, Mix] = {
    "Q8_0": Mix("Q8_0", head="Q8_0"),
    "Q6_K": Mix("Q6_K"),
    "Q5_K_M": Mix("Q5_K", {"attn_v": MORE, "ffn_down": MORE}),
    "Q5_K_S": Mix("Q5_K"),
    "Q4_K_M": Mix("Q4_K", {"attn_v": MORE, "ffn_down": MORE}),
    "Q4_K_S": Mix(
        "Q4_K", {"attn_v": (("Q5_K", below(4)),), "ffn_down": (("Q5_K", in_the_first(8)),)}
    ),
    "Q4_0": Mix("Q4_0"),
    "Q3_K_L": Mix(
        "Q3_K", {part: (("Q5_K", everywhere),) for part in ("attn_v", "attn_output", "ffn_down")}
    ),
    "Q3_K_M": Mix(
        "Q3_K",
        {
            "attn_v": (("Q5_K", below(2)), ("Q4_K", everywhere)),
            "attn_output": (("Q4_K", everywhere),),
            "ffn_down": (("Q5_K", in_the_first(16)), ("Q4_K", everywhere)),
        },
    ),
    "Q3_K_S": Mix("Q3_K"),
    "Q2_K": Mix(
        "Q2_K",
        {
            "attn_v": (*VALUES, ("Q3_K", everywhere)),
            "attn_output": (("Q3_K", everywhere),),
            "ffn_down": (("Q3_K", everywhere),),
        },
    ),
    "Q2_K_S": Mix("Q2_K", {"attn_v": VALUES, "ffn_down": (("Q4_K", in_the_first(8)),)}),
    "IQ2_XXS": Mix("IQ2_XXS", LOW, head="Q5_K", embedding="Q2_K"),
    "IQ1_S": Mix(
        "IQ1_S",
        {**LOW, "attn_output": (("IQ2_XXS", everywhere),)},
        head="Q5_K",
        embedding="Q2_K",
    ),
}

# What takes the place of a format whose blocks do not divide a row.
SMALLER_BLOCKS = {
    **dict.fromkeys(("Q2_K", "Q3_K"), "Q4_0"),
    **dict.fromkeys(("IQ1_S", "IQ2_XXS"), "IQ4_NL"),
    "Q4_K": "Q5_0",
    "Q5_K": "Q5_1",
    "Q6_K": "Q8_0",
}


@dataclass(frozen=True)
class Kept:
    """A tensor of a file, or the norms of all layers: its part, layer, parameters and format."""

    part: str  # one of PARTS
    layer: int | None  # None where it belongs to no layer
    parameters: int
    format: str

    @property
    def bits_per_weight(self) -> float:
        return bits_of(self.format)


def bits_of(format: str) -> float:
    """Bits of a weight, scales included, in blocks of a ggml format, or plain."""
    return WIDE[format] if format in WIDE else FORMATS[format].bits_per_weight


def mixed(shape: TransformerShape, file: str) -> tuple[Kept, ...]:
    """Every tensor of a model in a file of that name, in the order of PARTS.

    ValueError for a file without a recipe here, and for models that the recipes do not cover.
    """
    if file not in MIXES:
        near = get_close_matches(file.upper(), MIXES, n=1, cutoff=0)[0]
        raise ValueError(f"there is no recipe for a file {file!r} here; the nearest is {near!r}")
    if shape.experts or shape.mla or not shape.gated_mlp:
        raise ValueError(
            f"{shape.name}: the recipes here are for dense models with a gated MLP and keys and "
            "values of their own; take a model of the Llama family"
        )
    mix = MIXES[file]
    counted = parameters_by_part(shape)
    table = shape.vocabulary * shape.model_dim
    head = fitting(_head(shape, mix), shape.model_dim)
    embedding = fitting(mix.embedding or mix.most, shape.model_dim)
    found = [Kept("embedding", None, table, head if shape.tied_embeddings else embedding)]
    for part, (out, width) in _matrices(shape).items():
        for layer in range(shape.layers):
            format = fitting(_chosen(shape, mix, part, layer), width)
            found.append(Kept(part, layer, out * width, format))
    beside = shape.parameters - sum(one.parameters for one in found) - counted["head"]
    found.append(Kept("norms", None, beside, "F32"))  # with biases, where a model has them
    if counted["head"]:
        found.append(Kept("output", None, table, head))
    return tuple(found)


def average_bits(kept: Iterable[Kept]) -> float:
    """Bits for each weight of all these tensors together."""
    kept = tuple(kept)
    bits = sum(one.parameters * one.bits_per_weight for one in kept)
    return bits / sum(one.parameters for one in kept)


def shares(kept: Iterable[Kept]) -> dict[str, float]:
    """The share of the weights that each format keeps, the largest first."""
    kept = tuple(kept)
    total = sum(one.parameters for one in kept)
    found: dict[str, float] = {}
    for one in kept:
        found[one.format] = found.get(one.format, 0) + one.parameters / total
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def fitting(format: str, width: int) -> str:
    """The format, or what llama.cpp takes instead where its blocks do not divide rows of a width.

    >>> fitting("Q2_K", 576), fitting("Q2_K", 1536)
    ('Q4_0', 'Q2_K')
    """
    return format if width % FORMATS[format].weights == 0 else SMALLER_BLOCKS[format]


def _head(shape: TransformerShape, mix: Mix) -> str:
    return mix.head if shape.model_dim % FORMATS[mix.most].weights == 0 else "Q8_0"


def _chosen(shape: TransformerShape, mix: Mix, part: str, layer: int) -> str:
    rules = (*mix.rules.get(part, ()), (mix.most, everywhere))
    format = next(format for format, where in rules if where(shape, layer))
    # with 80 layers and shared heads the values are an eighth of the queries: little for much
    if part == "attn_v" and shape.layers == 80 and where_heads_share(shape, layer):
        format = {"Q3_K": "Q5_K", "Q4_K": "Q5_K"}.get(format, format)
    return format


def _matrices(shape: TransformerShape) -> dict[str, tuple[int, int]]:
    """Outputs and inputs of the matrices of a layer."""
    queries, keys = shape.query_heads * shape.head_dim, shape.kv_heads * shape.head_dim
    return {
        "attn_q": (queries, shape.model_dim),
        "attn_k": (keys, shape.model_dim),
        "attn_v": (keys, shape.model_dim),
        "attn_output": (shape.model_dim, queries),
        "ffn_gate": (shape.mlp_dim, shape.model_dim),
        "ffn_up": (shape.mlp_dim, shape.model_dim),
        "ffn_down": (shape.model_dim, shape.mlp_dim),
    }
