"""The pictures of the decode step: what was drawn, read from the artists."""

import itertools

import numpy as np
import pytest
from pictures import measure, moved_as_drawn_afresh, shown, stays_undrawn, to_draw, xy

from lecture_lib import catalog
from lecture_lib.decode import DecodeStep
from lecture_lib.measured import (
    KINDS,
    class_fit,
    class_rows,
    compared,
    left_out,
    reached_shares,
)
from lecture_lib.picture import Picture
from lecture_lib.roofline import Roof, Work
from lecture_lib.serving import devices_that_decode, models_that_decode
from lecture_lib.units import percent
from lecture_lib.views.decode.price import (
    DRAFT_SYSTEMS,
    WEIGHTS_KEPT,
    TokenPrice,
    draft_systems,
    price,
)
from lecture_lib.views.decode.readings import UNSOURCED, ClaimMustBe, MustBe, must_be, who_could
from lecture_lib.views.decode.sharing import BATCH, BatchSharing
from lecture_lib.views.decode.trust import CLASSES, SYSTEMS, PredictedMeasured, trust
from lecture_lib.views.decode.words import tokens, too_big, users
from lecture_lib.views.style import COMPUTE, TRAFFIC, WRONG_TEXT

DRAFT = list(DRAFT_SYSTEMS.values())
TOO_BIG = {"device": "RTX 4090", "model": "Llama-2-70B", "weights": "16 bits", "sequences": 1}
H100 = {"device": "H100 SXM", "weights": "16 bits"}
SHARED = [
    {**H100, "model": "Llama-3.1-8B", "context_tokens": 1024, "sequences": 32},
    {**H100, "model": "Llama-2-7B", "context_tokens": 32768, "sequences": 1024},
    {**H100, "model": "RWKV-5-Eagle-7B", "context_tokens": 256, "sequences": 1},
    {**H100, "model": "Llama-3.1-70B", "context_tokens": 1024, "sequences": 8},
]
READ = [
    {"claim": claim, "reading": reading, "context_tokens": context}
    for claim, reading, context in (
        ("C14", "each", 1024), ("C14", "all", 8192), ("C13", "each", 256), ("C13", "all", 1024),
    )
]  # fmt: skip
TRUSTED = [
    {"system": system, "kind": kind}
    for system in (*SYSTEMS, *CLASSES)
    for kind in ("floor", "estimate")
]
SCENES = {
    TokenPrice: [*DRAFT, TOO_BIG], BatchSharing: SHARED, ClaimMustBe: READ,
    PredictedMeasured: TRUSTED,
}  # fmt: skip
each_price = pytest.mark.parametrize("setting", [*DRAFT, TOO_BIG])
each_sharing = pytest.mark.parametrize("setting", SHARED)
each_reading = pytest.mark.parametrize("setting", READ)
each_trust = pytest.mark.parametrize("setting", TRUSTED)


def inside(ax, x, y) -> bool:
    (left, right), (bottom, top) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
    x, y = np.array(x), np.array(y)
    return bool(np.all((left <= x) & (x <= right) & (bottom <= y) & (y <= top)))


@pytest.mark.parametrize("scene", SCENES)
def test_moving_from_any_state_to_any_other_gives_what_drawing_it_afresh_gives(scene):
    moved_as_drawn_afresh(scene, SCENES[scene])


@pytest.mark.parametrize("scene", SCENES)
def test_what_stays_where_it_is_is_not_drawn_again(scene):
    stays_undrawn(scene, SCENES[scene])


def test_curves_and_bands_stay_where_only_the_users_change():
    scene, _ = shown(BatchSharing, **SHARED[0])
    scene.move(BatchSharing.state(**{**SHARED[0], "sequences": 64}))
    assert not {*scene.bands, *scene.lines, scene.beyond, scene.wall} & {*to_draw(scene)}
    assert {scene.each, scene.total, scene.now.pill} <= {*to_draw(scene)}


# the price of a token


@each_price
def test_the_memory_roof_falls_by_ten_for_ten_times_the_bytes(setting):
    scene, state = shown(TokenPrice, **setting)
    x, y = np.log10(scene.roofs.memory.get_data())
    assert np.diff(y) / np.diff(x) == pytest.approx(-1)
    traffic = float(state.step.work.traffic)
    passes = 10 ** np.interp(np.log10(traffic), x, y)
    assert passes == pytest.approx(state.step.roof.bandwidth / traffic)


@each_price
def test_the_arithmetic_roof_is_flat_at_the_steps_that_the_peak_allows(setting):
    scene, state = shown(TokenPrice, **setting)
    allowed = state.step.roof.peak_rate / float(state.step.work.flops)
    assert scene.roofs.compute.get_ydata() == pytest.approx([allowed, allowed])


@pytest.mark.parametrize("setting", DRAFT)
def test_the_mark_stands_on_the_lower_of_the_two_roofs(setting):
    scene, state = shown(TokenPrice, **setting)
    traffic, rate = xy(scene.mark)
    roofs = state.step.roof.bandwidth / traffic, scene.roofs.compute.get_ydata()[0]
    assert rate == pytest.approx(min(roofs))
    assert (roofs[0] < roofs[1]) == state.step.memory_bound
    assert scene.mark.get_visible()
    assert not scene.cross.get_visible()
    assert xy(scene.now.ring) == pytest.approx([traffic, rate])


def test_the_drafts_systems_stand_under_both_roofs():
    assert {bool(price(**setting).step.memory_bound) for setting in DRAFT} == {True, False}


def test_what_does_not_fit_is_crossed_out():
    scene, state = shown(TokenPrice, **TOO_BIG)
    assert not state.step.fits
    assert scene.cross.get_visible()
    assert not scene.mark.get_visible()
    assert scene.panel.numbers[0].get_text() == "does not fit"
    assert {number.get_color() for number in scene.panel.numbers} == {WRONG_TEXT}
    assert state.says.startswith("Llama-2-70B on RTX 4090 with 1 user. Does not fit: the weights ")


def test_the_circles_are_the_measured_rows_of_the_device():
    scene, _ = shown(TokenPrice, **DRAFT[0])
    rows = compared(device="RTX 4090")
    assert scene.measured.get_xdata() == pytest.approx([float(c.step.work.traffic) for c in rows])
    assert scene.measured.get_ydata() == pytest.approx([c.rate for c in rows])
    without, _ = shown(TokenPrice, **{**TOO_BIG, "device": "TPU v5e"})
    assert len(without.measured.get_xdata()) == 0
    assert not without.measured_name.get_visible()


def test_the_four_numbers_are_for_each_for_all_for_a_token_and_who_fits():
    scene, state = shown(TokenPrice, **DRAFT[2])
    step = state.step
    assert [number.get_text() for number in scene.panel.numbers][:2] == [
        tokens(step.user_rate), tokens(step.total_rate),
    ]  # fmt: skip
    assert step.total_rate == 4 * step.user_rate
    assert scene.panel.captions[2].get_text() == "a token, if it draws 700 W"
    assert scene.panel.numbers[3].get_text() == users(state.most)


def test_a_power_that_is_not_published_gives_no_energy():
    setting = {"device": "TPU v5e", "model": "Llama-3.2-1B", "weights": "16 bits", "sequences": 1}
    scene, state = shown(TokenPrice, **setting)
    assert scene.panel.numbers[2].get_text() == "?"
    assert scene.panel.captions[2].get_text() == "power not published"
    assert " W." not in state.says


def test_a_device_without_known_memory_holds_nothing():
    scene, state = TokenPrice(), price(**DRAFT[0])
    picture = Picture(scene)
    roof = Roof("open", peak_rate=1e12, bandwidth=1e11)
    step = DecodeStep(roof, Work(1e10, 1e10), sequences=1, weights=1e10, caches=1e6)
    picture.show(type(state)("", step, most=0, measured=()))
    words = [number.get_text() for number in scene.panel.numbers]
    assert words == ["does not fit", "10 GB", "none", "0 users"]


@pytest.mark.parametrize("device", ["Raspberry Pi 5 (8GB)", "RTX 4090", "Cerebras WSE-3"])
def test_every_model_stands_within_the_axes(device):
    scene = TokenPrice()
    picture = Picture(scene)
    for model, sequences in itertools.product(models_that_decode()[::9], (1, 1024)):
        state = price(device=device, model=model, weights="Q2_K file", sequences=sequences)
        picture.show(state)
        drawn = scene.mark if state.step.fits else scene.cross
        assert drawn.get_visible()
        assert inside(scene.ax, *drawn.get_data()), (model, sequences)


def test_every_kind_of_weights_in_the_menu_is_a_format_of_the_catalog():
    assert set(WEIGHTS_KEPT.values()) <= set(catalog.formats())
    for system in DRAFT:
        assert system["device"] in devices_that_decode()
        assert system["weights"] in WEIGHTS_KEPT.values()


def test_the_drafts_systems_are_told_as_the_scene_tells_them():
    table = draft_systems()
    assert [row[0] for row in table.rows] == list(DRAFT_SYSTEMS)
    for row, setting in zip(table.rows, DRAFT, strict=True):
        step = price(**setting).step
        assert row[3:5] == (tokens(step.user_rate), tokens(step.total_rate))
    assert [row[-1] for row in table.rows] == ["memory", "arithmetic", "memory"]


# sharing


@each_sharing
def test_the_wall_stands_after_the_last_user_that_fits(setting):
    scene, state = shown(BatchSharing, **setting)
    walled = 1 <= state.most < 1024
    assert scene.wall.get_visible() == walled
    assert scene.beyond.get_visible() == (state.most < 1024)
    if walled:
        (x, again), _ = scene.wall.get_data()
        assert state.most < x == again < state.most + 1
        assert scene.beyond.get_x() == x
        assert scene.full.get_text() == f"memory ends at {users(state.most)}"


def test_the_settings_end_within_the_picture_beyond_it_and_before_it():
    mosts = [BatchSharing.state(**setting).most for setting in SHARED]
    assert min(mosts) == 0
    assert 1 < sorted(mosts)[1] < 1024 < max(mosts)
    scene, _ = shown(BatchSharing, **SHARED[3])
    assert scene.full.get_text() == "the weights alone do not fit"


@each_sharing
def test_the_lines_are_the_floors_and_their_colour_is_the_limit(setting):
    scene, state = shown(BatchSharing, **setting)
    for k, rate in enumerate((state.curve.user_rate, state.curve.total_rate)):
        reading, computing = scene.lines[2 * k : 2 * k + 2]
        assert (reading.get_color(), computing.get_color()) == (TRAFFIC, COMPUTE)
        reads, computes = reading.get_ydata(), computing.get_ydata()
        assert (np.isnan(reads) ^ np.isnan(computes)).all()
        assert np.where(np.isnan(reads), computes, reads) == pytest.approx(rate)
        assert (~np.isnan(reads) == state.curve.memory_bound).all()


@each_sharing
def test_a_band_reaches_from_its_floor_down_to_the_sum(setting):
    scene, state = shown(BatchSharing, **setting)
    for band, users_at_once in zip(scene.bands, (1, BATCH), strict=True):
        reached = band.get_path().get_extents()
        assert reached.y1 == pytest.approx((users_at_once / state.curve.floor).max())
        assert reached.y0 == pytest.approx((users_at_once / state.curve.sum).min())


@each_sharing
def test_the_two_marks_are_the_rates_of_the_users_that_are_there(setting):
    scene, state = shown(BatchSharing, **setting)
    n, here = setting["sequences"], state.here
    assert xy(scene.each) == pytest.approx([n, 1 / here.floor])
    assert xy(scene.total) == pytest.approx([n, n / here.floor])
    assert scene.each.get_visible() == scene.total.get_visible() == here.fits
    assert scene.cross.get_visible() != here.fits
    assert here.fits == (n <= state.most)
    k = int(np.argmin(abs(BATCH - n)))
    assert state.curve.total_rate[k] == pytest.approx(float(here.total_rate))


def test_the_words_say_what_is_missing_and_where_memory_ends():
    _, state = shown(BatchSharing, **SHARED[1])
    assert "Does not fit: the weights take 13.5 GB and the caches 17.6 TB" in state.says
    assert state.says.endswith(f"Memory ends at {users(state.most)}.")


# what a claim must be about


def by_hand():
    models = ("one", "two", "three", "four")
    most, fits = np.array([100.0, 25.0, 500.0, 80.0]), np.array([True, True, True, False])
    bound = np.array([True, False, True, True])
    return MustBe("", 50.0, models, most, bound, fits)


def test_a_claim_is_a_line_through_the_ceilings():
    scene = ClaimMustBe()
    Picture(scene).show(by_hand())
    assert scene.line.get_xdata() == [50, 50]
    assert [xy(mark) for mark in scene.marks] == [[100, 0], [25, 1], [500, 2], [80, 3]]
    assert [mark.get_color() for mark in scene.marks[:2]] == [TRAFFIC, COMPUTE]
    assert [name.get_text() for name in scene.names] == ["one", "two", "three", "four"]
    low, high = reached_shares()
    assert scene.bands[0].get_xdata() == pytest.approx([100 * low, 100 * high])


def test_each_size_says_which_share_of_its_ceiling_the_claim_asks_for():
    scene = ClaimMustBe()
    Picture(scene).show(by_hand())
    assert [words.get_text() for words in scene.words] == [
        "50 % of the ceiling", "2 × the ceiling", "10 % of the ceiling", "does not fit",
    ]  # fmt: skip
    wrong = [words.get_color() == WRONG_TEXT for words in scene.words]
    assert wrong == [False, True, False, True]
    assert [mark.get_visible() for mark in scene.marks] == [True, True, True, False]
    assert [band.get_visible() for band in scene.bands] == [True, True, True, False]


@each_reading
def test_the_sentence_says_who_could_do_what_is_claimed(setting):
    state = must_be(**setting)
    could = [m for m, possible in zip(state.models, state.possible, strict=True) if possible]
    if len(could) == 1:
        assert f"only {could[0]} could do it" in state.says
    else:
        who = "every size" if len(could) == 4 else f"{len(could)} of 4 sizes"
        assert f"{who} could do it" in state.says


def test_of_those_who_could_the_one_is_named_of_which_the_claim_asks_most():
    assert who_could(by_hand()) == "2 of 4 sizes could do it, one at 50 % of its ceiling"


@each_reading
def test_marks_stand_within_the_axes(setting):
    scene, state = shown(ClaimMustBe, **setting)
    for mark in scene.marks:
        assert inside(scene.ax, *mark.get_data())
    assert inside(scene.ax, state.claimed, 0)


@pytest.mark.parametrize("claim", UNSOURCED)
def test_all_users_together_get_what_each_gets_times_their_number(claim):
    each, together = (
        must_be(claim=claim, reading=reading, context_tokens=1024) for reading in ("each", "all")
    )
    assert together.most == pytest.approx(each.most * UNSOURCED[claim].sequences)
    assert each.claimed == together.claimed == catalog.claim(claim).quantity


@pytest.mark.parametrize(("claim", "system"), [("C13", DRAFT[1]), ("C14", DRAFT[2])])
def test_both_scenes_give_a_claimed_system_the_same_ceiling(claim, system):
    state = must_be(claim=claim, reading="each", context_tokens=1024)
    found = dict(zip(state.models, state.most, strict=True))[system["model"]]
    assert found == pytest.approx(float(price(**system).step.user_rate))
    assert UNSOURCED[claim].device == system["device"]
    assert UNSOURCED[claim].sequences == system["sequences"]


# how far to trust the models


@each_trust
def test_a_mark_is_what_was_predicted_against_what_was_measured(setting):
    scene, state = shown(PredictedMeasured, **setting)
    if setting["system"] in SYSTEMS:
        device, engine = SYSTEMS[setting["system"]]
        rows = compared(device=device, engine=engine)
        predicted = [c.predicted(setting["kind"]) for c in rows]
    elif setting["kind"] == "floor":
        rows = class_rows(*CLASSES[setting["system"]])
        predicted = [c.most for c in rows]
    else:  # by a device that the fit has not seen
        rows, _, seconds = zip(*left_out(class_rows(*CLASSES[setting["system"]])), strict=True)
        predicted = [1 / s for s in seconds]
        error = class_fit(*CLASSES[setting["system"]]).error
        assert f"off by {percent(error)} on average, each of" in state.says
    x, y = scene.marks.get_data()
    assert x == pytest.approx(predicted)
    assert y == pytest.approx([c.rate for c in rows])
    assert f"{len(rows)} measured rows" in state.says


@pytest.mark.parametrize("system", [*SYSTEMS, *CLASSES])
def test_the_floor_never_predicts_less_than_was_measured(system):
    scene, _ = shown(PredictedMeasured, system=system, kind="floor")
    x, y = scene.marks.get_data()
    assert (x >= y).all()
    assert len(x) >= 4


@pytest.mark.parametrize("system", [*SYSTEMS, *CLASSES])
def test_an_estimate_stands_nearer_to_the_diagonal_than_the_floor(system):
    off = {}
    for kind in KINDS:
        state = trust(system=system, kind=kind)
        off[kind] = np.mean(abs(state.rates / state.predicted - 1))
    assert off["estimate"] < off["sum"] < off["floor"]


@each_trust
def test_every_mark_stands_within_the_axes(setting):
    scene, _ = shown(PredictedMeasured, **setting)
    assert inside(scene.ax, *scene.marks.get_data())


@each_trust
def test_no_two_names_of_marks_touch(setting):
    scene, state = shown(PredictedMeasured, **setting)
    seen = [label for label in scene.labels if label.get_visible()]
    assert seen
    assert {label.get_text() for label in seen} <= set(state.names)
    renderer = measure(scene.ax.figure)
    boxes = [label.get_window_extent(renderer) for label in seen]
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)


# words


def test_one_is_a_user_and_any_other_number_are_users():
    assert [users(n) for n in (0, 1, 2, 1024)] == ["0 users", "1 user", "2 users", "1,024 users"]


def test_what_is_too_big_says_what_how_much_and_what_is_missing():
    roof = Roof("toy", peak_rate=1, bandwidth=1, capacity=1.5e9)
    step = DecodeStep(roof, Work(1, 1), sequences=1, weights=3e9, caches=1e9)
    assert too_big(step) == (
        "Does not fit: the weights take 3 GB and the caches 1 GB, the toy holds 1.5 GB, "
        "so 2.5 GB is missing."
    )
