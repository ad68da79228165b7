"""Questions as a student meets them: cards in JupyterLab, answered by keyboard alone."""

import pytest
from browser import launched
from laboratory import jupyter_lab, run_all, write_notebook

SETUP = """from lecture_lib.exercises import check, predict
from lecture_lib.exercises import decode as exercise"""
CELLS = (
    SETUP,
    "predict(exercise.sharing)",
    "predict(exercise.one_user)",
    "check(exercise.gigabytes_per_token)",
)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A small notebook of the three kinds of card, run in JupyterLab."""
    notebook = write_notebook(tmp_path_factory.mktemp("lab") / "questions.ipynb", *CELLS)
    with jupyter_lab(notebook) as lab, launched() as browser:
        opened = run_all(browser, lab)
        opened.page.locator(".lecture-question").nth(2).wait_for()
        yield opened.page
        assert not opened.page.locator(".jp-OutputArea-output[data-mime-type*=error]").count()
        assert not opened.requests


def card(page, words: str):
    return page.locator(".lecture-question", has_text=words)


def says(card, words: str):
    card.locator(".says", has_text=words).wait_for()


def focused(page) -> str:
    """What has the focus: the words of a button, or the kind of a field; empty outside cards."""
    return page.evaluate(
        """() => { const e = document.activeElement;
        return e.closest('.lecture-question') ? e.value || e.textContent || e.type : ''; }"""
    )


def test_a_choice_is_made_with_arrows_and_enter_and_then_locks(page):
    choice = card(page, "Now 32 users")
    cells = page.locator(".jp-Cell").count()
    choice.locator("input[type=radio]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "B"
    page.keyboard.press("Enter")
    says(choice, "It is C, about four fifths.")
    assert choice.locator("[data-mark=right]").inner_text().startswith("C")
    assert choice.locator("[data-mark=wrong]").inner_text().startswith("B")
    assert choice.locator("input:disabled").count() == 4
    assert focused(page).startswith("✕ Not so")
    page.keyboard.press("Tab")
    assert focused(page) == "again"
    page.keyboard.press("Enter")
    says(choice, "Decide first")
    assert (
        choice.locator(
            "input:disabled, [data-mark=right], [data-mark=wrong], input:checked"
        ).count()
        == 0
    )
    assert focused(page) == "A"
    for key in ("a", "b", "d", "d", "x"):  # shortcuts that make, cut or delete cells
        page.keyboard.press(key)
    assert page.locator(".jp-Cell").count() == cells


def test_a_number_is_predicted_with_enter(page):
    number = card(page, "How many tokens per second can one user get")
    number.locator("input").focus()
    page.keyboard.press("Enter")
    says(number, "Write a number first.")
    page.keyboard.type("fast")
    page.keyboard.press("Enter")
    says(number, "An answer is one number, in tok/s or with its unit, and this is 'fast'.")
    page.keyboard.press("Control+A")
    page.keyboard.type("6.2 kt/s")
    page.keyboard.press("Enter")
    says(number, "✕ 48 times too large: the models say 130 tok/s.")
    assert number.locator(".says b").inner_text() == "✕ 48 times too large:"
    assert focused(page) == "6.2 kt/s"
    assert number.locator("input").get_attribute("readonly") is not None
    assert number.locator("button:visible").all_inner_texts() == ["again"]


def test_the_answer_of_a_prediction_can_be_shown_without_one(page):
    number = card(page, "How many tokens per second can one user get")
    again = number.get_by_role("button", name="again")
    if again.count():
        again.press("Enter")
    number.get_by_role("button", name="show the answer").press("Enter")
    says(number, "It is 130 tok/s.")
    assert focused(page) == "again"


def test_an_exercise_is_tried_helped_and_asked_again_in_another_variant(page):
    exercise = card(page, "How many GB does a device read")
    exercise.locator("input").focus()
    page.keyboard.type("120 GB")
    page.keyboard.press("Enter")
    says(exercise, "✕ Not yet. That is in gigabits. A byte has eight bits.")
    assert focused(page) == "120 GB"
    page.keyboard.press("Control+A")
    page.keyboard.type("14 GiB")
    page.keyboard.press("Enter")
    says(exercise, "✓ Right.")
    assert "8_030_261_248" not in exercise.inner_html()
    exercise.locator("summary", has_text="Worked solution").focus()
    page.keyboard.press("Enter")
    exercise.locator("code", has_text="8_030_261_248").wait_for()
    exercise.get_by_role("button", name="another one").press("Enter")
    exercise.locator(".ask", has_text="Llama-3.2-3B").wait_for()
    assert exercise.locator("details[open], code").count() == 0
    assert focused(page) == "text"
    assert exercise.locator("input").input_value() == ""
    page.keyboard.type("6.4")
    exercise.get_by_role("button", name="check").press("Space")
    says(exercise, "✓ Right.")


def test_cards_have_names_and_roles_and_room_for_a_finger(page):
    assert page.get_by_role("group", name="Now 32 users").count() == 1
    assert page.get_by_role("textbox", name="How many GB").count() == 1
    assert page.locator(".lecture-question [role=status]").count() == 3
    sizes = page.locator(
        ".lecture-question :is(button, .option, .field input, summary)"
    ).evaluate_all("all => all.filter(e => e.offsetParent).map(e => e.offsetHeight)")
    assert len(sizes) >= 12
    assert min(sizes) >= 40


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours as the browser writes them: rgb(1, 2, 3)."""

    def luminance(colour):
        parts = [int(part) / 255 for part in colour[4:-1].split(",")]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


COLOURS = """() => {
  const style = e => getComputedStyle(e), clear = 'rgba(0, 0, 0, 0)';
  const under = e => style(e).backgroundColor == clear ? under(e.parentElement) : e;
  return [...document.querySelectorAll('.lecture-question :is(label, p, button, b, span, summary)')]
    .filter(e => e.offsetParent && e.textContent.trim())
    .map(e => [e.textContent.slice(0, 30), style(e).color, style(under(e)).backgroundColor]);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_can_be_read_in_both_themes(page, theme):
    page.evaluate(f"document.body.dataset.jpThemeLight = '{str(theme == 'light').lower()}'")
    found = page.evaluate(COLOURS)
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    assert len(found) > 20
    for words, colour, ground in found:
        assert contrast(colour, ground) >= 4.5, f"{words}: {colour} on {ground}"
    assert {"light": "rgb(252, 251, 248)", "dark": "rgb(20, 23, 28)"}[theme] in {
        ground for *_, ground in found
    }


def test_a_card_is_set_in_plex(page):
    page.wait_for_function("[...document.fonts].some(face => face.family.includes('Plex Sans'))")
