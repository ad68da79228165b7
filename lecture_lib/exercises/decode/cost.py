"""Exercises on energy: what tokens cost at the wall."""

from lecture_lib import catalog
from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.units import plain

JOULES_PER_KWH = 3.6e6
TOKENS = 1e6
DRAFT = "the draft"


@variants(
    (DRAFT,),
    ("RTX 4090, LLaMA-30B, GPTQ 4-bit g128 act, ExLlamaV2",),
    ("A100 SXM 80GB, Llama-2-13B, F16, llama.cpp",),
    ("Raspberry Pi 5 (16GB), DeepSeek-R1-Distill-14B, ollama default, ollama",),
    ("Apple M1, Llama-3-8B, Q4_K_M, llama.cpp, 1024 generated",),
    ("A100 SXM 80GB, Llama-2-70B, Q4_0, llama.cpp",),
)
def kilowatt_hours(source: str) -> Task:
    """What does a million tokens take from the wall?"""
    said, rate, watts = _drafts() if source == DRAFT else _measured(source)
    truth = watts / rate * TOKENS / JOULES_PER_KWH
    return Task(
        ask=f"{said} How many kWh does a million tokens take?",
        unit="kWh",
        truth=truth,
        right="Watts divided by tokens per second are joules per token.",
        slips=(
            Slip("a thousand tokens", truth / 1e3, "That is for a thousand tokens."),
            Slip(
                "MJ for kWh",
                truth * JOULES_PER_KWH / 1e6,
                "That is in megajoules. Divide by 3.6 to get kilowatt-hours.",
            ),
            Slip(
                "power times rate",
                watts * rate * TOKENS / JOULES_PER_KWH,
                "You multiplied watts and tokens per second. More tokens per second make a token "
                "cheaper.",
            ),
        ),
        hint=(
            "Watts are joules per second. Divide by tokens per second, and look at the unit that "
            "is left."
        ),
        solution="Joules a token, times a million; 3.6 million joules are a kilowatt-hour.",
        code=f"{watts:g} / {rate:g} * 1e6 / 3.6e6",
    )


def _drafts() -> tuple[str, float, float]:
    rate, watts = (catalog.claim(name).quantity for name in ("C01", "C02"))
    said = f"The draft gives an RTX 4090 {rate:g} tokens per second at {watts:g} watts."
    return said, rate, watts


def _measured(name: str) -> tuple[str, float, float]:
    """A measured rate, at the full power of its device."""
    row = next(row for row in catalog.measurements() if row.name == name)
    watts = catalog.device(row.device).power
    said = (
        f"On the {row.device}, {row.engine} made {plain(row.tokens_per_s, 4)} tokens per second "
        f"with {row.model}, for one user. Say it drew {watts:g} watts all the time."
    )
    return said, row.tokens_per_s, watts
