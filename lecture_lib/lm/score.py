"""How well a model knows a text: the loss of each token, perplexity, and what a change costs."""

from dataclasses import dataclass

import numpy as np

from lecture_lib.lm.forward import logits
from lecture_lib.lm.model import Model
from lecture_lib.lm.tokenizer import checked

WINDOW = 256


def losses(model: Model, tokens, window: int = WINDOW, hook=None) -> np.ndarray:
    """−ln of the chance that the model gave each token but the first [nats]: float64 [tokens − 1].

    The text is read in windows of so many tokens, and each begins without memory: a token is
    predicted from those before it in its window, at most `window` of them. ValueError for a text
    of one token, a window that does not fit the context, and as for `logits`.
    """
    tokens = checked(tokens, model.shape.vocabulary)
    if len(tokens) < 2:
        raise ValueError(f"of {len(tokens)} token(s) none is predicted; give a text of two or more")
    if not 1 <= window <= model.context:
        raise ValueError(
            f"window must be 1 to {model.context} tokens, the context of {model.name}, not {window}"
        )
    read, later = tokens[:-1], tokens[1:]
    return np.concatenate(
        [
            surprise(
                logits(model, read[start : start + window], hook), later[start : start + window]
            )
            for start in range(0, len(read), window)
        ]
    )


def surprise(logits, tokens) -> np.ndarray:
    """−ln of the chance of each token under its row of logits: float64 [tokens], in nats."""
    highest = logits.max(axis=1, keepdims=True)
    total = np.exp(logits - highest).sum(axis=1, dtype=np.float64)
    chosen = logits[np.arange(len(tokens)), tokens]
    return np.log(total) - (chosen - highest[:, 0])


def perplexity(losses) -> float:
    """e^(mean loss): among how many equally likely tokens the model seems to guess."""
    return float(np.exp(np.mean(losses)))


@dataclass(frozen=True)
class Paired:
    """A changed model beside the untouched one, on the same tokens."""

    perplexity: float
    of_base: float  # the untouched model's perplexity
    difference: float  # of the mean losses [nats a token]
    error: float  # standard error of that, from the differences of the tokens one by one

    @property
    def ratio(self) -> float:
        """Perplexity over the untouched model's."""
        return float(np.exp(self.difference))


def compare(losses, of_base) -> Paired:
    """What the change costs. ValueError for losses of different texts."""
    losses, of_base = np.asarray(losses, float), np.asarray(of_base, float)
    if losses.shape != of_base.shape or losses.size < 2:
        raise ValueError(
            f"{losses.size} losses beside {of_base.size}; take both on the same text, two at least"
        )
    apart = losses - of_base
    return Paired(
        perplexity(losses),
        perplexity(of_base),
        float(apart.mean()),
        float(apart.std(ddof=1) / np.sqrt(apart.size)),
    )
