"""Train one of the twins: `python train.py full` or `python train.py ternary`.

Every two minutes, and when it is interrupted, all that is needed to go on is written to the folder;
the same command continues from there. README.md says how the stored models were made.
"""

import argparse
import json
import math
import os
import platform
import signal
import time
from pathlib import Path

import austen
import numpy as np
import torch
from twins import ByteModel, Shape

SEED = 1811
RATE, WARM_UP, DECAY = 2e-3, 100, 0.1
DESCENT = 0.4  # of the steps, the last ones, in which the rate sinks to zero
EVERY = 100  # steps between two points of the loss curve
SAVED_EVERY = 120  # seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("twin", choices=("full", "ternary"))
    options.add_argument("--folder", type=Path, default=Path("runs"))
    options.add_argument("--steps", type=int, default=4000)
    options.add_argument("--windows", type=int, default=4, help="windows of a context in a step")
    options.add_argument("--threads", type=int, default=1)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    train(given)


def train(given) -> None:
    shape = Shape()
    learnt, held_out = map(as_tokens, austen.split(austen.novels(given.folder)))
    torch.manual_seed(SEED)
    model = ByteModel(shape, ternary=given.twin == "ternary")
    optimizer = torch.optim.AdamW(groups(model), lr=RATE, betas=(0.9, 0.95), fused=True)
    saved = given.folder / f"{given.twin}.pt"
    step, seconds, curve, summed = 0, 0.0, [], 0.0
    if saved.exists():
        state = torch.load(saved, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, seconds, curve, summed = (state[k] for k in ("step", "seconds", "curve", "summed"))
        print(f"goes on at step {step} after {seconds:.0f} s", flush=True)
    started = last_saved = time.monotonic() - seconds

    def save():
        state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
        state |= {"seconds": time.monotonic() - started, "curve": curve, "summed": summed}
        torch.save(state, saved.with_suffix(".new"))
        os.replace(saved.with_suffix(".new"), saved)  # a stop while saving costs nothing

    stopped = []
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, lambda *_: stopped.append(True))
    while step < given.steps and not stopped:
        for group in optimizer.param_groups:
            group["lr"] = rate(step, given.steps)
        loss = model.loss(windows(learnt, step, given.windows, shape.context))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step, summed = step + 1, summed + loss.item()
        if step % EVERY == 0 or step == given.steps:
            over = (step - 1) % EVERY + 1
            point = {"step": step, "train": bits(summed / over)}
            point |= {"held_out": judged(model, held_out)}
            curve, summed = [*curve, point], 0.0
            print(json.dumps(point | {"seconds": round(time.monotonic() - started)}), flush=True)
        if time.monotonic() - last_saved > SAVED_EVERY or step == given.steps or stopped:
            save()
            last_saved = time.monotonic()
    if stopped:
        return
    record = {
        "twin": given.twin, "seed": SEED, "steps": step, "windows": given.windows,
        "context": shape.context, "tokens": step * given.windows * shape.context,
        "rate": RATE, "threads": given.threads, "seconds": round(time.monotonic() - started),
        "parameters": sum(each.numel() for each in model.parameters()), "curve": curve,
        "torch": torch.__version__, "python": platform.python_version(),
        "machine": platform.processor() or platform.machine(),
        "date": time.strftime("%Y-%m-%d"),
    }  # fmt: skip
    (given.folder / f"{given.twin}.json").write_text(json.dumps(record, indent=1))


def as_tokens(text: bytes):
    return torch.from_numpy(np.frombuffer(text, np.uint8).astype(np.int64))


def windows(tokens, step: int, count: int, context: int):
    """The windows of a step, which follow from the seed and the step: whoever resumes reads on."""
    begins = np.random.default_rng([SEED, step]).integers(0, len(tokens) - context - 1, count)
    return torch.stack([tokens[begin : begin + context + 1] for begin in begins])


def groups(model):
    """Matrices decay, gains and the embedding do not."""
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "token_embd" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "token_embd" in n]
    return [
        {"params": matrices, "weight_decay": DECAY},
        {"params": others, "weight_decay": 0.0},
    ]


def rate(step: int, steps: int) -> float:
    """Warm-up, level, descent. Until the descent begins the number of steps may be changed."""
    return RATE * min((step + 1) / WARM_UP, 1, (steps - step) / (steps * DESCENT))


@torch.no_grad()
def judged(model, tokens, count: int = 32) -> float:
    """Bits per byte on windows spread evenly over a text."""
    context = model.shape.context
    begins = np.linspace(0, len(tokens) - context - 1, count).astype(int)
    total = sum(model.loss(tokens[b : b + context + 1][None]).item() for b in begins)
    return bits(total / count)


def bits(nats: float) -> float:
    return round(nats / math.log(2), 4)


if __name__ == "__main__":
    main()
