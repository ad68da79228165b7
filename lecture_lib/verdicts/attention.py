"""Verdicts on the draft's claims about attention."""

import re

import numpy as np

from lecture_lib import catalog
from lecture_lib.attention import attention, flash_attention
from lecture_lib.attention_cost import (
    context_of_equal_reads,
    flash_work,
    prompt_of_equal_flops,
    score_bytes,
    stored_work,
)
from lecture_lib.serving import bits_of
from lecture_lib.transformer import kv_cache_bytes, prefill_flops_by_part
from lecture_lib.units import plain, readable
from lecture_lib.verdicts import check

MODEL = "Llama-2-13B"  # of the draft
FOUR_BITS = "GPTQ 4-bit g128"
SHORT, LONG = 4096, 32_768  # tokens; the first is the model's own limit
TILE = (128, 128)
ROUNDING = 1e-12


@check("C05")
def attention_is_the_bottleneck():
    shape, four = catalog.shape(MODEL), bits_of(FOUR_BITS)
    streamed, all_of_them, small = (
        context_of_equal_reads(shape, **kept) for kept in ({}, {"streamed": False}, four)
    )
    prompt = prompt_of_equal_flops(shape)
    limit = catalog.model(MODEL).context_tokens
    finding = (
        f"{MODEL}, one user: the cache read reaches the weights read after {streamed:,} tokens at "
        f"16 bits ({all_of_them:,} if the input table is counted, {small:,} at 4 bits), and "
        f"attention's FLOP those of the matrices in a prompt of {prompt:,}. "
        f"The model ends at {limit:,}."
    )
    if max(streamed, prompt) <= limit:
        return finding, "supported", "Within the model's own context it is."
    if max(small, streamed, prompt) > limit * 1000:
        return finding, "not supported", "No context in use is that long."
    return (
        finding,
        "partly",
        "Short contexts wait for weights, long ones and many users for caches.",
    )


@check("C06")
def attention_makes_a_square():
    shape = catalog.shape(MODEL)
    heads = shape.query_heads
    short, long = (score_bytes(n, heads=heads) for n in (SHORT, LONG))
    row = score_bytes(SHORT, heads=heads, queries=1)
    tile = TILE[0] * TILE[1] * 2
    finding = (
        f"One for each of {heads} heads, in prefill, if a kernel stores it: "
        f"{readable(short, 'B')} a layer at {SHORT:,} tokens, {readable(long, 'B')} at {LONG:,}. "
        f"A decode step has one row a head, {readable(row, 'B')} a layer; "
        f"FlashAttention keeps a tile, {readable(tile, 'B')} a head."
    )
    if row < short and tile < short / heads:
        return finding, "partly", "Say: per head, in prefill, where the kernel stores it."
    return finding, "supported", "Every way to attend stores it."


@check("C07")
def the_second_matrix():
    rng = np.random.default_rng(7)
    q, k, v = rng.normal(size=(3, 1, 12, 4))
    scores = (q[0] @ k[0].T) / 2
    weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    output = attention(q, k, v, causal=False)[0]
    by_values = abs(weights @ v[0] - output).max()
    by_itself = (weights @ weights).shape == output.shape
    finding = (
        f"The weights, {weights.shape[0]} × {weights.shape[1]} in a head of 12 tokens carried out "
        "here, are multiplied by the values: that gives the output to rounding. Multiplied by "
        f"themselves they stay {weights.shape[0]} × {weights.shape[1]}, and the output is "
        f"{output.shape[0]} × {output.shape[1]}."
    )
    if by_values < ROUNDING and not by_itself:
        return finding, "not supported", "A slip of the pen: it is the matrix of values, V."
    return finding, "supported", "The output follows from it."


@check("C08")
def cost_is_quadratic():
    shape = catalog.shape(MODEL)
    width = shape.head_dim

    def grows(work):
        return float(work(2 * LONG) / work(LONG))

    growth = {
        "attention's FLOP in prefill": grows(
            lambda n: prefill_flops_by_part(shape, n)["attention scores"]
        ),
        "stored scores": grows(score_bytes),
        "FlashAttention's traffic": grows(lambda n: flash_work(n, width, tile=TILE).traffic),
        "what it keeps for it": grows(lambda n: 4 * n * width),  # queries, keys, values, output
        "the KV cache": grows(lambda n: kv_cache_bytes(shape, n)),
        "the FLOP of a new token's attention": grows(
            lambda n: shape.decode_work(n).flops - shape.decode_work(0).flops
        ),
    }
    said = ", ".join(f"{name} {plain(times, 2)}" for name, times in growth.items())
    finding = f"Twice the tokens take, times: {said}."
    square = [times > 3 for times in growth.values()]
    if all(square):
        return finding, "supported", "Everything grows with the square."
    if not any(square):
        return finding, "not supported", "Nothing grows with the square."
    return (
        finding,
        "partly",
        "A whole prompt's arithmetic is quadratic; caches and each new token are linear.",
    )


@check("C09")
def flash_attention_lifts_the_square():
    shape = catalog.shape(MODEL)
    width = shape.head_dim
    tiled, stored = flash_work(SHORT, width, tile=TILE, causal=False), stored_work(SHORT, width)
    rng = np.random.default_rng(9)
    q, k, v = rng.normal(size=(3, 1, 200, 16))
    exact = abs(flash_attention(q, k, v, tile=(32, 48)) - attention(q, k, v)).max() < ROUNDING
    less = [1 + n / (2 * width) for n in (SHORT // 2, SHORT)]  # (4 N d + 2 N^2) / 4 N d values
    measured = re.findall(r"(\d+)x", catalog.claim("C09").found)
    same = "the same FLOP" if tiled.flops == stored.flops else "other FLOP"
    result = "the same result to rounding" if exact else "another result"
    finding = (
        f"A head at {SHORT:,} tokens in tiles of {TILE[0]}: "
        f"{plain(stored.traffic / tiled.traffic, 2)} times less traffic, {same}, {result}. Memory "
        f"{plain(less[0], 2)} times less at {SHORT // 2:,} tokens and {plain(less[1], 2)} at "
        f"{SHORT:,}; its authors measured {' and '.join(measured)}."
    )
    if exact and tiled.flops == stored.flops and tiled.traffic < stored.traffic:
        return (
            finding,
            "partly",
            "Memory and traffic, not arithmetic. Long decode came by GQA, MLA and windows.",
        )
    return finding, "not supported", "It saves something else."
