"""Questions on the decode step, for the chapter on the price of a token."""

from lecture_lib import catalog
from lecture_lib.decode import CONTEXT_TOKENS, decode_step, most_sequences
from lecture_lib.exercises import Exercise, Prediction, Reply
from lecture_lib.serving import decode_roof, kept_as
from lecture_lib.units import GIGA, percent, plain, readable
from lecture_lib.views.decode.readings import UNSOURCED

JOULES_PER_KWH = 3.6e6


def _nearest(values, value) -> int:
    """Which of the values is nearest, as a ratio."""
    return min(range(len(values)), key=lambda k: max(values[k] / value, value / values[k]))


def predict_one_user() -> Prediction:
    """How fast can one user be served, when the arithmetic would allow thousands a second?"""
    roof, shape = decode_roof("RTX 4090"), catalog.shape("Llama-2-13B")
    step = decode_step(shape, roof, **kept_as("GPTQ 4-bit g128"))
    by_arithmetic = roof.peak_rate / step.work.flops
    most = float(step.user_rate)
    rates = [by_arithmetic, by_arithmetic / 5, most, most / 10]
    whys = [
        "That is what the arithmetic allows, if the weights came for free. "
        "They come from memory, every one of them, for every token.",
        "A fifth of the arithmetic would be a normal day for a vision model. "
        "Here arithmetic is not what one waits for.",
        f"All weights but the input table, {plain(step.work.traffic / 1e9)} GB with the cache, "
        f"pass through {readable(roof.bandwidth, 'B/s', 4)} of memory for every token.",
        "That would be a tenth of what the card's memory allows.",
    ]
    return Prediction(
        f"An RTX 4090 calculates {plain(roof.peak_rate / 1e12)} TFLOP/s (16 bits), and a token of "
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
        f"{CONTEXT_TOKENS:,} tokens of context. "
        "What is left of the speed that each one sees, at best?",
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
    """Which of two rates is larger, when neither says whose tokens it counts?"""
    rwkv, llama = catalog.claim("C13").quantity, catalog.claim("C14").quantity
    many, few = UNSOURCED["C13"].sequences, UNSOURCED["C14"].sequences
    if not many * rwkv > few * llama > llama > rwkv:
        raise ValueError("the draft's two rates no longer make this question; ask another")
    return Prediction(
        f"The draft compares RWKV, {rwkv:g} token/s at batch {many}, with LLaMA, "
        f"{llama:g} tokens/s at batch {few}. What must you know before you can say which "
        "of them makes more tokens per second?",
        (
            Reply(
                "the size of LLaMA",
                "The size explains a rate; it does not change which rate is larger.",
            ),
            Reply(
                f"whether RWKV's {rwkv:g} is for each user",
                f"If so, it makes {many * rwkv:,.0f} in all, more than LLaMA's {llama:g} and even "
                f"more than {few * llama:,.0f}; if not, {rwkv:g} is less than either.",
            ),
            Reply(
                f"whether LLaMA's {llama:g} is for each user",
                f"It is {llama:g} or {few * llama:,.0f} in all, and RWKV makes {rwkv:g} or "
                f"{many * rwkv:,.0f}: LLaMA's unit alone never decides.",
            ),
            Reply(
                f"nothing: {llama:g} is more than {rwkv:g}",
                "Figures can be compared only in the same unit, and neither figure names its own.",
            ),
        ),
        right=1,
    )


def _streamed(weight_bytes: float = 2, *, tables: int = 1) -> float:
    """What a token reads of the weights [byte], with this many of the two vocabulary tables."""
    shape = catalog.shape("Llama-3.1-8B")
    table = shape.vocabulary * shape.model_dim
    return (shape.streamed_parameters() + (tables - 1) * table) * weight_bytes


def _tokens_per_second(*, tables: int = 1) -> float:
    return decode_roof("H100 SXM").bandwidth / _streamed(tables=tables)


tokens_per_second = Exercise(
    truth=_tokens_per_second,
    unit="tok/s",
    right="Bandwidth divided by bytes: a floor of the time, and so a ceiling of the rate.",
    mistakes={
        "That is with the input table, which is looked up and not read through.": lambda: (
            _tokens_per_second(tables=2)
        ),
        "That is milliseconds for a token. Turn it over.": lambda: 1e3 / _tokens_per_second(),
        "That is seconds for a token. Turn it over.": lambda: 1 / _tokens_per_second(),
        "A weight in 16 bits has two bytes.": lambda: 2 * _tokens_per_second(),
    },
    tolerance=0.01,
)

gigabytes_per_token = Exercise(
    truth=lambda: _streamed() / GIGA,
    unit="GB",
    right=(
        "Every parameter but the input table, two bytes each; of that table a token looks up "
        "one row."
    ),
    mistakes={
        (
            "You counted the input table. It is looked up, one row for each token, "
            "and not read through."
        ): lambda: _streamed(tables=2) / GIGA,
        "That is one byte for each parameter; 16 bits are two.": lambda: _streamed(1) / GIGA,
        "That is in gigabits. A byte has eight bits.": lambda: _streamed(16) / GIGA,
        (
            "The head (hidden states to vocabulary) is a matrix like the others "
            "and is read in full."
        ): lambda: _streamed(tables=0) / GIGA,
    },
    tolerance=0.01,
)


LONG_CONTEXT = 4096  # tokens of each user, in the exercise on the users that fit


def _users() -> int:
    shape, roof = catalog.shape("Llama-3.1-8B"), decode_roof("H100 SXM")
    return most_sequences(shape, roof, context_tokens=LONG_CONTEXT)


def _cache(heads: str = "kv_heads", value_bytes: int = 2) -> float:
    """One user's cache [byte], with as many heads as that field of the shape says."""
    shape = catalog.shape("Llama-3.1-8B")
    values = 2 * shape.layers * getattr(shape, heads) * shape.head_dim
    return values * value_bytes * LONG_CONTEXT


def _capacity() -> float:
    return decode_roof("H100 SXM").capacity


def _weights() -> float:
    """All the weights in 16 bits [byte]."""
    return 2 * catalog.shape("Llama-3.1-8B").parameters


def _room() -> float:
    """What the weights leave for the caches [byte]."""
    return _capacity() - _weights()


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
        "The weights are in the same memory: take them off first.": lambda: _capacity() / _cache(),
        "The input table is not read for each token, but it is stored: take off all parameters.": (
            lambda: (_capacity() - _streamed()) / _cache()
        ),
        "The card's 80 GB are 80 GiB: 80 * 2**30 bytes.": lambda: (
            (80 * GIGA - _weights()) / _cache()
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
