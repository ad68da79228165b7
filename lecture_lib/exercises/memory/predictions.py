"""What to decide before the pictures of the memory wall answer."""

from statistics import median

from lecture_lib import catalog
from lecture_lib.caches import streaming_hit_rate
from lecture_lib.citations import counted_from
from lecture_lib.convolution import layer_work, net
from lecture_lib.exercises.predictions import Choice, Number, Option, prediction
from lecture_lib.serving import decode_roof
from lecture_lib.units import MEBI, plain, readable


@prediction
def per_byte() -> Number:
    """How far did compute outrun memory?"""
    rows = [row for row in catalog.history() if row.line == "data centre"]
    first, last = rows[0], max(rows, key=lambda row: row.matmul_ops_per_s)
    old, new = (row.matmul_ops_per_s / row.bandwidth for row in (first, last))
    return Number(
        f"In {first.year} a {first.name} could calculate {plain(old, 2)} FLOP in the time in which "
        f"it read one byte. How many times as many can the {last.name} of {last.year}, in "
        "its narrowest format?",
        unit="times",
        value=new / old,
        why=(
            f"Its matrix rate is {plain(last.matmul_ops_per_s / first.matmul_ops_per_s)} times as "
            f"high and its bandwidth {plain(last.bandwidth / first.bandwidth)} times, which those "
            "overlook who think of one format."
        ),
        source=counted_from(first.name, last.name),
    )


@prediction
def vision() -> Choice:
    """Do convolutions reach the peak?"""
    roof = decode_roof("H100 SXM")
    layers = [layer for layer in net("ResNet-50") if layer.kind != "pool"]
    reach = sum(layer_work(layer).intensity >= roof.ridge for layer in layers)
    share = reach / len(layers)
    middle = median(float(layer_work(layer).intensity) for layer in layers)
    shares = [1.0, 0.5, 0.06, 0.0]
    options = (
        Option(
            "nearly all of them",
            "The ridge of an H100 is overlooked, which stands at "
            f"{plain(roof.ridge)} FLOP for each byte.",
        ),
        Option(
            "about half",
            "Their maps are overlooked, which are moved as well and for one image weigh more than "
            "the kernels.",
        ),
        Option(
            "a few",
            f"Only {reach} of {len(layers)} make {plain(roof.ridge)} FLOP of each byte or more, "
            f"and half of them {plain(middle, 2)} or more, where a decode step makes 1.",
        ),
        Option(
            "none",
            "The kernels of 3 × 3 are overlooked, which use each value of a map nine times for "
            "each channel.",
        ),
    )
    return Choice(
        f"ResNet-50 has {len(layers)} layers with weights. For one image, in 16 bits, how many of "
        "them could reach the peak of an H100?",
        options,
        right=min(range(len(shares)), key=lambda k: abs(shares[k] - share)),
        source=counted_from("H100 SXM", "ResNet-50"),
    )


@prediction
def sixteen() -> Number:
    """What do sixteen vectors cost, if one read serves them all?"""
    survey, many = catalog.machine("AMD EPYC, 2 cores"), 16
    alone, together = (
        1e3 * survey.product_seconds[survey.batches.tolist().index(n)] for n in (1, many)
    )
    return Number(
        f"On a machine with two cores ({survey.cpu}) numpy multiplies a matrix of "
        f"{readable(survey.matrix_bytes, 'B')} by one vector in {plain(alone)} ms. How many ms "
        f"does it take for {many} vectors at once?",
        unit="ms",
        value=float(together),
        why=(
            f"That is {plain(together / alone, 2)} times as long for {many} times the work; a "
            "floor says as long as for one, and overlooks that from two vectors on numpy calls "
            "another routine."
        ),
        source=f"Measured on {survey.measured_on}: row {survey.name} of lecture_lib/data.",
    )


@prediction
def streamed() -> Choice:
    """What of the weights is still in the cache when the next token asks for them?"""
    cache = catalog.device("RTX 4090").l2_bytes
    kept = catalog.weight_format("GPTQ 4-bit g128").bits_per_weight
    size = catalog.shape("Llama-2-13B").parameters * kept / 8
    share = streaming_hit_rate(round(size / MEBI), round(cache / MEBI))
    shares = [1.0, cache / size, 0.0]
    return Choice(
        f"An RTX 4090 has a cache of {readable(cache, 'B')}, which drops what was used longest "
        f"ago. Each token streams {readable(size, 'B')} of weights past it. What part of them does "
        "the next token find there?",
        (
            Option("nearly all", "A cache holds no more than its size, which this overlooks."),
            Option(
                f"about {plain(100 * shares[1], 2)} %, what fits",
                "What fits is the end of the stream, and this overlooks that the next token begins "
                "with its beginning.",
            ),
            Option(
                "nothing",
                "What is asked for next was always dropped just before, although a hundredth of "
                "the weights lies in the cache at any time.",
            ),
        ),
        right=min(range(len(shares)), key=lambda k: abs(shares[k] - share)),
        source=counted_from("RTX 4090", "Llama-2-13B"),
    )
