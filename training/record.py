"""Write what came of the training into the library: `python training/record.py runs`.

Run it with the lectures' own Python, in the root of the project, when both twins are exported. It
reads runs/full.json and runs/ternary.json, measures every variant on two texts with the forward
pass of `lecture_lib.lm`, and writes lecture_lib/data/byte_models.toml. A minute or two; what was
measured is kept in the folder and not measured again, and `--only NAME` measures one variant.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import austen
import numpy as np

from lecture_lib import byte_models, lm, texts
from lecture_lib.machine import cpu_name, usable_cores

PROMPT, COUNT, TEMPERATURE = "It is a truth", 100, 0.6
EXTRACT = 65_536  # byte of the text that was held out
MEASURED = 8_192  # byte of each text
KEPT_EVERY = 1000  # steps between two points of a curve, after as many with all of them
BESIDE = {"ternary": "full"}  # all others are held against their untouched twin
WEIGHTS = {
    "full": "as they are",
    "ternary": "three values by their mean magnitude, inputs of 8 bits a token, straight through",
}
HEAD = """\
# How our two byte models were trained, and what came of it. Written by training/record.py.
#
# [training."..."]   a twin
#   weights                 what it computed with while it learned
#   text, text_bytes        what it read, and how long that is; tokens are bytes
#   steps, windows, context each step read so many windows of so many bytes
#   peak_rate, seed         of AdamW's schedule (training/train.py); of the weights and the order
#   seconds, threads        on a machine that was shared
#   pairs                   bits per byte of the text held out, by a table of pairs of bytes
#   curve                   bits per byte: train over 100 steps, held_out of 32 windows
# [trial."..."]      a variant of lecture_lib/byte_models.py
#   beside                  the variant that it is held against, byte by byte
#   held_out, alice         bits per byte on texts.persuasion() and on Alice, 8,191 bytes each
#   beginning               bits per byte of the first 2,048 bytes held out, to be found again
#   says, draws             how it goes on: with the likeliest byte, and drawn with seed 0
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--only", action="append", choices=byte_models.VARIANTS)
    given = options.parse_args()
    folder = given.folder
    learnt, held_out = austen.split(austen.novels(folder))
    extract = held_out[held_out.index(b"\n") + 1 :][:EXTRACT]
    extract = extract[: extract.rindex(b"\n") + 1]
    (texts.FOLDER / "persuasion.txt").write_bytes(extract)
    rows = [HEAD]
    for twin in byte_models.TWINS:
        said = json.loads((folder / f"{twin}.json").read_text())
        rows.append(training(twin, said, len(learnt), pairs(learnt, held_out)))
    read = {
        "held_out": extract.decode()[:MEASURED],
        "alice": byte_models.as_read(texts.alice())[:MEASURED],
    }
    names = given.only or byte_models.VARIANTS
    losses = {name: measured(folder, name, read) for name in names}
    if given.only:
        return
    rows += [trial(name, losses) for name in names]
    (byte_models.FOLDER / "byte_models.toml").write_text("\n".join(rows), "utf-8")


def training(twin: str, said: dict, text_bytes: int, pairs: float) -> str:
    points = [
        f"    {{ step = {p['step']}, train = {p['train']:.4f}, held_out = {p['held_out']:.4f} }},"
        for p in said["curve"]
        if p["step"] <= KEPT_EVERY or p["step"] % KEPT_EVERY == 0
    ]
    return f"""\
[training.{twin}]
weights = "{WEIGHTS[twin]}"
text = "Jane Austen, six novels, all but the last twentieth"
text_bytes = {text_bytes}
tokens = {said["tokens"]}
steps = {said["steps"]}
windows = {said["windows"]}
context = {said["context"]}
parameters = {said["parameters"]}
peak_rate = {said["rate"]}
seed = {said["seed"]}
seconds = {said["seconds"]}
threads = {said["threads"]}
pairs = {pairs:.4f}
curve = [
{chr(10).join(points)}
]
machine = "{machine()}"
versions = "torch {said["torch"]}, Python {said["python"]}"
trained_on = "{said["date"]}"
source = "own-training"
read_on = "{said["date"]}"
confidence = "seen"
"""


def measured(folder: Path, name: str, read: dict) -> dict:
    """The losses of a variant on each text, measured or as they were kept."""
    kept = folder / f"{name}.npz"
    if not kept.exists():
        np.savez(kept, **{text: byte_models.losses(name, read[text]) for text in read})
    with np.load(kept) as found:
        return dict(found)


def trial(name: str, losses: dict) -> str:
    variant = byte_models.variant(name)
    beside = BESIDE.get(name, variant.twin)
    scores = []
    for text, found in losses[name].items():
        pair = lm.compare(found, losses[beside][text])
        scores.append(
            f"{text} = {{ bytes = {found.size}, bits = {found.mean():.4f}, "
            f"difference = {pair.difference:.4f}, error = {pair.error:.4f} }}"
        )
    beginning = losses[name]["held_out"][: byte_models.BEGINNING - 1].mean()
    greedy = byte_models.says(name, PROMPT, COUNT)
    drawn = byte_models.says(name, PROMPT, COUNT, TEMPERATURE)
    today = time.strftime("%Y-%m-%d")
    return f"""\
[trial.{json.dumps(name)}]
beside = {json.dumps(beside)}
format = "{variant.format}"
matrix_bytes = {variant.matrix_bytes}
{chr(10).join(scores)}
beginning = {beginning:.4f}
prompt = {json.dumps(PROMPT)}
says = {json.dumps(greedy, ensure_ascii=False)}
draws = {json.dumps(drawn, ensure_ascii=False)}
temperature = {TEMPERATURE}
machine = "{machine()}"
versions = "numpy {np.__version__}, Python {sys.version.split()[0]}"
measured_on = "{today}"
source = "own-training"
read_on = "{today}"
confidence = "seen"
"""


def pairs(learnt: bytes, text: bytes) -> float:
    """Bits per byte of the text by how often each byte followed each in what was learnt."""
    codes, read = np.frombuffer(learnt, np.uint8), np.frombuffer(text, np.uint8)
    counts = np.ones((256, 256))  # one of each, so that none is impossible
    np.add.at(counts, (codes[:-1], codes[1:]), 1)
    chance = counts / counts.sum(axis=1, keepdims=True)
    return float(-np.log2(chance[read[:-1], read[1:]]).mean())


def machine() -> str:
    return f"{cpu_name()}, {usable_cores()} cores, shared"


if __name__ == "__main__":
    main()
