"""Verdicts are worked out: what the row says of a claim and what the models find must agree."""

from dataclasses import replace

import pytest

from lecture_lib import catalog, verdicts
from lecture_lib.catalog import CatalogError
from lecture_lib.measured import all_compared, fitted, reached_shares
from lecture_lib.medium import MEDIUM
from lecture_lib.serving import decode_roof
from lecture_lib.verdicts import Verdict, findings, verdict
from lecture_lib.verdicts import attention as of_attention
from lecture_lib.verdicts import quantization as of_quantization

KIND = {
    "holds": "supported", "holds with correction": "partly", "outdated": "partly",
    "not supported": "not supported",
}  # fmt: skip
TESTED = (
    "C01", "C02", "C03", "C05", "C06", "C07", "C08", "C09", "C13", "C14",
    "C18", "C19", "C20", "C23", "C31", "C32", "C33",
    "C24", "C25", "C26", "C27", "C28", "C29", "C85",
    "C43", "C44", "C45", "C46", "C47",
    "C81", "C82", "C83", "C84", "C86", "C87", "C91",
)  # fmt: skip
CACHES = (decode_roof, all_compared, fitted, reached_shares)


@pytest.fixture
def changed(monkeypatch):
    """Changes fields of a row of the catalog, for one test: changed("device", "RTX 4090", ...)."""

    def change(kind, name, **fields):
        ask = getattr(catalog, kind)
        row = replace(ask(name), **fields)
        monkeypatch.setattr(catalog, kind, lambda asked: row if asked == name else ask(asked))
        for function in CACHES:
            function.cache_clear()

    yield change
    monkeypatch.undo()
    for function in CACHES:
        function.cache_clear()


def toy(**fields):
    claim = replace(catalog.claim("C01"), **fields)
    return Verdict(claim, "We counted.", "partly", "Say less.")


# the rows and the models


@pytest.mark.parametrize("claim", TESTED)
def test_the_models_find_what_the_row_of_the_claim_says(claim):
    found, row = verdict(claim), catalog.claim(claim)
    assert found.kind == KIND[row.verdict], (
        f"claim {claim}: data/claims.toml says {row.verdict!r}, and the models now find "
        f"{found.kind!r}: {found.finding} Correct the number that changed, or the row."
    )
    assert found.claim is row


def test_every_check_is_tested_here():
    verdict("C01")  # loads the checks
    assert sorted(verdicts.CHECKS) == sorted(TESTED)


@pytest.mark.parametrize("claim", TESTED)
def test_a_finding_and_a_correction_are_whole_sentences(claim):
    found = verdict(claim)
    for words in (found.finding, found.correction):
        assert words[0].isupper()
        assert words.endswith(".")
        assert ".." not in words
        assert "nan" not in words


def test_c01_names_the_ceiling_and_what_was_measured_below_it():
    # 1,008 GB/s over 6.92 GB; github.com/turboderp-org/exllamav2, README: 114 tok/s
    assert "allows 146 tok/s; 114 were measured on LLaMA-13B (ExLlamaV2" in verdict("C01").finding


def test_c02_divides_the_claimed_watts_by_the_claimed_rate():
    assert "At 350 W and 100 tok/s a token costs 3.5 J." in verdict("C02").finding


def test_c05_says_which_weights_it_counts():
    finding = verdict("C05").finding
    assert "after 31,378 tokens at 16 bits (31,778 if the input table is counted" in finding
    assert "8,447 at 4 bits" in finding
    assert "in a prompt of 61,951" in finding


def test_c06_names_the_bytes_of_a_layer():
    finding = verdict("C06").finding
    assert "1.34 GB a layer at 4,096 tokens, 85.9 GB at 32,768" in finding


def test_c08_tells_the_square_from_the_line():
    said = "prefill 4, stored scores 4, FlashAttention's traffic 4, what it keeps for it 2, "
    assert said in verdict("C08").finding
    assert "the KV cache 2, the FLOP of a new token's attention 2." in verdict("C08").finding


def test_c09_sets_the_measured_savings_beside_the_counted_ones():
    # Dao-AILab/flash-attention README: 10 times less memory at 2K tokens, 20 times at 4K
    finding = verdict("C09").finding
    assert "Memory 9 times less at 2,048 tokens and 17 at 4,096; " in finding
    assert "its authors measured 10 and 20." in finding
    assert "2 times less traffic, the same FLOP, the same result to rounding" in finding


# a changed number flips a verdict


def test_half_the_bandwidth_takes_the_support_from_c01(changed):
    changed("device", "RTX 4090", bandwidth=catalog.device("RTX 4090").bandwidth / 2)
    assert verdict("C01").kind == "not supported"


def test_a_claim_above_the_roof_is_not_supported(changed):
    changed("claim", "C01", quantity=150)
    assert verdict("C01").kind == "not supported"


def test_a_claim_above_what_was_measured_is_not_supported(changed):
    changed("claim", "C01", quantity=130)
    assert verdict("C01").kind == "not supported"


def test_a_card_rated_at_350_watts_would_support_c02(changed):
    changed("device", "RTX 4090", power=350)
    assert verdict("C02").kind == "supported"


def test_a_card_that_holds_one_user_would_support_c03(changed):
    changed("device", "RTX 4090", memory_bytes=int(8.4e9))
    found = verdict("C03")
    assert found.kind == "supported"
    assert "1.0 times less" in found.finding


def test_a_model_that_reads_a_million_tokens_would_support_c05(changed):
    changed("model", "Llama-2-13B", context_tokens=1_000_000)
    assert verdict("C05").kind == "supported"


def test_a_model_that_reads_8_tokens_would_not_support_c05(changed):
    changed("model", "Llama-2-13B", context_tokens=8)
    assert verdict("C05").kind == "not supported"


def test_values_that_are_left_out_would_be_noticed_in_c07(monkeypatch):
    monkeypatch.setattr(of_attention, "attention", lambda q, k, v, **_: q)
    assert verdict("C07").kind == "supported"


def test_tiles_that_give_another_result_would_not_support_c09(monkeypatch):
    monkeypatch.setattr(of_attention, "flash_attention", lambda q, *_, **__: q)
    found = verdict("C09")
    assert found.kind == "not supported"
    assert "another result" in found.finding


def test_a_claim_that_fits_other_sizes_is_found_to_do_so(changed):
    assert "for each user, only LLaMA-7B could do it" in verdict("C14").finding
    changed("claim", "C14", quantity=1e6)
    assert verdict("C14").finding.count("no size could do it.") == 2


def test_the_memory_walls_verdicts_name_the_numbers_of_the_draft_s_check():
    said = {claim: verdict(claim).finding for claim in TESTED}
    assert "AlexNet 11.7, VGG-16 112, ResNet-50 160 and YOLOv3 532" in said["C18"]
    assert "calculates 169 operations for each byte" in said["C18"]
    assert "96 % of AlexNet, 89 % of VGG-16 and 8 % of ResNet-50" in said["C19"]
    assert "94 % of the FLOP" in said["C20"]
    assert "295 sequences on the H100" in said["C23"]
    assert "164 sequences on the RTX 4090 (16 bits) and 76 sequences on the RTX 3090" in said["C23"]
    assert "matrix rate × 3.45, bandwidth × 1.72" in said["C31"]
    assert "find 0 % of the second pass" in said["C32"]
    assert (
        "13.5 GB, 155 times the 87 MB on an H100. Gemma-3-270M, 151 MB if every weight has 4.5 "
        "bits and 194 MB as Q4_0, fits" in said["C33"]
    )


def test_a_bandwidth_that_grew_less_would_support_c31(monkeypatch):
    first, *rest = (row for row in catalog.history() if row.line == "data centre")
    slow = [replace(row, bandwidth=first.bandwidth * 1.01) for row in rest]
    monkeypatch.setattr(catalog, "history", lambda: (first, *slow))
    assert verdict("C31").kind == "supported"


def test_a_die_that_holds_a_model_takes_the_support_from_c33(changed):
    changed("device", "B200 SXM", sram_bytes=14_000_000_000)
    assert verdict("C33").kind == "not supported"


def test_a_cache_as_large_as_a_model_takes_the_support_from_c32(changed):
    changed("device", "RTX 4090", l2_bytes=7_000_000_000)
    assert verdict("C32").kind == "partly"


def test_an_accelerator_with_more_bandwidth_takes_the_support_from_c23(changed):
    changed("device", "RTX 3090", bandwidth=1e14)
    assert verdict("C23").kind == "not supported"


@pytest.fixture
def tried(monkeypatch):
    """Changes fields of trials of the bench, for one test: tried("weights Q4_0", difference=0)."""
    rows = dict(catalog.trials())

    def change(name, **fields):
        rows[name] = replace(rows[name], **fields)

    monkeypatch.setattr(catalog, "trials", lambda: rows)
    monkeypatch.setattr(catalog, "trial", lambda name: rows[name])
    return change


def test_the_verdicts_on_fewer_bits_name_the_numbers_of_their_rows():
    said = {claim: verdict(claim).finding for claim in ("C24", "C25", "C26", "C27", "C28", "C85")}
    # SmoothQuant, table 3: OPT-175B on WikiText
    assert "93,100 naively, 11.1 smoothed, 11 in FP16" in said["C24"]
    assert "INT8 on the Coral Edge TPU" in said["C25"]
    assert "INT4 and INT8 on the RK3588" in said["C25"]
    assert "3.1593 bits on average (3.1593 published)" in said["C27"]
    assert "62 % of the weights in Q2_K" in said["C27"]
    assert "Nothing is kept in FP16" in said["C28"]
    assert "Q2_K 3.16 bits a weight, IQ2_XXS 2.38 bits a weight and IQ1_S 2 bits" in said["C85"]


def test_one_scale_that_costs_nothing_would_not_support_c24_and_c26(tried):
    tried("activations INT8 per tensor", difference=0.001)
    assert verdict("C24").kind == "not supported"
    tried("activations INT4 per token", difference=0.01)
    assert verdict("C26").kind == "not supported"


def test_a_cure_that_fails_would_support_c24_and_c26(tried):
    for name in of_quantization.MENDED.values():
        if name in catalog.trials():
            tried(name, difference=0.7)
    assert verdict("C24").kind == "supported"
    assert verdict("C26").kind == "supported"


def test_rounding_that_is_good_in_3_bits_would_not_support_c29(tried):
    tried("weights UINT3 in 64 values", difference=0.1)
    assert verdict("C29").kind == "not supported"


def test_a_recipe_with_one_depth_would_not_support_c27_and_c28(monkeypatch):
    plain_file = of_quantization.mixed(catalog.shape("Llama-3.1-8B"), "Q8_0")
    even = tuple(replace(one, format="Q8_0") for one in plain_file)
    monkeypatch.setattr(of_quantization, "mixed", lambda *_: even)
    assert verdict("C27").kind == "not supported"
    assert verdict("C28").kind == "not supported"


def test_parts_in_fp16_would_support_c28(monkeypatch):
    kept = of_quantization.mixed(catalog.shape("Llama-3.1-8B"), "Q2_K")
    wide = tuple(replace(one, format="F16") if one.part == "attn_v" else one for one in kept)
    monkeypatch.setattr(of_quantization, "mixed", lambda *_: wide)
    assert verdict("C28").kind == "supported"


def test_a_vision_chip_that_is_fastest_in_floats_takes_the_support_from_c25(changed):
    chip = catalog.device("Coral Edge TPU")
    changed("device", "Coral Edge TPU", peaks=(replace(chip.peaks[0], operands="fp16"),))
    assert verdict("C25").kind == "not supported"


# how it shows


def test_a_notebook_quotes_the_claim_and_the_words_are_stored():
    bundle = toy(text="All is fast")._repr_mimebundle_()
    assert bundle["text/plain"] == (
        "the draft said: All is fast.\nwe find:        We counted.\n"
        "verdict:        ≈ Partly. Say less."
    )
    assert bundle["text/markdown"] == (
        "> **the draft said** (C01): All is fast.\n>\n> **we find** (C01): We counted.\n>\n"
        "> **verdict** (C01): ≈ Partly. Say less."
    )


def test_what_a_claim_says_is_no_markup_on_a_slide(monkeypatch):
    monkeypatch.setenv(MEDIUM, "deck")
    claim = replace(catalog.claim("C01"), text="a < b & <script>")
    page = Verdict(claim, "x > y", "not supported", "<i>No</i>")._repr_mimebundle_()[0]["text/html"]
    assert "<script>" not in page
    assert "a &lt; b &amp; &lt;script&gt;." in page
    assert "x &gt; y" in page
    assert 'class="not-supported"' in page
    assert "&lt;i&gt;No&lt;/i&gt;" in page


def test_a_slide_names_the_documents_that_a_verdict_rests_on(monkeypatch):
    monkeypatch.setenv(MEDIUM, "deck")
    _, metadata = verdict("C01")._repr_mimebundle_()
    origins = "turboderp-org/exllamav2 README; geerlingguy/ai-benchmarks README"
    assert metadata == {"lecture": {"source": f"Claim C01: {origins}."}}
    _, metadata = findings("C01", "C22")._repr_mimebundle_()
    first = "C01: turboderp-org/exllamav2 README. C22: TensorRT-LLM 0.5.0 performance.md."
    assert metadata == {"lecture": {"source": first}}


def test_findings_tell_what_the_draft_said_and_what_was_found_since():
    bundle = findings("C22", "C15")._repr_mimebundle_()
    for row in (catalog.claim("C22"), catalog.claim("C15")):
        assert f"{row.id}  The draft: {row.text}. Since then: {row.found}." in bundle["text/plain"]
        assert f"- *The draft ({row.id}): {row.text}.* {row.found}." in bundle["text/markdown"]


def test_findings_are_no_markup_on_a_slide(monkeypatch):
    monkeypatch.setenv(MEDIUM, "deck")
    row = replace(catalog.claim("C22"), text="<b>", found="1 < 2")
    page = verdicts.Findings((row,))._repr_mimebundle_()[0]["text/html"]
    assert "<li><em>The draft: &lt;b&gt;.</em> 1 &lt; 2.</li>" in page


# by refusal


def test_an_unknown_claim_is_refused():
    for ask in (verdict, findings):
        with pytest.raises(CatalogError, match="no claim 'C999'"):
            ask("C999")


def test_a_claim_that_no_model_tests_is_refused_with_those_that_are_tested():
    with pytest.raises(LookupError) as refusal:
        verdict("C04")
    tested = sorted(verdicts.CHECKS)
    assert str(refusal.value) == f"no model tests claim C04 yet; there are tests of {tested}"


def test_a_verdict_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="claim C01: a verdict is one of") as refusal:
        Verdict(catalog.claim("C01"), "", "maybe", "")
    assert str(refusal.value).endswith("['supported', 'partly', 'not supported'], not 'maybe'")
