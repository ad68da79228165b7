"""Verdicts on the draft's claims about the memory wall."""

from math import ceil

from lecture_lib import catalog
from lecture_lib.caches import streaming_hit_rate
from lecture_lib.convolution import net, net_work, total, weight_reuse
from lecture_lib.decode import resident_bytes
from lecture_lib.growth import fit_growth, year_of
from lecture_lib.serving import bits_of
from lecture_lib.transformer import parameters_by_part, prefill_flops_by_part
from lecture_lib.units import MEBI, count, percent, plain, readable
from lecture_lib.verdicts import check

OFTEN = 10  # a weight that serves so many multiply-adds is no longer the price of them
MOST = 0.9  # a share from which on one may say "almost only"
SAME = 1.1  # growth within a tenth is the same growth
NETS = ("AlexNet (torchvision)", "VGG-16", "ResNet-50")
ONE_DIE = ("H100 SXM", "RTX 4090", "B200 SXM")


def listed(words) -> str:
    """The words with commas and an "and"."""
    *most, last = words
    return f"{', '.join(most)} and {last}"


def four_bits(model: str, block: str) -> float:
    """A model's size [byte] with every parameter in blocks of this format."""
    return catalog.shape(model).parameters * catalog.weight_format(block).bits_per_weight / 8


@check("C18")
def convolutions_reuse_their_weights():
    reuse = {name.partition(" ")[0]: weight_reuse(net(name)) for name in (*NETS, "YOLOv3 @416")}
    work = net_work(net("ResNet-50"), weight_bytes=1, value_bytes=1)
    finding = (
        "Multiply-adds that one image makes for each parameter: "
        f"{listed(f'{name} {plain(times)}' for name, times in reuse.items())}; a language model's "
        f"decode step makes 1. With 8-bit numbers ResNet-50 calculates {plain(work.intensity)} "
        "operations for each byte, if every map goes to memory and back."
    )
    if min(reuse.values()) >= OFTEN:
        return finding, "supported", "The same kernel serves every point of a map."
    return finding, "not supported", "These nets use a weight too rarely."


@check("C19")
def fully_connected_layers_are_large():
    shares = {
        name.partition(" ")[0]: total(net(name), "parameters", "linear")
        / total(net(name), "parameters")
        for name in NETS
    }
    work = total(net(NETS[0]), "multiply_adds", "linear") / total(net(NETS[0]), "multiply_adds")
    finding = (
        "Fully connected layers hold "
        f"{listed(f'{percent(share)} of {name}' for name, share in shares.items())} by parameters, "
        f"but only {percent(work)} of AlexNet's multiply-adds."
    )
    if max(shares.values()) < 0.5:
        return finding, "not supported", "They are not large in these nets."
    return (
        finding,
        "partly",
        "They are large. But LeCun's papers argue first from what a picture is, the same anywhere "
        "on it, and from fewer free parameters; that it is cheaper came with it.",
    )


@check("C20")
def language_models_are_fully_connected():
    shape, tokens = catalog.shape("Llama-2-13B"), 2048
    parts = prefill_flops_by_part(shape, tokens, causal=False)
    weights = sum(parts[p] for p in ("attention projections", "mlp", "head"))
    share = weights / sum(parts.values())
    held = parameters_by_part(shape)
    matrices = (held["attention"] + held["mlp"] + held["head"]) / shape.parameters
    finding = (
        f"In a prompt of {count(tokens)} tokens {percent(share)} of the FLOP of {shape.name} are "
        f"products with weights, the rest is attention, itself matrix products. "
        f"{percent(matrices)} of its parameters are such matrices."
    )
    if share >= MOST:
        return (
            finding,
            "supported",
            "A decode step for one user is matrix times vector; a prompt or a batch is matrix "
            "times matrix.",
        )
    return finding, "not supported", "Attention takes too large a part."


@check("C23")
def accelerators_are_meant_for_batches():
    asked = (("H100 SXM", "fp8", 1), ("RTX 4090", "fp16", 2), ("RTX 3090", "fp16", 2))
    needed = {}
    for device, operands, weight_bytes in asked:
        row = catalog.device(device)
        needed[device] = row.peak(operands).ops_per_s / row.bandwidth * weight_bytes / 2
    finding = (
        "Products reach the peak from "
        + listed(
            f"{round(batch)} sequences on the {device} ({8 * size} bits)"
            for (device, batch), (_, _, size) in zip(needed.items(), asked, strict=True)
        )
        + f"; one sequence can use {percent(1 / max(needed.values()))} to "
        f"{percent(1 / min(needed.values()))} of it."
    )
    if min(needed.values()) >= OFTEN:
        return (
            finding,
            "supported",
            "Attention has an intensity of its own, which no batch raises.",
        )
    return finding, "not supported", "Small batches reach the peak."


@check("C31")
def memory_grows_slower_than_compute():
    rows = [row for row in catalog.history() if row.line == "data centre"]
    years = [year_of(row.released) for row in rows]
    keys = ("matmul_ops_per_s", "bandwidth", "fp32_ops_per_s")
    matrix, memory, vector = (
        fit_growth(years, [getattr(row, key) for row in rows]).factor for key in keys
    )
    per_byte = [row.fp32_ops_per_s / row.bandwidth for row in rows]
    finding = (
        f"NVIDIA's data-centre parts, {rows[0].year} to {rows[-1].year}, in two years: best matrix "
        f"rate × {plain(matrix)}, bandwidth × {plain(memory)}, FP32 × {plain(vector)}. FP32 stayed "
        f"at {plain(min(per_byte), 2)} to {plain(max(per_byte), 2)} FLOP for each byte."
    )
    if matrix < memory * SAME:
        return finding, "not supported", "Compute does not grow faster."
    if vector < memory * SAME:
        return (
            finding,
            "partly",
            "True of matrix units and narrow formats, which make the whole gap; in one format and "
            "without them, bandwidth kept up.",
        )
    return finding, "supported", "In every format."


@check("C32")
def caches_were_the_answer():
    cache = catalog.device("RTX 4090").l2_bytes
    model = four_bits("Llama-2-13B", "GPTQ 4-bit g128")
    blocks, room = ceil(model / MEBI), cache // MEBI
    found, small = streaming_hit_rate(blocks, room), streaming_hit_rate(room, room)
    finding = (
        f"Carried out, in blocks of 1 MiB: {readable(blocks * MEBI, 'B')} of weights streamed "
        f"twice past the {readable(cache, 'B')} cache of an RTX 4090 find {percent(found)} of the "
        f"second pass there; what fits is found to {percent(small)}."
    )
    if found < 0.01 and small > 0.99:
        return (
            finding,
            "supported",
            "They answered for what is used again soon. Decoding for one user has nothing of the "
            "kind; prefetching hides latency, and adds no bandwidth.",
        )
    return finding, "partly", "Here a cache would help decoding too."


@check("C33")
def no_model_fits_into_sram():
    shape = catalog.shape("Llama-2-7B")
    stored = 2 * shape.parameters
    dies = {name: catalog.device(name).sram_bytes for name in ONE_DIE}
    wafer, small = catalog.device("Cerebras WSE-3"), catalog.shape("Gemma-3-270M")
    few = four_bits("Gemma-3-270M", "Q4_0")
    file = resident_bytes(small, **bits_of("Q4_0"))  # which keeps its table in more bits
    least = catalog.device("MI300X").sram_bytes
    finding = (
        f"{shape.name} in 16 bits takes {readable(stored, 'B')}, {ceil(stored / dies['H100 SXM'])} "
        f"times the {readable(dies['H100 SXM'], 'B')} on an H100. {small.name}, "
        f"{readable(few, 'B')} if every weight has 4.5 bits and {readable(file, 'B')} as Q4_0, "
        f"{'fits' if file <= least else 'does not fit'} an MI300X; a WSE-3 "
        f"holds {plain(wafer.sram_bytes / 2e9, 2)} billion weights."
    )
    if stored <= max(dies.values()):
        return finding, "not supported", "It fits one die."
    if file <= least or stored <= wafer.sram_bytes:
        return (
            finding,
            "partly",
            "Not on one ordinary die from 7B on. Small models fit, and wafers hold larger ones.",
        )
    return finding, "supported", "Nothing holds it."
