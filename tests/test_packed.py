import gzip
import json
from base64 import b64decode

from lecture_lib.packed import packed


def shown(says, *layers):
    return {"backdrop": "<grid>", "says": says, "layers": list(layers), "fault": ""}


STATES = {(0, 0): shown("none", "dot", "pill"), (0, 1): shown("one", "dot", "other pill")}


def unpacked(text: str) -> dict:
    return json.loads(gzip.decompress(b64decode(text)))


def test_what_was_packed_comes_out_again():
    content = unpacked(packed({"size": [9, 4]}, STATES))
    assert content["spec"] == {"size": [9, 4]}
    texts = content["texts"]
    assert [texts[k] for k in content["states"]["0,1"]] == ["<grid>", "one", "dot", "other pill"]


def test_a_text_that_states_share_is_kept_once():
    texts = unpacked(packed({}, STATES))["texts"]
    assert sorted(texts) == ["<grid>", "dot", "none", "one", "other pill", "pill"]


def test_the_same_states_are_packed_the_same():
    assert packed({}, STATES) == packed({}, STATES)
