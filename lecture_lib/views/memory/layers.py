"""Layers of vision nets and of language models under one roof, at any batch."""

from dataclasses import dataclass

import numpy as np

from lecture_lib import catalog
from lecture_lib.convolution import Layer, layer_work, net
from lecture_lib.decode import CONTEXT_TOKENS, parted_work
from lecture_lib.roofline import Roof, Work, attainable_rate
from lecture_lib.scene import State
from lecture_lib.serving import decode_roof
from lecture_lib.units import percent, plain
from lecture_lib.views.roofs import Roofs
from lecture_lib.views.style import (
    CACHE,
    EDGE,
    GREY,
    GROUND,
    MARKS,
    RIDGE,
    SOFT,
    WEIGHTS,
    LectureScene,
    Now,
    change,
    chart,
    note,
    ticks,
)

PROMPT_TOKENS = 512
NETS = {
    "AlexNet, 2012": "AlexNet (torchvision)",
    "VGG-16, 2014": "VGG-16",
    "ResNet-50, 2015": "ResNet-50",
    "MobileNetV2, 2018": "MobileNetV2",
    "YOLOv3, 2018": "YOLOv3 @416",
}
DEVICES = ("H100 SXM", "RTX 4090", "RTX 3090", "Rockchip RK3588 (LPDDR5)", "Raspberry Pi 5 (8GB)")
MODELS = ("Llama-3.1-8B", "Llama-2-7B", "Llama-3.2-1B", "Qwen3-8B")
LOW, HIGH = 0.2, 5e5  # FLOP/byte that the picture shows
KEY = 4e3  # where the key of the marks stands


def products(shape) -> tuple[Layer, ...]:
    """The matrix products of a dense language model as layers on one token: one of each kind."""
    query, kv = shape.query_heads * shape.head_dim, shape.kv_heads * shape.head_dim
    d, wide = shape.model_dim, (1 + shape.gated_mlp) * shape.mlp_dim
    sizes = {
        "queries, keys, values": (d, query + 2 * kv),
        "output": (query, d),
        "up": (d, wide),
        "down": (shape.mlp_dim, d),
        "head": (d, shape.vocabulary),
    }
    return tuple(Layer(n, "linear", rows, out, 1, 1) for n, (rows, out) in sizes.items())


@dataclass(frozen=True, eq=False)
class UnderRoof(State):
    roof: Roof
    vision: np.ndarray  # FLOP/byte of each layer
    decode: np.ndarray  # of each product
    prefill: np.ndarray
    attention: float
    step: float  # of all products of a decode step together
    batch: int


def under_roof(*, device: str, net_name: str, model: str, batch: int) -> UnderRoof:
    """Where layers stand: images, sequences or prompts, as many as the batch says, in 16 bits."""
    roof, shape = decode_roof(device), catalog.shape(model)
    layers = [layer for layer in net(net_name) if layer.kind != "pool"]
    matrices = products(shape)
    vision = np.array([layer_work(layer, batch=batch).intensity for layer in layers])
    decode = np.array([layer_work(matrix, batch=batch).intensity for matrix in matrices])
    prefill = np.array(
        [layer_work(matrix, batch=batch * PROMPT_TOKENS).intensity for matrix in matrices]
    )
    works = [layer_work(matrix, batch=batch) for matrix in matrices]
    # a head once, every other product once in each layer
    times = [shape.layers] * (len(matrices) - 1) + [1]
    whole = sum((w.repeated(n) for w, n in zip(works, times, strict=True)), start=Work(0, 0))
    step = float(whole.intensity)
    _, attention = parted_work(shape, sequences=batch)
    share = float(attainable_rate(step, roof)) / roof.peak_rate
    reach = int((vision >= roof.ridge).sum())
    says = (
        f"Batch {batch:,} on {device}: products of a decode step of {model} make {plain(step)} "
        f"FLOP of each byte, enough for {percent(share)} of the peak. The ridge is at "
        f"{plain(roof.ridge)}; {reach or 'none'} of {net_name.partition(' ')[0]}'s {len(layers)} "
        "layers could reach it."
    )
    return UnderRoof(says, roof, vision, decode, prefill, float(attention.intensity), step, batch)


class LayersUnderRoof(LectureScene):
    """A roofline with the layers of a vision net as squares and a language model's as circles."""

    state = staticmethod(under_roof)
    source = (
        f"Computed from shapes and data sheets: 16 bits, everything moved once; {CONTEXT_TOKENS:,} "
        f"tokens behind each sequence, prompts of {PROMPT_TOKENS}."
    )

    def draw(self, figure):
        self.ax = ax = chart(
            figure,
            y="share of the peak rate",
            x="arithmetic intensity, FLOP per byte moved",
            left=78,
            right=32,
        )
        ax.set(xscale="log", yscale="log", xlim=(LOW, HIGH), ylim=(5e-4, 4))
        ticks(ax.yaxis, 10.0 ** np.arange(-3, 1), ["0.1 %", "1 %", "10 %", "100 %"])
        self.roofs = Roofs(self, ax, names_zorder=9)
        self.ridge = self.moving(*ax.plot([], [], zorder=4, **RIDGE))
        marks = (
            ("s", {"ms": 7, "color": GREY, **EDGE}, "a layer of the vision net", SOFT),
            (
                "o",
                {"ms": 9, "mfc": GROUND, "mec": WEIGHTS, "mew": 2},
                "prefill, a product",
                WEIGHTS,
            ),
            ("o", {"ms": 12, "color": WEIGHTS, **EDGE}, "decode, a product", WEIGHTS),
            (MARKS[CACHE], {"ms": 9, "color": CACHE, **EDGE}, "decode, attention", CACHE),
        )
        self.groups = []
        for k, (sign, look, words, color) in enumerate(marks):
            # small squares over circles: layers that stand where a language model does are seen too
            zorder = 8.5 if sign == "s" else 5 + k
            self.groups.append(self.moving(*ax.plot([], [], sign, zorder=zorder, **look)))
            y = 10 ** (-0.55 - 0.4 * k)  # right of the slope and under the roof nothing stands
            ax.plot(KEY, y, sign, **look)
            note(ax, words, color=color, va="center").set_position((KEY * 1.35, y))
        self.now = Now(
            self, ax, 10.0 ** np.arange(6), ["1", "10", "100", "1,000", "10,000", "100,000"]
        )

    def move(self, state):
        roof = state.roof
        self.roofs.move(
            roof,
            slope=([LOW, roof.ridge], [LOW / roof.ridge, 1]),
            flat=([roof.ridge, HIGH], [1, 1]),
            names=((roof.ridge * 0.6, 0.95), (HIGH * 0.9, 1.3)),
        )
        change(self.ridge, data=([roof.ridge], [1]))
        stands = (state.vision, state.prefill, state.decode, np.array([state.attention]))
        for marks, intensity in zip(self.groups, stands, strict=True):
            change(marks, data=(intensity, attainable_rate(intensity, roof) / roof.peak_rate))
        share = float(attainable_rate(state.step, roof)) / roof.peak_rate
        self.now.move(state.step, share, f"{plain(state.step)} FLOP/B")
