"""Runs the experiments that have no row yet: `python -m lecture_lib.bench`, `--help` for more."""

import argparse
import sys
import time
from dataclasses import replace

from lecture_lib import catalog, lm
from lecture_lib.bench import measure, record
from lecture_lib.bench.calibrated import WINDOW, Bench
from lecture_lib.bench.experiments import EXPERIMENTS, MANY
from lecture_lib.bench.table import tables
from lecture_lib.catalog.reader import nearest


def main(arguments=None) -> int:
    ask = argparse.ArgumentParser(
        prog="python -m lecture_lib.bench",
        description="Runs the experiments that have no row in data/bench.toml yet, or one of fewer "
        "tokens than is declared, one after the other. Each row is written at once, so that it may "
        "be stopped and started at any time. OMP_NUM_THREADS=1 is fastest on a busy machine.",
    )
    ask.add_argument("names", nargs="*", help="only these experiments, and anew if they have a row")
    ask.add_argument("--of", help="only these: weights, activations, cache, ...")
    ask.add_argument("--tokens", type=int, help="at most so many, for a first look")
    ask.add_argument("--list", action="store_true", help="name the experiments and stop")
    ask.add_argument("--table", action="store_true", help="print the rows as tables and stop")
    asked = ask.parse_args(arguments)
    if asked.list:
        print(*EXPERIMENTS, sep="\n")
        return 0
    if asked.table:
        print(tables(catalog.trials().values()))
        return 0
    for name in asked.names:
        if name not in EXPERIMENTS:
            meant = ", ".join(map(repr, nearest(name, EXPERIMENTS))) or "see --list"
            print(f"there is no experiment {name!r}; nearest: {meant}", file=sys.stderr)
            return 2
    known = record.rows()
    missing = asked.names or [
        name
        for name, each in EXPERIMENTS.items()
        if asked.of in (None, each.of)
        and known.get(name, {}).get("tokens", 0) < min(each.tokens, asked.tokens or each.tokens)
    ]
    if not missing:
        print("all experiments asked for have their rows")
        return 0
    try:
        model = lm.load()
    except lm.ModelMissing as error:
        print(error, file=sys.stderr)
        return 1
    run(missing, Bench(model), asked.tokens or MANY)
    return 0


def run(names, bench: Bench, most: int):
    """Carries out the experiments of these names and keeps each row as it comes."""
    print(f"{len(names)} to run; first the model untouched", flush=True)
    chosen = [EXPERIMENTS[name] for name in names]
    chosen = [replace(each, tokens=min(each.tokens, most)) for each in chosen]
    longest = max(each.tokens for each in chosen)
    base = lm.losses(bench.model, measure.alice(bench.model, longest), WINDOW)
    for number, each in enumerate(chosen, 1):
        start = time.monotonic()
        found = measure.row(each, bench, base)
        record.keep(each.name, found, EXPERIMENTS)
        print(
            f"{number} of {len(names)}, {time.monotonic() - start:.0f} s: {each.name}: "
            f"{found['loss']:.3f} nats, {found['difference']:+.3f} "
            f"± {found['difference_error']:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
