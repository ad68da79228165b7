"""Verdicts on the draft's claims about narrow arithmetic."""

from itertools import pairwise

import numpy as np

from lecture_lib import catalog
from lecture_lib.arithmetic import OPERANDS, multiplier
from lecture_lib.operation_costs import decode_energy, operation_area, scaling
from lecture_lib.quantization.small_floats import SMALL_FLOATS
from lecture_lib.units import MINUS, TERA, percent, plain
from lecture_lib.verdicts import check

QUADRATIC = 1.6  # a power of the bits from which on one may call it the square
HARMLESS = 1.05  # of a perplexity: a model that loses less is as good as before
MORE = 1.25  # times that one may call more
PICO, MICRO = 1e-12, 1e-6


@check("C81")
def whose_formats_they_are():
    standard, own = SMALL_FLOATS["E4M3"], SMALL_FLOATS["E4M3FNUZ"]
    codes = np.arange(256)
    one, other = standard.decode(codes), own.decode(codes)
    same = int(np.sum((one == other) | (np.isnan(one) & np.isnan(other))))
    half = int(np.sum((other == one / 2) & (one != 0)))
    finding = (
        f"Decoded here: of the {len(codes)} codes of E4M3, {half} mean on AMD's MI300 (FNUZ) half "
        f"of what they mean elsewhere, and the largest value is {plain(own.largest)} instead of "
        f"{plain(standard.largest)}. NVIDIA, Arm and Intel proposed the others together in 2022, "
        "OCP made them a standard in 2023, and MI350 has them too."
    )
    if same == len(codes):
        return finding, "not supported", "There is one FP8, and everybody has it."
    return (
        finding,
        "partly",
        "The formats are common to all since 2023; only AMD had other codes, up to MI300.",
    )


@check("C82")
def fp8_is_two_formats():
    splits = {
        (kind.exponent_bits, kind.mantissa_bits)
        for name in catalog.float_formats()
        if (kind := SMALL_FLOATS[name]).bits == 8 and kind.signed
    }
    shown = []
    for name in ("E4M3", "E5M2"):
        kind = SMALL_FLOATS[name]
        shown.append(
            f"{name} has {2**kind.mantissa_bits} values from a power of two to the next, and "
            f"reaches from {plain(kind.smallest_subnormal)} to {plain(kind.largest, 5)}"
        )
    eight = [name for name in catalog.float_formats() if SMALL_FLOATS[name].bits == 8]
    finding = (
        f"{shown[0]}; {shown[1]}. With MI300's codes for both, and the scale E8M0, {len(eight)} "
        "formats of 8 bits are in use."
    )
    if len(splits) == catalog.claim("C82").quantity:
        return finding, "supported", "One split for resolution, and one for range."
    return finding, "not supported", f"There are {len(splits)} ways to split the byte."


@check("C83")
def power_is_quadratic_in_bits():
    asked = {
        ("mult", "INT8", "INT32"): ("45nm", "7nm"),
        ("mult", "FP16", "FP32"): ("45nm", "7nm"),
        ("add", "FP16", "FP32"): ("45nm", "7nm"),
    }
    found = {key: [scaling(process, *key) for process in nodes] for key, nodes in asked.items()}
    integers, floats, sums = found.values()

    def times(scaled) -> str:
        return " and ".join(plain(one.energy) for one in scaled)

    one = floats[0]
    finding = (
        "Energy grows, at 45 and at 7 nm, from INT8 to INT32 (4 times the bits) by "
        f"{times(integers)} for a product; from FP16 to FP32 (twice the bits) by {times(floats)} "
        f"for a product, where the cells grow by {plain(one.cells)} and the square of the "
        f"significands by {plain(one.significands**2)}, and by {times(sums)} for a sum. Reading "
        "grows as the bits."
    )
    products = [one.power_of_bits for one in (*integers, *floats)]
    others = [one.power_of_bits for one in sums]
    if min(products) < QUADRATIC:
        return finding, "not supported", "Products do not grow as the square."
    if min(others) < QUADRATIC:
        return (
            finding,
            "partly",
            "Nearly so for products, in the bits of the significand; sums and data movement are "
            "about linear.",
        )
    return finding, "supported", "Sums grow so as well."


@check("C84")
def fp8_cuts_power():
    row = catalog.device("H100 SXM")
    faster = row.peak("fp8").ops_per_s / row.peak("fp16").ops_per_s
    fewer = multiplier(OPERANDS["FP16"]).total / multiplier(OPERANDS["E4M3"]).total
    per_bit = catalog.energy("dram/hbm2").low
    reading, calculating = decode_energy("7nm", "FP16", 16, per_bit)
    saved = reading - decode_energy("7nm", "FP16", 8, per_bit)[0]
    finding = (
        f"An H100 calculates {plain(faster, 2)} times as fast in FP8 as in FP16 at the same "
        f"{row.power:,.0f} W, so that an operation takes at best {percent(1 / faster)} of the "
        f"energy; its multiplier alone would have {plain(fewer, 2)} times fewer cells. In decode a "
        f"byte less to read for each weight saves {plain(saved / PICO)} pJ, where the whole "
        f"multiply-add in FP16 takes {plain(calculating / PICO)} pJ."
    )
    if faster <= 1:
        return finding, "not supported", "It is no faster at the same power."
    if saved > calculating:
        return (
            finding,
            "partly",
            "Half of the energy at best for arithmetic; what decode gains, it gains by the bytes.",
        )
    return finding, "supported", "Arithmetic is what the energy goes into."


def told(name: str) -> str:
    """What a trial did to the perplexity: "+2.1 ± 0.4 %", or "2.19 times"."""
    trial = catalog.trial(name)
    if trial.ratio > 1.5:
        return f"{plain(trial.ratio)} times"
    share, error = 100 * (trial.ratio - 1), 100 * trial.ratio * trial.difference_error
    sign = "+" if share >= 0 else MINUS
    return f"{sign}{plain(abs(share), 2)} ± {plain(error, 1)} %"


@check("C86")
def activations_in_fp8():
    names = ("E4M3 per tensor", "E5M2 per tensor", "INT8 per tensor")
    trials = {name: catalog.trial(f"activations {name}") for name in names}
    finding = (
        "A small model (SmolLM2-135M) on Alice, every activation rounded under one scale for each "
        f"tensor: perplexity {told(f'activations {names[0]}')} in E4M3, "
        f"{told(f'activations {names[1]}')} in E5M2, but in INT8 "
        f"{told(f'activations {names[2]}')}. Models are trained so (DeepSeek-V3) and served so "
        "(vLLM, TensorRT-LLM)."
    )
    if trials[names[0]].ratio < HARMLESS:
        return finding, "supported", "Activations are stored and multiplied in FP8 today."
    return finding, "not supported", "A small model suffers from it."


@check("C87")
def activations_in_six_bits():
    six, whole, four = "MXFP6 (E2M3)", "INT6 per token", "NVFP4"
    rates = {}
    for chip in ("MI355X", "B200 SXM"):
        row = catalog.device(chip)
        rates[chip] = row.peak("fp6").ops_per_s / row.peak("fp8").ops_per_s
    chips, speeds = (
        " and ".join(words) for words in (rates, (plain(r, 2) for r in rates.values()))
    )
    finding = (
        f"Activations of SmolLM2-135M in {six}, "
        f"{plain(catalog.trial(f'activations {six}').bits)} bits with scales: perplexity "
        f"{told(f'activations {six}')}; in {whole} {told(f'activations {whole}')}, in {four} "
        f"{told(f'activations {four}')}. FP6 runs at {speeds} times FP8's rate on {chips}."
    )
    if catalog.trial(f"activations {six}").ratio < HARMLESS:
        return (
            finding,
            "supported",
            "Six bits do, with exponents. What they bring depends on the chip: on some they run no "
            "faster than eight.",
        )
    return finding, "not supported", "Six bits are too few, even with exponents."


@check("C91")
def narrow_numbers_fit_more_units():
    def unit(operand: str, total: str) -> float:
        return operation_area(operand, "mult") + operation_area(total, "add")

    areas = [unit("FP32", "FP32"), unit("FP16", "FP16"), unit("INT8", "INT32")]
    chips = {"H100 SXM": ("fp16", "fp8"), "B200 SXM": ("fp16", "fp8", "fp4")}
    rates = {
        name: [catalog.device(name).peak(operands).ops_per_s / TERA for operands in formats]
        for name, formats in chips.items()
    }
    sold = (
        f"{name} {' / '.join(plain(rate, 4) for rate in found)}" for name, found in rates.items()
    )
    sizes = " / ".join(f"{area / MICRO**2:,.0f}" for area in areas)
    finding = (
        f"A multiplier and an adder take {sizes} µm² in FP32 / FP16 / INT8 with sums in INT32 "
        f"(45 nm, recalled): in place of one FP32 unit fit {plain(areas[0] / areas[1], 2)} and "
        f"{plain(areas[0] / areas[2], 2)}. Chips that are sold, in TFLOP/s of FP16 / FP8 / FP4: "
        f"{'; '.join(sold)}."
    )
    steps = [wide / narrow for wide, narrow in pairwise(areas)]
    steps += [later / first for found in rates.values() for first, later in pairwise(found)]
    if min(steps) > MORE:
        return (
            finding,
            "supported",
            "In chips it is twice for half the bits, and not four times: totals, registers and "
            "wires do not shrink as multipliers do.",
        )
    return finding, "not supported", "Some narrower unit is no smaller, or not faster."
