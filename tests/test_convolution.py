"""Vision nets: small layers by hand, and the sums of the five nets against the catalog."""

import numpy as np
import pytest

from lecture_lib import catalog
from lecture_lib.convolution import (
    NETS,
    Layer,
    activations,
    chain,
    conv,
    depthwise,
    layer_work,
    linear,
    net,
    net_work,
    peak_activations,
    pool,
    total,
    weight_reuse,
)

each_net = pytest.mark.parametrize("name", NETS)


@each_net
def test_the_sums_over_the_layers_are_the_catalogs_figures(name):
    layers, row = net(name), catalog.model(name)
    counted = {
        "parameters": total(layers, "parameters"),
        "conv_parameters": total(layers, "parameters", "convolution"),
        "fc_parameters": total(layers, "parameters", "linear"),
        "multiply_adds": total(layers, "multiply_adds"),
        "conv_multiply_adds": total(layers, "multiply_adds", "convolution"),
        "fc_multiply_adds": total(layers, "multiply_adds", "linear"),
        "activations": activations(layers),
        "peak_activations": peak_activations(layers),
    }
    assert counted == {key: row.figures[key] for key in counted}
    assert counted["parameters"] == row.published_parameters
    assert sum(layer.kind != "pool" for layer in layers) == row.dimensions["layers"]
    assert {type(number) for number in counted.values()} == {int}


def test_there_is_a_net_for_each_vision_row():
    assert set(NETS) == {m.name for m in catalog.models().values() if m.kind == "vision"}


def test_a_convolution_by_hand():
    # 2 channels of 5 × 5 to 3 channels of 3 × 3, by kernels of 3 × 3 without padding
    (layer,) = chain((2, 5), conv(3, 3, pad=0, per_channel=1))
    assert (layer.weights, layer.parameters) == (54, 57)
    assert (layer.reuse, layer.multiply_adds) == (9, 486)
    assert (layer.input_values, layer.output_values) == (50, 27)
    work = layer_work(layer, batch=4, weight_bytes=2, value_bytes=1)
    assert (work.flops, work.traffic) == (2 * 4 * 486, 2 * 57 + 4 * 77)


def test_a_depthwise_convolution_has_one_kernel_for_each_channel():
    (layer,) = chain((8, 4), depthwise(3))
    assert (layer.weights, layer.multiply_adds, layer.out_channels) == (72, 72 * 16, 8)


def test_a_linear_layer_uses_each_weight_once_for_an_image():
    layers = chain((2, 3), linear(5))
    assert (layers[0].weights, layers[0].parameters, layers[0].reuse) == (90, 95, 1)
    assert weight_reuse(layers, batch=7) == pytest.approx(7 * 90 / 95)


def test_a_pool_keeps_nothing_and_calculates_nothing():
    (layer,) = chain((4, 6), pool(2, 2))
    assert (layer.parameters, layer.multiply_adds, layer.out_side) == (0, 0, 3)
    assert layer_work(layer).traffic == 2 * (4 * 36 + 4 * 9)


@each_net
def test_a_net_is_the_sum_of_its_layers_and_its_batch_shares_the_weights(name):
    layers = net(name)
    one, many = net_work(layers), net_work(layers, batch=np.array([1, 64]))
    assert one.flops == 2 * total(layers, "multiply_adds") == many.flops[0]
    assert many.flops[1] == 64 * one.flops
    weights = 2 * total(layers, "parameters")
    assert many.traffic[1] - weights == 64 * (one.traffic - weights)
    assert many.intensity[1] > many.intensity[0]


def test_a_weight_serves_as_often_as_a_map_has_points():
    # facts of the field, rounded: multiply-adds for each parameter, one image
    reuse = {name.split(" ")[0]: round(weight_reuse(net(name)), 1) for name in NETS}
    assert reuse == {
        "AlexNet": 11.7, "VGG-16": 111.8, "ResNet-50": 160.0, "MobileNetV2": 85.8, "YOLOv3": 531.6,
    }  # fmt: skip


def test_an_unknown_net_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="no vision net 'LeNet'; there are AlexNet"):
        net("LeNet")


def test_groups_that_do_not_divide_the_channels_are_refused():
    with pytest.raises(ValueError, match="3 groups do not divide 4 channels"):
        Layer("odd", "convolution", 4, 6, 5, 5, 3, groups=3)


@pytest.mark.parametrize("side", [0, -1, 2.5])
def test_a_map_without_points_is_refused(side):
    with pytest.raises(ValueError, match="in_side must be a whole number, 1 or more"):
        Layer("none", "convolution", 1, 1, side, 1)


def test_a_batch_below_one_is_refused():
    with pytest.raises(ValueError, match="batch must be 1 or more"):
        net_work(net("AlexNet (torchvision)"), batch=0)
