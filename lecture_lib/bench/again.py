"""One recorded row, computed again on this machine while you wait, and whether it agrees.

A row keeps the mean loss of each of its windows, so a few windows are enough to tell. They never
agree to the last digit: another processor adds in another order, and where a number lies between
two codes that decides which it becomes. The more a change costs, the more such chances decide.
"""

from dataclasses import dataclass

from lecture_lib import catalog, lm
from lecture_lib.bench import measure
from lecture_lib.bench.calibrated import WINDOW, Bench
from lecture_lib.bench.experiments import EXPERIMENTS
from lecture_lib.catalog import Trial

OF_LOSS, OF_COST = 0.01, 0.05  # by what share of the loss, and of what a change adds, it may differ
MINUTES = ("GPTQ", "AWQ")  # methods that look at all of what every matrix reads


@dataclass(frozen=True)
class Again:
    """A row, and what came out this time: None where it could not be tried, and then why."""

    trial: Trial
    tokens: int
    recorded: float  # the loss of these tokens on record [nats]
    loss: float | None = None
    why: str = ""

    @property
    def allowed(self) -> float:
        """By how much [nats] another machine may differ."""
        return OF_LOSS * self.recorded + OF_COST * abs(self.trial.difference)

    @property
    def agrees(self) -> bool | None:
        """Whether the loss is the recorded one within what is allowed; None if not computed."""
        return None if self.loss is None else abs(self.loss - self.recorded) <= self.allowed

    def __str__(self) -> str:
        record = f"{self.recorded:.2f} nats a token"
        if self.loss is None:
            return f"{self.trial.name}: on record is {record}; {self.why}"
        told = f"computed again on {self.tokens:,} tokens, the loss"
        if self.agrees:
            return (
                f"{self.trial.name}: {told} agrees with the record, {record} ± {self.allowed:.2f}"
            )
        return (
            f"{self.trial.name}: {told} is {self.loss:.2f} nats a token, and the record "
            f"{self.recorded:.2f} ± {self.allowed:.2f}: another model file, or a mistake; please "
            "tell us"
        )


def again(name: str, tokens: int = 512, model: lm.Model | None = None) -> Again:
    """Computes a row again on its first windows, which takes seconds.

    Without a model, and for methods that take minutes, it says so and shows the record.
    CatalogError for a name without a row; ValueError for fewer tokens than a window has.
    """
    trial = catalog.trial(name)
    windows = min(tokens // WINDOW, len(trial.window_losses))
    if windows < 1:
        raise ValueError(f"a row is compared by windows of {WINDOW} tokens, and {tokens} are fewer")
    recorded = sum(trial.window_losses[:windows]) / windows
    read = windows * WINDOW
    if name not in EXPERIMENTS:
        return Again(trial, read, recorded, why="it is declared no more, so nothing can run it")
    if trial.method in MINUTES:
        why = f'{trial.method} takes minutes: `python -m lecture_lib.bench "{name}"` runs it'
        return Again(trial, read, recorded, why=why)
    try:
        model = model or lm.load()
    except lm.ModelMissing as error:
        return Again(trial, read, recorded, why=str(error))
    changed = EXPERIMENTS[name].run(Bench(model))
    losses = lm.losses(changed.model, measure.alice(model, read), WINDOW, changed.hook)
    return Again(trial, read, recorded, float(losses.mean()))
