"""Text out of a model, one token after another: choose one, show it, and read it as the next."""

import codecs
from collections.abc import Iterator

import numpy as np

from lecture_lib.lm.forward import Cache, exponentials, states
from lecture_lib.lm.model import Hook, Model


def stream(
    model: Model,
    prompt: str,
    tokens: int = 40,
    hook: Hook | None = None,
    temperature: float = 0.0,
    seed: int = 0,
    *,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Iterator[str]:
    """The continuation of a prompt, piece by piece: so many tokens, or until the model ends it.

    Temperature 0 takes the most likely token each time; above that see `chances`. ValueError for a
    prompt that is empty, or does not fit the model's context together with what is asked for.
    """
    new = model.tokenizer.encode(prompt)
    if not len(new):
        raise ValueError("the prompt is empty, and a model continues a text; give it a word")
    if len(new) + tokens > model.context:
        raise ValueError(
            f"{len(new):,} tokens of prompt and {tokens:,} to come do not fit the context of "
            f"{model.name}, {model.context:,}; shorten the prompt or ask for less"
        )
    rng, cache = np.random.default_rng(seed), Cache(model)
    letters = codecs.getincrementaldecoder("utf-8")("replace")  # a token may end within a letter
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
    """Prints the prompt, and its continuation while that is made: `stream`, to be watched."""
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

    `top_k` leaves the k most likely, `top_p` as few of the most likely as have a chance of p
    together. ValueError for a temperature or a cut that leaves nothing to choose.

    >>> chances(np.log([5, 3, 2]), top_k=2).round(3)
    array([0.625, 0.375, 0.   ])
    """
    _refuse(temperature > 0, "temperature", temperature, "0 or more")
    _refuse(top_k is None or top_k >= 1, "top_k", top_k, "1 or more")
    _refuse(top_p is None or 0 < top_p <= 1, "top_p", top_p, "above 0, and at most 1")
    chance = exponentials(np.asarray(logits, np.float64) / temperature)
    chance /= chance.sum()
    order = np.argsort(-chance, kind="stable")
    kept = len(order) if top_k is None else top_k
    if top_p is not None:
        kept = min(kept, np.searchsorted(np.cumsum(chance[order]), top_p) + 1)
    chance[order[kept:]] = 0
    return chance / chance.sum()


def _refuse(fits, name, value, range):
    if not fits:
        raise ValueError(f"{name} must be {range}, not {value}; leave it out for the usual choice")
