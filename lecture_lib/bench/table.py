"""The rows of the bench as tables in Markdown: `python -m lecture_lib.bench --table`."""

from collections.abc import Iterable

from lecture_lib.catalog import Trial

HEAD = (
    "| what | bits | error | perplexity | times | nats more | tokens |\n"
    "|---|---:|---:|---:|---:|---:|---:|"
)
OF = ("nothing", "weights", "activations", "weights and activations", "cache")


def tables(trials: Iterable[Trial]) -> str:
    """A table for each thing that is changed, the least change of the loss first."""
    parts = []
    for of in OF:
        rows = sorted((t for t in trials if t.of == of), key=lambda trial: trial.difference)
        lines = [HEAD, *map(line, rows)]
        title = "The model as it is" if of == "nothing" else f"Changed: {of}"
        parts.append(f"### {title}\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def line(trial: Trial) -> str:
    """One row of a table."""
    bits = " + ".join(f"{bits:.4g}" for bits in (trial.bits, trial.inputs_bits) if bits)
    error = "" if trial.relative_error is None else f"{trial.relative_error:.3f}"
    more = f"{trial.difference:+.3f} ± {trial.difference_error:.3f}"
    return (
        f"| {trial.name} | {bits} | {error} | {large(trial.perplexity)} | {large(trial.ratio)} "
        f"| {more} | {trial.tokens:,} |"
    )


def large(number: float) -> str:
    """Three or four digits of a number that may be in the millions."""
    return (
        f"{number:.3f}" if number < 10 else f"{number:,.1f}" if number < 1000 else f"{number:,.0f}"
    )
