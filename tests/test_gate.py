"""The gate on faults planted into small decks, each of which it must name, and on sound slides."""

import builtins
import re
from contextlib import contextmanager

import nbformat
import pytest
from browser import launched
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lecture_lib.tables import Table
from slides import BuildError, build, gate
from slides import browser as slides_browser

TEXT = r"""A decoded token costs one read of the weights $B_{w_{x_y}} \le 3$.

And a second paragraph."""
PICTURE = """
from lecture_lib.controls import choice, steps, switch
from lecture_lib.explore import explore
from lecture_lib.scene import State
from lecture_lib.views.style import INK, LectureScene, TRAFFIC, chart, note

class Sharing(LectureScene):
    "A curve, and a point on it."
    source = "Sample, not data."
    @staticmethod
    def state(users, card, long):
        return State(f"A {card} card serves {users} users, long contexts {long}.")
    def draw(self, figure):
        ax = chart(figure, x="users", y="tokens per second")
        ax.set(xlim=(0, 9), ylim=(0, 100))
        ax.plot([1, 8], [10, 80], color=TRAFFIC)
        self.dot = self.moving(*ax.plot([], [], "o", color=INK))
        self.name = self.moving(note(ax))
    def move(self, state):
        users = int(state.says.split()[4])
        self.dot.set_data([users], [10 * users])
        self.name.set(text=state.says[:20], x=users, y=10 * users)

explore(
    Sharing,
    presets={"on a medium card": {"card": "medium"}},
    users=steps([1, 2, 4], start=2),
    card=choice(["small", "medium", "large"]),
    long=switch(name="long contexts"),
)
"""


def notebook(path, *cells):
    """Write a notebook of (slide type, cell) pairs and return its path."""
    for kind, cell in cells:
        cell.metadata["slideshow"] = {"slide_type": kind}
    nbformat.write(new_notebook(cells=[cell for _, cell in cells]), path)
    return path


def deck_of(folder, *cells):
    return build.build_deck(notebook(folder / "planted.ipynb", *cells), folder)


@pytest.fixture(scope="module")
def browser():
    with launched() as running:
        yield running


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    """A deck of text: an opening, a slide with a formula, and one with a step."""
    return deck_of(
        tmp_path_factory.mktemp("still"),
        ("slide", new_markdown_cell("# A deck\n\nWhat does it hold?")),
        ("slide", new_markdown_cell("## What is on the first?")),
        ("-", new_markdown_cell(TEXT)),
        ("slide", new_markdown_cell("## What is on the last?")),
        ("-", new_markdown_cell("Words that stand.")),
        ("fragment", new_markdown_cell("Words that come.")),
    )


@pytest.fixture(scope="module")
def moving(tmp_path_factory):
    """A deck of one slide, whose picture moves."""
    return deck_of(
        tmp_path_factory.mktemp("moving"),
        ("slide", new_markdown_cell("## What moves?")),
        ("-", new_code_cell(PICTURE)),
    )


@contextmanager
def opened(browser, deck, screen=(1280, 720)):
    seen = slides_browser.visit(browser, deck.as_uri(), *screen)
    assert gate._ready(seen)
    try:
        yield seen.page
    finally:
        seen.page.context.close()


@pytest.fixture(scope="module")
def still_page(browser, still):
    with opened(browser, still) as page:
        yield page


@pytest.fixture(scope="module")
def moving_page(browser, moving):
    with opened(browser, moving) as page:
        yield page


PLANT = """([css, html]) => {
  const style = document.createElement("style"), body = document.querySelectorAll(".body")[1];
  style.id = "planted";
  style.textContent = css;
  document.head.append(style);
  if (html) body.insertAdjacentHTML("beforeend", `<div class="planted">${html}</div>`);
}"""
UPROOT = "document.querySelectorAll('#planted, .planted').forEach(one => one.remove())"


def faults_with(page, css="", html=""):
    """The faults of the deck with a style, and with HTML at the end of its second slide's body."""
    page.evaluate(PLANT, [css, html])
    try:
        return gate.faults(page)
    finally:
        page.evaluate(UPROOT)


def svg(inside, box="0 0 800 200"):
    return (
        f'<svg viewBox="{box}" width="800" height="200" role="img" font-size="20" '
        'fill="currentColor" '
        f'aria-label="A picture that was planted here.">{inside}</svg>'
    )


def chapters_map(count):
    rows = tuple((f"{k:02}", "What if the weights stayed on the chip?", "45") for k in range(count))
    return Table(("chapter", "the question", "minutes"), rows)._html()


def test_a_map_of_fourteen_chapters_has_room_on_a_slide(still_page):
    alone = ".body:has(.planted) > :not(.planted) {display: none}"
    assert not faults_with(still_page, alone, chapters_map(14))
    assert faults_with(still_page, alone, chapters_map(17))


PIXEL = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='40' height='40'/%3E"
IMAGE = f'<img src="{PIXEL}" alt="A picture that was planted here." style="position:absolute;'
AT = '<p style="position:absolute;white-space:nowrap;'
CLIP = '<clipPath id="short"><rect x="0" y="0" width="90" height="200"/></clipPath>'

PLANTED = {
    # nothing leaves its slide
    "text beside": (
        "",
        AT + 'left:1090px">far right</p>',
        '"far right" leaves the slide\'s margins',
    ),
    "text above": ("h2 {top: -20px !important}", "", "first\\?\" leaves the slide's margins"),
    "picture beside": ("", IMAGE + 'left:1150px">', "the picture .* leaves the slide's margins"),
    "control beside": (
        "",
        f'{AT}left:-30px"><button>go</button></p>',
        'the button "go" leaves the',
    ),
    "under the footer": ("", AT + 'top:536px">too low</p>', '"too low" runs into the footer'),
    "out of its part": ("", AT + 'top:-40px;left:900px">up</p>', '"up" leaves its part'),
    "the opening": (
        ".opening h1 {margin-left: 20px !important}",
        "",
        'slide 1 "A deck" at 1280x720:',
    ),
    "the last": (".fragment {margin-left: -9px}", "", 'slide 3 "What is on the last\\?" at'),
    # nothing is cut off
    "hidden overflow": (
        "",
        '<p style="height:20px;overflow:hidden">cut</p>',
        '"cut" is cut off by <p>',
    ),
    "ellipsis": (
        "",
        '<p style="width:60px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis">a long',
        '"a long" is cut off by <p>',
    ),
    "button": (
        "button {width: 40px; white-space: nowrap}",
        "<button>a long one</button>",
        "<button>",
    ),
    "picture cut": (
        "",
        f'<div style="position:relative;height:20px;overflow:clip">{IMAGE}">',
        'the picture "A picture that was planted here." is cut off by <div>',
    ),
    "menu": (
        "",
        '<select aria-label="card" style="width:70px"><option>A<option>a very long one</select>',
        'the menu "card" is 70 px wide, and its longest option needs',
    ),
    "label outside": (
        "",
        svg('<text x="750" y="90">outside</text>'),
        '"outside" is cut off by <svg',
    ),
    "label clipped": (
        "",
        svg(f'{CLIP}<g clip-path="url(#short)"><text x="60" y="90">clipped</text></g>'),
        '"clipped" is cut off by <g>',
    ),
    # nothing scrolls
    "part": (
        "",
        '<div style="overflow-y:auto;height:50px"><p style="height:90px">',
        "<div> scrolls",
    ),
    "page": (
        "html {overflow: auto !important}"
        "body {overflow: visible !important; height: 900px !important}",
        "",
        "the page scrolls",
    ),
    # nothing overlaps
    "two texts": (
        "",
        f'{AT}top:300px">one</p>{AT}top:312px">other</p>',
        '"one" and "other" overlap',
    ),
    "a formula on text": (
        ".katex {position: relative; left: -200px}",
        "",
        '"A decoded token .*" and "B_{w_{x_y}} .*" overlap',
    ),
    "text on a picture": (
        "",
        IMAGE + f'top:300px">{AT}top:290px">on</p>',
        '"on" and the picture .* overlap',
    ),
    "text on a control": (
        "",
        f'<input style="position:absolute;top:300px" aria-label="A">{AT}top:290px">on</p>',
        '"on" and the control "A" overlap',
    ),
    "control on a picture": (
        "",
        IMAGE + 'top:300px"><select style="position:absolute;top:310px" aria-label="B">',
        'the picture .* and the menu "B" overlap',
    ),
    "two labels": (
        "",
        svg('<text x="9" y="90">one</text><text x="20" y="94">other</text>'),
        '"one" and "other" overlap',
    ),
    "footer": (
        "footer p {position: absolute; left: 0; text-align: left !important}",
        "",
        '"A deck" and "LLM inference . 2 / 3" overlap',
    ),
    # nothing is too small
    "text": (
        "",
        '<p style="font-size:17px">small</p>',
        '"small" is 17.0 px high, and 18 is the least',
    ),
    "shrunk": ("", '<p style="transform:scale(.5)">small</p>', '"small" is 16.0 px high'),
    "small footer": ("footer {font-size: 17px !important}", "", '"A deck" is 17.0 px high'),
    "small label": (
        "",
        svg('<text y="50">small</text>', box="0 0 1600 400"),
        '"small" is 10.0 px high',
    ),
    "small formula": (
        ".katex {font-size: 15px !important}",
        "",
        '"B_{w_{x_y}} .*" is 15.0 px high',
    ),
    "small menu": (
        "",
        '<select aria-label="A" style="font-size:12px"><option>x',
        '"A" is 12.0 px high',
    ),
    # every picture has words
    "image": ("", f'<img src="{PIXEL}" alt="short">', 'says too little .*: "short"'),
    "drawing": ("", '<svg width="90" height="90"></svg>', 'says too little .*: ""'),
    # nothing is unfinished
    "dollars": ("", "<p>the cost $B_w$ of</p>", 'raw TeX: "the cost'),
    "command": ("", "<p>the cost \\frac of</p>", 'raw TeX: "the cost'),
    "heading": ("h2 {width: 300px !important}", "", "its heading is longer than one line"),
    "empty": (".still .body > * {display: none}", "", "slide 2 .*: it is empty"),
    "font": (
        "@font-face {font-family: Gone; src: url(data:font/woff2,A)} p {font-family: Gone}",
        "",
        "the font Gone is not in the deck",
    ),
    "wide when its font is there": (
        "",
        AT + f'left:600px;font:600 32px IBM Plex Mono">{"i" * 32}</p>',
        "leaves the slide's margins",
    ),
    # every text stands out
    "pale": (
        "",
        '<p style="color:#888;font-size:23px">x</p>',
        '"x" .* contrast of 3.4. on the light',
    ),
    "pale and large": ("", '<p style="color:#999;font-size:24px">x</p>', "and 3 is the least"),
    "faded": ("", '<p style="opacity:.4">x</p>', '"x" has a contrast of'),
    "dark": ("body.dark .body p {color: #444}", "", "on the dark stage"),
    "label on a bar": (
        "",
        svg(
            '<rect width="300" height="99" fill="#333"/><text x="9" y="50" fill="#1a1f29">x</text>'
        ),
        '"x" has a contrast of',
    ),
    # both before a step and after it
    "before a step": (
        ".body:has(.fragment:not(.visible)) p {font-size: 12px}",
        "",
        "at 1280x720, before its first step: ",
    ),
}


@pytest.mark.parametrize(("css", "html", "words"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_named(still_page, css, html, words):
    found = faults_with(still_page, css, html)
    assert any(re.search(words, fault) for fault in found), found


SOUND = {
    "nothing": ("", ""),
    "lines set close": ("", '<p style="font-size:60px;line-height:64px">one<br>two</p>'),
    "large and pale": ("", '<p style="color:#888;font-size:24px">x</p>'),
    "turned labels": (
        "",
        svg(
            "".join(
                f'<text transform="translate({x} 160) rotate(-45)">a label</text>' for x in (39, 75)
            )
        ),
    ),
    "a label on its halo": (
        "",
        svg(
            '<rect width="300" height="99" fill="#333"/><text x="9" y="50" fill="var(--ink)" '
            'stroke="var(--ground)" stroke-width="3" paint-order="stroke">x</text>'
        ),
    ),
    "a light label on a dark bar": (
        "",
        svg(
            '<rect width="300" height="99" fill="var(--ink)"/>'
            '<text x="9" y="50" fill="var(--ground)">x</text>'
        ),
    ),
    "what is not seen": (
        "",
        '<p hidden>a $x_1$</p><p style="visibility:hidden;font-size:9px">x</p>'
        + svg('<g style="display:none"><text y="-50">x</text></g>'),
    ),
    "TeX in code": ("", "<p><code>\\frac</code></p>"),
    "an ornament": ("", '<svg aria-hidden="true" width="90" height="90"></svg>'),
}


@pytest.mark.parametrize(("css", "html"), SOUND.values(), ids=SOUND)
def test_a_sound_slide_has_no_faults(still_page, css, html):
    assert faults_with(still_page, css, html) == []


def test_a_text_is_measured_on_its_screen(browser, still):
    with opened(browser, still, (1920, 1080)) as page:
        assert gate.faults(page) == []
        found = faults_with(page, html='<p style="font-size:17px">small</p>')
    assert found == [
        'slide 2 "What is on the first?" at 1920x1080: '
        '"small" is 25.5 px high, and 27 is the least on this screen'
    ]


def tiny(setting, says=".says:not(.other)"):
    """A style under which the sentence of a picture is too small in one setting alone."""
    return f".settings:has({setting}) ~ {says} {{font-size: 12px !important}}"


CARD = '[aria-label="card"] [value="{}"]:checked'
SETTINGS = {
    "start": (".says {font-size: 12px !important}", "1280x720: .* is 12.0 px high"),
    "first value": (tiny('[aria-valuetext="1"]'), "1280x720, with users at 1: "),
    "last value": (tiny('[aria-valuetext="4"]'), "1280x720, with users at 4: "),
    "menu": (tiny(CARD.format(2)), "1280x720, with card at large: "),
    "switch": (tiny("[type=checkbox]:checked"), "1280x720, with long contexts on: "),
    "preset": (tiny(CARD.format(1)), "1280x720, with setting at on a medium card: "),
    "compare": (
        ".says.other {font-size: 12px !important}",
        '1280x720, with \\+ compare on: "A, in grey: this setting" is 12.0 px high',
    ),
    "compare, and a value": (
        '.settings:has([aria-valuetext="4"]) ~ .says.other {right: 1100px !important}',
        'users at 4 and \\+ compare on: "tokens per second" and "A, in grey: .*users 2" overlap',
    ),
    "A on a mark": (
        ".says.other {top: 300px !important}",
        '"A, in grey.*" and the picture .* overlap',
    ),
    "no sentence": (".says {visibility: hidden}", "a moving picture has no sentence under it"),
    "on the picture": (".says:not(.other) {top: 480px !important}", "and the picture .* overlap"),
}


@pytest.mark.parametrize(("css", "words"), SETTINGS.values(), ids=SETTINGS)
def test_a_fault_in_one_setting_is_named_with_it(moving_page, css, words):
    found = faults_with(moving_page, css)
    assert any(re.search(words, fault) for fault in found), found


def test_a_picture_without_faults_is_left_as_it_was(moving_page):
    says = "document.querySelector('.says').textContent"
    assert gate.faults(moving_page) == []
    assert moving_page.evaluate(says).startswith("A small card serves 2 users")


def test_a_sentence_that_is_not_the_alt_text_is_noticed(browser, moving):
    with opened(browser, moving) as page:
        page.evaluate("document.querySelector('.says').textContent = 'Other words.'")
        assert "another sentence under it than in its alt text" in gate.faults(page)[0]


def test_a_picture_that_does_not_come_back_is_noticed(browser, moving):
    stuck = """document.addEventListener("click", event => {
      if (event.target.textContent.includes("reset")) event.stopPropagation();
    }, true)"""
    with opened(browser, moving) as page:
        page.evaluate(stuck)
        assert any("does not come back to its start" in fault for fault in gate.faults(page))


def test_a_slide_that_holds_too_much_is_noticed(browser, tmp_path):
    code = new_code_cell("\n".join(f"line_{number} = {number}" for number in range(60)))
    code.metadata["tags"] = ["show-code"]
    deck = deck_of(tmp_path, ("slide", new_markdown_cell("## Too much?")), ("-", code))
    found = gate.inspect(browser, deck, (1280, 720))
    assert any("line_0" in fault for fault in found), found
    assert found[0].startswith('planted.html, slide 1 "Too much?" at 1280x720: ')


def test_what_a_deck_asks_for_and_complains_about_is_a_fault(browser, still, tmp_path):
    bad = '<script>console.error("a planted\\ncomplaint")</script><img src="https://a.example/x">'
    (tmp_path / "bad.html").write_text(still.read_text("utf-8") + bad)
    found = gate.inspect(browser, tmp_path / "bad.html", (1280, 720))
    at = "bad.html, on a screen of 1280x720: "
    assert at + "asks the network for https://a.example/x" in found
    assert at + "the console says: a planted complaint" in found


def test_a_deck_that_does_not_open_is_a_fault(browser, tmp_path, monkeypatch):
    monkeypatch.setattr(gate, "PATIENCE", 1000)
    (tmp_path / "dead.html").write_text('<div class="reveal"></div>')
    found = gate.inspect(browser, tmp_path / "dead.html", (1280, 720))
    assert found == ["dead.html, on a screen of 1280x720: it did not open within 1 s"]


# -- the command -------------------------------------------------------------------------------


@pytest.fixture
def built(tmp_path, monkeypatch, still):
    """A folder of built things, with one sound deck and a page that is none."""
    monkeypatch.setattr(gate, "BUILT", tmp_path)
    (tmp_path / "sound.html").write_bytes(still.read_bytes())
    (tmp_path / "page.html").write_text("<p>A page to read.</p>")
    return tmp_path


def test_the_command_says_what_it_looked_at(built, capsys, browser, monkeypatch):
    monkeypatch.setattr(gate, "launched", lambda: running(browser))
    assert gate.main([]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "page.html: passed over, for it holds no reveal.js slides",
        "1 deck, 3 slides, 0 pictures, 4 settings on 2 screens: nothing overflows.",
    ]


def test_the_command_names_every_fault_on_a_line(built, capsys, browser, monkeypatch):
    monkeypatch.setattr(gate, "launched", lambda: running(browser))
    text = (built / "sound.html").read_text("utf-8")
    bad = built / "bad.html"
    bad.write_text(text.replace("Words that stand.", "Words that $x_1$ stand."))
    assert gate.main([str(bad)]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f'bad.html, slide 3 "What is on the last?" at {screen}, before its first step: '
        'raw TeX: "Words that $x_1$ stand."'
        for screen in ("1280x720", "1920x1080")
    ]
    assert said.err == "2 faults in 1 deck.\n"


@contextmanager
def running(browser):
    yield browser


def refused(capsys, *arguments):
    assert gate.main([*map(str, arguments)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_the_command_refuses_what_is_no_deck(built, capsys):
    assert "absent.html: there is no such deck; make slides" in refused(capsys, "absent.html")
    page = built / "page.html"
    assert refused(capsys, page) == "page.html is no deck: it holds no reveal.js slides.\n"
    page.unlink()
    (built / "sound.html").unlink()
    assert re.fullmatch(r"There is no deck in .*; make slides builds them.\n", refused(capsys))


def test_without_chromium_the_command_says_how_to_get_it(built, capsys, monkeypatch):
    monkeypatch.setattr(slides_browser, "find_chromium", lambda: None)
    said = refused(capsys, built / "sound.html")
    assert said == "Chromium is not installed; make chromium installs it.\n"


def test_without_playwright_the_browser_says_how_to_get_it(monkeypatch):
    whole = builtins.__import__

    def without(name, *rest):
        if name.startswith("playwright"):
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(slides_browser, "find_chromium", lambda: "chromium")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BuildError, match="playwright, which drives Chromium, is not installed"):
        slides_browser.launched().__enter__()
