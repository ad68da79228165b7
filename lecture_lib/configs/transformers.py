"""The families of transformers: what each calls its dimensions, and what it leaves unsaid."""

from collections.abc import Mapping

from lecture_lib.configs.fields import Fields
from lecture_lib.dimensions import every_nth
from lecture_lib.transformer import Mla, TransformerShape


def _decoder(
    c, *, heads=None, kv_heads=None, head_dim=None, vocabulary=None, tied=False, width=None, **more
):
    """What all transformers but GPT-2 say in the same words; the arguments are defaults."""
    model_dim, query_heads = c.whole("hidden_size"), c.whole("num_attention_heads", heads)
    if width is None and c.get("head_dim", head_dim) is None and model_dim % query_heads:
        raise c.refused("num_attention_heads", f"a divisor of hidden_size, {model_dim}")
    dimensions = {
        "layers": c.whole("num_hidden_layers"),
        "model_dim": model_dim,
        "mlp_dim": c.whole("intermediate_size"),
        "query_heads": query_heads,
        "kv_heads": c.whole("num_key_value_heads", kv_heads or query_heads),
        "head_dim": width or c.whole("head_dim", head_dim or model_dim // query_heads),
        "vocabulary": c.whole("vocab_size", vocabulary),
        "tied_embeddings": c.flag("tie_word_embeddings", tied),
    }
    return TransformerShape(c.name, **dimensions | more)


def _biases(c, default=False):
    """The biases of the attention: in these families all four projections have one, or none."""
    bias = c.flag("attention_bias", default)
    return {"qkv_bias": bias, "output_bias": bias}


def _windows(c, *, default=None, pattern=None):
    """Which layers look back over a window only.

    `layer_types` if the file has them; otherwise all, or with a pattern all but every n-th.
    """
    layers = c.whole("num_hidden_layers")
    if "sliding_window" in c.said:  # null says that there is none
        default = None
    window, types = c.get("sliding_window", default), c.get("layer_types", [])
    known = ("sliding_attention", "full_attention")
    if not isinstance(types, list) or not all(one in known for one in types):
        raise c.refused("layer_types", f"a list of {' and '.join(known)}")
    if types and len(types) != layers:
        raise c.refused("layer_types", f"a list of {layers} words, one for each layer")
    if types:
        wide = [layer for layer, kind in enumerate(types) if kind == "full_attention"]
    else:
        wide = range(pattern - 1, layers, pattern) if pattern else ()
    if window is None or len(wide) == layers:
        return {}
    return _windowed(layers, c.whole("sliding_window", default), wide)


def _windowed(layers, window, wide):
    """Windows in all but the `wide` layers, which are named where they are not every n-th."""
    named = () if tuple(wide) == every_nth(layers, len(wide)) else tuple(wide)
    return {"window": window, "window_layers": layers - len(wide), "global_layers": named}


def _llama(c):
    return _decoder(c, **_biases(c), mlp_bias=c.flag("mlp_bias"))


def _mistral(c):
    return _decoder(c, **_windows(c, default=4096))


def _mixtral(c):
    experts = {
        "experts": c.whole("num_local_experts"),
        "experts_per_token": c.whole("num_experts_per_tok"),
        "expert_mlp_dim": c.whole("intermediate_size"),
    }
    return _decoder(c, **experts, **_windows(c))


def _qwen_windows(c):
    """Qwen names a window even where it uses none; where it does, the first layers stay global."""
    for key in ("sliding_window", "max_window_layers", "layer_types"):
        c.get(key)
    if not c.flag("use_sliding_window"):
        return {}
    if "layer_types" in c.said:
        return _windows(c)
    layers, wide = c.whole("num_hidden_layers"), c.whole("max_window_layers", least=0)
    return _windowed(layers, c.whole("sliding_window"), range(wide)) if wide < layers else {}


def _qwen2(c):
    return _decoder(c, qkv_bias=True, **_qwen_windows(c))


def _qwen3(c, **experts):
    qwen = {"head_dim": 128, "qk_norm": True}
    return _decoder(c, **qwen, **_biases(c), **_qwen_windows(c), **experts)


def _qwen3_moe(c):
    c.only("decoder_sparse_step", 1, 1)
    dense = c.get("mlp_only_layers", [])
    if not isinstance(dense, list) or dense != list(range(len(dense))):
        raise c.refused("mlp_only_layers", "empty or the first layers in turn")
    return _qwen3(
        c,
        experts=c.whole("num_experts"),
        experts_per_token=c.whole("num_experts_per_tok"),
        expert_mlp_dim=c.whole("moe_intermediate_size"),
        dense_layers=len(dense),
    )


def _gemma(c):
    return _decoder(c, head_dim=256, tied=True, **_biases(c))


def _gemma2(c):
    windows = _windows(c, default=4096, pattern=2)
    return _decoder(c, head_dim=256, tied=True, norms_per_layer=4, **_biases(c), **windows)


def _gemma3(c):
    pattern = c.whole("_sliding_window_pattern", c.whole("sliding_window_pattern", 6))
    usual = {"heads": 8, "kv_heads": 4, "head_dim": 256, "vocabulary": 262_208, "tied": True}
    windows = _windows(c, default=4096, pattern=pattern)
    return _decoder(c, **usual, norms_per_layer=4, qk_norm=True, **_biases(c), **windows)


def _gemma3_with_images(c):
    if not isinstance(text := c.get("text_config"), Mapping):
        raise c.refused("text_config", "a table, that of the text part")
    part = Fields(text, c.name)
    shape = _gemma3(part)
    part.refuse_unread()
    return shape


def _phi3(c):
    return _decoder(c, **_windows(c))


def _gpt2(c):
    width, heads = c.whole("n_embd"), c.whole("n_head")
    if width % heads:
        raise c.refused("n_head", f"a divisor of n_embd, {width}")
    biased = ("mlp_bias", "qkv_bias", "output_bias", "norm_biases")
    return TransformerShape(
        c.name,
        layers=c.whole("n_layer"),
        model_dim=width,
        mlp_dim=c.whole("n_inner", 4 * width),
        query_heads=heads,
        kv_heads=heads,
        head_dim=width // heads,
        vocabulary=c.whole("vocab_size"),
        tied_embeddings=c.flag("tie_word_embeddings", True),
        learned_positions=c.whole("n_positions"),
        gated_mlp=False,
        **dict.fromkeys(biased, True),
    )


def _gpt_oss(c):
    experts = {
        "experts": c.whole("num_local_experts"),
        "experts_per_token": c.whole("num_experts_per_tok", c.get("experts_per_token")),
        "expert_mlp_dim": c.whole("intermediate_size"),
        "expert_bias": True,
    }
    c.get("experts_per_token")  # the same again
    windows = _windows(c, default=128, pattern=2)
    return _decoder(c, head_dim=64, attention_sinks=True, **_biases(c, True), **experts, **windows)


def _deepseek(c, *, router_bias=False):
    c.only("moe_layer_freq", 1, 1)
    c.only("attention_bias", False, False)
    c.only("mlp_bias", False, False)
    mla = Mla(
        q_lora_rank=c.whole("q_lora_rank", 0, least=0),
        kv_lora_rank=c.whole("kv_lora_rank"),
        qk_nope_head_dim=c.whole("qk_nope_head_dim"),
        qk_rope_head_dim=c.whole("qk_rope_head_dim"),
        v_head_dim=c.whole("v_head_dim"),
    )
    c.get("head_dim")  # of the rotary part alone, where the file has it
    experts = {
        "experts": c.whole("n_routed_experts"),
        "experts_per_token": c.whole("num_experts_per_tok"),
        "expert_mlp_dim": c.whole("moe_intermediate_size"),
        "shared_experts": c.whole("n_shared_experts", 0, least=0),
        "dense_layers": c.whole("first_k_dense_replace", 0, least=0),
        "router_bias": router_bias,
    }
    width = mla.qk_nope_head_dim + mla.qk_rope_head_dim
    return _decoder(c, **experts, mla=mla, width=width)


def _deepseek_v3(c):
    c.only("topk_method", "noaux_tc", "noaux_tc")
    return _deepseek(c, router_bias=True)


def _bitnet(c):
    return _decoder(c, sub_norms=True, **_biases(c))


TRANSFORMERS = {
    "llama": _llama,
    "mistral": _mistral,
    "mixtral": _mixtral,
    "qwen2": _qwen2,
    "qwen3": _qwen3,
    "qwen3_moe": _qwen3_moe,
    "gemma": _gemma,
    "gemma2": _gemma2,
    "gemma3_text": _gemma3,
    "gemma3": _gemma3_with_images,
    "phi3": _phi3,
    "gpt2": _gpt2,
    "gpt_oss": _gpt_oss,
    "deepseek_v2": _deepseek,
    "deepseek_v3": _deepseek_v3,
    "kimi_k2": _deepseek_v3,
    "bitnet": _bitnet,
}
