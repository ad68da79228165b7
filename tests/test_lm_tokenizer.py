"""Text to tokens and back, against pair merging written out, and what is told who asks wrongly."""

import re
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lecture_lib import lm
from lecture_lib.lm import gguf, tokenizer
from lecture_lib.lm.tokenizer import ByteTokenizer, PairTokenizer, letters_of_bytes

REAL = pytest.mark.skipif(not lm.available(), reason="the language model is not installed")
# The cuts in the standard library's words: [^\W\d_] is a letter, and digits come one by one.
CUT = re.compile(r"\d|'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?(?:[^\w\s]|_)+|\s+(?!\S)|\s+")


@pytest.fixture(scope="module")
def said():
    return gguf.read(lm.find()).metadata


@pytest.fixture(scope="module")
def real(said):
    return tokenizer.tokenizer_of("real", said, len(said["tokenizer.ggml.tokens"]))


def merged(text, said) -> list[int]:
    """Byte pair encoding as its idea reads: in each word, again and again, the earliest merge."""
    letters = letters_of_bytes()
    number = {token: n for n, token in enumerate(said["tokenizer.ggml.tokens"])}
    rank = {merge: n for n, merge in enumerate(said["tokenizer.ggml.merges"])}
    known = {}
    for word in set(CUT.findall(text)):
        parts = [letters[byte] for byte in word.encode()]
        while True:
            pairs = [f"{a} {b}" for a, b in pairwise(parts)]
            best = min(pairs, key=lambda pair: rank.get(pair, len(rank)), default=None)
            if best not in rank:
                break
            at = pairs.index(best)
            parts[at : at + 2] = ["".join(parts[at : at + 2])]
        known[word] = [number[part] for part in parts]
    return [token for word in CUT.findall(text) for token in known[word]]


def long_text(tokens, rng) -> str:
    """Words, numbers, spaces, code and letters of many scripts, in no order that makes sense."""
    odd = [
        "  \n\n",
        "\t",
        "1234.5",
        "don't",
        " naïve",
        "Ünïcödé",
        "日本語",
        "🙂",
        "def f(x):\n    ",
    ]
    words = [*odd, *(f" {word}" for word in tokens if word.isalpha() and word.isascii())]
    return "".join(rng.choice(words, 30_000))


@REAL
def test_a_long_text_becomes_the_tokens_that_merging_by_hand_gives(real, said):
    text = long_text(said["tokenizer.ggml.tokens"], np.random.default_rng(0))
    found = real.encode(text)
    assert len(found) > 30_000
    assert found.tolist() == merged(text, said)
    assert real.decode(found) == text


@REAL
@given(text=st.text(st.characters(codec="utf-8", categories=["L", "M", "N", "P", "S", "Z"])))
@settings(max_examples=50, deadline=None)
def test_whatever_is_encoded_comes_back(real, text):
    assert real.decode(real.encode(text)) == text


@REAL
@pytest.mark.parametrize(("letter", "byte"), [("\x04", "0x04"), ("\U00040000", "0xf1")])
def test_a_letter_that_its_vocabulary_cannot_spell_is_refused_not_dropped(real, letter, byte):
    with pytest.raises(ValueError, match=f"no token for the byte {byte}, which the text has at 2"):
        real.encode("ok" + letter)


@given(text=st.text())
@settings(max_examples=50, deadline=None)
def test_bytes_come_back_too(text):
    tokens = ByteTokenizer().encode(text)
    assert tokens.tolist() == list(text.encode())
    assert ByteTokenizer().decode(tokens) == text


@REAL
def test_special_tokens_are_found_whole_and_shown_as_written(real):
    assert real.encode("<|im_start|>user\n").tolist()[0] == 1
    assert real.decode([1, 2]) == "<|im_start|><|im_end|>"
    assert real.end == {2}


@REAL
def test_every_token_is_a_piece_of_bytes_and_all_single_bytes_are_there(real):
    assert len(real.pieces) == 49152
    assert {piece for piece in real.pieces if len(piece) == 1} >= {
        bytes([byte]) for byte in range(32, 127)
    }


def test_half_a_letter_is_no_text_and_shown_as_such():
    assert ByteTokenizer().decode([0x61, 0xC3]) == "a�"


def test_no_text_is_no_tokens():
    assert ByteTokenizer().encode("").shape == (0,)
    assert ByteTokenizer().decode([]) == ""


@pytest.mark.parametrize("token", [-1, 256])
def test_a_token_out_of_range_is_named_with_its_place(token):
    with pytest.raises(ValueError, match=f"token {token} at place 2 is not in the vocabulary of 0"):
        ByteTokenizer().decode([0, 1, token])


@pytest.mark.parametrize("tokens", [["a"], [0.5], [[1, 2]]])
def test_what_is_no_row_of_whole_numbers_is_refused(tokens):
    with pytest.raises(ValueError, match="tokens are a row of whole numbers, not"):
        ByteTokenizer().decode(tokens)


def test_without_its_package_the_reader_is_told_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(
        lm.ModelMissing, match=r"package tokenizers .* pip install --no-deps -r req"
    ):
        PairTokenizer(["a"], [], [])


def metadata(**other):
    said = {"model": "gpt2", "pre": "smollm", "tokens": ["a", "b", "ab"], "merges": ["a b"]}
    said |= {"token_type": np.array([1, 1, 1]), "eos_token_id": 1} | other
    return {f"tokenizer.ggml.{key}": value for key, value in said.items()}


def test_a_vocabulary_of_three_pieces_merges_what_it_can():
    small = tokenizer.tokenizer_of("small", metadata(), 3)
    assert small.encode("abba").tolist() == [2, 1, 0]
    assert small.end == {1}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"model": "llama"}, "small cuts text by 'llama' with 'smollm', and here only"),
        ({"pre": "qwen2"}, "small cuts text by 'gpt2' with 'qwen2'"),
        ({"tokens": ["a", "b"]}, "small names 2 tokens of 3 kinds and has vectors for 3"),
        ({"merges": ["a c"]}, "small is damaged: the merges do not fit the pieces; fetch it again"),
        ({"merges": ["ab"]}, "small is damaged: the merges do not fit the pieces; fetch it again"),
    ],
)
def test_a_tokenizer_that_cannot_be_is_refused_with_the_file(other, words):
    with pytest.raises(ValueError, match=words):
        tokenizer.tokenizer_of("small", metadata(**other), 3)
