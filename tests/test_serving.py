"""The roof for decoding: 16-bit arithmetic, and the memory that holds the weights."""

from itertools import chain

import pytest

from lecture_lib import catalog
from lecture_lib.catalog import CatalogError
from lecture_lib.serving import (
    by_family,
    by_vendor,
    decode_roof,
    devices_that_decode,
    link,
    models_that_decode,
)


def test_a_card_decodes_at_its_dense_16_bit_rate_from_its_own_memory():
    # NVIDIA Ada whitepaper 2.1, appendix A: 165.2 TFLOP/s (FP32 accumulate), 1,008 GB/s, 450 W
    roof = decode_roof("RTX 4090")
    assert (roof.peak_rate, roof.bandwidth, roof.power) == (165.2e12, 1008e9, 450)
    assert (roof.name, roof.capacity) == ("RTX 4090", 24 * 2**30)


def test_a_chip_without_memory_reads_its_weights_from_sram():
    row, roof = catalog.device("Groq LPU (GroqChip1)"), decode_roof("Groq LPU (GroqChip1)")
    assert (row.memory_bytes, row.bandwidth) == (0, None)
    assert (roof.capacity, roof.bandwidth) == (row.sram_bytes, row.sram_bandwidth)


@pytest.mark.parametrize(
    ("device", "operands"),
    [("TPU v5e", "bf16"), ("Groq 3 LPU (LP30)", "fp8"), ("Coral Edge TPU", "int8")],
)
def test_a_device_without_fp16_takes_the_next_best_rate(device, operands):
    row = catalog.device(device)
    assert "fp16" not in {peak.operands for peak in row.peaks}
    assert decode_roof(device).peak_rate == row.peak(operands).ops_per_s


@pytest.mark.parametrize("device", devices_that_decode())
def test_where_the_catalog_has_a_16_bit_roof_decoding_stands_under_the_same(device):
    row = catalog.device(device)
    if row.bandwidth is None or "fp16" not in {peak.operands for peak in row.peaks}:
        return
    assert decode_roof(device) == catalog.roof(device)


def test_a_roof_with_a_capacity_holds_weights_in_the_memory_that_it_reads():
    for device in devices_that_decode():
        row, roof = catalog.device(device), decode_roof(device)
        if row.memory_bytes:
            assert (roof.capacity, roof.bandwidth) == (row.memory_bytes, row.bandwidth)


def test_every_device_decodes_or_is_refused_for_a_figure_that_nobody_published():
    listed = devices_that_decode()
    assert listed == [name for name in catalog.devices() if name in listed]
    for name in set(catalog.devices()) - set(listed):
        row = catalog.device(name)
        assert not row.peaks or not (row.bandwidth or row.sram_bandwidth)
        with pytest.raises(CatalogError, match="is not published, so no decode rate"):
            decode_roof(name)
    assert len(listed) >= 54


def test_every_model_with_a_shape_can_decode_and_no_picture_classifier_is_among_them():
    listed = models_that_decode()
    assert listed == [name for name in catalog.models() if name in listed]
    for name in set(catalog.models()) - set(listed):
        assert catalog.model(name).kind in ("vision", "hybrid")
    assert len(listed) >= 82


@pytest.mark.parametrize(
    ("device", "missing"), [("Rockchip RK1820", "bandwidth"), ("Taalas HC1", "peak rate")]
)
def test_a_figure_that_is_missing_is_named_with_the_way_out(device, missing):
    with pytest.raises(CatalogError) as refusal:
        decode_roof(device)
    assert str(refusal.value) == (
        f"{device!r}: its {missing} is not published, so no decode rate can be worked out; take "
        "another device, or add the figure and its source to data/devices.toml"
    )


def test_an_unknown_device_is_answered_with_the_nearest():
    with pytest.raises(CatalogError, match="no device 'RTX 4091'; nearest: 'RTX 4090'"):
        decode_roof("RTX 4091")


def test_a_link_sends_half_of_what_both_directions_do_and_all_of_one():
    assert link("H100 SXM").bandwidth == 450e9  # NVLink 4: 900 GB/s both ways
    assert link("RTX 4090").bandwidth == 31.5e9  # PCIe 4.0 x16, one way
    assert link("H100 SXM", 2e-6).latency == 2e-6


def test_a_device_without_known_links_has_none_to_ask_for():
    with pytest.raises(CatalogError, match="'Apple M1': its links are not published, so no exch"):
        link("Apple M1")


def test_a_menu_holds_each_device_once_under_its_vendor_and_each_model_under_its_family():
    devices, models = devices_that_decode(), models_that_decode()
    vendors, families = by_vendor(devices), by_family(models)
    assert sorted(chain(*vendors.values())) == sorted(devices)
    assert sorted(chain(*families.values())) == sorted(models)
    assert "MI300X" in vendors["AMD"]
    assert "Llama-2-7B" in families["Llama 2"]
