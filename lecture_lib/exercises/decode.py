"""Questions on the decode step, for the chapter on the price of a token."""

from lecture_lib import catalog
from lecture_lib.decode import decode_step, most_sequences
from lecture_lib.exercises import Exercise, Prediction, Reply
from lecture_lib.serving import decode_roof
from lecture_lib.units import percent, plain

JOULES_PER_KWH = 3.6e6


def _nearest(values, value) -> int:
    """Which of the values is nearest, as a ratio."""
    return min(range(len(values)), key=lambda k: max(values[k] / value, value / values[k]))


def predict_one_user() -> Prediction:
    """How fast can one user be served, when the arithmetic would allow thousands a second?"""
    roof, shape = decode_roof("RTX 4090"), catalog.shape("Llama-2-13B")
    kept = catalog.weight_format("GPTQ 4-bit g128")
    step = decode_step(shape, roof, weight_bits=kept.bits_per_weight, table_bits=kept.table_bits)
    by_arithmetic = roof.peak_rate / step.work.flops
    most = float(step.user_rate)
    rates = [by_arithmetic, by_arithmetic / 5, most, most / 10]
    whys = [
        "That is what the arithmetic allows, if the weights came for free. "
        "They come from memory, every one of them, for every token.",
        "A fifth of the arithmetic would be a normal day for a vision model. "
        "Here arithmetic is not what one waits for.",
        f"All weights but the input table, {plain(step.work.traffic / 1e9)} GB with the cache, "
        f"pass through {plain(roof.bandwidth / 1e9)} GB/s of memory for every token.",
        "That would be the speed with the weights outside the card's memory.",
    ]
    return Prediction(
        f"An RTX 4090 calculates {plain(roof.peak_rate / 1e12)} TFLOP/s, and a token of "
        f"Llama-2-13B takes {plain(step.work.flops / 1e9)} GFLOP. "
        "How many tokens per second can one user get, with 4-bit weights?",
        tuple(Reply(f"{plain(rate, 2)} tok/s", why) for rate, why in zip(rates, whys, strict=True)),
        right=_nearest(rates, most),
    )


def predict_sharing() -> Prediction:
    """What does each user lose when 32 share the machine?"""
    roof, shape = decode_roof("H100 SXM"), catalog.shape("Llama-3.1-8B")
    alone, shared = (float(decode_step(shape, roof, sequences=n).user_rate) for n in (1, 32))
    left = shared / alone
    options = [1 / 32, 1 / 2, 0.8, 1.0]
    return Prediction(
        "One user has an H100 with Llama-3.1-8B alone. Now 32 users decode at once, each with "
        "1,024 tokens of context. What is left of the speed that each one sees, at best?",
        (
            Reply(
                "a 32nd of it",
                "That would be so if each user's token needed its own read of the weights. "
                "One read serves all 32.",
            ),
            Reply(
                "about half",
                "The weights are read once for all; what grows is the cache, and 32 short ones "
                "are small beside the weights.",
            ),
            Reply(
                "about four fifths",
                f"{percent(left)} remains: the read of the weights is shared, and only the "
                "caches, one for each user, are added to it.",
            ),
            Reply(
                "all of it",
                "Almost: the weights are read once for all. But each user brings a cache that is "
                "read for that user alone.",
            ),
        ),
        right=_nearest(options, left),
    )


def predict_units() -> Prediction:
    """Which of the draft's two headline systems gives more tokens per second?"""
    rwkv, llama = catalog.claim("C13").quantity, catalog.claim("C14").quantity
    return Prediction(
        f"The draft compares RWKV at {rwkv:g} token/s, batch 160, with LLaMA at {llama:g} "
        "tokens/s, batch 4. Which system makes more tokens per second?",
        (
            Reply(
                "RWKV",
                f"Only if both figures are for each user: {rwkv * 160:,.0f} against "
                f"{llama * 4:,.0f} in all.",
            ),
            Reply(
                "LLaMA",
                f"Only if both figures are for all users together: {llama:g} against {rwkv:g}.",
            ),
            Reply(
                "it cannot be told",
                "A rate without “for each” or “for all” says nothing, and the two systems "
                "differ in batch, model and card as well.",
            ),
        ),
        right=2,
    )


def _streamed_gigabytes(weight_bytes: float, *, tables: int = 1) -> float:
    """What a token reads of the weights, with this many of the two vocabulary tables."""
    shape = catalog.shape("Llama-3.1-8B")
    table = shape.vocabulary * shape.model_dim
    return (shape.streamed_parameters() + (tables - 1) * table) * weight_bytes / 1e9


gigabytes_per_token = Exercise(
    truth=lambda: _streamed_gigabytes(2),
    unit="GB",
    right=(
        "Every parameter but the input table, two bytes each; of that table a token looks up "
        "one row."
    ),
    mistakes={
        (
            "You counted the input table. It is looked up, one row for each token, "
            "and not read through."
        ): lambda: _streamed_gigabytes(2, tables=2),
        "That is one byte for each parameter; 16 bits are two.": lambda: _streamed_gigabytes(1),
        "That is in gigabits. A byte has eight bits.": lambda: _streamed_gigabytes(16),
        (
            "The head (hidden states to vocabulary) is a matrix like the others "
            "and is read in full."
        ): lambda: _streamed_gigabytes(2, tables=0),
    },
    tolerance=0.01,
)


CONTEXT_TOKENS = 4096  # of each user, in the exercise on the users that fit


def _users() -> int:
    shape, roof = catalog.shape("Llama-3.1-8B"), decode_roof("H100 SXM")
    return most_sequences(shape, roof, context_tokens=CONTEXT_TOKENS)


def _cache(heads: str = "kv_heads", value_bytes: int = 2) -> float:
    """One user's cache [byte], with as many heads as that field of the shape says."""
    shape = catalog.shape("Llama-3.1-8B")
    values = 2 * shape.layers * getattr(shape, heads) * shape.head_dim
    return values * value_bytes * CONTEXT_TOKENS


def _room(*, beside_weights: bool = True) -> float:
    """Memory for the caches [byte]: what the weights leave, or all of it."""
    capacity = decode_roof("H100 SXM").capacity
    return capacity - 2 * catalog.shape("Llama-3.1-8B").parameters * beside_weights


users_that_fit = Exercise(
    truth=_users,
    unit="users",
    right=(
        "Memory less the weights, divided by one user's cache: keys and values, 8 KV heads, "
        "32 layers."
    ),
    mistakes={
        (
            "You kept a cache for each of the 32 query heads. Four of them share one pair of "
            "keys and values."
        ): lambda: _room() / _cache("query_heads"),
        "The weights are in the same memory: take them off first.": lambda: (
            _room(beside_weights=False) / _cache()
        ),
        "Twice too many: keys and values are both kept, and each takes 2 bytes.": lambda: (
            _room() / _cache(value_bytes=1)
        ),
    },
    whole=True,
)


def _kilowatt_hours(tokens: float = 1e6) -> float:
    watts, rate = catalog.claim("C02").quantity, catalog.claim("C01").quantity
    return watts / rate * tokens / JOULES_PER_KWH


kilowatt_hours = Exercise(
    truth=_kilowatt_hours,
    unit="kWh",
    right=(
        "Watts divided by tokens per second are joules per token; a kilowatt-hour is "
        "3.6 million joules."
    ),
    mistakes={
        "That is for a thousand tokens.": lambda: _kilowatt_hours(tokens=1e3),
        "That is in megajoules. Divide by 3.6 to get kilowatt-hours.": lambda: (
            _kilowatt_hours() * JOULES_PER_KWH / 1e6
        ),
        (
            "You multiplied watts and tokens per second. More tokens per second make a token "
            "cheaper."
        ): lambda: (
            catalog.claim("C02").quantity * catalog.claim("C01").quantity * 1e6 / JOULES_PER_KWH
        ),
    },
)
