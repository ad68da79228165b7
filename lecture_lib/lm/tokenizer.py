"""Text to tokens and back: a token is a piece of bytes, and a text is the pieces put together.

Which pieces there are was learned from much text: beginning with single bytes, the pair that is
most frequent became a piece of its own, again and again (byte pair encoding, BPE). Such a file
lists its pieces and, in the order in which they were found, the pairs that make them; the package
`tokenizers` carries the merging out. A model may also read the bytes themselves.
"""

from collections.abc import Sequence

import numpy as np

from lecture_lib.lm import missing

# How a text is cut before pairs are merged, by `tokenizer.ggml.pre`. No piece crosses a cut.
WORDS = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CUTS = {"smollm": (r"\p{N}", WORDS), "gpt-2": (WORDS,), "llama-bpe": (LLAMA_3,)}
CONTROL, USER_DEFINED = 3, 4  # kinds of pieces that are found whole, before anything is cut


class Tokenizer:
    """A vocabulary: `pieces` are the bytes of each token, and `end` the tokens that end a text."""

    pieces: Sequence[bytes]
    end: frozenset[int]

    def encode(self, text: str) -> np.ndarray:
        """The tokens of the text: int64 [tokens]."""
        raise NotImplementedError

    def bytes(self, tokens) -> bytes:
        """What the tokens stand for. ValueError for one that is not in the vocabulary."""
        tokens = checked(tokens, len(self.pieces))
        return b"".join(self.pieces[token] for token in tokens)

    def decode(self, tokens) -> str:
        """The text of the tokens. Bytes that are no text (half a letter) become �."""
        return self.bytes(tokens).decode("utf-8", errors="replace")


class ByteTokenizer(Tokenizer):
    """The bytes of a text are its tokens: 256 of them, and no vocabulary to learn."""

    pieces = tuple(bytes([byte]) for byte in range(256))
    end = frozenset()

    def encode(self, text):
        return np.frombuffer(text.encode(), np.uint8).astype(np.int64)


class PairTokenizer(Tokenizer):
    """Byte pair encoding with the vocabulary and the merges of a file."""

    def __init__(self, tokens, merges, cuts, special=(), end=()):
        try:
            from tokenizers import AddedToken, Regex, models, pre_tokenizers
            from tokenizers import Tokenizer as Merger
        except ImportError:
            raise missing.package("tokenizers") from None
        vocabulary = {token: number for number, token in enumerate(tokens)}
        pairs = [tuple(merge.split(" ")) for merge in merges]
        merger = Merger(models.BPE(vocabulary, pairs))
        steps = [pre_tokenizers.Split(Regex(cut), "isolated") for cut in cuts]
        letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        merger.pre_tokenizer = pre_tokenizers.Sequence([*steps, letters])
        merger.add_special_tokens(
            [AddedToken(tokens[n], special=True, normalized=False) for n in special]
        )
        byte_of = {letter: byte for byte, letter in enumerate(letter_of_byte())}
        whole = frozenset(special)
        self._merger = merger
        self.end = frozenset(end)
        self.pieces = tuple(
            text.encode() if number in whole else _piece(text, byte_of)
            for number, text in enumerate(tokens)
        )

    def encode(self, text):
        return np.array(self._merger.encode(text, add_special_tokens=False).ids, np.int64)


def of_file(name: str, metadata) -> Tokenizer:
    """The tokenizer that the metadata of a GGUF file describes. ValueError for one unknown here."""
    kind, cut = metadata.get("tokenizer.ggml.model"), metadata.get("tokenizer.ggml.pre")
    if kind == "bytes":  # so the byte models of this project call themselves
        return ByteTokenizer()
    if kind != "gpt2" or cut not in CUTS:
        raise ValueError(
            f"{name} cuts text as {kind!r} with {cut!r}, and here only 'gpt2' with one of "
            f"{', '.join(map(repr, CUTS))} is known; take a model of the SmolLM2 or Llama 3 family"
        )
    kinds = metadata.get("tokenizer.ggml.token_type", ())
    special = [n for n, kind in enumerate(kinds) if kind in (CONTROL, USER_DEFINED)]
    keys = ("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id")
    end = [metadata[key] for key in keys if key in metadata]
    tokens, merges = (metadata[f"tokenizer.ggml.{key}"] for key in ("tokens", "merges"))
    return PairTokenizer(tokens, merges, CUTS[cut], special, end)


def checked(tokens, vocabulary: int) -> np.ndarray:
    """The tokens as int64 [tokens]. ValueError for one that is not in the vocabulary."""
    found = np.atleast_1d(np.asarray(tokens))
    if not found.size:
        return np.empty(0, np.int64)
    if found.dtype.kind not in "iu" or found.ndim != 1:
        raise ValueError(
            f"tokens are a row of whole numbers, not {found.dtype} of the shape {found.shape}; "
            "encode a text with the model's tokenizer"
        )
    wrong = (found < 0) | (found >= vocabulary)
    if wrong.any():
        place = int(wrong.argmax())
        raise ValueError(
            f"token {found[place]} at place {place} is not in the vocabulary of 0 to "
            f"{vocabulary - 1}; encode the text with this model's own tokenizer"
        )
    return found.astype(np.int64)


def letter_of_byte() -> list[str]:
    """The letter that stands for each byte in a vocabulary, which so can be kept as text.

    Bytes that print as Latin-1 stand for themselves, the others for the letters from 256 on.
    Source: `bytes_to_unicode` of https://github.com/openai/gpt-2/blob/master/src/encoder.py.
    """
    prints = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(256, 512))
    return [chr(byte if byte in prints else next(others)) for byte in range(256)]


def _piece(text, byte_of) -> bytes:
    """The bytes of a piece; where a letter stands for no byte the piece is its own text."""
    if all(letter in byte_of for letter in text):
        return bytes(byte_of[letter] for letter in text)
    return text.encode()
