"""A language model, run: text in, tokens, a forward pass through the layers, and text out.

To be read in this order. gguf: what is in a file. tokenizer: text as numbers. model, files: weights
by name, and where they come from. forward: what is computed, all of it. speech: one token after
another. score: how well a text was foreseen.
"""

from lecture_lib.lm.files import available, find, load
from lecture_lib.lm.forward import Cache, logits
from lecture_lib.lm.missing import ModelMissing
from lecture_lib.lm.model import Model, at
from lecture_lib.lm.score import Paired, compare, losses, perplexity
from lecture_lib.lm.speech import say, stream
from lecture_lib.lm.tokenizer import ByteTokenizer

__all__ = [
    "ByteTokenizer",
    "Cache",
    "Model",
    "ModelMissing",
    "Paired",
    "at",
    "available",
    "compare",
    "find",
    "load",
    "logits",
    "losses",
    "perplexity",
    "say",
    "stream",
]
