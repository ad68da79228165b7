"""Takes the pieces of lecture_lib/data/slices.npz out of the model: run it by hand."""

import hashlib
from datetime import date

import numpy as np

from lecture_lib import lm, slices
from lecture_lib.bench import measure
from lecture_lib.bench.calibrated import WINDOW, Bench
from lecture_lib.lm.files import find

TOKENS = 16
READ = (
    "blk.11.ffn_down.weight",
    "blk.28.ffn_down.weight",
    "blk.15.ffn_down.weight",
    "blk.0.attn_q.weight",
    "blk.15.attn_q.weight",
    "blk.20.ffn_up.weight",
)
ROWS = {
    "blk.11.ffn_down.weight": slice(0, 32),
    "blk.15.attn_q.weight": slice(0, 32),
    "token_embd.weight": slice(1000, 1032),
}
BY_CHANNEL = (READ[0], READ[2], READ[4], READ[5])


def main():
    model = lm.load()
    kept, sizes = {}, {}

    def hook(name, values):
        if name in model.weights:
            size = np.abs(values)
            sizes[name] = size[0].max(), size[1:].max(), np.median(size), size[0].argmax()
        if name in READ:
            kept[f"values/{name}"] = values[:TOKENS].astype(np.float16)
        return values

    lm.logits(model, measure.alice(model, WINDOW)[:WINDOW], hook)
    for name, rows in ROWS.items():
        kept[f"weights/{name}"] = model.weights[name][rows]
    kept["names"] = np.array(list(sizes))
    for key, column in zip(
        slices.Sizes._fields[1:], zip(*sizes.values(), strict=True), strict=True
    ):
        kept[key] = np.array(column, np.int32 if key == "first_channel" else np.float32)
    bench = Bench(model)
    for name in BY_CHANNEL:
        kept[f"largest_inputs/{name}"] = bench.largest(name).astype(np.float32)
        kept[f"largest_weights/{name}"] = np.abs(model.weights[name]).max(axis=0)
    digest = hashlib.sha256(find().read_bytes()).hexdigest()[:12]
    kept["provenance"] = np.array(
        f"{model.name} (sha256 {digest}…), the first {TOKENS} of {WINDOW} tokens of Alice's "
        f"Adventures in Wonderland; channels on {bench.tokens:,} tokens of Moby-Dick; "
        f"{measure.versions()}, {date.today()}"
    )
    np.savez_compressed(slices.FILE, **kept)
    print(f"{slices.FILE.name}: {slices.FILE.stat().st_size:,} bytes")
    order = np.argsort(-kept["first_token"])[:5]
    for at in order:
        print(kept["names"][at], *(kept[key][at] for key in slices.Sizes._fields[1:]))


if __name__ == "__main__":
    main()
