"""What to decide before the pictures of the decode step answer."""

from lecture_lib import catalog
from lecture_lib.citations import computed_from
from lecture_lib.decode import CONTEXT_TOKENS, decode_step
from lecture_lib.exercises.predictions import Choice, Number, Option, prediction
from lecture_lib.serving import decode_roof, kept_as
from lecture_lib.units import percent, plain, readable
from lecture_lib.views.decode.readings import UNSOURCED


@prediction
def one_user() -> Number:
    """How fast can one user be served, when the arithmetic would allow thousands a second?"""
    roof, shape = decode_roof("RTX 4090"), catalog.shape("Llama-2-13B")
    step = decode_step(shape, roof, **kept_as("GPTQ 4-bit g128"))
    by_arithmetic = roof.peak_rate / step.work.flops
    return Number(
        f"An RTX 4090 calculates {plain(roof.peak_rate / 1e12)} TFLOP/s (16 bits) and reads "
        f"{readable(roof.bandwidth, 'B/s')}. A token of Llama-2-13B takes "
        f"{plain(step.work.flops / 1e9)} GFLOP. "
        "How many tokens per second can one user get at most, with 4-bit weights?",
        unit="tok/s",
        value=float(step.user_rate),
        why=(
            f"Every token waits until {plain(step.work.traffic / 1e9)} GB of weights and cache are "
            f"read; {plain(by_arithmetic, 2)} tok/s, what the arithmetic allows, overlooks that."
        ),
        source=computed_from("RTX 4090", "Llama-2-13B"),
    )


@prediction
def sharing() -> Choice:
    """What does each user lose when 32 share the machine?"""
    users = 32
    roof, shape = decode_roof("H100 SXM"), catalog.shape("Llama-3.1-8B")
    alone, shared = (float(decode_step(shape, roof, sequences=n).user_rate) for n in (1, users))
    left = shared / alone
    shares = [1 / users, 1 / 2, 0.8, 1.0]
    options = (
        Option(
            f"one part in {users}",
            "That would give each user a read of the weights, and overlooks that one read serves "
            "all.",
        ),
        Option(
            "about half",
            "The caches do grow with the users, and this overlooks how small short ones are beside "
            "the weights.",
        ),
        Option(
            "about four fifths",
            f"{percent(left)} remains, for one read of the weights serves all {users}, and only "
            "a cache for each is added to it.",
        ),
        Option(
            "all of it",
            "The weights are read once for all, and this overlooks the cache that each user brings "
            "and nobody shares.",
        ),
    )
    return Choice(
        f"One user has an H100 with Llama-3.1-8B alone. Now {users} users decode at once, each "
        f"with {CONTEXT_TOKENS:,} tokens of context. "
        "What is left of the speed that each one sees, at best?",
        options,
        right=min(range(len(shares)), key=lambda k: max(shares[k] / left, left / shares[k])),
        source=computed_from("H100 SXM", "Llama-3.1-8B"),
    )


@prediction
def units() -> Choice:
    """Which of two rates is larger, when neither says whose tokens it counts?"""
    rwkv, llama = catalog.claim("C13").quantity, catalog.claim("C14").quantity
    many, few = UNSOURCED["C13"].sequences, UNSOURCED["C14"].sequences
    if not many * rwkv > few * llama > llama > rwkv:
        raise ValueError("the draft's two rates no longer make this question; ask another")
    return Choice(
        f"The draft compares RWKV, {rwkv:g} token/s at batch {many}, with LLaMA, "
        f"{llama:g} tokens/s at batch {few}. What must you know before you can say which "
        "of them makes more tokens per second?",
        (
            Option(
                "the size of LLaMA",
                "The size explains a rate and does not change which rate is larger.",
            ),
            Option(
                f"whether RWKV's {rwkv:g} is for each user",
                f"If so, it makes {many * rwkv:,.0f} in all, more than LLaMA's {llama:g} and even "
                f"more than {few * llama:,.0f}; if not, {rwkv:g} is less than either.",
            ),
            Option(
                f"whether LLaMA's {llama:g} is for each user",
                f"It is {llama:g} or {few * llama:,.0f} in all, and RWKV makes {rwkv:g} or "
                f"{many * rwkv:,.0f}, so LLaMA's unit alone never decides.",
            ),
            Option(
                f"nothing: {llama:g} is more than {rwkv:g}",
                "Figures can be compared only in the same unit, and neither names its own.",
            ),
        ),
        right=1,
        source="Claims C13 and C14 of the draft, for which we could find no source.",
    )
