"""Words and places for the pictures of attention, the same in each of them."""

import numpy as np

CONTEXTS = 2.0 ** np.arange(8, 20.01, 1 / 8)  # tokens, of every curve
CONTEXT_TICKS = tuple(2**k for k in range(8, 21, 2))
CONTEXT_LABELS = ("256", "1,024", "4,096", "16 k", "64 k", "256 k", "1 M")

SCHEMES = {
    "Llama-2-13B": "MHA, a KV head for each query head",
    "Llama-3.1-8B": "GQA, a KV head for 4 query heads",
    "Gemma-2B": "MQA, one KV head for all",
    "DeepSeek-V2-Lite": "MLA, one short vector for all",
    "Gemma-3-12B (text)": "GQA, and windows in 40 of 48 layers",
    "gpt-oss-20b": "GQA, and windows in every other layer",
    "Mistral-7B-v0.1": "GQA, and windows in all layers",
}  # models whose caches are compared, and how each keeps them
MODELS = {
    "Llama-2-13B (MHA)": "Llama-2-13B",
    "Llama-3.1-8B (GQA)": "Llama-3.1-8B",
    "Gemma-2B (MQA)": "Gemma-2B",
    "DeepSeek-V2-Lite (MLA)": "DeepSeek-V2-Lite",
    "Gemma-3-12B (GQA, windows)": "Gemma-3-12B (text)",
    "gpt-oss-20b (GQA, windows)": "gpt-oss-20b",
    "Mistral-7B-v0.1 (GQA, windows)": "Mistral-7B-v0.1",
}  # the same, as a menu shows them
NAMES = {model: words for words, model in MODELS.items()}


def apart(places, gap: float) -> list[float]:
    """The places, moved as little upwards as keeps each at least `gap` above the one below."""
    found, below = [0.0] * len(places), -np.inf
    for k in np.argsort(places, kind="stable"):
        below = found[k] = max(float(places[k]), below + gap)
    return found
