"""Exercises on the two roofs: intensity, the batch that reaches the peak, the time of a product."""

from lecture_lib import catalog
from lecture_lib.convolution import chain, conv, layer_work
from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.serving import decode_roof
from lecture_lib.survey import VALUE_BYTES
from lecture_lib.units import GIGA, TERA, count, plain, readable


@variants(
    (3, 64, 128, 112), (3, 512, 512, 28), (1, 256, 64, 56), (3, 512, 512, 14), (1, 512, 2048, 7),
    (5, 64, 192, 27),
)  # fmt: skip
def flops_for_a_byte(kernel: int, channels: int, out: int, side: int) -> Task:
    """What does a convolution calculate for each byte?"""
    (layer,) = chain((channels, side), conv(out, kernel, per_channel=0))
    truth = float(layer_work(layer).intensity)
    weights, reuse = layer.weights, layer.reuse
    return Task(
        ask=(
            f"A convolution with kernels of {kernel} × {kernel} makes {count(out)} maps of "
            f"{side} × {side} points from {count(channels)} maps of the same size. Weights and "
            "values have 16 bits, and everything is moved once: the weights, the maps that go in, "
            "the maps that come out. How many FLOP is that for each byte, for one image?"
        ),
        unit="FLOP",
        truth=truth,
        right=f"Each weight serves {count(reuse)} points, and the maps are moved as well.",
        slips=(
            Slip(
                "MAC for FLOP",
                truth / 2,
                "That counts multiply-adds (MAC). Each is two operations (FLOP).",
            ),
            Slip(
                "values for bytes",
                2 * truth,
                "That is for each value moved. A value of 16 bits has two bytes.",
            ),
            Slip(
                "no maps",
                float(reuse),
                "You moved the weights alone. The maps go in and come out, too.",
            ),
            Slip(
                "one way",
                weights * reuse / (weights + layer.input_values),
                "You moved the maps that go in. Those that come out are written as well.",
            ),
        ),
        hint="First the weights: kernel points times channels in times channels out.",
        solution="Every weight is used at every point; then divide by all that is moved.",
        code=(
            f"2 * {kernel}**2 * {channels} * {out} * {side}**2 / "
            f"(2 * ({kernel}**2 * {channels} * {out} + ({channels} + {out}) * {side}**2))"
        ),
    )


@variants(
    ("H100 SXM", "8 bits"), ("RTX 4090", "16 bits"), ("RTX 3090", "16 bits"), ("L40S", "8 bits"),
    ("RTX 5090", "4 bits"), ("A100 SXM 80GB", "4 bits"),
)  # fmt: skip
def sequences_for_the_peak(device: str, weights: str) -> Task:
    """How many sequences keep the arithmetic busy?"""
    roof, bits = decode_roof(device), catalog.weight_format(weights).bits_per_weight
    exactly = roof.peak_rate * bits / 8 / (2 * roof.bandwidth)
    slips = [
        Slip(
            "MAC for FLOP",
            2 * exactly,
            "A weight that is read is multiplied and added for each sequence: two operations.",
        ),
        Slip("bits for bytes", 8 * exactly, "You read bits where the device reads bytes."),
        Slip("turned over", 1 / exactly, "That is less than one sequence. Turn the fraction over."),
    ]
    if bits == 4:
        slips.append(Slip("bytes of a weight", 4 * exactly, "That is for weights of two bytes."))
    return Task(
        ask=(
            f"The {device} calculates {plain(roof.peak_rate / TERA, 6)} TFLOP/s and reads "
            f"{readable(roof.bandwidth, 'B/s', 4)}. Its weights are kept in {weights} and used in "
            "products that run at that rate. How many sequences must share a read of the weights "
            "until the arithmetic takes as long as the read (rounded down; their caches set aside)?"
        ),
        unit="sequences",
        truth=int(exactly),
        right="The ridge of the roofline, in sequences.",
        slips=tuple(slips),
        hint="How long is one weight read, and how long do its two operations take?",
        solution="Peak times bytes for a weight, over two operations times the bandwidth.",
        code=f"{roof.peak_rate / TERA:.6g}e12 * {bits} / 8 // (2 * {roof.bandwidth / GIGA:.6g}e9)",
        whole=True,
    )


@variants(*(("AMD EPYC, 2 cores", batch) for batch in (1, 4, 32, 64, 128, 256)))
def milliseconds_of_a_product(machine: str, batch: int) -> Task:
    """How long does a batch take at least?"""
    survey = catalog.machine(machine)
    side = survey.matrix_side
    roof = survey.roof
    bandwidth, peak = (float(f"{v / GIGA:.3g}") for v in (roof.bandwidth, roof.peak_rate))
    reading = side**2 * VALUE_BYTES / (bandwidth * GIGA) * 1e3
    calculating = 2 * side**2 * batch / (peak * GIGA) * 1e3
    truth = max(reading, calculating)
    took = survey.product_seconds[survey.batches.tolist().index(batch)] * 1e3
    slips = [
        Slip(
            "the other roof",
            min(reading, calculating),
            "That is the shorter of the two. The longer one is what must be waited for.",
        ),
        Slip(
            "the sum",
            reading + calculating,
            "That is the sum. A floor lets reading and calculating go on at the same time.",
        ),
    ]
    if calculating > reading:
        slips.append(
            Slip(
                "MAC for FLOP",
                truth / 2,
                "You counted multiply-adds (MAC). Each is two operations (FLOP).",
            )
        )
        code = f"2 * {side}**2 * {batch} / {peak:g}e9 * 1e3"
    else:
        slips.append(
            Slip(
                "values for bytes",
                truth / VALUE_BYTES,
                "You read one byte for a number, and 32 bits are four.",
            )
        )
        code = f"{side}**2 * {VALUE_BYTES} / {bandwidth:g}e9 * 1e3"
    return Task(
        ask=(
            f"A machine ({machine}) reads {bandwidth:g} GB/s and calculates {peak:g} GFLOP/s. A "
            f"matrix of {count(side)} × {count(side)} numbers of 32 bits is multiplied by "
            f"{batch} vector{'s' * (batch > 1)}; what the vectors move is small. How many ms does "
            "it take at least?"
        ),
        unit="ms",
        truth=truth,
        right=f"On that machine numpy took {plain(took)} ms.",
        slips=tuple(slips),
        hint="Work out both times, for reading the matrix and for the arithmetic.",
        solution="The longer of bytes over bandwidth and operations over the peak.",
        code=code,
    )
