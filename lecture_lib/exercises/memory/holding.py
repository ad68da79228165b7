"""Exercises on memory near the arithmetic: what a cache finds, how many chips hold a model."""

from math import ceil, floor

from lecture_lib import catalog
from lecture_lib.caches import streaming_hit_rate
from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.units import count, readable


@variants((32, 40, 3), (32, 24, 5), (72, 100, 4), (256, 300, 8), (48, 30, 6), (96, 110, 10))
def megabytes_from_memory(cache: int, size: int, passes: int) -> Task:
    """What does a cache save when data stream by?"""
    found = streaming_hit_rate(size, cache, passes=passes)
    truth = size * (1 + (passes - 1) * (1 - found))
    fits = found == 1
    slips = [
        Slip(
            "all or nothing",
            size * passes if fits else size,
            "It all fits: after the first pass it is in the cache."
            if fits
            else "It does not fit: each pass reads all of it again.",
        ),
        Slip(
            "the part beyond",
            abs(size - cache) * (passes - 1) + size,
            "You kept a part of it in the cache. Follow the first block: when is it dropped, and "
            "when is it asked for?"
            if not fits
            else "Nothing is beyond the cache here.",
        ),
        Slip(
            "the first pass",
            size * (passes - 1),
            "The first pass is one of them, and finds the cache empty.",
        ),
    ]
    return Task(
        ask=(
            f"A core reads {size} MB from one end to the other, {passes} times over. Its cache "
            f"holds {cache} MB, is empty at first, and drops what was used longest ago. How many "
            "MB come from the memory behind it?"
        ),
        unit="MB",
        truth=truth,
        right="It fits and is read once." if fits else "Just too large is as bad as far too large.",
        slips=tuple(slips),
        hint="What has been dropped by the time that the first byte is asked for again?",
        solution="What fits is read once; what does not is read in every pass.",
        code=f"{size}" if fits else f"{size} * {passes}",
    )


@variants(
    ("H100 SXM", "Llama-2-7B", "16 bits"),
    ("Groq LPU (GroqChip1)", "Llama-2-70B", "8 bits"),
    ("Cerebras WSE-3", "Llama-3.1-405B", "16 bits"),
    ("B200 SXM", "Llama-3.1-8B", "8 bits"),
    ("RTX 4090", "Qwen3-8B", "4 bits"),
    ("MI300X", "Llama-2-13B", "16 bits"),
)
def chips_that_hold(chip: str, model: str, weights: str) -> Task:
    """How many chips hold a model in their own memory?"""
    shape, bits = catalog.shape(model), catalog.weight_format(weights).bits_per_weight
    room = catalog.device(chip).sram_bytes
    exactly = shape.parameters * bits / 8 / room
    truth = ceil(exactly)
    other = 8 if bits == 16 else 16
    return Task(
        ask=(
            f"{model} has {count(shape.parameters)} parameters, kept in {weights} each. The memory "
            f"on one {chip}, caches and all, is {count(room)} bytes. How many chips hold the "
            "weights?"
        ),
        unit="chips",
        truth=truth,
        right=f"The weights take {readable(shape.parameters * bits / 8, 'B')}.",
        slips=(
            Slip("rounded down", floor(exactly), "So many are just too few: round up."),
            Slip("bits for bytes", ceil(8 * exactly), "A byte has eight bits."),
            Slip(
                "bytes of a weight",
                ceil(exactly * other / bits),
                f"That is for weights of {other} bits.",
            ),
        ),
        hint="How many bytes are the weights?",
        solution="Bytes of the weights over bytes of a chip, rounded up.",
        code=f"-(-{shape.parameters:_} * {bits} // (8 * {room:_}))",
        whole=True,
    )
