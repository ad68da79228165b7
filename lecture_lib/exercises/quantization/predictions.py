"""What to decide before the pictures of fewer bits answer."""

import numpy as np

from lecture_lib import catalog
from lecture_lib.exercises.predictions import Choice, Number, Option, prediction
from lecture_lib.quantization.errors import relative_rmse
from lecture_lib.quantization.mixes import average_bits, mixed
from lecture_lib.quantization.rounding import Grid
from lecture_lib.trials import perplexity, trial
from lecture_lib.units import count, percent, plain
from lecture_lib.views.quantization.samples import inputs_of, weights_of

GROUP = 32
SPEAKERS = {
    "weights in 8.5 bits (Q8_0)": "weights Q8_0",
    "in 4.5 (Q4_0)": "weights Q4_0",
    "in 2.6 (Q2_K)": "weights Q2_K",
    "activations in 4": "activations INT4 per token",
}
COHERENT = 2.0  # times the perplexity: what speaks still makes sentences


@prediction
def one_bit_less() -> Number:
    """What does a bit buy?"""
    weights = weights_of("embedding")
    four, three = (
        relative_rmse(weights, Grid(bits, group=GROUP).rounded(weights)) for bits in (4, 3)
    )
    return Number(
        f"Weights of a real matrix are rounded to 4 bits, a scale for each {GROUP}: the error is "
        f"{percent(four)} of the weights (root mean square). How many % is it with 3 bits?",
        unit="%",
        value=100 * three,
        why=(
            f"It is {plain(three / four, 2)} times as large: the codes reach to 3 instead of 7, so "
            f"that steps are {plain(7 / 3, 2)} times as long, where a rule of thumb says 2."
        ),
        source="Computed on weights of SmolLM2-135M-Instruct that travel with the lecture.",
    )


@prediction
def still_speaks() -> Choice:
    """Where does the model stop making sentences?"""
    found = {words: trial(name) for words, name in SPEAKERS.items()}
    ratios = [one.ratio for one in found.values()]
    speaks = sum(ratio < COHERENT for ratio in ratios)
    *most, last = (plain(perplexity(one)) for one in found.values())
    said = f"{', '.join(most)} and {last}"
    counts = (4, 3, 2, 1)
    why = {
        4: "Two of them fall apart, and this overlooks how suddenly that happens",
        3: "One that this counts is about as good as guessing among all tokens",
        2: "Weights in 8.5 and 4.5 bits speak, the others do not",
        1: "It overlooks how robust weights are, half of whose bits cost some per cent",
    }
    return Choice(
        "A model of 135 million weights is asked for the primary colours, four times: with "
        f"{', '.join(list(SPEAKERS)[:-1])} and {list(SPEAKERS)[-1]}. How many of them "
        "answer in sentences?",
        tuple(
            Option(
                ("all four", "three", "two", "one")[k],
                f"{why[n]}: perplexities of {said}." if n == speaks else f"{why[n]}.",
            )
            for k, n in enumerate(counts)
        ),
        right=counts.index(speaks),
        source="Measured: rows of lecture_lib/data/bench.toml.",
    )


@prediction
def small_values() -> Choice:
    """What does one large value leave of all the small ones?"""
    values = inputs_of("layer 11, into down").values
    largest, half = float(np.abs(values).max()), float(np.median(np.abs(values)))
    back = Grid(8, group="tensor", scale_bits=32).rounded(values)
    left = int((back != 0).sum())
    gone = 1 - left / back.size
    shares = (0.0, 0.1, 0.5, 1.0)
    return Choice(
        f"A layer reads {len(values)} tokens of {count(values.shape[1])} values each. The largest "
        f"of them is {plain(largest)}; half of all are below {plain(half, 2)}. They are kept in 8 "
        "bits, with one scale for all. What part of the values becomes zero?",
        (
            Option("none: 8 bits are plenty", "255 values are plenty only where a step is short."),
            Option("a tenth", "This overlooks how long a step is that reaches to the largest."),
            Option("half of them", "Half lie below the median, but the step is far above it."),
            Option(
                "nearly all",
                f"A step is {plain(largest / 127)}, and all but {left} of the "
                f"{count(back.size)} values lie within half of it from zero: one value takes the "
                "others' bits.",
            ),
        ),
        right=min(range(4), key=lambda k: abs(shares[k] - gone)),
        source="Computed on inputs of SmolLM2-135M-Instruct that travel with the lecture.",
    )


@prediction
def two_bit_file() -> Number:
    """What does a file take that is called after 2 bits?"""
    shape = catalog.shape("Llama-3.1-8B")
    kept = mixed(shape, "Q2_K")
    bits = average_bits(kept)
    wide = sum(one.parameters for one in kept if one.format != "Q2_K") / shape.parameters
    return Number(
        "Most weights of a file called Q2_K have codes of 2 bits. How many bits does it take for "
        f"each weight of {shape.name}, all in all?",
        unit="bits",
        value=bits,
        why=(
            f"Blocks of 2-bit codes take 2.625 with their scales, and {percent(wide)} of the "
            "weights are kept wider, which those overlook who read the name."
        ),
        source="Counted by the recipe of llama.cpp from the row of Llama-3.1-8B.",
    )
