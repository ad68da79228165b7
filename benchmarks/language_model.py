"""How fast the language model decodes, reads and loads, beside what this machine allows.

Run it by hand: .venv/bin/python benchmarks/language_model.py. Machines differ and are busy, so read
the quotients: machine and model are timed in turn, round after round, and the median round counts.
Where other programs never leave a core free, --busy counts the seconds that this one was computing,
with one thread: OPENBLAS_NUM_THREADS=1 .venv/bin/python benchmarks/language_model.py --busy
With --gguf every tensor and field of the file is compared with what the package gguf reads.
"""

import sys
import time

import numpy as np

from lecture_lib import lm, machine
from lecture_lib.lm import files, gguf, speed
from lecture_lib.machine import blas_name, blas_threads, cpu_name, load_average, this_machine

ROUNDS = 5
DUE = {"decode": 2.5, "prefill": 1 / 0.6}  # times the floor, at most
READY = 2.0  # s, at most


def races(model) -> list[speed.Race]:
    """Decoding and prefill, each under the roof of its minute: the round of the median quotient."""
    rounds = []
    for _ in range(ROUNDS):
        roof = this_machine.__wrapped__(repeats=5).roof
        decode, prefill = speed.decode_race(model, roof, repeats=5), speed.prefill_race(model, roof)
        rounds.append((decode, prefill))
    each_step = zip(*rounds, strict=True)
    return [sorted(step, key=lambda race: race.quotient)[ROUNDS // 2] for step in each_step]


def loading() -> float:
    """Seconds from the file to a model, the best of three."""
    times = []
    for _ in range(3):
        files._load.cache_clear()
        times.append(machine.seconds(lm.load))
    return min(times)


def compared():
    """What gguf reads of the same file, all of it."""
    from gguf import GGUFReader, quants

    ours, theirs = gguf.read(lm.find()), GGUFReader(lm.find())
    fields = {k: v.contents() for k, v in theirs.fields.items() if not k.startswith("GGUF.")}
    read = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in ours.metadata.items()}
    assert read == fields
    for tensor in theirs.tensors:
        values = quants.dequantize(tensor.data, tensor.tensor_type)
        np.testing.assert_array_equal(ours.tensors[tensor.name].values, values)
    assert len(ours.tensors) == len(theirs.tensors)
    print(f"{len(fields)} fields and {len(ours.tensors)} tensors are those that gguf reads")


def main():
    if "--gguf" in sys.argv:
        compared()
    if "--busy" in sys.argv:
        machine.perf_counter = time.process_time
    ready = loading()
    model = lm.load()
    found = races(model)
    print(f"{cpu_name()}, {blas_threads()} threads of {blas_name()}, load {load_average():.1f}")
    print(repr(model))
    print("| step | GB/s | GFLOP/s | floor | measured | quotient | at most |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for race in found:
        rates = f"{race.roof.bandwidth / 1e9:.1f} | {race.roof.peak_rate / 1e9:.0f}"
        times = f"{race.floor * 1e3:.1f} ms | {race.measured * 1e3:.1f} ms"
        quotients = f"{race.quotient:.2f} | {DUE[race.what]:.2f}"
        print(f"| {race.what} | {rates} | {times} | {quotients} |")
    print(f"| ready | | | | {ready:.2f} s | | {READY:.0f} s |")


if __name__ == "__main__":
    main()
