"""The deck builder on a sample chapter, and every deck in a real browser without network."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from browser import launched, photograph, visit
from fontTools.ttLib import TTFont
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from slides import BuildError, build, decks, gate, packages
from slides.browser import wait_for_deck
from slides.cells import Prose, read_slides
from slides.chapters import outline
from slides.make_fonts import GREEK, SIGNS, missing_signs
from slides.meanings import coloured_code, coloured_strong
from slides.plan import read_plan

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))

PICTURE = """
import os
from lecture_lib.controls import choice, steps
from lecture_lib.explore import explore
from lecture_lib.scene import State
from lecture_lib.views.style import INK, LectureScene, TRAFFIC, chart, note

def sharing(users, card):
    return State(
        f"At batch {users} on a {card} card the weights are read once for {users} users, so "
        "bandwidth sets the pace; this sentence goes on until it is as long as one may be that "
        "stands under a picture."
    )

class Sharing(LectureScene):
    "A curve, and a point on it."
    source = "Sample, not data. " * 10
    state = staticmethod(sharing)
    def draw(self, figure):
        ax = chart(figure, x="users", y="tokens per second")
        ax.set(xlim=(0, 9), ylim=(0, 100))
        ax.plot([1, 8], [10, 80], color=TRAFFIC)
        self.name = self.moving(note(ax))
        self.dot = self.moving(*ax.plot([], [], "o", color=INK))
    def move(self, state):
        _, _, users, _, _, card, *_ = state.says.split()
        users = int(users)
        self.dot.set_data([users], [10 * users])
        self.name.set(text=f"{users} users, {card}", x=users, y=10 * users)

assert os.environ["LECTURE_MEDIUM"] == "deck"
explore(
    Sharing,
    presets={"two on a small card": {}, "two on a large card": {"card": "large"}},
    in_deck=["users"],
    users=steps([1, 2, 4, 8], start=2),
    card=choice(["small", "large"]),
)
"""
VERDICT = """
from IPython.display import HTML
HTML('''<div class="lecture-verdict"><dl>
<dt>the draft said</dt><dd>“Two bits per weight lose almost no quality.”</dd>
<dt>we find</dt><dd>Perplexity 4.88 → 6.35 with a vector codebook, and 8.15 with GPTQ,
at 2.0 to 2.3 bits stored.</dd>
<dt>verdict</dt><dd class="not-supported"><strong>✕ Not supported.</strong> Four bits are nearly
free (4.97); two bits lose more than halving the model does.</dd></dl></div>''')
"""
PREDICT = """
from lecture_lib.exercises import Choice, Number, Option, predict, prediction

@prediction
def doubled():
    options = (
        Option("stay the same: the card was already busy", "The card waits for its memory."),
        Option("nearly double: the weights are read once for all", "One read serves both."),
        Option("halve: twice the arithmetic", "The arithmetic has time to spare."),
        Option("it depends on the length of the context", "Short caches are small."),
    )
    ask = "Decide before the slider moves. Hands up for one."
    return Choice(ask, options, right=1, source="Sample.")

@prediction
def rate():
    why = "Every token waits for the weights."
    return Number("How many tokens a second?", "tok/s", 130, why, "Sample.")

"""
TABLE = """
rows = [("RTX 4090", "24 GB", "1.01 TB/s", "165 TFLOP/s", 164),
        ("H100 SXM", "80 GB", "3.35 TB/s", "989 TFLOP/s", 295),
        ("A100 PCIe", "80 GB", "1.94 TB/s", "312 TFLOP/s", 161)]
body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
head = "".join(f"<th>{name}</th>" for name in ("device", "memory", "bandwidth", "FP16", "ridge"))
table = f'<table class="lecture-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
display(HTML(table), metadata={"lecture": {"source": "Sample."}})
"""
CODE = """layers, heads, width = 40, 40, 128
bytes_per_value = 2            # FP16

kv_per_token = 2 * layers * heads * width * bytes_per_value

for tokens in (1, 1_000, 24_000):
    print(f"{tokens:>6}  {tokens * kv_per_token / 1e9:6.3f} GB")"""
TEXT = """A decoded token costs at least one read of every active weight.

- **Shrink** the bytes per token.
- **Share** one read among more tokens.
- **Raise** the bytes per second per watt."""
FORMULA = r"""The cache grows with every token $t$ that it holds:

$$B_{\mathrm{KV}}(t) = 2\,L\,H_{\mathrm{kv}}\,d\,b\,t \le C - B_{\mathrm{weights}}$$

and $\sqrt{d} \approx 11.3$ scales the scores."""


def marked(cell, slide_type, *tags):
    cell.metadata["slideshow"] = {"slide_type": slide_type}
    cell.metadata["tags"] = list(tags)
    return cell


def slide(heading):
    return marked(new_markdown_cell(heading), "slide")


def notes(minutes, words):
    summary = f"<summary>For the speaker, minutes: {minutes}</summary>"
    return marked(new_markdown_cell(f"<details>{summary}\n\n{words}\n\n</details>"), "notes")


def shown(source, *tags):
    return marked(new_code_cell(source), "-", *tags)


def written(path, *cells, **lecture):
    """Write a notebook of these cells and return its path."""
    notebook = new_notebook(cells=list(cells))
    notebook.metadata["lecture"] = lecture
    nbformat.write(notebook, path)
    return path


def sample(folder):
    """A chapter that holds each kind of slide once."""
    return written(
        folder / "sample.ipynb",
        slide("# The price of a token\n\nWhat does one answer cost, in bytes, seconds and joules?"),
        notes(1, "Welcome. The cost is $B/W$ at least."),
        new_markdown_cell("Only readers see this: it is not marked."),
        new_code_cell("print('not in the deck')"),
        slide("## Why does decoding leave the card idle?"),
        shown(PICTURE),
        notes(2, "Speak **slowly** here."),
        slide("## Is 2-bit quantization free?"),
        shown(VERDICT),
        slide("## Twice the batch. Tokens per second?"),
        shown(PREDICT + "predict(doubled)"),
        slide("## How fast for one user?"),
        shown("predict(rate)"),
        slide("## Which card has which roof?"),
        shown(TABLE),
        slide("## What does one token cost in bytes?"),
        shown(CODE, "show-code"),
        marked(new_markdown_cell("The **KV cache** takes 0.82 MB a token."), "fragment"),
        slide("## What can be done about it?"),
        marked(new_markdown_cell(TEXT), "-", "slide-only"),
        slide("## How much fits beside the weights?"),
        marked(new_markdown_cell(FORMULA), "-"),
        chapter=1,
    )


def built(path, folder):
    return build.build_deck(path, folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sample_deck(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    return build.build_deck(sample(folder), folder / "built")


@pytest.fixture(scope="module")
def browser():
    with launched() as running:
        yield running


OWN = ["sample", *(path.stem for path in CHAPTERS)]  # decks whose slides are in no other


@pytest.fixture(scope="module", params=[*OWN, "talk_90"])
def deck(request, hall, sample_deck):
    """A built deck and the number of slides that it must have."""
    if request.param == "sample":
        return sample_deck, 9
    deck = hall / f"{request.param}.html"
    if request.param == "talk_90":
        plan = read_plan()
        return deck, 1 + sum(len(part.slides) for part in plan.parts)
    return deck, len(outline(ROOT / "notebooks" / f"{request.param}.ipynb").slides)


# -- in the browser ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared(browser, deck):
    """A built deck, opened once for all that is tried on it."""
    seen = opened(browser, deck[0])
    yield seen
    assert seen.requests == []
    assert seen.complaints == []
    seen.page.context.close()


@pytest.fixture
def page(shared):
    """The deck at its first slide."""
    shared.page.evaluate("Reveal.slide(0, 0)")
    return shared.page


def opened(browser, deck, screen=(1280, 720)):
    seen = visit(browser, deck.as_uri(), *screen)
    wait_for_deck(seen.page)
    seen.page.evaluate("document.fonts.ready.then(() => true)")
    return seen


def test_all_of_the_lecture_is_built_a_script_beside_each_deck(hall):
    names = {f"{name}.html" for name in (*(path.stem for path in CHAPTERS), *read_plan().slots)}
    assert {path.name for path in hall.glob("*.html")} == names
    assert {path.name for path in (hall / "script").iterdir()} == names


def test_a_deck_opens_without_network_and_without_a_complaint(shared, deck):
    assert shared.page.evaluate("Reveal.getTotalSlides()") == deck[1]
    assert shared.requests == []
    assert shared.complaints == []


def test_every_deck_passes_the_gate(page):
    assert gate.faults(page) == []


@pytest.mark.parametrize("deck", OWN, indirect=True)
def test_every_slide_passes_the_gate_on_a_large_screen(browser, deck):
    assert gate.inspect(browser, deck[0], gate.SCREENS[1]) == []


PAINTED = """() => {
  const slide = Reveal.getCurrentSlide(), box = slide.querySelector('.lecture-predict .custom');
  const style = element => getComputedStyle(element);
  return {
    ground: style(box).backgroundColor, words: style(box).color,
    tops: [...slide.querySelectorAll('li, .box, .why')].map(e => e.getBoundingClientRect().top),
    why: style(slide.querySelector('.why')).visibility,
    seen: [...box.querySelectorAll('*')].filter(e => style(e).visibility == 'visible')
      .map(e => e.textContent),
  };
}"""
INK, CLEAR = "rgb(26, 31, 41)", "rgba(0, 0, 0, 0)"


def test_the_answer_of_a_prediction_is_one_step_of_its_slide_and_moves_nothing(page):
    slides = page.locator("section:has(.lecture-predict)")
    for number in slides.evaluate_all("all => all.map(one => Reveal.getIndices(one).h)"):
        page.evaluate(f"Reveal.slide({number}, 0)")
        page.evaluate("Reveal.prevFragment()")
        before = page.evaluate(PAINTED)
        page.keyboard.press("ArrowRight")
        after = page.evaluate(PAINTED)
        assert (before["ground"], before["why"]) == (CLEAR, "hidden")
        assert (after["ground"], after["why"]) == (INK, "visible")
        assert after["words"] == "rgb(252, 251, 248)"
        assert before["tops"] == after["tops"]
        assert all(words.startswith("?") for words in before["seen"])
        assert not any(words.startswith("?") for words in after["seen"])
        assert not page.evaluate("Reveal.availableFragments().next")


SEEN = """card => ({
  says: card.querySelector('.says').textContent,
  alt: card.querySelector('svg.picture').getAttribute('aria-label'),
  picture: card.querySelector('svg.picture').innerHTML,
  slide: Reveal.getIndices().h,
})"""


def test_every_picture_moves_by_keyboard_and_says_what_it_shows(page):
    for card in page.locator("lecture-explorable .lecture-ex").all():
        number = card.evaluate("card => Reveal.getIndices(card.closest('section')).h")
        page.evaluate(f"Reveal.slide({number})")
        for control in card.locator("input, select").all():
            card.get_by_text("reset").click()
            before = card.evaluate(SEEN)
            control.focus()
            page.keyboard.press("End")
            after = card.evaluate(SEEN)
            if after["says"] == before["says"]:  # it stood at its last value
                page.keyboard.press("Home")
                after = card.evaluate(SEEN)
            assert after["slide"] == number, "a key for a control turned the slide"
            assert after["says"] != before["says"]
            assert after["picture"] != before["picture"]
            assert after["says"] in after["alt"]
            if "RTX 4090 with" in after["says"]:
                photograph(page, "explorable-deck.png")
        card.get_by_text("reset").click()
        page.wait_for_function("document.activeElement == document.body")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("Reveal.getIndices().h") == number + 1, "the card kept the keys"
        page.evaluate(f"Reveal.slide({number})")
        card.locator("input, select").last.focus()
        value = card.evaluate(SEEN)
        page.keyboard.press("PageDown")  # as a clicker sends it
        assert page.evaluate("Reveal.getIndices().h") == number + 1, "a clicker moved a control"
        assert card.evaluate(SEEN) | {"slide": number} == value


def test_a_setting_is_compared_with_another_on_the_same_axes(browser, sample_deck):
    page = opened(browser, sample_deck).page
    page.evaluate("Reveal.slide(1)")
    card = page.locator(".lecture-ex")
    menu = card.get_by_role("combobox", name="setting")
    menu.select_option("two on a large card")
    card.get_by_text("reset").click()
    assert menu.input_value() == "0", "the menu names another setting than the one that shows"
    card.get_by_text("+ compare").click()
    card.locator("input").focus()
    page.keyboard.press("End")
    assert card.locator(".other").inner_text() == "A, in grey: users 2"
    assert card.locator(".pinned .line2d").count() == 1
    assert card.locator(".slider b").inner_text() == "8"
    menu.select_option("two on a large card")
    assert card.locator(".other").inner_text() == "A, in grey: two on a small card"
    card.get_by_text("− compare").click()
    assert card.locator(".pinned *").count() == 0
    assert not card.locator(".other").is_visible()
    page.context.close()


def test_a_click_leaves_the_keys_to_the_deck_and_takes_no_later_focus(browser, sample_deck):
    page = opened(browser, sample_deck).page
    page.evaluate("Reveal.slide(1)")
    card = page.locator(".lecture-ex")
    clicked = """async (card, later) => {
      card.querySelector("button").focus();
      card.dispatchEvent(new PointerEvent("pointerup", {bubbles: true}));
      if (later) card.querySelector("input").focus();
      await new Promise(done => setTimeout(done, 50));
      return document.activeElement.tagName;
    }"""
    assert card.evaluate(clicked, False) == "BODY"
    assert card.evaluate(clicked, True) == "INPUT"
    page.context.close()


def test_a_printed_deck_shows_each_picture_at_its_start_without_controls(browser, sample_deck):
    seen = visit(browser, sample_deck.as_uri() + "?print-pdf")
    page = seen.page
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    card = page.locator(".lecture-ex")
    card.locator(".settings").wait_for(state="hidden")
    assert "At batch 2" in card.locator("svg.picture").get_attribute("aria-label")
    assert card.locator("svg.picture .line2d").count() > 0
    page.context.close()


def test_the_speaker_view_opens_from_a_file(page, deck):
    page.evaluate("Reveal.slide(8)")
    words = page.evaluate("Reveal.getCurrentSlide().querySelector('.notes')?.innerText || ''")
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    popup.value.wait_for_selector("#current-slide iframe")
    popup.value.wait_for_selector("#upcoming-slide iframe")
    if words:
        popup.value.wait_for_function(
            "document.querySelector('.speaker-controls-notes .value').innerText.length > 0"
        )
    if "talk" in deck[0].stem:
        photograph(popup.value, "speaker.png")
    popup.value.close()


def test_the_sample_is_set_in_plex_and_its_formulas_are_drawn(browser, sample_deck):
    seen = opened(browser, sample_deck)
    faces = seen.page.evaluate(
        "[...document.fonts].filter(face => face.status == 'loaded').map(face => face.family)"
    )
    assert any("IBM Plex Sans" in face for face in faces)
    assert seen.page.locator(".katex-html").count() == 3
    assert seen.page.locator("aside.notes math").count() == 1
    seen.page.context.close()


# -- the builder -------------------------------------------------------------------------------


def test_only_marked_cells_are_in_the_deck(sample_deck):
    html = sample_deck.read_text(encoding="utf-8")
    assert "not in the deck" not in html
    assert "Only readers see this" not in html
    assert "kv_per_token</b>" in html
    assert "perplexity" not in html
    assert "from IPython" not in html


def test_columns_of_numbers_stand_right(sample_deck):
    html = sample_deck.read_text(encoding="utf-8")
    assert '<th>device</th><th class="number">memory</th>' in html
    assert '<td>RTX 4090</td><td class="number">24 GB</td>' in html


def test_a_slide_names_its_source_and_its_place(sample_deck):
    html = sample_deck.read_text(encoding="utf-8")
    assert re.search(r"Sample, not data.</p><p>Chapter 01 · 2 / 9<br>data \d{4}-\d\d", html)
    assert "<p>The price of a token</p><p>Chapter 01 · 3 / 9<br>" in html


def test_a_picture_without_script_is_a_still_with_its_words(sample_deck):
    html = sample_deck.read_text(encoding="utf-8")
    assert 'role="img" aria-label="At batch 2 on a small card' in html
    assert '<p class="says">At batch 2 on a small card' in html


def test_a_deck_keeps_to_its_budget(tmp_path, monkeypatch):
    monkeypatch.setattr(decks, "MOST_BYTES", 1e5)
    with pytest.raises(BuildError, match=r"would take 0.\d MB, and 0 MB is the most"):
        build.build_deck(written(tmp_path / "big.ipynb", slide("## Why?")), tmp_path)


def test_a_deck_carries_the_licences_of_what_it_holds(sample_deck):
    html = sample_deck.read_text(encoding="utf-8")
    assert "Hakim El Hattab" in html
    assert "Khan Academy" in html
    assert "SIL OPEN FONT LICENSE" in html


def test_the_stage_goes_dark_at_a_key_and_from_its_address(browser, sample_deck):
    seen = opened(browser, sample_deck)
    ground = "getComputedStyle(document.body).backgroundColor"
    assert seen.page.evaluate(ground) == "rgb(252, 251, 248)"
    seen.page.keyboard.press("d")
    assert seen.page.evaluate(ground) == "rgb(20, 23, 28)"
    assert seen.page.url.endswith(".html?dark")
    seen.page.reload()
    assert seen.page.evaluate(ground) == "rgb(20, 23, 28)"
    seen.page.keyboard.press("d")
    assert seen.page.evaluate(ground) == "rgb(252, 251, 248)"
    assert seen.page.url.endswith(".html")
    assert seen.complaints == []
    seen.page.context.close()


def test_notes_give_each_slide_its_time(sample_deck):
    assert 'data-timing="120"' in sample_deck.read_text(encoding="utf-8")


def test_a_deck_without_formulas_carries_no_katex(tmp_path):
    html = built(written(tmp_path / "plain.ipynb", slide("## Why?")), tmp_path)
    assert "KaTeX_Main" not in html
    assert len(html) < 800_000


IMAGE = """
class Picture:
    def _repr_mimebundle_(self, **_):
        return {"image/png": "", "text/plain": ""}
Picture()"""
HIDDEN = """
import ipywidgets
output = ipywidgets.Output()
with output:
    1 / 0
"""

FAULTS = {
    "error": (shown("1 / 0"), r"cell 2 \(1 / 0\): raised ZeroDivisionError"),
    "long error": (shown("raise ValueError('two\\nlines')"), "ValueError: two lines"),
    "unmarked error": (new_code_cell("1 / 0"), "raised ZeroDivisionError"),
    "allowed error": (shown("1 / 0", "raises-exception"), "raised ZeroDivisionError"),
    "stderr": (shown("import sys\nprint('odd', file=sys.stderr)"), "wrote to stderr: odd"),
    "image": (shown(IMAGE), "cannot show image/png, text/plain; give HTML, or a picture by expl"),
    "widget": (shown("import ipywidgets\nipywidgets.IntSlider()"), "live widget"),
    "hidden error": (new_code_cell(HIDDEN), "hides ZeroDivisionError"),
    "bad formula": (marked(new_markdown_cell(r"$\frac{1}$"), "-"), r"cell 2 .*frac.*KaTeX"),
    "long question": (slide("## " + "why " * 13 + "?"), "holds 50"),
    "no heading": (slide("Just words."), "opens with a markdown heading"),
    "slide type": (marked(new_markdown_cell("x"), "subslide"), "'subslide' is not used"),
    "no time": (notes("some", "Just words."), "minutes: 2"),
    "no description": (marked(new_markdown_cell("![](a.png)"), "-"), "no description"),
    "no source": (
        marked(new_markdown_cell("It reads 1.01 TB/s."), "-"),
        "says '1.01 TB/s' and not",
    ),
    "no file": (marked(new_markdown_cell("![a picture](a.png)"), "-"), "no file beside"),
}


@pytest.mark.parametrize(("cell", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_stops_the_build_and_names_its_cell(tmp_path, cell, words):
    path = written(tmp_path / "faulty.ipynb", slide("## Why?"), cell)
    (tmp_path / "faulty.html").write_text("the deck of yesterday")
    with pytest.raises(BuildError, match=words) as caught:
        build.build_deck(path, tmp_path)
    assert str(caught.value).startswith("faulty.ipynb")
    assert "\n" not in str(caught.value)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["faulty.html", "faulty.ipynb"]
    assert (tmp_path / "faulty.html").read_text() == "the deck of yesterday"


def test_text_names_the_source_of_its_numbers_in_its_last_paragraph(tmp_path):
    words = marked(new_markdown_cell("It draws 450 W.\n\nSource: the *maker*."), "-")
    more = marked(new_markdown_cell("So 4.5 J a token."), "-")
    html = built(written(tmp_path / "a.ipynb", slide("## Why?"), words, more), tmp_path)
    assert "<footer><p>the *maker*.</p>" in html
    assert "Source:" not in html


def test_a_cell_before_the_first_slide_is_refused():
    cells = [marked(new_markdown_cell("early"), "-")]
    with pytest.raises(BuildError, match="no slide is open"):
        read_slides(new_notebook(cells=cells), "early.ipynb", Prose(ROOT))


def test_a_notebook_without_slides_is_refused():
    with pytest.raises(BuildError, match="no cell is marked"):
        read_slides(new_notebook(), "bare.ipynb", Prose(ROOT))


def test_the_command_says_in_one_line_what_is_wrong(tmp_path, capsys):
    assert build.main([str(tmp_path / "absent.ipynb"), "--out", str(tmp_path)]) == 1
    assert "there is no such notebook" in capsys.readouterr().err


def test_bold_words_are_coloured_by_what_they_name():
    assert coloured_strong("KV cache") == '<strong style="color:var(--cache)">KV cache</strong>'
    assert coloured_strong("Shrink") == "<strong>Shrink</strong>"
    assert coloured_strong("arithmetic intensity") == "<strong>arithmetic intensity</strong>"


def test_code_is_coloured_by_what_it_names():
    html = coloured_code("kv_bytes = 2  # <both>")
    assert html.startswith('<b style="color:var(--cache)">kv_bytes</b> = ')
    assert '<span class="comment"># &lt;both&gt;</span>' in html


def test_the_lock_file_names_no_registry():
    lock = (ROOT / "slides" / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert not re.search(r"https?://[^\"]*\.tgz", lock)
    wanted = json.loads((ROOT / "slides" / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())


def test_npm_runs_once_for_each_lock_file(monkeypatch):
    packages.install()
    monkeypatch.setattr(packages, "_node_program", lambda *_, **__: pytest.fail("npm ran again"))
    packages.install()


def test_without_network_npm_says_what_to_do(monkeypatch, tmp_path):
    failed = SimpleNamespace(returncode=1, stderr="npm error code ENOTFOUND\nnpm error network")
    monkeypatch.setattr(packages, "STAMP", tmp_path / "none")
    monkeypatch.setattr(packages, "_node_program", lambda *_, **__: failed)
    with pytest.raises(BuildError, match=r"\(npm error code ENOTFOUND\); connect to the network"):
        packages.install()


@pytest.mark.parametrize(
    "face", sorted((ROOT / "lecture_lib" / "fonts").glob("*.ttf")), ids=lambda p: p.stem
)
def test_the_fonts_of_the_figures_hold_every_sign(face):
    font = TTFont(face)
    signs = SIGNS + GREEK if "Sans" in face.stem else SIGNS
    assert missing_signs(font, signs) == ""
    assert font["OS/2"].usWeightClass == (600 if "SemiBold" in face.stem else 400)
