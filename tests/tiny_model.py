"""A model of a few thousand random weights, written as a GGUF file by the package gguf."""

from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, quants

VOCABULARY, WIDTH, HIDDEN, HEADS, KV_HEADS, HEAD_DIM, LAYERS = 256, 64, 96, 4, 2, 16, 2
NUMBERS = {
    "block_count": LAYERS,
    "context_length": 48,
    "embedding_length": WIDTH,
    "feed_forward_length": HIDDEN,
    "attention.head_count": HEADS,
    "attention.head_count_kv": KV_HEADS,
}
FORMATS = {"attn_q": "Q8_0", "ffn_up": "Q4_1", "ffn_down": "F16", "attn_v": "Q5_0"}


def weights(tied=False, sub_norms=False, seed=0) -> dict[str, np.ndarray]:
    """Random weights by name, of a size that leaves the logits neither flat nor sharp."""
    rng = np.random.default_rng(seed)

    def matrix(*shape):
        return rng.normal(scale=1.5 / shape[1] ** 0.5, size=shape).astype(np.float32)

    def gain(width):
        return rng.uniform(0.5, 1.5, width).astype(np.float32)

    found = {"token_embd.weight": matrix(VOCABULARY, WIDTH), "output_norm.weight": gain(WIDTH)}
    if not tied:
        found["output.weight"] = matrix(VOCABULARY, WIDTH)
    queries, keys = HEADS * HEAD_DIM, KV_HEADS * HEAD_DIM
    for layer in range(LAYERS):
        parts = {
            "attn_norm": gain(WIDTH),
            "attn_q": matrix(queries, WIDTH),
            "attn_k": matrix(keys, WIDTH),
            "attn_v": matrix(keys, WIDTH),
            "attn_output": matrix(WIDTH, queries),
            "ffn_norm": gain(WIDTH),
            "ffn_gate": matrix(HIDDEN, WIDTH),
            "ffn_up": matrix(HIDDEN, WIDTH),
            "ffn_down": matrix(WIDTH, HIDDEN),
        }
        if sub_norms:
            parts |= {"attn_sub_norm": gain(queries), "ffn_sub_norm": gain(HIDDEN)}
        found |= {f"blk.{layer}.{part}.weight": values for part, values in parts.items()}
    return found


def write(path: Path, *, architecture="llama", tokens="bytes", add=None, drop=(), **model) -> Path:
    """Writes such a model: `add` goes over its weights, `drop` is left out of weights and keys."""
    writer = GGUFWriter(path, architecture)
    for key, value in NUMBERS.items():
        if key not in drop:
            writer.add_uint32(f"{architecture}.{key}", value)
    writer.add_float32(f"{architecture}.attention.layer_norm_rms_epsilon", 1e-5)
    writer.add_float32(f"{architecture}.rope.freq_base", 100.0)
    writer.add_tokenizer_model(tokens)
    for name, values in {**weights(**model), **(add or {})}.items():
        if name in drop:
            continue
        part = name.removesuffix(".weight").rpartition(".")[2]
        kind = GGMLQuantizationType[FORMATS.get(part, "F32")]
        writer.add_tensor(name, quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
