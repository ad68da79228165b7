"""Which machines a picture can show: those that were recorded, and the one that it is shown on."""

from lecture_lib import catalog
from lecture_lib.survey import Survey, this_survey

THIS = "this computer"
RECORDED = next(iter(catalog.machines()))
MACHINES = {
    **{f"{name}, recorded": name for name in catalog.machines()},
    "this computer, measured now": THIS,
}
SOURCE = (
    "Measured with numpy in 32 bits, the best of some rounds: now, or a row of data/machines.toml."
)


def surveyed(machine: str) -> Survey:
    """The survey of a machine: made now, once, for this computer, and else read from its row."""
    return this_survey() if machine == THIS else catalog.machine(machine)


def warning(survey: Survey) -> str:
    """What must be added to the words where a measurement cannot be trusted; else nothing."""
    if not survey.doubt:
        return ""
    return (
        f" But this measurement cannot tell: {survey.doubt}. Close other programs, restart the "
        "kernel, try again."
    )
