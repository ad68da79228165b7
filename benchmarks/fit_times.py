"""How far estimated times are off on devices that the fit has not seen.

Run it by hand: .venv/bin/python benchmarks/fit_times.py. It prints the tables of docs/times.md.
Each device in turn is left out, the others are fitted, and its rows are predicted. Nothing is timed
here: the numbers are the same on every machine, and a test holds the page to them.
"""

import numpy as np

from lecture_lib.measured import (
    all_compared,
    all_splits,
    class_fit,
    class_rows,
    device_class,
    left_out,
    prefill_shares,
    split_fit,
)
from lecture_lib.units import percent, plain, readable

ENGINE = "llama.cpp"


def off(rows) -> dict[str, list[float]]:
    """By device: how far its times are off, estimated without it, over measured less 1."""
    found = {}
    for c, measured, estimated in left_out(rows):
        found.setdefault(c.row.device, []).append(abs(estimated / measured - 1))
    return found


def groups():
    """Each class of three devices or more with all its builds together, then build by build."""
    for kind in dict.fromkeys(device_class(c.row.device) for c in all_compared()):
        builds = dict.fromkeys(c.row.engine_date for c in class_rows(kind, ENGINE))
        for build in (None, *builds):
            rows = class_rows(kind, ENGINE, build)
            if len({c.row.device for c in rows}) > 2:
                yield kind, build, rows


def decoding():
    print(
        "| class | build | devices | rows | bandwidth | a layer | rows off | devices off | worst |"
    )
    print("|---|---|---:|---:|---:|---:|---:|---:|---|")
    for kind, build, rows in groups():
        fit, missed = class_fit(kind, ENGINE, build), off(rows)
        means = {device: np.mean(errors) for device, errors in missed.items()}
        worst = max(means, key=means.get)
        print(
            f"| {kind} | {build or 'all'} | {len(means)} | {len(rows)} "
            f"| {percent(fit.bandwidth_share)} | {readable(fit.seconds_per_layer, 's')} "
            f"| {percent(fit.error)} | {percent(np.mean(list(means.values())))} "
            f"| {worst}, {percent(means[worst])} |"
        )


def divided():
    rows = all_splits()
    print("| devices | times the floor | off, all fitted | off, left out |\n|---:|---|---:|---:|")
    for devices in sorted({s.row.devices for s in rows}):
        ours = [s for s in rows if s.row.devices == devices]
        others = split_fit(tuple(s for s in rows if s.row.devices != devices))
        far, near = (
            np.mean([abs(s.estimated(fit) / s.seconds - 1) for s in ours])
            for fit in (others, split_fit(rows))
        )
        floors = [s.times_the_floor for s in ours]
        print(
            f"| {devices} | {plain(min(floors))} to {plain(max(floors))} "
            f"| {percent(near)} | {percent(far)} |"
        )


def prompts():
    print("| class | weights | rows | least | middle | most |\n|---|---|---:|---:|---:|---:|")
    for kind in ("Apple LPDDR", "NVIDIA GDDR", "NVIDIA HBM"):
        for weights in ("F16", "Q8_0", "Q4_K_M", "Q4_0"):
            shares = prefill_shares(kind, ENGINE)
            ours = [share for name, share in shares.items() if f", {weights}," in name]
            if ours:
                cut = " | ".join(percent(q) for q in np.quantile(ours, [0, 0.5, 1]))
                print(f"| {kind} | {weights} | {len(ours)} | {cut} |")


def main():
    for table in (decoding, divided, prompts):
        table()
        print()


if __name__ == "__main__":
    main()
