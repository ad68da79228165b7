"""A transformer, counted: parameters, cache and the work of a step follow from its dimensions."""

from dataclasses import KW_ONLY, MISSING, dataclass, fields

import numpy as np

from lecture_lib.dimensions import require_divisor, require_parts, require_places, require_whole
from lecture_lib.roofline import Work
from lecture_lib.units import exact, packed, quantity


@dataclass(frozen=True)
class Mla:
    """Multi-head latent attention: the keys and values of a token are kept as one short vector.

    The fields are named as in the models' config.json. Source: DeepSeek-V2, arXiv:2405.04434.
    """

    q_lora_rank: int  # width of the compressed query; 0: not compressed
    kv_lora_rank: int  # width of the vector from which keys and values are restored
    qk_nope_head_dim: int  # part of a key that carries no position
    qk_rope_head_dim: int  # part of a key that does, shared by all heads
    v_head_dim: int  # width of a value


@dataclass(frozen=True)
class TransformerShape:
    """The dimensions of a decoder-only transformer, from which every count follows.

    ValueError, naming the model, for dimensions that fit no model.
    """

    name: str
    layers: int
    model_dim: int
    mlp_dim: int  # hidden width of the MLP
    query_heads: int
    kv_heads: int  # fewer than query_heads: grouped-query attention
    head_dim: int
    vocabulary: int
    _: KW_ONLY
    tied_embeddings: bool = False  # the output matrix is the embedding table
    learned_positions: int = 0  # rows of a position table (GPT-2)
    gated_mlp: bool = True  # three matrices, not two
    mlp_bias: bool = False
    qkv_bias: bool = False
    output_bias: bool = False  # of the attention's last projection
    norms_per_layer: int = 2  # of model_dim gains each
    norm_biases: bool = False  # LayerNorm, not RMSNorm
    qk_norm: bool = False  # a norm for queries and one for keys, head_dim gains each
    sub_norms: bool = False  # a norm before each block's last projection (BitNet)
    attention_sinks: bool = False  # one learned logit per query head (gpt-oss)
    window: int | None = None  # tokens that a windowed layer looks back
    window_layers: int = 0
    global_layers: tuple[int, ...] = ()  # which have no window, from 0; (): every n-th
    experts: int = 0  # routed experts in each layer that has them; 0: a dense model
    experts_per_token: int = 0
    expert_mlp_dim: int = 0
    shared_experts: int = 0  # experts that every token passes
    dense_layers: int = 0  # layers with a plain MLP, in a model with experts
    expert_bias: bool = False  # biases in the experts and in their router (gpt-oss)
    router_bias: bool = False  # per expert, for choosing only: never multiplied (DeepSeek-V3)
    mla: Mla | None = None  # latent attention; kv_heads and head_dim then play no part

    def __post_init__(self):
        _refuse_impossible(self)

    @property
    def parameters(self):
        """All parameters: count."""
        return sum(parameters_by_part(self).values())

    @property
    def active_parameters(self):
        """Parameters that one token passes, with both embedding tables: count."""
        parts = parameters_by_part(self, experts=self.experts_per_token)
        # the router bias of DeepSeek-V3 chooses experts and no more (arXiv:2412.19437, 2.1.2)
        return sum(parts.values()) - parts["router bias"]

    @property
    def embedding_parameters(self):
        """Parameters that are looked up, a row per token: the input tables: count."""
        return (self.vocabulary + self.learned_positions) * self.model_dim

    def streamed_parameters(self, sequences=1):
        """Parameters read from memory in one decode step for so many sequences: count.

        Everything but the input tables, of which a step needs a row per token; a tied table is
        read once all the same, as the output matrix. Of the experts, the expected number of
        distinct ones: so the count is a fraction, except for one sequence.
        """
        sequences = quantity(f"{self.name}: sequences", sequences, least=1)
        parts = parameters_by_part(self, experts=exact(distinct_experts(self, sequences)))
        read = sum(parts.values()) - parts["embedding"] - parts["head"]
        return packed(read + self.vocabulary * self.model_dim + 0 * sequences)

    def kv_bytes_per_token(self, value_bytes=2):
        """Bytes that a token adds to the cache [byte], as long as no window forgets another."""
        value_bytes = quantity(f"{self.name}: value_bytes", value_bytes)
        return packed(self.layers * _cached_values(self) * value_bytes)

    def cache_bytes(self, context_tokens, *, sequences=1):
        """Size of the cache [byte] in 16-bit values."""
        return kv_cache_bytes(self, context_tokens, sequences=sequences)

    def decode_work(self, context_tokens, *, sequences=1, weight_bytes=2):
        """Work of one decode step, with the cache in 16-bit values."""
        return decode_work(self, context_tokens, sequences=sequences, weight_bytes=weight_bytes)


def parameters_by_part(shape, *, experts=None):
    """Parameters of each part: a dict of counts that sum to the whole model.

    `experts` is how many routed experts to count per layer: all of them unless given.
    """
    s, norm = shape, shape.model_dim * (1 + shape.norm_biases)
    experts = s.experts if experts is None else experts
    moe_layers = s.layers - s.dense_layers if s.experts else 0
    dense_mlp = _mlp_parameters(s, s.mlp_dim, s.mlp_bias)
    expert_mlp = _mlp_parameters(s, s.expert_mlp_dim, s.expert_bias)
    query_width, head_norms = s.query_heads * s.head_dim, 2 * s.head_dim * s.qk_norm
    layer_norms = s.norms_per_layer * norm + head_norms + s.sub_norms * (query_width + s.mlp_dim)
    return {
        "embedding": s.embedding_parameters,
        "attention": s.layers * _attention_parameters(s),
        "mlp": (s.layers - moe_layers) * dense_mlp
        + moe_layers * (experts + s.shared_experts) * expert_mlp,
        "router": moe_layers * s.experts * (s.model_dim + s.expert_bias),
        "router bias": moe_layers * s.experts * s.router_bias,
        "norms": s.layers * layer_norms + norm,
        "head": 0 if s.tied_embeddings else s.vocabulary * s.model_dim,
    }


def distinct_experts(shape, tokens):
    """Expected number of routed experts that so many tokens reach in a layer: a count.

    E * (1 - (1 - k/E)**tokens), for k of E experts chosen evenly and independently. Real routing
    is less even, so it reaches fewer.
    """
    tokens = quantity(f"{shape.name}: tokens", tokens)
    if not shape.experts:
        return packed(0 * tokens)
    # as k * (1 + missed + missed**2 + ...): exactly k for one token
    missed = 1 - shape.experts_per_token / shape.experts
    return packed(shape.experts_per_token * (1 - missed**tokens) / (1 - missed))


def kv_cache_bytes(shape, context_tokens, *, sequences=1, value_bytes=2):
    """Size of the cache [byte] that so many sequences of this length leave behind.

    2 * layers * kv_heads * head_dim values per token; the latent vector alone under Mla; and
    min(context, window) tokens in a windowed layer.
    """
    context = quantity(f"{shape.name}: context_tokens", context_tokens)
    sequences = quantity(f"{shape.name}: sequences", sequences, least=1)
    value_bytes = quantity(f"{shape.name}: value_bytes", value_bytes)
    return packed(sequences * value_bytes * _cached_values(shape) * _kept_tokens(shape, context))


def decode_work(shape, context_tokens, *, sequences=1, weight_bytes=2, value_bytes=2):
    """Work of one decode step: each sequence, with so many tokens behind it, gets one more.

    FLOP: 2 for each parameter passed, and 2 * query_heads * (key + value width) for each token
    looked at, in each layer. Bytes: the streamed parameters once for all sequences; the cache of
    each, read; the keys and values of its new token, written. Activations stay on the chip, and
    norms, softmax and rotary positions count only by their parameters: a lower bound.

    Under Mla the latent vectors serve as keys and values themselves (arXiv:2405.04434, 2.1).
    `weight_bytes` may be a fraction: 4.5 / 8. Fewer bytes per weight leave the FLOP as they are.
    """
    context = quantity(f"{shape.name}: context_tokens", context_tokens)
    sequences = quantity(f"{shape.name}: sequences", sequences, least=1)
    weight_bytes = quantity(f"{shape.name}: weight_bytes", weight_bytes)
    value_bytes = quantity(f"{shape.name}: value_bytes", value_bytes)
    kept = _kept_tokens(shape, context)
    parts = parameters_by_part(shape, experts=shape.experts_per_token)
    layers = sum(parts[part] for part in ("attention", "mlp", "router", "norms"))
    passed = layers + shape.vocabulary * shape.model_dim
    look = 2 * shape.query_heads * sum(_looked_at(shape, in_cache=True))  # FLOP per token and layer
    flops = sequences * (2 * passed + look * kept)
    streamed = exact(shape.streamed_parameters(sequences))
    moved_values = _cached_values(shape) * (kept + shape.layers)  # read, and written
    return Work(flops, weight_bytes * streamed + sequences * value_bytes * moved_values)


def prefill_flops_by_part(shape, prompt_tokens, *, sequences=1, causal=True):
    """FLOP to read prompts of this length, by part: a dict that sums to `prefill_work`'s.

    `causal` counts only the pairs that the mask lets through, S * (S + 1) / 2 of S * S, and only
    min(token, window) of them per token in a windowed layer; without it every layer computes
    them all, as plain matrix kernels do. The output matrix is applied to the last token alone.
    """
    prompt = quantity(f"{shape.name}: prompt_tokens", prompt_tokens, least=1)
    sequences = quantity(f"{shape.name}: sequences", sequences, least=1)
    tokens = sequences * prompt
    passed = parameters_by_part(shape, experts=shape.experts_per_token)
    key_dim, value_dim = _looked_at(shape, in_cache=False)
    # twice the pairs, summed over layers: their 1/2 cancels the 2 FLOP of a multiply-add
    pairs = _twice_causal_pairs(shape, prompt) if causal else 2 * shape.layers * prompt**2
    parts = {
        "attention projections": 2 * passed["attention"] * tokens,
        "attention scores": sequences * shape.query_heads * key_dim * pairs,
        "attention values": sequences * shape.query_heads * value_dim * pairs,
        "mlp": 2 * passed["mlp"] * tokens,
        "router": 2 * passed["router"] * tokens,
        "norms": 2 * passed["norms"] * tokens,
        "head": 2 * shape.vocabulary * shape.model_dim * sequences + 0 * prompt,
    }
    return {part: packed(flops) for part, flops in parts.items()}


def prefill_work(shape, prompt_tokens, *, sequences=1, weight_bytes=2, value_bytes=2, causal=True):
    """Work of reading prompts of this length, up to the logits that follow each.

    FLOP: see `prefill_flops_by_part`. Bytes: the parameters once, with the experts that all the
    tokens together reach; the cache, written. Activations stay on the chip: a lower bound.
    """
    prompt = quantity(f"{shape.name}: prompt_tokens", prompt_tokens, least=1)
    sequences = quantity(f"{shape.name}: sequences", sequences, least=1)
    weight_bytes = quantity(f"{shape.name}: weight_bytes", weight_bytes)
    parts = prefill_flops_by_part(shape, prompt, sequences=sequences, causal=causal)
    cache = kv_cache_bytes(shape, prompt, sequences=sequences, value_bytes=value_bytes)
    streamed = exact(shape.streamed_parameters(sequences * prompt))
    flops = sum(exact(part) for part in parts.values())
    return Work(flops, weight_bytes * streamed + exact(cache))


def _attention_parameters(s):
    """Parameters of the attention of one layer, without its norms: count."""
    if s.mla:
        return _latent_attention_parameters(s)
    query, kv = s.query_heads * s.head_dim, s.kv_heads * s.head_dim
    matrices = s.model_dim * (query + 2 * kv) + query * s.model_dim
    biases = s.qkv_bias * (query + 2 * kv) + s.output_bias * s.model_dim
    return matrices + biases + s.attention_sinks * s.query_heads


def _latent_attention_parameters(s):
    """The same under Mla, with the norms of the compressed vectors (arXiv:2405.04434, app. C)."""
    m = s.mla
    query = s.query_heads * (m.qk_nope_head_dim + m.qk_rope_head_dim)
    compressed = m.q_lora_rank * (s.model_dim + 1 + query)  # down, norm, up
    queries = compressed if m.q_lora_rank else s.model_dim * query
    restored = s.query_heads * (m.qk_nope_head_dim + m.v_head_dim)
    keys_values = s.model_dim * m.qk_rope_head_dim + m.kv_lora_rank * (s.model_dim + 1 + restored)
    return queries + keys_values + s.query_heads * m.v_head_dim * s.model_dim


def _mlp_parameters(s, width, bias):
    """Parameters of one MLP, or of one expert: count."""
    up = (1 + s.gated_mlp) * width
    return s.model_dim * (up + width) + bias * (up + s.model_dim)


def _cached_values(s):
    """Values that one token leaves in the cache of one layer: count."""
    if s.mla:
        return s.mla.kv_lora_rank + s.mla.qk_rope_head_dim
    return 2 * s.kv_heads * s.head_dim


def _looked_at(s, *, in_cache):
    """Widths of the (key, value) that a query head meets in each token it looks at."""
    if not s.mla:
        return s.head_dim, s.head_dim
    if in_cache:
        return _cached_values(s), s.mla.kv_lora_rank
    return s.mla.qk_nope_head_dim + s.mla.qk_rope_head_dim, s.mla.v_head_dim


def _in_window(s, tokens):
    """How many of so many tokens a windowed layer keeps: count."""
    return tokens if s.window is None else exact(np.minimum(tokens, s.window))


def _kept_tokens(s, context):
    """Tokens in the cache, summed over the layers: count."""
    return (s.layers - s.window_layers) * context + s.window_layers * _in_window(s, context)


def _twice_causal_pairs(s, prompt):
    """Twice the (query, key) pairs that the masks let through, summed over the layers: count."""
    first = _in_window(s, prompt)  # these tokens see all before them, the rest a window each
    windowed = first * (first + 1) + 2 * (prompt - first) * first
    return (s.layers - s.window_layers) * prompt * (prompt + 1) + s.window_layers * windowed


def _refuse_impossible(s):
    """Refuse dimensions that fit no model."""
    # what has no default cannot be 0
    least = {f.name: int(f.default is MISSING) for f in fields(s) if f.type is int}
    least |= {"experts_per_token": 1, "expert_mlp_dim": 1} if s.experts else {}
    least |= {"window": 1, "window_layers": 1} if s.window_layers or s.window is not None else {}
    require_whole(s, least)
    require_divisor(s, "kv_heads", "query_heads")
    require_parts(s, "experts", "experts_per_token")
    require_parts(s, "layers", "dense_layers", "window_layers")
    require_places(s, "global_layers", s.layers - s.window_layers)
