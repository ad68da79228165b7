"""The verdicts on narrow arithmetic: their numbers, and what would turn them over."""

from dataclasses import replace
from math import exp

import pytest

from lecture_lib import catalog
from lecture_lib.quantization.small_floats import E4M3
from lecture_lib.verdicts import findings, verdict
from lecture_lib.verdicts import floats as of_floats


def changed(monkeypatch, kind, names, **fields):
    """Lets the catalog answer with other fields for these names, for one test."""
    ask = getattr(catalog, kind)

    def answer(name):
        return replace(ask(name), **fields) if name in names else ask(name)

    monkeypatch.setattr(catalog, kind, answer)


def test_c81_counts_the_codes_that_differ():
    finding = verdict("C81").finding
    assert "of the 256 codes of E4M3, 252 mean on AMD's MI300 (FNUZ) half" in finding
    assert "240 instead of 448" in finding


def test_one_fp8_for_all_would_not_support_c81(monkeypatch):
    monkeypatch.setitem(of_floats.SMALL_FLOATS, "E4M3FNUZ", E4M3)
    assert verdict("C81").kind == "not supported"


def test_c82_counts_formats_and_their_reach():
    finding = verdict("C82").finding
    assert "8 values from a power of two to the next, and reaches from 0.00195 to 448" in finding
    assert "from 0.0000153 to 57,344" in finding
    assert "5 formats of 8 bits" in finding


def test_three_splits_would_not_support_c82(monkeypatch):
    changed(monkeypatch, "claim", {"C82"}, quantity=3)
    assert verdict("C82").kind == "not supported"


def test_c83_sets_products_beside_sums():
    finding = verdict("C83").finding
    assert "by 15.5 and 21.1 for a product" in finding
    assert "by 3.36 and 3.85 for a product, where the cells grow by 4.81" in finding
    assert "by 2.25 and 2.38 for a sum" in finding


def test_a_sum_that_grew_by_four_would_support_c83(monkeypatch):
    changed(monkeypatch, "energy", {"45nm/fp32_add", "7nm/fp32_add"}, low=2e-12)
    assert verdict("C83").kind == "supported"


def test_a_product_that_grew_by_two_would_not_support_c83(monkeypatch):
    changed(monkeypatch, "energy", {"45nm/fp32_mult"}, low=2.2e-12)
    assert verdict("C83").kind == "not supported"


def test_c84_sets_a_byte_beside_a_multiply_add():
    finding = verdict("C84").finding
    assert "2 times as fast in FP8 as in FP16 at the same 700 W" in finding
    assert "7.4 times fewer cells" in finding
    assert "saves 31.2 pJ" in finding  # 8 bits of 3.9 pJ
    assert "takes 0.5 pJ" in finding  # 0.34 + 0.16


def test_free_reading_would_support_c84(monkeypatch):
    changed(monkeypatch, "energy", {"dram/hbm2"}, low=1e-15)
    assert verdict("C84").kind == "supported"


def test_a_chip_that_is_no_faster_would_not_support_c84(monkeypatch):
    peaks = tuple(replace(p, ops_per_s=1e15) for p in catalog.device("H100 SXM").peaks)
    changed(monkeypatch, "device", {"H100 SXM"}, peaks=peaks)
    assert verdict("C84").kind == "not supported"


def test_c91_adds_multipliers_and_adders():
    finding = verdict("C91").finding
    assert "11,884 / 3,000 / 419 µm²" in finding  # 7,700 + 4,184; 1,640 + 1,360; 282 + 137
    assert "H100 SXM 989.4 / 1,979; B200 SXM 2,250 / 4,500 / 9,000" in finding


def test_eight_bits_at_the_rate_of_sixteen_would_not_support_c91(monkeypatch):
    row = catalog.device("B200 SXM")
    slow = tuple(replace(p, ops_per_s=2.25e15) if p.operands == "fp8" else p for p in row.peaks)
    changed(monkeypatch, "device", {"B200 SXM"}, peaks=slow)
    assert verdict("C91").kind == "not supported"


def test_c86_sets_fp8_beside_int8_under_the_same_scale():
    finding = verdict("C86").finding
    for name in ("E4M3 per tensor", "E5M2 per tensor", "INT8 per tensor"):
        trial = catalog.trial(f"activations {name}")
        share = 100 * (exp(trial.difference) - 1)
        said = f"{exp(trial.difference):.3g} times" if share > 50 else f"+{share:.2g} ±"
        assert said in finding


def test_activations_that_suffer_would_not_support_c86_and_c87(monkeypatch):
    names = {"activations E4M3 per tensor", "activations MXFP6 (E2M3)"}
    changed(monkeypatch, "trial", names, difference=0.1)
    assert verdict("C86").kind == "not supported"
    assert verdict("C87").kind == "not supported"


def test_c87_names_the_bits_with_scales_and_the_rates_of_chips():
    finding = verdict("C87").finding
    assert "MXFP6 (E2M3), 6.25 bits with scales" in finding
    assert "FP6 runs at 2 and 1 times FP8's rate on MI355X and B200 SXM." in finding


def test_less_perplexity_has_a_minus(monkeypatch):
    name = "activations MXFP6 (E2M3)"
    changed(monkeypatch, "trial", {name}, difference=-0.002, difference_error=0.004)
    assert of_floats.told(name) == "\u22120.2 ± 0.4 %"


def test_a_question_of_the_draft_stays_one():
    assert (
        "the draft said: Could activations be stored as FP8?\n"
        in (verdict("C86")._repr_mimebundle_()["text/plain"])
    )
    assert "as FP8? Since then: Yes" in findings("C86")._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize("claim", ["C81", "C82", "C83", "C84", "C86", "C87", "C91"])
def test_a_finding_fits_a_slide(claim):
    assert len(verdict(claim).finding) < 400
