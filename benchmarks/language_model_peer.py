"""Our forward pass beside that of transformers, on the same file and text: run once, recorded.

In an environment of its own, since what it needs takes gigabytes: in the project's folder

    python -m venv peer
    peer/bin/python -m pip install torch==2.13.0 transformers==5.24.0 gguf==0.19.0 accelerate
    PYTHONPATH=. peer/bin/python benchmarks/language_model_peer.py model.gguf text.txt

transformers reads the file itself: tokens, weights and what it computes are its own. Prints what
docs/language-model.md shows.
"""

import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from lecture_lib import lm
from lecture_lib.lm.score import surprise

TOKENS, WINDOW = 2048, 256
PROMPT, NEW = "Gravity is", 24


def main(file: Path, text: Path):
    ours = lm.load(file)
    place = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
    theirs = AutoModelForCausalLM.from_pretrained(**place, dtype=torch.float32)
    spoken = "".join(lm.stream(ours, PROMPT, NEW))
    prompt = torch.tensor(ours.tokenizer.encode(PROMPT))[None]
    with torch.no_grad():
        said = theirs.generate(prompt, max_new_tokens=NEW, do_sample=False)[0, prompt.shape[1] :]
    print(f"{PROMPT!r}: {spoken!r}, by transformers {ours.tokenizer.decode(said.numpy())!r}")
    words = text.read_text("utf-8")
    tokens = ours.tokenizer.encode(words)
    same = tokens.tolist() == AutoTokenizer.from_pretrained(**place)(words)["input_ids"]
    print(f"{text.name}: {len(tokens):,} tokens, {'the same' if same else 'NOT the same'}")
    losses, agree, apart = {"ours": [], "transformers": []}, [], []
    tokens = tokens[: TOKENS + 1]
    for start in range(0, TOKENS, WINDOW):
        read, later = tokens[start : start + WINDOW], tokens[start + 1 : start + WINDOW + 1]
        with torch.no_grad():
            peer = theirs(torch.tensor(read)[None]).logits[0].numpy()
        own = lm.logits(ours, read)
        losses["ours"].append(surprise(own, later))
        losses["transformers"].append(surprise(peer, later))
        agree.append(own.argmax(axis=1) == peer.argmax(axis=1))
        apart.append(np.abs(own - peer))
    for name, parts in losses.items():
        print(f"{name}: perplexity {lm.perplexity(np.concatenate(parts)):.6f}")
    print(f"largest logit the same: {np.concatenate(agree).mean():.2%} of {TOKENS} tokens")
    print(f"logits apart: at most {np.max(apart):.2g}, on average {np.mean(apart):.2g}")
    versions = ", ".join(f"{name} {version(name)}" for name in ("transformers", "torch", "numpy"))
    print(f"{date.today()}, {versions}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
