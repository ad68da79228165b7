"""Vision nets layer by layer: what each layer keeps, calculates and moves."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache

from lecture_lib.dimensions import require_whole
from lecture_lib.roofline import Work
from lecture_lib.units import packed, quantity

INPUT_CHANNELS = 3
CLASSES = 1000


@dataclass(frozen=True)
class Layer:
    """One layer on square maps. A linear layer is a convolution of a map of one point.

    ValueError for a dimension that is not a whole number, or groups that do not divide channels.
    """

    name: str
    kind: str  # "convolution", "linear" or "pool"
    in_channels: int
    out_channels: int
    in_side: int
    out_side: int
    kernel: int = 1
    groups: int = 1  # as many as channels: depthwise
    per_channel: int = 0  # parameters of an output channel besides weights: 1 bias, 2 batch norm

    def __post_init__(self):
        sizes = {f.name: int(f.name != "per_channel") for f in fields(self) if f.type is int}
        require_whole(self, sizes)
        for channels in (self.in_channels, self.out_channels):
            if channels % self.groups:
                raise ValueError(
                    f"{self.name}: {self.groups} groups do not divide {channels} channels; "
                    "take a divisor"
                )

    @property
    def weights(self) -> int:
        """Weights of the kernels: count."""
        if self.kind == "pool":
            return 0
        return self.out_channels * self.in_channels // self.groups * self.kernel**2

    @property
    def parameters(self) -> int:
        """Weights, biases and the two of batch norm: count."""
        return self.weights + self.per_channel * self.out_channels

    @property
    def reuse(self) -> int:
        """Multiply-adds in which one weight serves, for one image: the points of the output map."""
        return self.out_side**2

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds for one image: count."""
        return self.weights * self.reuse

    @property
    def input_values(self) -> int:
        return self.in_channels * self.in_side**2

    @property
    def output_values(self) -> int:
        return self.out_channels * self.out_side**2


def layer_work(layer: Layer, *, batch=1, weight_bytes=2, value_bytes=2) -> Work:
    """Work of one layer on so many images: 2 FLOP for a multiply-add, everything moved once.

    Parameters are read once for the whole batch; each image's input is read, its output written.
    A lower bound of the traffic: a cache that is too small moves some of it again.
    """
    batch = quantity(f"{layer.name}: batch", batch, least=1)
    weight_bytes = quantity(f"{layer.name}: weight_bytes", weight_bytes)
    value_bytes = quantity(f"{layer.name}: value_bytes", value_bytes)
    moved = batch * (layer.input_values + layer.output_values)
    return Work(
        2 * batch * layer.multiply_adds, weight_bytes * layer.parameters + value_bytes * moved
    )


def net_work(layers: tuple[Layer, ...], *, batch=1, weight_bytes=2, value_bytes=2) -> Work:
    """Work of a whole net, layer after layer: every map goes to memory and comes back."""
    settings = {"batch": batch, "weight_bytes": weight_bytes, "value_bytes": value_bytes}
    works = [layer_work(layer, **settings) for layer in layers]
    return sum(works[1:], start=works[0])


def weight_reuse(layers: tuple[Layer, ...], *, batch=1):
    """Multiply-adds per parameter of a net, for so many images at once."""
    batch = quantity("batch", batch, least=1)
    return packed(batch * (total(layers, "multiply_adds") / total(layers, "parameters")))


def total(layers: tuple[Layer, ...], count: str, kind: str | None = None) -> int:
    """The sum of a count over the layers, or over those of one kind."""
    return sum(getattr(layer, count) for layer in layers if kind in (None, layer.kind))


def activations(layers: tuple[Layer, ...]) -> int:
    """Values of the image and of every layer's output: count."""
    return layers[0].input_values + total(layers, "output_values")


def peak_activations(layers: tuple[Layer, ...]) -> int:
    """Values that go into and come out of the one layer where that is most: count."""
    return max(layer.input_values + layer.output_values for layer in layers)


# -- building a net ---------------------------------------------------------------------------

Shape = tuple[int, int]  # channels, side of the map
Step = Callable[[Shape], Layer]


def conv(out, kernel, stride=1, *, pad=None, groups=1, per_channel=2) -> Step:
    """A convolution, padded to keep the map's size unless told, with a batch norm unless told."""
    pad = kernel // 2 if pad is None else pad

    def build(shape: Shape) -> Layer:
        channels, side = shape
        after = (side + 2 * pad - kernel) // stride + 1
        name = f"{kernel}×{kernel} {'depthwise' if groups == channels > 1 else 'conv'}, {out}"
        return Layer(name, "convolution", channels, out, side, after, kernel, groups, per_channel)

    return build


def depthwise(kernel, stride=1) -> Step:
    """A convolution of each channel by itself."""
    return lambda shape: conv(shape[0], kernel, stride, groups=shape[0])(shape)


def pool(kernel, stride, pad=0) -> Step:
    """The largest or the mean of a window."""

    def build(shape: Shape) -> Layer:
        channels, side = shape
        after = (side + 2 * pad - kernel) // stride + 1
        return Layer("pool", "pool", channels, channels, side, after, kernel)

    return build


def linear(out) -> Step:
    """A fully connected layer on all values of the map."""
    return lambda shape: Layer(
        f"linear, {out}", "linear", shape[0] * shape[1] ** 2, out, 1, 1, per_channel=1
    )


def chain(shape: Shape, *steps: Step) -> tuple[Layer, ...]:
    """The layers of these steps, each on the output of the one before."""
    layers = ()
    for step in steps:
        layers += (step(shape),)
        shape = ends_at(layers)
    return layers


def ends_at(layers: tuple[Layer, ...]) -> Shape:
    return layers[-1].out_channels, layers[-1].out_side


def classifier(shape: Shape) -> tuple[Layer, ...]:
    """A linear layer on the mean of each channel, which is taken on the way."""
    return chain((shape[0], 1), linear(CLASSES))


# -- the five nets ----------------------------------------------------------------------------


def alexnet() -> tuple[Layer, ...]:
    def plain(*sizes, **pads):
        return conv(*sizes, **pads, per_channel=1)

    return chain(
        (INPUT_CHANNELS, 224),
        plain(64, 11, 4, pad=2), pool(3, 2), plain(192, 5), pool(3, 2),
        plain(384, 3), plain(256, 3), plain(256, 3), pool(3, 2),
        linear(4096), linear(4096), linear(CLASSES),
    )  # fmt: skip


def vgg16() -> tuple[Layer, ...]:
    steps = []
    for channels, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        steps += [conv(channels, 3, per_channel=1)] * depth + [pool(2, 2)]
    return chain((INPUT_CHANNELS, 224), *steps, linear(4096), linear(4096), linear(CLASSES))


def resnet50() -> tuple[Layer, ...]:
    layers = chain((INPUT_CHANNELS, 224), conv(64, 7, 2), pool(3, 2, pad=1))
    for inner, depth, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(depth):
            shape, by = ends_at(layers), stride if block == 0 else 1
            shortcut = chain(shape, conv(4 * inner, 1, by)) if block == 0 else ()
            layers += shortcut
            layers += chain(shape, conv(inner, 1), conv(inner, 3, by), conv(4 * inner, 1))
    return layers + classifier(ends_at(layers))


def mobilenet_v2() -> tuple[Layer, ...]:
    layers = chain((INPUT_CHANNELS, 224), conv(32, 3, 2))
    for widen, out, depth, stride in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
        (6, 320, 1, 1),
    ):  # fmt: skip
        for block in range(depth):
            shape, by = ends_at(layers), stride if block == 0 else 1
            wide = [conv(widen * shape[0], 1)] if widen > 1 else []
            layers += chain(shape, *wide, depthwise(3, by), conv(out, 1))
    layers += chain(ends_at(layers), conv(1280, 1))
    return layers + classifier(ends_at(layers))


def yolov3(side: int = 416) -> tuple[Layer, ...]:
    """Darknet-53 and its three heads; routes and upsampling calculate nothing and are left out."""
    layers, ends = chain((INPUT_CHANNELS, side), conv(32, 3)), []
    for channels, depth in ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)):
        layers += chain(ends_at(layers), conv(channels, 3, 2))
        for _ in range(depth):
            layers += chain(ends_at(layers), conv(channels // 2, 1), conv(channels, 3))
        ends.append(ends_at(layers))
    shape = ends.pop()
    for inner in (512, 256, 128):
        pair = [conv(inner, 1), conv(2 * inner, 3)]
        neck = chain(shape, *pair, *pair, conv(inner, 1))
        layers += neck + chain(ends_at(neck), conv(2 * inner, 3), conv(255, 1, per_channel=1))
        if inner > 128:  # on to the next finer map, beside what came from there
            layers += chain(ends_at(neck), conv(inner // 2, 1))
            channels, side = ends.pop()
            shape = (channels + inner // 2, side)
    return layers


NETS: dict[str, Callable[[], tuple[Layer, ...]]] = {
    "AlexNet (torchvision)": alexnet,
    "VGG-16": vgg16,
    "ResNet-50": resnet50,
    "MobileNetV2": mobilenet_v2,
    "YOLOv3 @416": yolov3,
}  # named as in the catalog


@cache
def net(name: str) -> tuple[Layer, ...]:
    """The layers of the net of this name. ValueError, listing the names, for any other."""
    if name not in NETS:
        raise ValueError(f"no vision net {name!r}; there are {', '.join(NETS)}")
    return NETS[name]()
