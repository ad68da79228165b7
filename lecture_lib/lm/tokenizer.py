"""Text to tokens and back: a token is a piece of bytes, and a text is the pieces put together.

Which pieces there are was learned from much text: beginning with single bytes, the pair that is
most frequent became a piece of its own, again and again (byte pair encoding, BPE). Such a file
lists its pieces and, in the order in which they were found, the pairs that make them; the package
`tokenizers` carries the merging out. A model may also read the bytes themselves.
"""

from collections.abc import Sequence

import numpy as np

from lecture_lib.lm.missing import package_missing

# How a text is cut before pairs are merged, by `tokenizer.ggml.pre`. No piece crosses a cut.
WORDS = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CUTS = {"gpt-2": (WORDS,), "smollm": (r"\p{N}", WORDS)}  # smollm: every digit for itself
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
    """Byte pair encoding: the pieces and the merges of a file.

    `cuts` are the expressions that cut a text before, `whole` the tokens that are found uncut.
    ModelMissing without the package `tokenizers`; ValueError for merges that fit no pieces.
    """

    def __init__(self, tokens, merges, cuts, whole=(), end=()):
        try:
            import tokenizers as library  # here, so that all else runs without it
        except ImportError:
            raise package_missing("tokenizers") from None
        numbers = {token: number for number, token in enumerate(tokens)}
        pairs = [tuple(merge.split(" ", 1)) for merge in merges]
        try:
            self._merger = library.Tokenizer(library.models.BPE(numbers, pairs))
        except Exception:  # the package raises nothing more special
            raise ValueError("the merges do not fit the pieces") from None
        steps = [library.pre_tokenizers.Split(library.Regex(cut), "isolated") for cut in cuts]
        letters = library.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        self._merger.pre_tokenizer = library.pre_tokenizers.Sequence([*steps, letters])
        self._merger.add_special_tokens(
            [library.AddedToken(tokens[n], special=True, normalized=False) for n in whole]
        )
        self.end = frozenset(end)
        self._spelled = np.array([letter in numbers for letter in letters_of_bytes()])
        special = frozenset(whole)  # these are their own text
        byte_of = {letter: byte for byte, letter in enumerate(letters_of_bytes())}
        self.pieces = tuple(
            bytes(byte_of[letter] for letter in token)
            if number not in special and byte_of.keys() >= set(token)
            else token.encode()
            for number, token in enumerate(tokens)
        )

    def encode(self, text):
        letters = np.frombuffer(text.encode(), np.uint8)
        unknown = ~self._spelled[letters]  # the package would drop them in silence
        if unknown.any():
            place = int(unknown.argmax())
            raise ValueError(
                f"there is no token for the byte {letters[place]:#04x}, which the text has at "
                f"{place}, and so none for the letter; leave it out"
            )
        return np.array(self._merger.encode(text, add_special_tokens=False).ids, np.int64)


def tokenizer_of(name: str, metadata, vocabulary: int) -> Tokenizer:
    """The tokenizer that the metadata of a GGUF file describes. ValueError for one unknown here."""
    kind, cut = (metadata.get(f"tokenizer.ggml.{key}") for key in ("model", "pre"))
    if kind == "bytes":  # so the byte models of this project say
        return ByteTokenizer()
    if kind != "gpt2" or cut not in CUTS:
        raise ValueError(
            f"{name} cuts text by {kind!r} with {cut!r}, and here only 'gpt2' with "
            f"{' or '.join(map(repr, CUTS))} is known; take a model of the SmolLM2 family"
        )
    tokens, merges, kinds = (
        metadata.get(f"tokenizer.ggml.{key}", ()) for key in ("tokens", "merges", "token_type")
    )
    if not len(tokens) == len(kinds) == vocabulary:
        raise ValueError(
            f"{name} names {len(tokens)} tokens of {len(kinds)} kinds and has vectors for "
            f"{vocabulary}; convert the model afresh"
        )
    whole = [number for number, kind in enumerate(kinds) if kind in (CONTROL, USER_DEFINED)]
    ends = [metadata.get(f"tokenizer.ggml.{key}") for key in ("eos_token_id", "eot_token_id")]
    try:
        return PairTokenizer(tokens, merges, CUTS[cut], whole, {*ends} - {None})
    except ValueError as error:
        raise ValueError(f"{name} is damaged: {error}; fetch it again") from None


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


def letters_of_bytes() -> list[str]:
    """The letter that stands for each byte in a vocabulary, which so can be kept as text.

    Bytes that print as Latin-1 stand for themselves, the others for the letters from 256 on.
    Source: `bytes_to_unicode` of https://github.com/openai/gpt-2/blob/master/src/encoder.py.
    """
    prints = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(256, 512))
    return [chr(byte if byte in prints else next(others)) for byte in range(256)]
