"""The byte models: what is stored and recorded, and that our own forward pass finds it again."""

import numpy as np
import pytest

from lecture_lib import byte_models, catalog, lm, texts
from lecture_lib.lm import gguf
from lecture_lib.quantization import ggml, ternary

# BLAS adds in another order elsewhere, and inputs of 8 bits turn that into a step now and then.
AGREES = 0.002  # bits per byte

trainings, trials = catalog.trainings(), catalog.byte_trials()


@pytest.fixture(scope="module")
def losses():
    """Of each variant, on the beginning of the text held out."""
    text = texts.persuasion()[: byte_models.BEGINNING]
    return {name: byte_models.losses(name, text) for name in byte_models.VARIANTS}


@pytest.mark.parametrize("twin", byte_models.TWINS)
def test_a_checkpoint_is_small_and_of_the_size_that_its_record_says(twin):
    file, model = byte_models.path(twin), byte_models.load(twin)
    assert file.stat().st_size < 4_000_000
    assert model.shape.parameters == trainings[twin].parameters
    assert sum(weights.size for weights in model.weights.values()) == trainings[twin].parameters
    assert model.context == trainings[twin].context


def test_the_twins_differ_in_nothing_but_their_weights():
    full, ternary_twin = map(byte_models.load, byte_models.TWINS)
    assert full.shape.sub_norms
    assert ternary_twin.shape.sub_norms
    for name, weights in full.weights.items():
        assert ternary_twin.weights[name].shape == weights.shape
    full, three = (trainings[twin] for twin in byte_models.TWINS)
    same = ("text", "text_bytes", "tokens", "steps", "windows", "context", "parameters", "seed")
    for field in (*same, "peak_rate", "machine", "versions", "pairs"):
        assert getattr(full, field) == getattr(three, field), field


def test_the_ternary_twin_has_three_values_a_matrix_and_the_full_one_thousands():
    full, three = map(byte_models.load, byte_models.TWINS)
    for name in three.matrices:
        trits, scale = byte_models.trits(three.weights[name])
        assert set(np.unique(trits)) == {-1, 0, 1}
        assert set(np.unique(three.weights[name])) == {-scale, 0, scale}
        assert len(np.unique(full.weights[name])) > 1000


def test_a_third_of_the_trained_trits_are_zero_as_of_any_bell_curve():
    full, three = map(byte_models.load, byte_models.TWINS)
    trained = np.concatenate(
        [byte_models.trits(three.weights[name])[0].ravel() for name in three.matrices]
    )
    rounded = np.concatenate(
        [ternary.absmean(full.weights[name])[0].ravel() for name in full.matrices]
    )
    assert np.mean(trained == 0) == pytest.approx(0.3397, abs=1e-4)
    assert np.mean(rounded == 0) == pytest.approx(0.3241, abs=1e-4)
    assert ternary.entropy(trained) == pytest.approx(1.5848, abs=1e-4)


def test_weights_of_more_than_three_values_have_no_trits():
    with pytest.raises(ValueError, match="take ternary"):
        byte_models.trits(byte_models.load("full").weights["blk.0.attn_q.weight"])


def test_rounding_what_is_ternary_keeps_its_trits_and_spoils_its_scale():
    weights = byte_models.load("ternary").weights["blk.1.ffn_up.weight"]
    trits, scale = byte_models.trits(weights)
    again, gamma = ternary.absmean(weights)
    np.testing.assert_array_equal(again, trits)
    assert gamma == pytest.approx(scale * np.count_nonzero(trits) / trits.size)


@pytest.mark.parametrize("format", ["TQ1_0", "TQ2_0"])
def test_packing_trained_trits_loses_nothing(format):
    model = byte_models.load("ternary")
    for name in model.matrices:
        weights = model.weights[name]
        np.testing.assert_array_equal(ggml.format(format).rounded(weights), weights)
        np.testing.assert_array_equal(weights.astype(np.float16), weights)


def test_the_stored_bytes_are_those_that_are_counted():
    for twin in byte_models.TWINS:
        tensors = gguf.read(byte_models.path(twin)).tensors
        stored = sum(tensors[name].stored.nbytes for name in byte_models.load(twin).matrices)
        assert byte_models.variant(twin).matrix_bytes == stored
    packed = {name: byte_models.variant(name).matrix_bytes for name in byte_models.VARIANTS}
    assert packed["full"] / packed["ternary"] == 16 / 2.0625
    assert packed["full"] / packed["ternary, packed in TQ1_0"] == 16 / 1.6875


def test_every_variant_has_its_row_and_every_row_its_variant():
    assert set(trials) == set(byte_models.VARIANTS)
    for name, row in trials.items():
        taken = byte_models.variant(name)
        assert (row.format, row.matrix_bytes) == (taken.format, taken.matrix_bytes)
        assert row.beside in trials


def test_the_curve_ends_near_what_the_forward_pass_finds():
    """The trainer looked at 32 windows all over the text held out, we at what travels of it."""
    for twin in byte_models.TWINS:
        last = trainings[twin].curve[-1]
        assert last.step == trainings[twin].steps
        assert last.held_out == pytest.approx(trials[twin].held_out.bits, abs=0.15)


@pytest.mark.parametrize("name", byte_models.VARIANTS)
def test_a_loss_is_found_again(name, losses):
    assert losses[name].mean() == pytest.approx(trials[name].beginning, abs=AGREES)


def test_rounding_the_full_twin_costs_much_and_training_with_three_values_does_not(losses):
    pair = lm.compare(losses["full, rounded to three values"], losses["full"])
    assert pair.difference > 3 > 20 * pair.error
    assert losses["full, rounded to three values"].mean() > trainings["full"].pairs
    other = lm.compare(losses["full, put into TQ2_0"], losses["full"])
    assert 1 < other.difference < pair.difference
    assert abs(losses["ternary"].mean() - losses["full"].mean()) < 0.1


def test_packing_changes_no_loss_at_all(losses):
    np.testing.assert_array_equal(losses["ternary, packed in TQ1_0"], losses["ternary"])


def test_inputs_of_8_bits_are_no_loss_to_either(losses):
    for name, beside in (
        ("full, inputs of 8 bits", "full"),
        ("ternary", "ternary, inputs not rounded"),
    ):
        assert abs(lm.compare(losses[name], losses[beside]).difference) < 0.01


def test_eight_bits_leave_the_cache_alone_and_round_what_enters_a_matrix():
    values = np.array([[1, 0.3, -0.004]], np.float32)
    assert byte_models.eight_bits("blk.0.cache_k", values) is values
    np.testing.assert_allclose(
        byte_models.eight_bits("blk.0.attn_q.weight", values), [[1, 38 / 127, -1 / 127]], rtol=1e-6
    )


def test_a_text_is_read_as_the_twins_read_theirs():
    assert byte_models.as_read("A Title\n\nOne.\n\nTwo.\n") == "A Title\nOne.\nTwo.\n"
    assert byte_models.as_read(texts.persuasion()) == texts.persuasion()


def test_what_was_said_is_said_again_at_first():
    """The likeliest byte is the same everywhere until two are almost equally likely."""
    for twin in byte_models.TWINS:
        row = trials[twin]
        begin = len(row.prompt) + 12
        assert byte_models.says(twin, row.prompt, 12) == row.says[:begin]


def test_a_continuation_ends_where_the_context_does():
    prompt = "a" * (byte_models.load("full").context - 2)
    assert len(byte_models.says("full", prompt, 40).encode()) <= len(prompt) + 2


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (byte_models.path, "there is no twin 'half'; take one of 'full', 'ternary'"),
        (byte_models.variant, "there is no 'half'; take one of 'full', 'full, inputs of 8 bits', "),
    ],
)
def test_an_unknown_name_is_refused_in_a_sentence(ask, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        ask("half")
