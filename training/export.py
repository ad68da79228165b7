"""Write what train.py saved as GGUF: `python export.py full runs/full.pt byte_full.gguf`.

The full twin's matrices go into F16. The ternary twin's are rounded as they were in training and
go into TQ2_0, which keeps three values as they are and their scale in 16 bits. Embedding and head
are F16 in both, norms F32. The names are llama.cpp's, but its program reads no llama with sub norms
and no vocabulary of bytes: these files are for `lecture_lib.lm`.
"""

import argparse
from pathlib import Path

import gguf
import numpy as np
import torch
from twins import Shape, Ternary

PARTS = {  # what was kept together in training, because it reads the same input
    "attn_qkv": ("attn_q", "attn_k", "attn_v"),
    "attn_output": ("attn_output",),
    "ffn_gate_up": ("ffn_gate", "ffn_up"),
    "ffn_down": ("ffn_down",),
}
F16, TQ2_0 = gguf.GGMLQuantizationType.F16, gguf.GGMLQuantizationType.TQ2_0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("twin", choices=("full", "ternary"))
    options.add_argument("saved", type=Path)
    options.add_argument("file", type=Path)
    given = options.parse_args()
    weights = torch.load(given.saved, weights_only=True)["model"]
    writer = gguf.GGUFWriter(given.file, "llama")
    describe(writer, Shape(), given.twin)
    for name, values in weights.items():
        if ".weights." in name:
            block, number, kept, _, place = name.split(".")
            name = f"{block}.{number}.{PARTS[kept][int(place)]}.weight"
            if given.twin == "ternary":
                add(writer, name, three_values(values), TQ2_0)
                continue
        add(writer, name, values.numpy(), F16 if values.ndim == 2 else None)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{given.file.name}: {given.file.stat().st_size:,} bytes")


def describe(writer, shape: Shape, twin: str) -> None:
    writer.add_name(f"byte model, {twin} weights")
    writer.add_block_count(shape.layers)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.model_dim)
    writer.add_feed_forward_length(shape.mlp_dim)
    writer.add_head_count(shape.query_heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_dim)
    writer.add_value_length(shape.head_dim)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_rope_dimension_count(shape.head_dim)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_tokenizer_model("bytes")


def three_values(weights) -> np.ndarray:
    """The weights as the ternary twin computes with them, on the scale that 16 bits can keep."""
    values = Ternary.apply(weights)
    return (values.sign() * values.abs().max().half().float()).numpy()


def add(writer, name: str, values: np.ndarray, kind) -> None:
    if kind is None:
        writer.add_tensor(name, values.astype(np.float32))
    else:
        stored = gguf.quants.quantize(values, kind)
        writer.add_tensor(name, stored, raw_dtype=kind)


if __name__ == "__main__":
    main()
