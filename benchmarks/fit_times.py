"""How far estimated decode times are off on devices that the fit has not seen.

Run it by hand: .venv/bin/python benchmarks/fit_times.py. It prints the tables of docs/times.md.
Each device in turn is left out, the others are fitted, and its rows are predicted. Nothing is timed
here: the numbers are the same on every machine.
"""

import numpy as np

from lecture_lib.measured import all_compared, class_fit, class_rows, device_class, left_out
from lecture_lib.units import percent, readable

ENGINE = "llama.cpp"


def errors(rows) -> np.ndarray:
    """Relative errors of the predicted times, estimated over measured less 1 [rows]."""
    return np.array([estimated / measured - 1 for _, measured, estimated in left_out(rows)])


def groups():
    """Each class of devices with all its builds together, then build by build."""
    classes = dict.fromkeys(device_class(c.row.device) for c in all_compared())
    for kind in classes:
        rows = class_rows(kind, ENGINE)
        builds = dict.fromkeys(c.row.engine_date for c in rows)
        for build in [None, *(builds if len(builds) > 1 else [])]:
            rows = class_rows(kind, ENGINE, build)
            if len({c.row.device for c in rows}) > 2:
                yield kind, build, rows


def main():
    print("| class | build | devices | rows | share | a layer | error left out | worst device |")
    print("|---|---|---:|---:|---:|---:|---:|---|")
    for kind, build, rows in groups():
        fit, off = class_fit(kind, ENGINE, build), errors(rows)
        by_device = {
            d: np.abs(off[[c.row.device == d for c, _, _ in left_out(rows)]]).mean()
            for d in dict.fromkeys(c.row.device for c in rows)
        }
        worst = max(by_device, key=by_device.get)
        print(
            f"| {kind} | {build or 'all'} | {len(by_device)} | {len(rows)} "
            f"| {percent(fit.bandwidth_share)} | {readable(fit.seconds_per_layer, 's')} "
            f"| {percent(fit.error)} | {worst}, {percent(by_device[worst])} |"
        )


if __name__ == "__main__":
    main()
