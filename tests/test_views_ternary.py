"""The pictures of ternary weights: what was drawn, read from the artists."""

import numpy as np
import pytest
from pictures import moved_as_drawn_afresh, shown, stays_undrawn, to_draw, xy

from lecture_lib import catalog
from lecture_lib.operation_costs import without_multiplying
from lecture_lib.quantization.ternary import dense_product, packed_trits, unpacked_trits
from lecture_lib.views.ternary import energies, memory, packing, products, training, zeros
from lecture_lib.views.ternary.energies import EnergyOfAToken, joules
from lecture_lib.views.ternary.memory import WholeModel, whole_model
from lecture_lib.views.ternary.packing import FIVE, FOUR, FRACTION, TritsInAByte, packed, used_codes
from lecture_lib.views.ternary.products import ADD, LOOK_UP, MULTIPLY, ROWS, WithoutMultiplying
from lecture_lib.views.ternary.training import DRAWN, ROUNDED, TrainedBesideRounded

TQ1, I2, STILL = energies.TERNARY
LIKELIEST = next(iter(training.WRITTEN))
AS_TRAINED = "three values, as trained"
SCENES = {
    TritsInAByte: [
        {"packing": FIVE, "group": 1}, {"packing": FOUR, "group": 2},
        {"packing": FRACTION, "group": 3}, {"packing": FIVE, "group": 32},
    ],
    WithoutMultiplying: [
        {"way": MULTIPLY, "row": 1}, {"way": ADD, "row": 4}, {"way": LOOK_UP, "row": ROWS},
        {"way": ADD, "row": ROWS},
    ],
    EnergyOfAToken: [
        {"memory": "HBM2", "kept": TQ1, "users": 1}, {"memory": "DDR4", "kept": STILL, "users": 64},
        {"memory": "GDDR6", "kept": I2, "users": 4096}, {"memory": "HBM2", "kept": TQ1, "users": 8},
    ],
    WholeModel: [
        {"model": "BitNet-b1.58-2B4T", "packed": "I2_S, 2 bits", "tables": "16 bits"},
        {"model": "Gemma-3-1B", "packed": "TQ1_0, 1.6875 bits", "tables": "16 bits"},
        {"model": "Llama-3.1-405B", "packed": memory.BOUND, "tables": "6.5625 bits, Q6_K"},
        {"model": "Gemma-3-1B", "packed": "TQ2_0, 2.0625 bits", "tables": "8.5 bits, Q8_0"},
    ],
    TrainedBesideRounded: [
        {"variant": ROUNDED, "judged": "Persuasion", "writes": DRAWN},
        {"variant": AS_TRAINED, "judged": "Persuasion", "writes": LIKELIEST},
        {"variant": AS_TRAINED, "judged": "Alice", "writes": DRAWN},
        {"variant": "three values, five in a byte", "judged": "Alice", "writes": LIKELIEST},
    ],
}  # fmt: skip


@pytest.mark.parametrize("scene", SCENES)
def test_moving_from_any_state_to_any_other_gives_what_drawing_it_afresh_gives(scene):
    moved_as_drawn_afresh(scene, SCENES[scene])


@pytest.mark.parametrize("scene", SCENES)
def test_what_stays_where_it_is_is_not_drawn_again(scene):
    stays_undrawn(scene, SCENES[scene])


# trits in a byte


@pytest.mark.parametrize("name", packing.PACKINGS)
def test_every_group_of_trits_has_a_code_of_its_own(name):
    used = used_codes(name)
    assert len(used) == len(set(used)) == 3 ** packing.PACKINGS[name].trits
    assert 0 <= used[0] <= used[-1] <= 255


def test_the_codes_that_stand_for_nothing_are_where_each_packing_leaves_them():
    assert used_codes(FIVE) == tuple(range(243))
    assert all("3" not in np.base_repr(code, 4) for code in used_codes(FOUR))
    gaps = np.diff(used_codes(FRACTION))
    assert set(gaps) == {1, 2}  # thirteen single codes, spread out
    assert packing.runs([0, 1, 2, 5, 7, 8]) == [(0, 2), (5, 5), (7, 8)]


@pytest.mark.parametrize("group", [1, 7, 32])
def test_the_boxes_are_the_trits_and_the_bits_their_byte(group):
    scene, state = shown(TritsInAByte, packing=FIVE, group=group)
    assert packed_trits(state.trits[None])[0, 0] == state.byte == state.number
    drawn = [next(t for t, b in box.boxes.items() if b.get_visible()) for box in scene.trits]
    assert drawn == list(unpacked_trits(np.uint8([[state.byte]]))[0])
    assert int("".join(text.get_text() for text in scene.words), 2) == state.byte
    terms = [text.get_text().split(" × ") for text in scene.digits]
    assert sum(int(digit) * int(place) for digit, place in terms) == state.byte


def test_a_fraction_gives_its_digits_by_multiplying_with_three():
    state = packed(packing=FRACTION, group=3)
    rest, digits = state.byte, []
    for _ in range(5):
        digit, rest = divmod(rest * 3, 256)
        digits.append(digit - 1)
    assert digits == list(state.trits)


def test_bars_are_the_bits_of_the_formats():
    scene, _ = shown(TritsInAByte, packing=FOUR, group=1)
    widths = {f: [bar.get_width() / packing.OF_A_BIT for bar in b] for f, b in scene.bars.items()}
    for format, codes in (("TQ1_0", 1.6), ("TQ2_0", 2)):
        kept = catalog.weight_format(format).bits_per_weight
        assert widths[format] == pytest.approx([codes, kept])
    assert all(bar.get_visible() for bar in scene.bars["TQ2_0"])
    assert not any(bar.get_visible() for bar in scene.bars["TQ1_0"])


def test_the_widths_that_are_told_are_the_claims():
    found = {row[0].partition(":")[0]: row[3] for row in packing.stored_widths().rows}
    result = catalog.claim("C46").model.result
    assert found["the nominal widths"] == "2.53 ×"
    assert found["TQ1_0"] == f"{result['tq1']} ×"
    assert found["TQ2_0"] == f"{result['tq2']} ×"
    assert found["information, log₂ 3"] == f"{result['bound']} ×"


# products


@pytest.mark.parametrize("way", products.WAYS)
def test_every_way_comes_to_the_dense_product(way):
    trits, token = products.operands()
    scene, state = shown(WithoutMultiplying, way=way, row=ROWS)
    assert list(state.outputs) == list(dense_product(trits, token)[0])
    written = [int(text.get_text().replace("−", "-").replace(",", "")) for text in scene.outputs]
    assert written == list(state.outputs)


def test_the_terms_of_a_row_add_up_to_its_result():
    for row in range(1, ROWS + 1):
        by_adding = products.product(way=ADD, row=row)
        assert sum(term for term in by_adding.terms if term is not None) == by_adding.outputs[-1]
        looked = products.product(way=LOOK_UP, row=row)
        assert sum(total for _, total in looked.found) == looked.outputs[-1]
        assert by_adding.multiplications == looked.multiplications == 0


def test_zeros_add_nothing_and_tables_are_filled_once():
    trits, _ = products.operands()
    assert products.product(way=ADD, row=ROWS).added == np.count_nonzero(trits)
    one, two = (products.product(way=LOOK_UP, row=row).added for row in (1, 2))
    assert (one, two) == (2 * 242 + 2, 2 * 242 + 4)


def test_a_further_row_leaves_the_matrix_alone():
    scene, _ = shown(WithoutMultiplying, way=ADD, row=2)
    scene.move(products.product(way=ADD, row=3))
    assert scene.frame in to_draw(scene)
    assert not {*scene.found, *scene.brackets} & {*to_draw(scene)}


def test_the_table_counts_what_was_carried_out():
    multiply, add, look = products.three_ways().rows
    assert multiply[1] == f"{products.OUTPUTS * products.INPUTS:,}"
    assert add[1] == look[1] == "0"
    assert (
        look[2] == f"{242 * products.INPUTS // 5:,} + {products.OUTPUTS * products.INPUTS // 5:,}"
    )


# joules


def test_one_user_saves_bytes_and_thousands_save_arithmetic():
    alone = joules(memory="HBM2", kept=TQ1, users=1)
    assert alone.wide.reading / alone.wide.arithmetic == pytest.approx(125, abs=0.5)
    assert alone.saving == pytest.approx(16 / 1.6875, rel=0.01)
    beside = joules(memory="SRAM beside the adders", kept=TQ1, users=4096)
    assert beside.saving == pytest.approx(without_multiplying("7nm"), rel=0.02)


def test_additions_alone_save_less_than_a_hundredth():
    assert 1 < joules(memory="HBM2", kept=STILL, users=1).saving < 1.01


@pytest.mark.parametrize("setting", SCENES[EnergyOfAToken])
def test_marks_stand_on_lines_and_lines_above_arithmetic(setting):
    scene, state = shown(EnergyOfAToken, **setting)
    at = energies.USERS.index(setting["users"])
    for mark, line, token in zip(
        scene.marks, scene.lines, (state.wide, state.ternary), strict=True
    ):
        assert xy(mark) == pytest.approx([setting["users"], token.total])
        assert line.get_ydata()[at] == pytest.approx(token.total)
        assert (np.asarray(line.get_ydata()) > token.arithmetic).all()
        assert energies.LOW < min(line.get_ydata()) < max(line.get_ydata()) < energies.HIGH


def test_the_ratios_of_the_claim_are_in_the_table():
    table = energies.arithmetic_alone()
    assert [row[3] for row in table.rows if row[1].startswith("FP16")] == ["50 ×", "71.4 ×"]


def test_printed_energies_come_out_and_reads_change_their_order():
    rows = {row[0]: row[1:] for row in energies.published_energies().rows}
    assert len(rows) == 5
    for model, (printed, own, *_) in rows.items():
        assert printed == own or model == "BitNet-b1.58-2B4T"
    assert [rows["Llama-3.2-1B"][k] for k in (2, 4)] == ["9.2 ×", "2.1 ×"]


# whole models


@pytest.mark.parametrize("setting", SCENES[WholeModel])
def test_bars_are_bytes_to_one_scale(setting):
    scene, state = shown(WholeModel, **setting)
    for bars, parts in zip(scene.bars, (state.rival, state.ternary), strict=False):
        width = sum(bar.get_width() for bar in bars.values())
        assert width / sum(parts.values()) == pytest.approx(
            memory.LONGEST / memory.longest(setting["model"])
        )
        assert width <= memory.LONGEST * 1.0001
        assert bars["tables"].get_x() == pytest.approx(memory.LEFT + bars["layers"].get_width())


def test_a_wide_table_can_make_a_ternary_model_larger_than_q4_0():
    large = whole_model(**SCENES[WholeModel][1])
    assert large.ratio < 1
    assert "times larger" in large.says


def test_a_whole_3b_with_six_bit_tables_is_what_the_claim_says():
    setting = {"packed": "TQ1_0, 1.6875 bits", "tables": "6.5625 bits, Q6_K"}
    found = whole_model(model="Llama-3.2-3B", **setting)
    assert found.ratio == pytest.approx(catalog.claim("C46").model.result["whole_3b"], abs=0.005)


def test_every_published_row_is_in_the_table():
    assert len(memory.published_sizes().rows) == len(catalog.ternary_results())


# zeros and rounding


def test_zeros_are_those_of_the_claim():
    row = next(r for r in zeros.zeros_saved().rows if "published" in r[0])
    assert row[1:] == ("42 %", "1.561", "1.5 %", "1.58", "58 %")


def test_three_values_lose_more_than_two_bits_and_no_choice_saves_them():
    lost = {row[0]: float(row[3].rstrip(" %")) for row in zeros.rounding_lost().rows}
    best = lost["least error possible"]
    assert lost["absmean, as BitNet"] > best > lost["Q2_K"] > lost["Q4_0"] > lost["Q8_0"]
    assert best == pytest.approx(44, abs=1)


# trained beside rounded


@pytest.mark.parametrize("setting", SCENES[TrainedBesideRounded])
def test_marks_are_the_recorded_bits_of_the_variant_and_of_its_twin(setting):
    scene, _ = shown(TrainedBesideRounded, **setting)
    name, field = training.VARIANTS[setting["variant"]], training.TEXTS[setting["judged"]]
    trials = catalog.byte_trials()
    assert xy(scene.mark)[1] == getattr(trials[name], field).bits
    assert xy(scene.twin)[1] == getattr(trials[name.partition(",")[0]], field).bits
    low, high = scene.ax.get_ylim()
    assert low < xy(scene.mark)[1] < high - 0.2


def test_every_point_of_both_curves_is_in_the_picture():
    scene, _ = shown(TrainedBesideRounded, **SCENES[TrainedBesideRounded][0])
    low, high = scene.ax.get_ylim()
    for one in catalog.trainings().values():
        assert (low < training.held_out(one)).all()
        assert (training.held_out(one)[1:] < high).all()
        assert training.read_bytes(one)[-1] == pytest.approx(one.tokens / 1e6)


def test_the_words_beside_are_the_model_s_own():
    for setting in SCENES[TrainedBesideRounded]:
        scene, state = shown(TrainedBesideRounded, **setting)
        seen = [line.get_text() for line in scene.lines if line.get_visible()]
        assert " ".join(seen).split() == state.words.split()[: len(" ".join(seen).split())]
        assert all(len(line) <= training.LETTERS for line in seen)


def test_what_cannot_be_printed_is_a_dot_and_a_break_is_a_space():
    assert training.readable_bytes("a\nb\x00é~") == "a b··~"


def test_three_values_keep_when_trained_in_and_lose_when_rounded_to():
    trials = {name: trial.held_out.bits for name, trial in catalog.byte_trials().items()}
    full, lost = trials["full"], trials["full, rounded to three values"]
    assert abs(trials["ternary"] - full) < 0.1 < lost - full
    assert trials["full, rounded to 4 bits"] - full < 0.1
    assert trials["ternary, packed in TQ1_0"] == trials["ternary"]


def test_a_record_is_found_again_and_a_real_model_is_ruined():
    assert [row[2] for row in training.again().rows] == ["yes", "yes"]
    shipped, rounded, *_ = training.rounded_models().rows
    assert shipped[2].startswith("perplexity 2")
    assert "worse than guessing" in rounded[2]
    assert len(training.variants_told().rows) == len(catalog.byte_trials())
