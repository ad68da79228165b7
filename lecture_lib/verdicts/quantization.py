"""Verdicts on the draft's claims about fewer bits: what breaks, what mends it, what files keep."""

from collections.abc import Iterable

from lecture_lib import catalog
from lecture_lib.quantization.mixes import average_bits, mixed, shares
from lecture_lib.trials import grown, perplexity, published, recorded, trial, untouched
from lecture_lib.units import percent, plain
from lecture_lib.verdicts import check

MODEL = "Llama-3.1-8B"
SAME = 0.001  # bits a weight: rounding of what is published
VISION = {"Coral Edge TPU": "Coral Edge TPU", "Rockchip RK3588 (LPDDR4X)": "RK3588"}
TWO_BITS = ("Q2_K", "IQ2_XXS", "IQ1_S")


def published_bits(file: str) -> float:
    """Bits a weight of a file of MODEL, as the program's authors print them."""
    return catalog.weight_format(f"{file} file").bits_per_weight


NAIVE = "activations INT8 per tensor"
MENDED = {
    "a scale a token": "activations INT8 per token",
    "outlier channels apart": "activations INT8 per tensor, LLM.int8()",
    "E4M3 floats": "activations E4M3 per tensor",
}
DUMB = 1.5  # times the perplexity
GOOD = 1.05
SMALL = 0.1  # nats a token: about a tenth more perplexity
THREE_BITS = {
    "rounding to nearest": "weights UINT3 in 64 values",
    "GPTQ": "weights UINT3 in 64 values, GPTQ",
    "AWQ": "weights UINT3 in 64 values, AWQ",
}
LARGER = dict.fromkeys(("LLaMA-7B", "Llama-3-8B", "Llama-2-70B"), "Q3_K_S")


def listed(words: Iterable[str]) -> str:
    """The words with commas and an "and"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def times(ratio: float) -> str:
    return f"× {plain(ratio, 3 if ratio < 100 else 2)}"


def of_opt(method: str) -> float:
    """Perplexity of OPT-175B with weights and activations in 8 bits, as published."""
    rows = [row for row in catalog.perplexities() if row.model == "OPT-175B"]
    return next(row.perplexity for row in rows if method in (row.method or row.format))


@check("C24")
def fixed_point_works_when_scales_are_chosen_well():
    naive = trial(NAIVE)
    mended = {w: one.ratio for w, one in recorded(MENDED).items() if "E4M3" not in w}
    rows = [row for row in catalog.measurements() if "RK3588" in row.device]
    fixed = sorted({row.model for row in rows if "w8a8" in row.format.lower()})
    finding = (
        f"SmolLM2 with all activations in INT8: perplexity {times(naive.ratio)} with one scale for "
        "a tensor, "
        + listed(f"{times(ratio)} with {words}" for words, ratio in mended.items())
        + f". OPT-175B in INT8 throughout: {plain(of_opt('W8A8'))} naively, "
        f"{plain(of_opt('SmoothQuant'))} smoothed, {plain(of_opt('FP16'))} in FP16 (SmoothQuant). "
        f"{len(fixed)} models, {listed(fixed[-2:])} among them, were measured in W8A8 on an RK3588."
    )
    if naive.ratio < GOOD:
        return finding, "not supported", "One scale for a tensor is enough."
    if min(mended.values()) < GOOD:
        return (
            finding,
            "partly",
            "True of one scale for a tensor. A scale for each token mends it here; where outliers "
            "are of channels, smoothing or a rotation does.",
        )
    return finding, "supported", "Nothing mends it here."


@check("C25")
def vision_chips_calculate_in_8_or_4_bits():
    found = {}
    for device, name in VISION.items():
        peaks = catalog.device(device).peaks
        best = max(peak.ops_per_s for peak in peaks)
        found[name] = [p.operands for p in peaks if p.ops_per_s >= best / 2 and "int" in p.operands]
    finding = (
        "Their highest rates are "
        + listed(
            f"{' and '.join(sorted(map(str.upper, of)))} on the {name}"
            for name, of in found.items()
        )
        + "; both operands of a product have that depth."
    )
    few = all(of and {*of} <= {"int8", "int4"} for of in found.values())
    if few:
        return finding, "supported", "Vision nets live with it, as their activations are even."
    return finding, "not supported", "Their highest rates are of other formats."


@check("C26")
def naive_activations_make_a_model_dumb():
    naive, four = trial(NAIVE), trial("activations INT4 per token")
    weights = trial("weights Q8_0")
    mended = {words: one.ratio for words, one in recorded(MENDED).items()}
    finding = (
        f"SmolLM2, perplexity {plain(untouched().perplexity)}: weights alone in 8 bits "
        f"{plain(perplexity(weights))}; activations in INT8 with one scale {times(naive.ratio)}, "
        f"in INT4 with a scale a token {times(four.ratio)}. Cures of 8 bits: "
        + listed(f"{times(ratio)} with {words}" for words, ratio in mended.items())
        + "."
    )
    if naive.ratio < DUMB and four.ratio < DUMB:
        return finding, "not supported", "Naive activations cost little here."
    if min(mended.values()) < GOOD and weights.ratio < GOOD:
        return (
            finding,
            "partly",
            "It is the activations that are hard, and since 2022 it is known how to mend 8 bits.",
        )
    return finding, "supported", "And nothing mends it here."


@check("C27")
def depths_are_mixed_and_fixed():
    kept = mixed(catalog.shape(MODEL), "Q2_K")
    held = {name: share for name, share in shares(kept).items() if share > 0.001}
    average, published = average_bits(kept), published_bits("Q2_K")
    agrees = abs(average - published) < SAME
    finding = (
        f"{MODEL} as a Q2_K file: "
        + listed(f"{percent(share)} of the weights in {name}" for name, share in held.items())
        + f", {plain(average, 5)} bits on average ({plain(published, 5)} published). The recipe "
        "asks for the tensor's part and layer, when the file is written, and for nothing else."
    )
    if len(held) == 1 or not agrees:
        return finding, "not supported", "The depth is not mixed as the recipe says."
    return (
        finding,
        "partly",
        "Mixed precision with scales for each block, fixed at conversion: nothing is dynamic.",
    )


@check("C28")
def what_is_kept_wide():
    shape = catalog.shape(MODEL)
    files = {file: mixed(shape, file) for file in ("Q2_K", "Q4_K_M")}
    held = shares(files["Q4_K_M"])
    sixteen = any("F16" in shares(kept) for kept in files.values())
    head = next(one.format for one in files["Q4_K_M"] if one.part == "output")
    norms = next(one for one in files["Q4_K_M"] if one.part == "norms")
    finding = (
        f"In {MODEL} as Q4_K_M, {percent(held[head])} of the weights are kept in {head}: the "
        "output matrix, half of the value matrices and half of the MLP's last ones. "
        f"Norms, {percent(norms.parameters / shape.parameters)}, stay in {norms.format}. "
        f"{'Some' if sixteen else 'Nothing'} is kept in FP16."
    )
    if sixteen:
        return finding, "supported", "FP16 is among the formats of the file."
    if len(held) > 2:
        return finding, "partly", f"Some are kept wider, in {head} and {norms.format}, not in FP16."
    return finding, "not supported", "All is kept in one format."


@check("C29")
def below_four_bits():
    ours = {words: one.ratio for words, one in recorded(THREE_BITS).items()}
    theirs = {}
    for model, file in LARGER.items():
        theirs[model] = next(one for one in published()[model] if one.format == file)
    two = trial("weights UINT2 in 32 values")
    bits = max(one.bits for one in theirs.values())
    finding = (
        "SmolLM2's perplexity with weights in 3 bits, groups of 64: "
        + listed(f"{times(ratio)} by {words}" for words, ratio in ours.items())
        + f"; in 2 bits {times(two.ratio)}. Published, as Q3_K_S of at most {plain(bits)} bits: "
        + listed(f"{model} {grown(one.added)}" for model, one in theirs.items())
        + "."
    )
    rounded = ours["rounding to nearest"]
    larger = min(one.added for one in theirs.values())
    if rounded < DUMB:
        return finding, "not supported", "Three bits cost little here."
    if larger < SMALL:
        return (
            finding,
            "partly",
            "True of small models; some larger ones lose a tenth. It depends on size, method and "
            "training.",
        )
    return finding, "supported", "For larger models too."


@check("C85")
def files_of_two_bits():
    bits = {file: average_bits(mixed(catalog.shape(MODEL), file)) for file in TWO_BITS}
    of_8b = {one.format: one for one in published()["Llama-3-8B"]}
    wide, narrow = of_8b["Q2_K"], of_8b["IQ2_XXS, calibrated"]
    small = trial("weights Q2_K")
    finding = (
        f"Whole files of {MODEL}: "
        + listed(f"{file} {plain(found)} bits a weight" for file, found in bits.items())
        + f". Published perplexity of Llama-3-8B: Q2_K {grown(wide.added)}, IQ2_XXS "
        f"{grown(narrow.added)}. SmolLM2 with every matrix in Q2_K: {times(small.ratio)}."
    )
    if min(bits["Q2_K"], bits["IQ2_XXS"]) > 2.5:
        return finding, "not supported", "No file of two bits is coherent."
    return (
        finding,
        "partly",
        "What is called 2 bits takes 3.2; an 8B stays coherent down to 2.4, this small model does "
        "not.",
    )
