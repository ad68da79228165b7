"""Questions: every one in the package is found by walking, and its key is computed afresh."""

import ast
import importlib
import itertools
import math
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lecture_lib import catalog, exercises
from lecture_lib.decode import decode_step
from lecture_lib.exercises import (
    Choice,
    Exercise,
    Number,
    Prediction,
    Slip,
    Task,
    check,
    decode,
    memory,
    predict,
    ternary,
    variants,
)
from lecture_lib.exercises import attention as attention_questions
from lecture_lib.exercises import quantization as quantization_questions
from lecture_lib.exercises.answers import UNITS, Reading, read
from lecture_lib.exercises.checks import PREFIXES, TOLERANCE, judge, near
from lecture_lib.exercises.predictions import LETTERS, revealed
from lecture_lib.exercises.quantization import grids as quantization_grids
from lecture_lib.quantization.ggml import FORMATS
from lecture_lib.quantization.rounding import Grid
from lecture_lib.serving import decode_roof, kept_as
from lecture_lib.units import GIBI, GIGA

ROOT = Path(__file__).parents[1]


def found(kind: type) -> dict[str, object]:
    """Every question of this kind in the package: topic.name -> question."""
    questions = {}
    for module in pkgutil.walk_packages(exercises.__path__, f"{exercises.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, kind) and value not in questions.values():
                questions[f"{module.name.removeprefix(f'{exercises.__name__}.')}.{name}"] = value
    return questions


EXERCISES, PREDICTIONS = found(Exercise), found(Prediction)
TASKS = {f"{name}-{k}": e.task(k) for name, e in EXERCISES.items() for k in range(len(e.settings))}
ASKED = {name: p.ask() for name, p in PREDICTIONS.items()}
CHOICES = {name: q for name, q in ASKED.items() if isinstance(q, Choice)}
NUMBERS = {name: q for name, q in ASKED.items() if isinstance(q, Number)}


def each(table):
    return pytest.mark.parametrize("one", table.values(), ids=list(table))


TOY = Task(
    ask="How much?",
    unit="GB",
    truth=10.4,
    right="Well done.",
    slips=(Slip("half", 5.2, "That is half."), Slip("twice", 20.8, "That is twice.")),
    hint="Think.",
    solution="Count.",
    code="10.4",
)
PREFIX = "✕ Not yet. You are off by a factor of {}: look at the prefix of the unit."
WAY = "✕ Not yet. That is {}, and not by a slip we know: write the units beside each step."


# an exercise by hand


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (10.4, "right", "✓ Right. Well done."),
        (10.49, "right", "✓ Right. Well done."),
        (10, "right", "✓ Right. Well done."),
        ("10 GB", "right", "✓ Right. Well done."),
        ("10400 MB", "right", "✓ Right. Well done."),
        ("9.7 GiB", "right", "✓ Right. Well done."),  # 9.686, in two digits
        (10.2, "wrong", WAY.format("too small")),  # more digits, and they are not the truth's
        (11, "wrong", WAY.format("too large")),
        (5.2, "wrong", "✕ Not yet. That is half."),
        ("5.2 GB", "wrong", "✕ Not yet. That is half."),
        (21, "wrong", "✕ Not yet. That is twice."),
        ("10.4 GiB", "wrong", "✕ Not yet. The number is right in GB, and you wrote GiB."),
        ("10.4 Gbit", "wrong", "✕ Not yet. The number is right in GB, and you wrote Gbit."),
        (10_400, "wrong", PREFIX.format("1,000")),
        (1.04e-2, "wrong", PREFIX.format("1,000")),
        (1.04e7, "wrong", PREFIX.format("a million")),
        (1.04e-8, "wrong", PREFIX.format("a thousand million")),
        (0, "wrong", WAY.format("too small")),
        (-10.4, "wrong", WAY.format("too small")),
        (..., "unread", "There is no answer yet: write a number in GB."),
        (None, "unread", "The answer is None: does a function of yours forget to return?"),
        (True, "unread", "An answer is one number in GB, and this is True."),
        ("15 parsecs", "unread", "'parsecs' is no unit known here: write the number in GB."),
        (np.array([1.0]), "unread", "An answer is one number in GB, and this is array([1.])."),
    ],
)
def test_an_answer_gets_the_sentence_that_is_meant_for_it(answer, kind, words):
    reply = judge(TOY, answer)
    assert (reply.says, reply.kind) == (words, kind)


@pytest.mark.parametrize(
    ("number", "value", "stands"),
    [(13, 12.5, True), (12, 12.5, True), (12, 12.51, False), (10, 9.96, True), (9.9, 9.96, True),
     (1, 1.04, True), (1, 1.06, False), (120, 124, True), (100, 124, False), (-13, -12.9, True)],
)  # fmt: skip
def test_two_digits_stand_for_what_rounds_to_them(number, value, stands):
    assert near(Reading(number, "GB"), value) is stands


def test_a_count_is_exact_but_for_what_stands_after_the_point():
    assert near(Reading(130.9, "users"), 130, whole=True)
    assert not near(Reading(131, "users"), 130, whole=True)
    assert not near(Reading(129.9, "users"), 130, whole=True)


@pytest.mark.parametrize("variant", [-1, 2, "0", 1.0, True, None])
def test_a_variant_that_there_is_not_is_refused_in_one_sentence(variant):
    twice = variants((1,), (2,))(lambda number: TOY)
    with pytest.raises(ValueError, match=rf"from 0 to 1, not {re.escape(repr(variant))}"):
        twice.task(variant)


# the exercises of the chapters


def test_there_are_exercises_and_each_has_the_name_that_it_is_called_by():
    assert len(EXERCISES) >= 7
    assert all(name.endswith(f".{exercise.name}") for name, exercise in EXERCISES.items())


@each(EXERCISES)
def test_an_exercise_has_variants_and_no_two_are_the_same(one):
    tasks = [one.task(k) for k in range(len(one.settings))]
    assert len({task.ask for task in tasks}) == len(tasks) >= 4
    assert len({round(task.truth, 6) for task in tasks}) > len(tasks) / 2


@each(TASKS)
def test_the_right_answer_is_accepted_as_it_is_and_rounded(one):
    digits = range(2, 6) if not one.whole else [17]
    for answer in [one.truth, *(float(f"{one.truth:.{d}g}") for d in digits)]:
        assert judge(one, answer).kind == "right", answer
        assert judge(one, f"{answer!r} {one.unit}").kind == "right"


@each(TASKS)
def test_the_worked_solution_leads_to_the_truth_with_the_numbers_of_the_question(one):
    ast.parse(one.code, mode="eval")
    value = eval(one.code, {"__builtins__": {}})
    assert value == pytest.approx(one.truth, rel=1e-9)
    assert judge(one, value).kind == "right"
    said = {number.rstrip(".").replace(",", "") for number in re.findall(r"\d[\d,.]*", one.ask)}
    for number in re.findall(r"(?<![\w.*])\d[\d_.]{2,}(?![\w.]*e)", one.code):
        digits = number.replace("_", "")
        assert digits in said or digits in {"1024"}, f"{digits} is not in: {one.ask}"


@each(TASKS)
def test_each_slip_gets_its_own_hint_also_rounded(one):
    assert len(one.slips) >= 3
    assert len({slip.hint for slip in one.slips}) == len(one.slips)
    for slip in one.slips:
        answers = [slip.value] if one.whole else [slip.value, float(f"{slip.value:.3g}")]
        for answer in answers:
            assert judge(one, answer).says == f"✕ Not yet. {slip.hint}", slip.kind


@each(TASKS)
def test_no_answer_can_be_two_things_at_once(one):
    values = {"the truth": one.truth, **{f"{s.kind}: {s.hint}": s.value for s in one.slips}}
    scales = {1.0} | {2**30 / GIGA for unit in [one.unit] if UNITS.get(unit, [0])[0] == "data"}
    for (first, a), (second, b) in itertools.combinations(values.items(), 2):
        for x, y, scale in itertools.product((a, b), (a, b), scales):
            if x != y or a == b:
                for answer in probes(x / scale, one.whole):
                    both = near(Reading(answer, one.unit, scale), y, one.whole)
                    assert not both, f"{answer} is {first} and {second}"


def probes(value: float, whole: bool) -> list[float]:
    """What is accepted for the value: itself, the ends of the tolerance, and two digits of it."""
    if whole:
        return [value, math.floor(value)]
    return [value, value * (1 - TOLERANCE), value * (1 + TOLERANCE), float(f"{value:.2g}")]


@each(TASKS)
def test_a_wrong_prefix_is_named_unless_it_is_a_slip_of_its_own(one):
    for power in (by for p, _ in PREFIXES for by in (p, 1 / p)):
        answer = Reading(one.truth * power, one.unit)
        known = [s.hint for s in one.slips if near(answer, s.value, one.whole)]
        if not (one.whole and power < 1):  # less than one user is none
            says = judge(one, answer.number).says
            assert (known[0] if known else "look at the prefix of the unit") in says


@each(TASKS)
def test_a_stub_is_told_what_is_asked_for(one):
    assert judge(one, ...).says == f"There is no answer yet: write a number in {one.unit}."


@each(TASKS)
def test_a_task_says_its_unit_and_all_its_words(one):
    assert one.ask.endswith("?")
    word = {"tok/s": "tokens per second"}.get(one.unit, one.unit)
    assert re.search(rf"How many {re.escape(word)}\b", one.ask)
    assert one.unit in UNITS or one.whole
    assert one.truth > 0
    for words in (one.right, one.hint, one.solution, *(slip.hint for slip in one.slips)):
        assert words.strip().endswith((".", "?")), words
    assert not re.search(r"\b(nan|inf|None)\b|\.\.|  ", f"{one}".replace("table_bits=None", ""))


def named(setting: tuple) -> list[str]:
    """What a question must say of its setting: each device, model, format and length in it."""
    rows = {row.name: row for row in catalog.measurements()}
    words = []
    for part in setting:
        if part in rows:
            words += [rows[part].device, rows[part].model, f"{rows[part].tokens_per_s:g}"]
        else:
            words.append(f"{part:,}" if isinstance(part, int) else part)
    return words


@each(EXERCISES)
def test_a_question_names_all_that_it_was_set(one):
    for k, setting in enumerate(one.settings):
        for words in named(setting):
            assert words.lower() in one.task(k).ask.lower()


@pytest.mark.parametrize(
    "kind",
    ["heads for kv_heads", "bits for bytes", "GB for GiB", "MAC for FLOP", "scale bits forgotten"],
)
def test_each_of_the_usual_slips_has_an_exercise(kind):
    assert any(slip.kind == kind for task in TASKS.values() for slip in task.slips)


# their truths, by hand


def test_the_gigabytes_are_those_of_every_parameter_but_the_input_table():
    # meta-llama/Llama-3.1-8B: 8,030,261,248 parameters, tables of 128,256 x 4,096
    truth = 2 * (8_030_261_248 - 128_256 * 4096) / 1e9
    assert decode.gigabytes_per_token.task(0).truth == pytest.approx(truth)


def test_the_users_are_what_80_gib_hold_beside_16_gb_of_weights():
    cache = 2 * 32 * 8 * 128 * 2 * 4096
    assert decode.users_that_fit.task(0).truth == (80 * 2**30 - 2 * 8_030_261_248) // cache


def test_a_million_tokens_at_350_watts_and_100_a_second_are_just_under_a_kilowatt_hour():
    assert decode.kilowatt_hours.task(0).truth == pytest.approx(350 / 100 * 1e6 / 3.6e6)


def test_131072_tokens_of_llama_31_8b_take_16_gib():
    assert decode.gibibytes_of_cache.task(0).truth == 16


def test_a_token_calculates_twice_for_each_parameter_and_reads_the_rate_off_the_memory():
    # meta-llama/Llama-3.2-3B ties its tables: 3,212,749,824 parameters, all passed
    assert decode.gigaflops_per_token.task(0).truth == pytest.approx(2 * 3.212749824)
    assert decode.tokens_per_second.task(1).truth == pytest.approx(1.008e12 / 2 / 3_212_749_824)


def test_a_file_in_groups_of_128_holds_4_bits_and_20_for_each_group():
    tables = 2 * 32_000 * 5120
    bits = (13_015_864_320 - tables) * (4 + 20 / 128) + tables * 16
    assert decode.file_gigabytes.task(0).truth == pytest.approx(bits / 8e9)
    kept = catalog.weight_format("GPTQ 4-bit g128")
    assert kept.bits_per_weight == pytest.approx(4 + 20 / 128, rel=1e-3)


def test_the_scores_of_32_heads_at_32768_tokens_take_68_gigabytes():
    truth = attention_questions.gigabytes_of_scores.task(1).truth
    assert truth == pytest.approx(32 * 32_768**2 * 2 / 1e9)


def test_a_row_of_maximum_3_is_scaled_down_by_4_under_a_maximum_of_5():
    assert attention_questions.running_sum.task(0).truth == 12 / 4 + 7


def test_32_blocks_of_queries_read_the_keys_and_values_32_times():
    truth = attention_questions.megabytes_in_tiles.task(0).truth
    assert truth == pytest.approx((2 + 2 * 32) * 4096 * 128 * 2 / 1e6)


def test_a_causal_prompt_of_4096_tokens_takes_6_9_teraflops_of_attention_in_a_13b():
    truth = attention_questions.teraflops_of_attention.task(0).truth
    assert truth == pytest.approx(40 * 40 * 128 * 4 * 4096 * 4097 / 2 / 1e12)


def test_of_48_layers_40_keep_a_window_of_1024_tokens():
    # google/gemma-3-12b: 8 KV heads of 256, every sixth layer looks back all the way
    truth = attention_questions.gigabytes_with_windows.task(0).truth
    assert truth == pytest.approx((8 * 32_768 + 40 * 1024) * 2 * 8 * 256 * 2 / 1e9)


def test_a_13b_reads_less_cache_than_weights_up_to_31377_tokens():
    assert attention_questions.tokens_of_equal_reads.task(0).truth == 31_377


def test_a_ternary_matrix_of_11008_by_4096_takes_54_bytes_for_256_weights():
    truth = ternary.megabytes_of_a_matrix.task(0).truth
    assert truth == pytest.approx(4096 * 11_008 * 54 / 256 / 1e6)


def test_the_ternary_file_of_2_4_billion_weights_is_half_a_table():
    # config.json of bitnet-b1.58-2B-4T: 128,256 tokens of width 2,560, layers of 69,468,160
    layers, table = 30 * 69_468_160, 128_256 * 2560
    norms = 30 * (3 * 2560 + 6912) + 2560
    truth = ternary.gigabytes_of_a_file.task(0).truth
    assert truth == pytest.approx((layers / 4 + table * 2 + norms * 4) / 1e9)


def test_1384_tables_are_filled_once_and_read_2560_times():
    assert ternary.additions_by_table.task(0).truth == 1384 * 242 + 1384 * 2560


def test_a_ternary_token_of_a_7b_takes_44_millijoules():
    truth = ternary.millijoules_of_a_token.task(0).truth
    assert truth == pytest.approx(6_738_415_616 * (1.6875 * 3.9 + 0.007) * 1e-9)


def test_a_bitmap_and_the_signs_of_58_in_a_hundred():
    truth = ternary.megabytes_of_a_bitmap.task(0).truth
    assert truth == pytest.approx(4096**2 * 1.58 / 8e6)


@each(
    {
        f"{k}": setting
        for k, setting in enumerate(
            {*decode.users_that_fit.settings, *decode.tokens_per_second.settings}
        )
    }
)
def test_a_model_that_is_asked_about_fits_its_device(one):
    device, model = one[:2]
    roof = decode_roof(device)
    assert roof.capacity / GIBI == int(roof.capacity / GIBI)
    assert 2 * catalog.shape(model).parameters < roof.capacity


# predictions


def test_there_are_predictions_of_both_kinds_and_each_has_its_name():
    assert CHOICES
    assert NUMBERS
    assert all(name.endswith(f".{question.name}") for name, question in PREDICTIONS.items())


def one_sentence(words: str) -> bool:
    return (
        words.endswith(".")
        and not re.search(r"[.?!] ", words)
        and words[0].isupper() | (words[0].isdigit())
    )


@each(CHOICES)
def test_each_option_has_its_own_words_and_its_own_reason(one):
    assert 0 <= one.right < len(one.options) <= len(LETTERS)
    assert len({option.words for option in one.options}) == len(one.options) >= 2
    assert len({option.why for option in one.options}) == len(one.options)
    assert all(one_sentence(option.why) for option in one.options)


@each(CHOICES)
def test_a_choice_is_answered_with_its_own_reason_and_the_right_letter(one):
    truth = f"{LETTERS[one.right]}, {one.options[one.right].words}."
    for letter, option in zip(LETTERS, one.options, strict=False):
        for written in (letter, f" {letter.lower()} "):
            reply = one.judge(written)
            right = letter == LETTERS[one.right]
            said = (
                f"✓ Right: {truth} {option.why}"
                if right
                else f"✕ Not so. {option.why} It is {truth}"
            )
            assert (reply.kind, reply.says) == ("right" if right else "wrong", said)
    assert revealed(one).says == f"It is {truth} {one.options[one.right].why}"


@pytest.mark.parametrize(
    "answer", ["", "Z", "AB", "130", 0, 1.5, math.nan, True, ["A"], np.array(["A", "B"])]
)
def test_what_is_no_letter_of_a_choice_gets_one_sentence(answer):
    reply = decode.sharing.ask().judge(answer)
    assert reply.kind == "unread"
    assert re.fullmatch(r"Choose one of A, B, C or D, not .*\.", reply.says)


@each(NUMBERS)
def test_a_number_is_judged_as_a_ratio(one):
    truth = f"the models say {one.truth}. {one.why}"
    assert one_sentence(one.why)
    for factor in (1, 1.09, 1 / 1.09):
        reply = one.judge(one.value * factor)
        assert (reply.kind, reply.says) == ("right", f"✓ Right: {truth}")
    for factor, words in ((1.5, "1.5 times too large"), (1 / 1.9, "1.9 times too small")):
        reply = one.judge(f"{one.value * factor!r} {one.unit}")
        assert (reply.kind, reply.says) == ("close", f"≈ Close, {words}: {truth}")
    for factor, words in ((48, "48 times too large"), (1e-3, "1,000 times too small")):
        reply = one.judge(one.value * factor)
        assert (reply.kind, reply.says) == ("wrong", f"✕ {words}: {truth}")
    assert revealed(one).says == f"It is {one.truth}. {one.why}"
    assert read(one.truth, one.unit).value == pytest.approx(one.value, rel=0.005)


@pytest.mark.parametrize(
    "answer", ["", "abc", "15 parsecs", math.nan, math.inf, True, [1], np.arange(3), 0, -5, "-5"]
)
def test_what_is_no_number_for_a_prediction_gets_one_sentence(answer):
    reply = decode.one_user.ask().judge(answer)
    assert reply.kind == "unread"
    assert re.search(r"in tok/s|in tok/s or with its unit", reply.says)


def apart(values, right) -> float:
    """How far the nearest other value is from the right one, as a ratio."""
    others = [v for k, v in enumerate(values) if k != right]
    return min(max(v / values[right], values[right] / v) for v in others)


def test_the_rate_of_one_user_is_the_computed_one_and_the_arithmetic_is_far_from_it():
    one, roof = decode.one_user.ask(), decode_roof("RTX 4090")
    step = decode_step(catalog.shape("Llama-2-13B"), roof, **kept_as("GPTQ 4-bit g128"))
    assert one.value == step.user_rate
    arithmetic = roof.peak_rate / step.work.flops
    assert one.judge(arithmetic).says.startswith("✕ 48 times too large: the models say 130 tok/s.")


def test_one_layer_of_a_13b_would_store_86_gigabytes_of_scores():
    assert attention_questions.scores_of_a_layer.ask().value == pytest.approx(85.9, rel=1e-3)


def test_tiles_save_traffic_and_nothing_of_the_arithmetic():
    asked = attention_questions.saved_by_tiles.ask()
    assert asked.truth.startswith("B, traffic")
    assert "it moves 2 times fewer bytes" in asked.why


def test_the_largest_model_keeps_the_smallest_cache():
    asked = attention_questions.smallest_cache.ask()
    assert asked.truth == "D, DeepSeek-V3, 671 billion parameters"
    assert "70.3 kB" in asked.why  # 61 layers of 512 + 64 values


def test_what_is_left_of_the_speed_is_the_computed_share_and_far_from_the_others():
    share = {
        "one part in 32": 1 / 32,
        "about half": 1 / 2,
        "about four fifths": 4 / 5,
        "all of it": 1,
    }
    shape, roof, one = catalog.shape("Llama-3.1-8B"), decode_roof("H100 SXM"), decode.sharing.ask()
    alone, shared = (decode_step(shape, roof, sequences=n).user_rate for n in (1, 32))
    shares = [share[option.words] for option in one.options]
    assert shares[one.right] == pytest.approx(shared / alone, rel=0.1)
    shares[one.right] = shared / alone
    assert apart(shares, one.right) > 1.25


def test_the_unit_of_the_drafts_rwkv_figure_alone_decides_which_system_is_faster():
    rwkv, llama = (catalog.claim(name).quantity for name in ("C13", "C14"))
    for llama_in_all in (llama, 4 * llama):
        assert 160 * rwkv > llama_in_all > rwkv
    one = decode.units.ask()
    assert one.options[one.right].words == "whether RWKV's 8 is for each user"


# the package


def test_importing_the_questions_loads_no_widgets():
    script = "import sys, lecture_lib.exercises.decode; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert "lecture_lib" in loaded
    assert not loaded & {"anywidget", "ipywidgets", "traitlets", "IPython"}, run.stderr


@pytest.mark.parametrize("wrong", ["one_user", None, 3])
def test_what_is_no_question_is_refused_in_one_sentence(wrong):
    with pytest.raises(TypeError, match=r"predict takes a prediction such as exercise.one_user"):
        predict(wrong)
    with pytest.raises(TypeError, match=r"check takes an exercise such as exercise.tokens_per"):
        check(wrong)


def test_the_two_kinds_of_question_are_not_taken_for_each_other():
    with pytest.raises(TypeError):
        predict(decode.tokens_per_second)
    with pytest.raises(TypeError):
        check(decode.one_user)


# the memory wall


def test_a_layer_of_vgg_16_makes_as_many_flop_of_a_byte_as_by_hand():
    weights, maps = 9 * 64 * 128, (64 + 128) * 112**2
    truth = 2 * weights * 112**2 / (2 * (weights + maps))
    assert memory.flops_for_a_byte.task(0).truth == pytest.approx(truth)


def test_the_sequences_for_the_peak_are_those_of_the_draft_s_check():
    # 989.4 TFLOP/s in 16 bits, weights of one byte at 3.35 TB/s; 165.2 and 1.008, two bytes
    truths = [memory.sequences_for_the_peak.task(k).truth for k in (0, 1, 2)]
    assert truths == [147, 163, 75]  # of 147.7, 163.9 and 75.8


def test_what_streams_by_is_read_again_unless_all_of_it_fits():
    truths = [memory.megabytes_from_memory.task(k).truth for k in (0, 1)]
    assert truths == [40 * 3, 24]


def test_155_chips_hold_a_7b():
    assert memory.chips_that_hold.task(0).truth == 155


def test_a_product_waits_for_its_matrix_or_for_its_arithmetic():
    one, many = (memory.milliseconds_of_a_product.task(k).truth for k in (0, 5))
    roof = catalog.machine("AMD EPYC, 2 cores").roof
    assert one == pytest.approx(6144**2 * 4 / roof.bandwidth * 1e3, rel=5e-3)
    assert many == pytest.approx(2 * 6144**2 * 256 / roof.peak_rate * 1e3, rel=5e-3)


# fewer bits


def test_a_weight_of_36_comes_back_as_40_where_steps_are_10_long():
    task = quantization_questions.comes_back.task(0)
    assert task.truth == 40
    assert judge(task, "36 units").says.startswith("✕ Not yet. That is the weight as it was")


def test_half_a_step_is_what_a_value_needs_not_to_become_zero():
    task = quantization_questions.becomes_zero.task(0)
    assert judge(task, 11).kind == "right"
    below, above = Grid(8, scale_bits=32).rounded(np.array([11, 12, 3000]))[:2]
    assert below == 0 < above


def test_the_blocks_that_are_asked_about_are_described_as_they_are():
    for name, (bits, beside) in quantization_grids.BLOCKS.items():
        block = FORMATS[name]
        extra = sum(entries * width for entries, width, _ in beside)
        assert block.weights * bits + extra == 8 * block.bytes


def test_a_mix_is_the_sum_of_its_depths():
    task = quantization_questions.gigabytes_of_a_mix.task(0)
    tables = 2 * 128_256 * 4096
    expected = ((8_030_261_248 - tables) * 3.4375 + tables * 6.5625) / 8e9
    assert task.truth == pytest.approx(expected)


def test_a_cache_in_four_bits_takes_a_scale_for_each_head():
    task = quantization_questions.tokens_in_a_cache.task(1)
    assert task.truth == 16 * 8 * 10**9 // (2 * 32 * 8 * (128 * 4 + 16))


def test_what_is_to_be_decided_about_fewer_bits_is_computed():
    assert quantization_questions.two_bit_file.ask().value == pytest.approx(3.1593, abs=1e-4)
    assert quantization_questions.small_values.ask().truth.startswith("D")
    assert 20 < quantization_questions.one_bit_less.ask().value < 30
