"""A small language model over bytes, with full weights or with BitNet b1.58's three values.

The twins have one shape, one order of reading, one seed and one schedule. They differ in `Linear`
alone: the ternary twin rounds the weights to three values and the inputs to 8 bits before it
multiplies, and sends the gradient through the rounding as if there were none (straight through), so
that the full weights behind the rounded ones go on learning. Source: arXiv:2402.17764.

Both have the norms that BitNet adds before each block's last projection (SubLN). What the lecture
computes, it computes with numpy from the stored files; this model in torch only trains.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional


@dataclass(frozen=True)
class Shape:
    """The dimensions, named as in a GGUF file of the llama family."""

    layers: int = 3
    model_dim: int = 256
    mlp_dim: int = 512
    query_heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    vocabulary: int = 256  # bytes
    context: int = 128
    rope_base: float = 10_000.0
    epsilon: float = 1e-5


class Ternary(torch.autograd.Function):
    """Weights as -gamma, 0 and gamma, with gamma their mean magnitude; straight through back."""

    @staticmethod
    def forward(ctx, weights):
        gamma = weights.abs().mean().clamp(min=1e-5)
        return (weights / gamma).round_().clamp_(-1, 1).mul_(gamma)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class EightBits(torch.autograd.Function):
    """Activations on 255 levels up to each token's largest magnitude; straight through back."""

    @staticmethod
    def forward(ctx, values):
        scale = values.abs().amax(dim=-1, keepdim=True).clamp_(min=1e-5).div_(127)
        return (values / scale).round_().mul_(scale)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class Linear(nn.Module):
    """Several matrices that read the same input; each has its own gamma."""

    def __init__(self, inputs: int, *outputs: int, ternary: bool):
        super().__init__()
        self.ternary = ternary
        self.weights = nn.ParameterList(
            torch.randn(out, inputs) / math.sqrt(inputs) for out in outputs
        )

    def forward(self, values):
        weights = list(self.weights)
        if self.ternary:
            values, weights = EightBits.apply(values), [Ternary.apply(each) for each in weights]
        together = functional.linear(values, torch.cat(weights))  # one product is faster than three
        return together.split([len(each) for each in weights], dim=-1)


class Layer(nn.Module):
    def __init__(self, shape: Shape, ternary: bool):
        super().__init__()
        self.shape = shape
        width, queries = shape.model_dim, shape.query_heads * shape.head_dim
        keys = shape.kv_heads * shape.head_dim
        self.attn_norm = nn.RMSNorm(width, eps=shape.epsilon)
        self.attn_qkv = Linear(width, queries, keys, keys, ternary=ternary)
        self.attn_sub_norm = nn.RMSNorm(queries, eps=shape.epsilon)
        self.attn_output = Linear(queries, width, ternary=ternary)
        self.ffn_norm = nn.RMSNorm(width, eps=shape.epsilon)
        self.ffn_gate_up = Linear(width, shape.mlp_dim, shape.mlp_dim, ternary=ternary)
        self.ffn_sub_norm = nn.RMSNorm(shape.mlp_dim, eps=shape.epsilon)
        self.ffn_down = Linear(shape.mlp_dim, width, ternary=ternary)

    def forward(self, values, turns):
        read = self.attention(self.attn_norm(values), turns)
        values = values + self.attn_output(self.attn_sub_norm(read))[0]
        gate, up = self.ffn_gate_up(self.ffn_norm(values))
        return values + self.ffn_down(self.ffn_sub_norm(functional.silu(gate) * up))[0]

    def attention(self, values, turns):
        queries, keys, contents = (self.heads(each) for each in self.attn_qkv(values))
        read = functional.scaled_dot_product_attention(
            turned(queries, turns), turned(keys, turns), contents, is_causal=True, enable_gqa=True
        )
        return read.transpose(1, 2).flatten(2)

    def heads(self, values):
        return values.unflatten(-1, (-1, self.shape.head_dim)).transpose(1, 2)


class ByteModel(nn.Module):
    def __init__(self, shape: Shape, ternary: bool):
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocabulary, shape.model_dim)
        self.blk = nn.ModuleList(Layer(shape, ternary) for _ in range(shape.layers))
        self.output_norm = nn.RMSNorm(shape.model_dim, eps=shape.epsilon)
        self.output = nn.Linear(shape.model_dim, shape.vocabulary, bias=False)
        nn.init.normal_(self.output.weight, std=shape.model_dim**-0.5)
        nn.init.normal_(self.token_embd.weight)
        for layer in self.blk:  # the residual stream grows with each of the 2 * layers sums
            for last in (*layer.attn_output.weights, *layer.ffn_down.weights):
                last.data /= math.sqrt(2 * shape.layers)
        self.register_buffer("turns", angles(shape), persistent=False)

    def forward(self, tokens):
        values = self.token_embd(tokens)
        turns = self.turns[: tokens.shape[-1]]
        for layer in self.blk:
            values = layer(values, turns)
        return self.output(self.output_norm(values))

    def loss(self, tokens):
        """Nats per byte, of all bytes but the first of each window."""
        logits = self(tokens[:, :-1]).flatten(0, 1)
        return functional.cross_entropy(logits, tokens[:, 1:].flatten())


def angles(shape: Shape):
    """The turn of each pair at each position, as complex numbers [positions, head_dim / 2]."""
    rates = shape.rope_base ** (-torch.arange(0, shape.head_dim, 2) / shape.head_dim)
    return torch.polar(torch.tensor(1.0), torch.outer(torch.arange(shape.context), rates))


def turned(values, turns):
    """The pairs (2i, 2i + 1) of each head turned, which is how llama's GGUF files lay them out."""
    pairs = torch.view_as_complex(values.unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * turns).flatten(-2)
