"""The catalog: how it answers, and how it refuses a file, a row or a name that it cannot use."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lecture_lib import catalog
from lecture_lib.catalog import CatalogError, load_from
from lecture_lib.catalog.reader import nearest

DATA = Path(catalog.__file__).parents[1] / "data"
ANSWERS = (
    "sources", "devices", "machines", "history", "models", "claims", "measurements", "energies",
    "formats", "perplexities", "trials", "trainings", "byte_trials",
    "float_formats", "ternary_results",
)  # fmt: skip

SOURCES = """
[sheet]
title = "A data sheet"
primary = true
read_on = "2026-11-23"

[memory]
title = "A book that nobody opened"
primary = true
read_on = "not read"
"""
TOY = """
["Toy 1"]
vendor = "Toys"
year = 2026
kind = "gpu"
memory_bytes = 1000
memory_type = "DRAM"
bandwidth_bytes_per_s = 10.0
power_w = 5
peaks = [
    { operands = "fp16", accumulator = "fp16", ops_per_s = 200.0 },
    { operands = "fp16", accumulator = "fp32", ops_per_s = 100.0 },
]
source = "sheet"
read_on = "2026-11"
confidence = "seen"
"""


def toy(tmp_path, *, old="", new="", more=""):
    """A catalog of one device, with one thing changed."""
    assert not old or TOY.count(old) == 1
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sources.toml").write_text(SOURCES)
    (tmp_path / "data" / "devices.toml").write_text(TOY.replace(old, new) + more)
    return load_from(tmp_path / "data")


def refusal(tmp_path, **change):
    with pytest.raises(CatalogError) as caught:
        toy(tmp_path, **change).devices()
    return str(caught.value)


def test_a_row_becomes_a_record_in_base_units(tmp_path):
    device = toy(tmp_path).device("Toy 1")
    assert (device.memory_bytes, device.bandwidth, device.power) == (1000, 10.0, 5)
    assert device.process is None


def test_an_exception_goes_before_the_row_and_the_finer_one_before_the_coarser(tmp_path):
    more = """
[["Toy 1".exceptions]]
fields = ["peaks.fp16.fp32"]
source = "sheet"
read_on = "2026-01"
confidence = "seen"

[["Toy 1".exceptions]]
fields = ["power_w", "peaks"]
source = "memory"
read_on = "not read"
confidence = "recalled"
"""
    told = toy(tmp_path, more=more).device("Toy 1").provenance
    assert told["bandwidth"].read_on == "2026-11"
    assert (told["power"].title, told["power"].confidence) == (
        "A book that nobody opened",
        "recalled",
    )
    assert told["peaks.fp16.fp16"].confidence == "recalled"
    assert told["peaks.fp16.fp32"].read_on == "2026-01"


def test_the_widest_accumulator_is_taken_unless_one_is_named(tmp_path):
    device = toy(tmp_path).device("Toy 1")
    assert device.peak("fp16").ops_per_s == 100
    assert device.peak("fp16", "fp16").ops_per_s == 200


def test_a_missing_rate_is_answered_with_those_there_are(tmp_path):
    with pytest.raises(CatalogError) as caught:
        toy(tmp_path).roof("Toy 1", "int8", "int32")
    assert str(caught.value) == (
        "'Toy 1' has no peak rate for int8 (int32) in the catalog; "
        "it has, by operands (accumulator): fp16 (fp16), fp16 (fp32)"
    )


def test_a_roof_has_the_limits_of_its_device(tmp_path):
    roof = toy(tmp_path).roof("Toy 1")
    assert (roof.name, roof.peak_rate, roof.bandwidth) == ("Toy 1", 100, 10)
    assert (roof.capacity, roof.power) == (1000, 5)


def test_a_device_without_a_memory_has_no_roof():
    with pytest.raises(CatalogError) as caught:
        catalog.roof("Groq LPU (GroqChip1)")
    assert str(caught.value) == (
        "'Groq LPU (GroqChip1)' has no known memory bandwidth (none (on-chip SRAM only)) and so no "
        "roof; take a device with one, or make a Roof of its sram_bandwidth"
    )


def test_a_kind_that_no_shape_counts_is_refused_by_name():
    with pytest.raises(ValueError, match="kind 'vision'") as caught:
        catalog.shape("VGG-16")
    assert str(caught.value) == (
        "model 'VGG-16' is of the kind 'vision', which no shape counts; "
        "take a transformer, an RWKV or a Mamba"
    )


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("h100", "'H100 SXM', 'H100 PCIe'"),
        ("4090", "'RTX 4090'"),
        ("rtx4090", "'RTX 4090'"),
        ("GroqChip", "'Groq LPU (GroqChip1)'"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(asked, answer):
    with pytest.raises(KeyError) as caught:
        catalog.device(asked)
    there = f"all {len(catalog.devices())}: lecture_lib/data/devices.toml"
    assert str(caught.value) == f"no device {asked!r}; nearest: {answer}; {there}"


def test_the_likeliest_of_the_nearest_names_comes_first():
    with pytest.raises(KeyError, match=r"no device 'RTX 4O90'; nearest: 'RTX 4090', "):
        catalog.device("RTX 4O90")


@pytest.mark.parametrize("asked", ["", "zzzz", None, ["zzzz"]])
def test_a_name_like_no_other_is_answered_with_the_file(asked):
    with pytest.raises(CatalogError) as caught:
        catalog.model(asked)
    assert str(caught.value) == f"no model {asked!r}; all 88: lecture_lib/data/models.toml"


@pytest.mark.parametrize(
    "ask", ["device", "model", "claim", "energy", "weight_format", "shape", "trial"]
)
def test_every_answer_by_name_refuses_an_unknown_one_in_a_sentence(ask):
    with pytest.raises(CatalogError, match=r"^no [a-z ]+ 'q w'; .*lecture_lib/data/\w+\.toml$"):
        getattr(catalog, ask)("q w")


def test_the_nearest_names_are_at_most_six():
    assert len(nearest("llama", catalog.models())) == 6


SPOT = "data/devices.toml, row 'Toy 1', key "
ABOVE, WHOLE = "must be a finite number above 0, not", "must be a whole number, 0 or more, not"
LEAVE = "correct it, or leave the key out if the figure is not known"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("power_w = 5", "power_w = -3", f"'power_w': {ABOVE} -3; {LEAVE}"),
        ("power_w = 5", "power_w = nan", f"'power_w': {ABOVE} nan; {LEAVE}"),
        ("= 10.0", "= inf", f"'bandwidth_bytes_per_s': {ABOVE} inf; {LEAVE}"),
        ("power_w = 5", "power_w = true", f"'power_w': {ABOVE} True; {LEAVE}"),
        ("= 1000", '= "1 kB"', f"'memory_bytes': {WHOLE} '1 kB'; {LEAVE}"),
        ("= 1000", "= -1", f"'memory_bytes': {WHOLE} -1; {LEAVE}"),
        ("= 2026", "= 20260", f"'year': must be a year from 1940 to 2040, not 20260; {LEAVE}"),
        (
            '"Toys"',
            '" "',
            "'vendor': must be text, not ' '; "
            'write it between "quotes", without blanks at its ends',
        ),
        (
            "power_w",
            "powr_w",
            "'powr_w': no key of this table, with the value 5; write 'power_w'",
        ),
        (
            "power_w",
            "zzz",
            "'zzz': no key of this table, with the value 5; the top of the file lists the keys",
        ),
        ('vendor = "Toys"', "", "'vendor': missing, so it has no value; add it"),
        (
            "ops_per_s = 200.0",
            "ops_per_s = 0",
            f"'peaks[0].ops_per_s': {ABOVE} 0; {LEAVE}",
        ),
        (
            'accumulator = "fp32"',
            'accumulator = "fp33"',
            "'peaks[1].accumulator': must be one of fp32, fp16, int32, unstated, not 'fp33'; "
            "take the one that fits",
        ),
        (
            '"2026-11"',
            '"2026-13"',
            "'read_on': must be a date or \"not read\", not '2026-13'; "
            'write the day or month of reading as "2026-11-23" or "2026-11"',
        ),
        (
            '"sheet"',
            '"sheets"',
            "'source': must be a row of sources.toml, not 'sheets'; nearest: 'sheet'; "
            "take one of these or add the source there",
        ),
        (
            '"seen"',
            '"recalled"',
            "'read_on': must be \"not read\" beside confidence = \"recalled\", not '2026-11'; "
            "look the figure up and call it seen, or take the date away",
        ),
        (
            '"2026-11"',
            '"not read"',
            "'read_on': must be a date beside confidence = \"seen\", not 'not read'; "
            'say when it was read, or call it "recalled"',
        ),
        (
            '"sheet"',
            '"memory"',
            "'source': must be a source that was read beside confidence = \"seen\", not 'memory'; "
            'give sources.toml the date of reading, or call it "recalled"',
        ),
        (
            '"seen"',
            '"derived"',
            "'confidence': must come with a note that says how, not 'derived' alone; "
            "add the formula",
        ),
    ],
)  # fmt: skip
def test_a_broken_row_is_told_with_its_file_row_key_value_and_way_out(tmp_path, old, new, sentence):
    assert refusal(tmp_path, old=old, new=new) == SPOT + sentence


@pytest.mark.parametrize(
    ("exception", "sentence"),
    [
        (
            '{ fields = ["process"], source = "sheet", read_on = "2026-11", confidence = "seen" }',
            "'exceptions[0].fields': must name keys of this row, not 'process'; it has vendor, "
            "year, kind, memory_bytes, memory_type, bandwidth_bytes_per_s, power_w, peaks",
        ),
        (
            '{ fields = ["year"], source = "sheet", read_on = "2026-11", confidence = "recalled"}',
            "'exceptions[0].read_on': must be \"not read\" beside confidence = \"recalled\", not "
            "'2026-11'; look the figure up and call it seen, or take the date away",
        ),
        (
            '{ fields = ["year"], source = "memory", read_on = "2026-11", confidence = "seen" }',
            "'exceptions[0].source': must be a source that was read beside confidence = \"seen\", "
            "not 'memory'; give sources.toml the date of reading, or call it \"recalled\"",
        ),
        ("7", "'exceptions[0]': must be a table of keys, not 7; see its neighbours"),
    ],
)  # fmt: skip
def test_an_exception_is_held_to_the_same_laws(tmp_path, exception, sentence):
    assert refusal(tmp_path, more=f"exceptions = [{exception}]") == SPOT + sentence


def test_one_table_where_a_list_belongs_is_refused(tmp_path):
    assert refusal(tmp_path, more='exceptions = "none"') == (
        f"{SPOT}'exceptions': must be a list of tables, not 'none'; put [ ] around it"
    )


def test_a_value_beside_the_rows_is_refused(tmp_path):
    assert refusal(tmp_path, old='["Toy 1"]', new='stray = 1\n["Toy 1"]') == (
        "data/devices.toml, row 'stray': must be a table of keys, not 1; see its neighbours"
    )


def test_a_row_that_stands_twice_is_refused_with_its_line(tmp_path):
    assert refusal(tmp_path, more='["Toy 1"]\nyear = 2000') == (
        "data/devices.toml, line 17, column 9: no TOML: Cannot declare ('Toy 1',) twice; mend that "
        "line, and mind that a row's name and a key in a row may stand only once"
    )


def test_a_file_that_is_no_toml_is_refused_with_its_line(tmp_path):
    assert refusal(tmp_path, old="year = 2026", new="year = ") == (
        "data/devices.toml, line 4, column 8: no TOML: Invalid value; mend that line, and mind "
        "that a row's name and a key in a row may stand only once"
    )


def test_a_missing_file_is_told_by_name(tmp_path):
    with pytest.raises(CatalogError) as caught:
        toy(tmp_path).models()
    assert str(caught.value) == (
        "data/models.toml: cannot be read (No such file or directory); put the file back"
    )


def test_a_file_that_is_not_utf_8_is_told_with_the_byte(tmp_path):
    broken = toy(tmp_path)
    (tmp_path / "data" / "devices.toml").write_bytes(b'["\xff"]')
    with pytest.raises(CatalogError) as caught:
        broken.devices()
    assert str(caught.value) == (
        "data/devices.toml: byte 2 is 0xff, which is not UTF-8; save it as UTF-8"
    )


def test_an_empty_file_is_refused(tmp_path):
    broken = toy(tmp_path)
    (tmp_path / "data" / "devices.toml").write_text("")
    with pytest.raises(CatalogError) as caught:
        broken.devices()
    assert str(caught.value) == "data/devices.toml: has no row; put them back"


@pytest.mark.parametrize(
    ("file", "old", "new", "ask", "sentence"),
    [
        (
            "energies.toml", "high = 2600e-12", "high = 26e-12", "energies",
            "row '45nm/dram_64bit', key 'low': must not be above high = 2.6e-11, not 1.3e-09; "
            "swap or correct them",
        ),
        (
            "measured.toml", "tokens_per_s = 205\n", "tokens_per_s = 205\nseconds_per_token = 1\n",
            "measurements",
            "row 'RTX 4090, LLaMA-7B, GPTQ 4-bit g128, ExLlamaV2', key 'tokens_per_s': must stand "
            "alone or leave its place to seconds_per_token, not be 205; give one of the two",
        ),
        (
            "models.toml", "kv_heads = 12\n", "", "shape gpt2",
            "row 'gpt2': makes no shape, for TransformerShape.__init__() missing 1 required "
            "positional argument: 'kv_heads'; correct its dimensions",
        ),
    ],
)  # fmt: skip
def test_a_broken_copy_of_the_data_is_told_in_full(tmp_path, file, old, new, ask, sentence):
    shutil.copytree(DATA, tmp_path / "data")
    path = tmp_path / "data" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    ask, *names = ask.split()
    with pytest.raises(CatalogError) as caught:
        getattr(load_from(tmp_path / "data"), ask)(*names)
    assert str(caught.value) == f"data/{file}, {sentence}"


@pytest.mark.parametrize("ask", ANSWERS)
def test_a_file_is_read_once_and_its_answer_cannot_be_changed(ask):
    rows = getattr(catalog, ask)()
    assert len(rows) > 0
    again = getattr(catalog, ask)()
    if isinstance(rows, tuple):
        assert all(one is other for one, other in zip(rows, again, strict=True))
    else:
        assert rows is again
        with pytest.raises(TypeError):
            rows["new"] = None


def test_importing_the_catalog_reads_no_file():
    assert load_from("nowhere/data").directory == Path("nowhere/data")
    script = "from lecture_lib import catalog; print(len(catalog._own._tables))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "0\n"
