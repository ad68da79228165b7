"""Text out of a model, one token after another: choose one, show it, and read it as the next."""

import codecs
from collections.abc import Iterator

import numpy as np

from lecture_lib.lm.forward import Cache, exponentials, states
from lecture_lib.lm.model import Model


def stream(
    model: Model,
    prompt: str,
    tokens: int = 40,
    hook=None,
    temperature: float = 0.0,
    seed: int = 0,
    *,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Iterator[str]:
    """The continuation of a prompt, piece by piece, of at most so many tokens.

    Temperature 0 always takes the most likely token; above that see `chances`.
    """
    rng, cache = np.random.default_rng(seed), Cache(model)
    letters = codecs.getincrementaldecoder("utf-8")("replace")  # a token may end within a letter
    new = model.tokenizer.encode(prompt)
    for _ in range(tokens):
        last = states(model, new, hook, cache)[-1] @ model.head.T
        token = choice(last, rng, temperature, top_k, top_p)
        if token in model.tokenizer.end:
            break
        if piece := letters.decode(model.tokenizer.bytes([token])):
            yield piece
        new = [token]
    if piece := letters.decode(b"", final=True):
        yield piece


def say(model: Model, prompt: str, tokens: int = 40, hook=None, temperature=0.0, seed=0, **cut):
    """Prints the prompt and its continuation while that is made, as a reader hears it."""
    print(prompt, end="", flush=True)
    for piece in stream(model, prompt, tokens, hook, temperature, seed, **cut):
        print(piece, end="", flush=True)
    print()


def choice(logits, rng, temperature=0.0, top_k=None, top_p=None) -> int:
    """The next token: the most likely one at temperature 0, else one drawn by its chance."""
    if temperature == 0:
        return int(np.argmax(logits))
    return int(rng.choice(len(logits), p=chances(logits, temperature, top_k, top_p)))


def chances(logits, temperature=1.0, top_k=None, top_p=None) -> np.ndarray:
    """The chance of each token, float64: softmax(logits / temperature), cut off and rescaled.

    `top_k` leaves the k most likely ones, `top_p` as few of the most likely as together have a
    chance of at least p.
    """
    chance, total = exponentials(np.asarray(logits, np.float64) / temperature)
    chance /= total
    order = np.argsort(-chance, kind="stable")
    kept = len(order) if top_k is None else min(top_k, len(order))
    if top_p is not None:
        kept = min(kept, int(np.searchsorted(np.cumsum(chance[order]), top_p)) + 1)
    chance[order[kept:]] = 0
    return chance / chance.sum()
