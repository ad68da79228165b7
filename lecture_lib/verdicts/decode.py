"""Verdicts on the draft's claims about the price of a token."""

from lecture_lib import catalog
from lecture_lib.decode import CONTEXT_TOKENS, decode_step, most_sequences
from lecture_lib.measured import compared
from lecture_lib.serving import decode_roof, kept_as
from lecture_lib.units import plain, readable
from lecture_lib.verdicts import check
from lecture_lib.views.decode.readings import READINGS, UNSOURCED, must_be, who_could

CLOSE = 0.1  # a figure within a tenth of the claimed one agrees with it


@check("C01")
def one_user_on_a_4090():
    claimed = catalog.claim("C01").quantity
    rows = [c for c in compared(device="RTX 4090") if c.row.model in ("LLaMA-13B", "Llama-2-13B")]
    best = max((c for c in rows if c.row.bits_per_weight < 5), key=lambda c: c.rate)
    finding = (
        f"At 4 bits and an empty context the memory roof allows {plain(best.most)} tok/s; "
        f"{plain(best.rate)} were measured on {best.row.model} ({best.row.engine}, batch 1)."
    )
    if best.rate >= claimed * (1 - CLOSE) and claimed <= best.most:
        return finding, "supported", "One user, a short context, 4-bit weights: then it holds."
    return finding, "not supported", "The measured rows do not reach it."


@check("C02")
def power_of_a_4090():
    claimed, limit = catalog.claim("C02").quantity, catalog.device("RTX 4090").power
    rate = catalog.claim("C01").quantity
    at_the_wall = max(
        m.wall_power_w
        for m in catalog.measurements()
        if m.device == "RTX 4090" and m.wall_power_w and m.model.startswith("Qwen2.5-14B")
    )
    finding = (
        f"The card may draw {limit:g} W; a whole PC drew {plain(at_the_wall)} W at the wall on a "
        f"14B model. At {claimed:g} W and {rate:g} tok/s a token costs "
        f"{readable(claimed / rate, 'J')}."
    )
    if abs(limit / claimed - 1) <= CLOSE:
        return finding, "supported", "It is the card's rating."
    return (
        finding,
        "partly",
        f"No reading of the card alone was found. {claimed:g} W while decoding is plausible, "
        f"below the limit of {limit:g} W.",
    )


@check("C03")
def no_service_from_such_machines():
    roof, shape = decode_roof("RTX 4090"), catalog.shape("Llama-2-13B")
    setting = kept_as("GPTQ 4-bit g128")
    most = max(1, most_sequences(shape, roof, **setting))
    alone, shared = (decode_step(shape, roof, sequences=n, **setting) for n in (1, most))
    gain = float(alone.energy / shared.energy)
    finding = (
        f"Alone a user costs {readable(alone.energy, 'J')} a token. The same card holds {most} "
        f"users of {CONTEXT_TOKENS:,} tokens; shared among them a token costs "
        f"{readable(shared.energy, 'J')}, {gain:.1f} times less (floor times, full power). "
        f"{most_users_measured()}"
    )
    if gain < 1 + CLOSE:
        return finding, "supported", "Sharing the card gains nothing."
    return (
        finding,
        "partly",
        "True of one user at a time. Sharing the read of the weights is what makes a service.",
    )


def most_users_measured() -> str:
    """A sentence on the fastest measured row of one H100 shared by many."""
    rows = (m for m in catalog.measurements() if m.device == "H100 SXM" and m.devices == 1)
    row = max(rows, key=lambda m: m.tokens_per_s)
    return (
        f"One H100 made {plain(row.tokens_per_s, 4)} tok/s for {row.sequences} users "
        f"({row.model}, {row.format})."
    )


def without_a_source(claim_id: str) -> str:
    """The finding on a figure that nobody published: who could do it, under each reading."""
    found = []
    for reading, words in READINGS.items():
        state = must_be(claim=claim_id, reading=reading, context_tokens=CONTEXT_TOKENS)
        found.append(f"Read as for {words}, {who_could(state)}.")
    return " ".join(["No source can be found.", *found])


def unsourced(claim_id: str, advice: str) -> tuple[str, str, str]:
    """The verdict on a figure that stays unsupported until a row of the catalog has measured it."""
    asked, claimed = UNSOURCED[claim_id], catalog.claim(claim_id).quantity
    for row in catalog.measurements():
        setting = (row.device, row.sequences, row.devices)
        same = setting == (asked.device, asked.sequences, 1) and row.model in asked.models
        if same and abs(row.tokens_per_s / claimed - 1) <= CLOSE:
            whom = "for each user" if row.rate_of == "user" else "for all users together"
            finding = f"{row.name}: {plain(row.tokens_per_s)} tok/s measured, {whom}."
            return finding, "supported", "A measured row agrees with it."
    return without_a_source(claim_id), "not supported", advice


@check("C13")
def rwkv_at_batch_160():
    return unsourced("C13", "Name the model and say “for each user”; then it can be tested.")


@check("C14")
def llama_at_batch_4():
    return unsourced(
        "C14", "Name the model and the unit. It cannot be set against the RWKV figure."
    )
