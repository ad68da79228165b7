"""Shapes from config.json: the catalog's models in the words of their files, and every refusal."""

import json
import re
from dataclasses import replace

import pytest

from lecture_lib import catalog
from lecture_lib.configs import FAMILIES, ConfigError, shape_from_config
from lecture_lib.operators import layers


def decoder(model_type, layers, width, mlp, heads, kv_heads, vocabulary, **more):
    """What most families say, in the words of huggingface/transformers."""
    return {
        "model_type": model_type,
        "num_hidden_layers": layers,
        "hidden_size": width,
        "intermediate_size": mlp,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "vocab_size": vocabulary,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        **more,
    }


ALTERNATING = ["sliding_attention", "full_attention"]
V3_LATENT = {
    "q_lora_rank": 1536,
    "kv_lora_rank": 512,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
}
V3_EXPERTS = {
    "n_routed_experts": 256,
    "n_shared_experts": 1,
    "num_experts_per_tok": 8,
    "moe_intermediate_size": 2048,
    "moe_layer_freq": 1,
    "first_k_dense_replace": 3,
}
CONFIGS = {
    "Llama-2-7B": decoder("llama", 32, 4096, 11008, 32, 32, 32000, tie_word_embeddings=False),
    "Llama-3.1-8B": decoder("llama", 32, 4096, 14336, 32, 8, 128256, mlp_bias=False),
    "Llama-3.2-1B": decoder(
        "llama", 16, 2048, 8192, 32, 8, 128256, head_dim=64, tie_word_embeddings=True
    ),
    "SmolLM2-135M": decoder("llama", 30, 576, 1536, 9, 3, 49152, tie_word_embeddings=True),
    "Mistral-7B-v0.1": decoder("mistral", 32, 4096, 14336, 32, 8, 32000, sliding_window=4096),
    "Mistral-7B-v0.3": decoder("mistral", 32, 4096, 14336, 32, 8, 32768, sliding_window=None),
    "Mixtral-8x7B": decoder(
        *("mixtral", 32, 4096, 14336, 32, 8, 32000),
        num_local_experts=8,
        num_experts_per_tok=2,
        sliding_window=None,
        router_aux_loss_coef=0.02,
    ),
    "Qwen2.5-7B": decoder(
        *("qwen2", 28, 3584, 18944, 28, 4, 152064),
        sliding_window=131072,
        use_sliding_window=False,
        max_window_layers=28,
    ),
    "Qwen3-0.6B": decoder(
        *("qwen3", 28, 1024, 3072, 16, 8, 151936),
        attention_bias=False,
        head_dim=128,
        tie_word_embeddings=True,
    ),
    "Qwen3-30B-A3B": decoder(
        *("qwen3_moe", 48, 2048, 6144, 32, 4, 151936),
        architectures=["Qwen3MoeForCausalLM"],
        decoder_sparse_step=1,
        head_dim=128,
        mlp_only_layers=[],
        moe_intermediate_size=768,
        norm_topk_prob=True,
        num_experts=128,
        num_experts_per_tok=8,
    ),
    "Gemma-2B": decoder("gemma", 18, 2048, 16384, 8, 1, 256000, head_dim=256),
    "Gemma-7B": decoder("gemma", 28, 3072, 24576, 16, 16, 256000, head_dim=256),
    "Gemma-2-2B": decoder(
        "gemma2", 26, 2304, 9216, 8, 4, 256000, head_dim=256, sliding_window=4096
    ),
    "Gemma-2-27B": decoder("gemma2", 46, 4608, 36864, 32, 16, 256000, head_dim=128),
    "Gemma-3-1B": decoder(
        *("gemma3_text", 26, 1152, 6912, 4, 1, 262144),
        head_dim=256,
        sliding_window=512,
        sliding_window_pattern=6,
    ),
    "Gemma-3-270M": decoder(
        *("gemma3_text", 18, 640, 2048, 4, 1, 262144),
        head_dim=256,
        sliding_window=512,
        layer_types=(["sliding_attention"] * 5 + ["full_attention"]) * 3,
    ),
    "Gemma-3-4B (text)": {  # what it leaves unsaid is the default of its class
        "model_type": "gemma3",
        "architectures": ["Gemma3ForConditionalGeneration"],
        "image_token_index": 262144,
        "text_config": {
            "model_type": "gemma3_text",
            "hidden_size": 2560,
            "intermediate_size": 10240,
            "num_hidden_layers": 34,
            "sliding_window": 1024,
        },
        "vision_config": {"hidden_size": 1152},
    },
    "Phi-3-mini-4k": decoder("phi3", 32, 3072, 8192, 32, 32, 32064, sliding_window=2047),
    "gpt2": {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "n_layer": 12,
        "n_embd": 768,
        "n_head": 12,
        "n_positions": 1024,
        "n_ctx": 1024,
        "vocab_size": 50257,
    },
    "gpt-oss-20b": decoder(
        *("gpt_oss", 24, 2880, 2880, 64, 8, 201088),
        attention_bias=True,
        experts_per_token=4,
        head_dim=64,
        layer_types=ALTERNATING * 12,
        num_experts_per_tok=4,
        num_local_experts=32,
        sliding_window=128,
    ),
    "DeepSeek-V3": decoder(
        *("deepseek_v3", 61, 7168, 18432, 128, 128, 129280),
        **V3_LATENT | V3_EXPERTS,
        num_nextn_predict_layers=1,
        topk_method="noaux_tc",
    ),
    "DeepSeek-V2-Lite": decoder(
        *("deepseek_v2", 27, 2048, 10944, 16, 16, 102400),
        **V3_LATENT
        | V3_EXPERTS
        | {"q_lora_rank": None, "n_routed_experts": 64, "n_shared_experts": 2}
        | {"num_experts_per_tok": 6, "moe_intermediate_size": 1408, "first_k_dense_replace": 1},
        topk_method="greedy",
    ),
    "BitNet-b1.58-2B4T": decoder(
        "bitnet", 30, 2560, 6912, 20, 5, 128256, tie_word_embeddings=True, hidden_act="relu2"
    ),
    "Mamba-130M": {
        "model_type": "mamba",
        "hidden_size": 768,
        "num_hidden_layers": 24,
        "vocab_size": 50280,
        "state_size": 16,
        "expand": 2,
        "conv_kernel": 4,
        "time_step_rank": 48,
        "use_bias": False,
        "use_conv_bias": True,
    },
    "Mamba2-2.7B": {
        "model_type": "mamba2",
        "hidden_size": 2560,
        "num_hidden_layers": 64,
        "vocab_size": 50288,
        "state_size": 128,
        "head_dim": 64,
        "num_heads": 80,
        "n_groups": 1,
        "use_bias": False,
        "time_step_limit": [0.0, float("inf")],
        "tie_word_embeddings": True,
    },
    "RWKV-4-7B": {
        "model_type": "rwkv",
        "hidden_size": 4096,
        "attention_hidden_size": 4096,
        "intermediate_size": 16384,
        "num_hidden_layers": 32,
        "vocab_size": 50277,
        "tie_word_embeddings": False,
    },
    "RWKV-7-0.4B": {
        "model_type": "rwkv7",
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "vocab_size": 65536,
        "head_dim": 64,
        "value_dim": [1024] * 24,
        "decay_low_rank_dim": 64,
        "a_low_rank_dim": 64,
        "v_low_rank_dim": 32,
        "gate_low_rank_dim": 128,
    },
}
LLAMA = CONFIGS["Llama-2-7B"]
EVERY = pytest.mark.parametrize("model", CONFIGS)


@EVERY
def test_a_config_gives_the_shape_of_the_catalog_dimension_by_dimension(model):
    assert shape_from_config(CONFIGS[model], model) == catalog.shape(model)


@EVERY
def test_a_config_gives_the_published_count(model):
    published = catalog.model(model).published_parameters
    rounded = published % 100_000 == 0
    counted = shape_from_config(CONFIGS[model]).parameters
    assert counted == (pytest.approx(published, rel=0.02) if rounded else published)


def test_every_family_has_a_model_here():
    said = {config["model_type"] for config in CONFIGS.values()}
    assert set(FAMILIES) - said == {"kimi_k2"}  # in the words of DeepSeek-V3


def test_kimi_k2_says_its_dimensions_as_deepseek_v3_does():
    # moonshotai/Kimi-K2-Instruct: 1T parameters, 32B active
    kimi = CONFIGS["DeepSeek-V3"] | {
        "model_type": "kimi_k2",
        "n_routed_experts": 384,
        "num_attention_heads": 64,
        "num_key_value_heads": 64,
        "first_k_dense_replace": 1,
        "vocab_size": 163840,
    }
    shape = shape_from_config(kimi)
    assert shape.parameters == pytest.approx(1.0e12, rel=0.03)
    assert shape.active_parameters - shape.embedding_parameters == pytest.approx(32e9, rel=0.03)


@EVERY
def test_a_file_says_what_a_dict_says(model, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIGS[model]), "utf-8")
    from_file = shape_from_config(path, model)
    assert from_file == shape_from_config(str(path), model) == catalog.shape(model)


def test_a_shape_is_called_as_the_file_calls_the_model():
    assert shape_from_config(LLAMA).name == "llama"
    assert shape_from_config(LLAMA | {"_name_or_path": "meta/llama"}).name == "meta/llama"
    assert shape_from_config(LLAMA | {"_name_or_path": "x"}, "mine").name == "mine"


def test_what_is_missing_has_the_default_of_the_family():
    few = {key: value for key, value in LLAMA.items() if key != "num_key_value_heads"}
    assert shape_from_config(few).kv_heads == 32
    assert not shape_from_config(few).tied_embeddings
    gemma = {key: value for key, value in CONFIGS["Gemma-2B"].items() if key != "head_dim"}
    assert shape_from_config(gemma).head_dim == 256
    assert shape_from_config(gemma).tied_embeddings
    mistral = dict(CONFIGS["Mistral-7B-v0.1"])
    del mistral["sliding_window"]
    assert shape_from_config(mistral).window == 4096
    mamba = CONFIGS["Mamba-130M"] | {"time_step_rank": "auto"}
    assert shape_from_config(mamba).dt_rank == 48


def test_biases_of_the_attention_are_those_of_all_four_projections():
    shape = shape_from_config(LLAMA | {"attention_bias": True})
    plain = shape_from_config(LLAMA)
    assert shape == replace(plain, qkv_bias=True, output_bias=True)


def test_the_heads_of_rwkv_7_go_by_two_names():
    rwkv = {key: value for key, value in CONFIGS["RWKV-7-0.4B"].items() if key != "head_dim"}
    assert shape_from_config(rwkv | {"head_size": 64}).head_dim == 64


def test_qwen_uses_a_window_only_where_it_says_so():
    windowed = CONFIGS["Qwen2.5-7B"] | {"use_sliding_window": True, "max_window_layers": 12}
    shape = shape_from_config(windowed)
    assert (shape.window, shape.window_layers) == (131072, 16)
    assert shape_from_config(windowed | {"max_window_layers": 28}).window is None
    # the first ones are global, where others make every n-th so
    assert [one.index for one in layers(shape) if not one.windowed] == list(range(12))
    mixed = windowed | {"layer_types": ALTERNATING * 14}
    assert shape_from_config(mixed).window_layers == 14
    assert shape_from_config(mixed).global_layers == ()
    turned = windowed | {"layer_types": ALTERNATING[::-1] * 14}
    assert shape_from_config(turned).global_layers == tuple(range(0, 28, 2))


def test_the_first_layers_of_a_qwen_with_experts_may_be_dense():
    shape = shape_from_config(CONFIGS["Qwen3-30B-A3B"] | {"mlp_only_layers": [0, 1]})
    assert shape.dense_layers == 2


# by refusal


def refused(config, *words):
    with pytest.raises(ConfigError) as caught:
        shape_from_config(config)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert all(word in sentence for word in words), sentence


@pytest.mark.parametrize(
    ("model", "changes", "words"),
    [
        ("Llama-2-7B", {"model_type": "llama4"}, ["model_type", "one of llama,", "'llama4'"]),
        ("Llama-2-7B", {"model_type": None}, ["model_type", "one of llama,", "None"]),
        ("Llama-2-7B", {"model_type": ["llama"]}, ["model_type", "['llama']"]),
        ("Llama-2-7B", {"hidden_size": None}, ["no 'hidden_size'", "take the file"]),
        ("Llama-2-7B", {"hidden_size": float("nan")}, ["hidden_size", "whole number", "nan"]),
        ("Llama-2-7B", {"hidden_size": "4096"}, ["hidden_size", "whole number", "'4096'"]),
        ("Llama-2-7B", {"vocab_size": True}, ["vocab_size", "whole number", "True"]),
        ("Llama-2-7B", {"num_hidden_layers": 0}, ["num_hidden_layers", "1 or more", "0"]),
        ("Llama-2-7B", {"tie_word_embeddings": 1}, ["tie_word_embeddings", "true or false"]),
        ("Llama-2-7B", {"num_attention_heads": 33}, ["num_attention_heads", "divisor", "33"]),
        ("Llama-2-7B", {"num_key_value_heads": 5}, ["kv_heads must divide", "5"]),
        ("Llama-2-7B", {"num_local_experts": 8}, ["num_local_experts is 8", "does not count"]),
        ("Llama-2-7B", {"layer_types": ALTERNATING}, ["layer_types is", "does not count"]),
        (
            "Llama-2-7B",
            {"architectures": ["LlamaForSequenceClassification"]},
            ["architectures", "LlamaForSequenceClassification"],
        ),
        ("Llama-2-7B", {"architectures": "LlamaForCausalLM"}, ["architectures", "a list"]),
        ("Qwen2.5-7B", {"attention_bias": True}, ["attention_bias is True"]),
        ("Qwen3-30B-A3B", {"decoder_sparse_step": 2}, ["decoder_sparse_step must be 1", "2"]),
        ("Qwen3-30B-A3B", {"mlp_only_layers": [3]}, ["mlp_only_layers", "first layers", "[3]"]),
        ("Qwen3-30B-A3B", {"mlp_only_layers": 3}, ["mlp_only_layers", "first layers", "3"]),
        ("Qwen3-30B-A3B", {"num_experts_per_tok": 200}, ["experts_per_token", "128", "200"]),
        ("gpt-oss-20b", {"layer_types": ["linear_attention"] * 24}, ["layer_types", "linear"]),
        ("gpt-oss-20b", {"layer_types": ALTERNATING}, ["layer_types", "24 words"]),
        ("gpt-oss-20b", {"sliding_window": 1.5}, ["sliding_window", "whole number", "1.5"]),
        ("DeepSeek-V3", {"moe_layer_freq": 2}, ["moe_layer_freq must be 1", "2"]),
        ("DeepSeek-V3", {"attention_bias": True}, ["attention_bias must be false", "True"]),
        ("DeepSeek-V3", {"topk_method": "greedy"}, ["topk_method", "noaux_tc", "'greedy'"]),
        ("DeepSeek-V3", {"kv_lora_rank": None}, ["no 'kv_lora_rank'"]),
        ("DeepSeek-V3", {"index_topk": 2048}, ["index_topk is 2048", "does not count"]),
        ("Gemma-3-4B (text)", {"text_config": None}, ["text_config", "text part"]),
        ("gpt2", {"n_head": 7}, ["n_head", "divisor of n_embd", "7"]),
        ("Mamba-130M", {"use_bias": True}, ["use_bias must be false", "True"]),
        ("Mamba-130M", {"use_bias": None}, ["use_bias must be false", "None"]),
        ("Mamba-130M", {"intermediate_size": 99}, ["intermediate_size must be 1536", "99"]),
        ("Mamba2-2.7B", {"num_heads": 64}, ["num_heads", "80", "64"]),
        ("RWKV-4-7B", {"attention_hidden_size": 1}, ["attention_hidden_size must be 4096"]),
        ("RWKV-7-0.4B", {"value_dim": 512}, ["value_dim", "1024", "512"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_no_shape_counts_is_refused_by_field_and_value(model, changes, words):
    refused(CONFIGS[model] | changes, *words)


def test_a_dimension_of_the_text_part_that_is_not_counted_is_refused_too():
    gemma = CONFIGS["Gemma-3-4B (text)"]
    refused(gemma | {"text_config": gemma["text_config"] | {"num_experts": 4}}, "num_experts is 4")


def test_a_file_that_is_not_there_is_refused_by_its_path(tmp_path):
    refused(tmp_path / "none.json", "none.json: cannot be read", "give the path of a config.json")
    refused(tmp_path, "cannot be read")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"model_type": "llama",', ["no JSON", "fetch the file again"]),
        (b"\xff\xfe", ["no JSON", "fetch the file again"]),
        (b"", ["no JSON"]),
        (b"[1, 2]", ["holds no table", "[1, 2]"]),
        (b'{"model_type": "llama", "hidden_size": NaN}', ["hidden_size", "nan"]),
    ],
)
def test_a_broken_file_is_refused_by_its_path(text, words, tmp_path):
    path = tmp_path / "config.json"
    path.write_bytes(text)
    refused(path, *words)


def test_a_refusal_is_a_value_error_of_one_sentence():
    with pytest.raises(ValueError, match=re.escape("llama: hidden_size must be a whole number")):
        shape_from_config(LLAMA | {"hidden_size": -1})
