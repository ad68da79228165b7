"""A language model, run: text in, tokens, a forward pass through the layers, and text out.

To be read in this order. gguf: what is in the file. tokenizer: text as numbers. model: weights by
name. forward: what is computed, all of it. speech: one token after another. score: how good it is.
"""

from lecture_lib.lm.forward import Cache, logits
from lecture_lib.lm.missing import ModelMissing
from lecture_lib.lm.model import Model, available, load
from lecture_lib.lm.score import Paired, compare, losses, perplexity
from lecture_lib.lm.speech import say, stream
from lecture_lib.lm.tokenizer import ByteTokenizer

__all__ = [
    "ByteTokenizer",
    "Cache",
    "Model",
    "ModelMissing",
    "Paired",
    "available",
    "compare",
    "load",
    "logits",
    "losses",
    "perplexity",
    "say",
    "stream",
]
