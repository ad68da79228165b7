"""How far apart the colours of the lecture are, and how well they stand out, in both tones.

Run it by hand: .venv/bin/python benchmarks/colours.py. Every number is coloraide's: contrast by
WCAG 2.1, distance by CIEDE2000. tests/test_palette.py holds the same numbers to their bounds.
"""

import itertools

from coloraide import Color

from lecture_lib.palette import Colour

MARKS = (
    Colour.COMPUTE, Colour.TRAFFIC, Colour.WEIGHTS, Colour.CACHE, Colour.ACTIVATIONS,
    Colour.ENERGY, Colour.WRONG, Colour.GREY,
)  # fmt: skip
TEXTS = (
    Colour.INK, Colour.SOFT, Colour.GREY, Colour.COMPUTE, Colour.TRAFFIC_TEXT, Colour.WEIGHTS,
    Colour.CACHE, Colour.ACTIVATIONS_TEXT, Colour.ENERGY, Colour.WRONG_TEXT,
)  # fmt: skip

# What a picture may lie on: the card, and JupyterLab's own page.
GROUNDS = {
    "light": (Colour.GROUND.light, "#ffffff"),
    "dark": (Colour.GROUND.dark, "#111111"),
}

# Three published simulations disagree by a few units, so all of them are asked, at full severity:
# Machado, Oliveira, Fernandes 2009; Viénot, Brettel, Mollon 1999; Brettel, Viénot, Mollon 1997.
METHODS = ("machado", "vienot", "brettel")
DEFICIENCIES = {"protanopia": "protan", "deuteranopia": "deutan", "tritanopia": "tritan"}
EYES = ("normal", *(f"{eyes}, {by}" for eyes in DEFICIENCIES for by in METHODS))


def contrast(colour: Colour, tone: str, ground: str) -> float:
    """The contrast ratio of a colour on a ground [1 to 21]."""
    return Color(getattr(colour, tone)).contrast(ground, method="wcag21")


def seen(colour: Colour, tone: str, eyes: str) -> Color:
    """The colour as those eyes see it: one of EYES."""
    true = Color(getattr(colour, tone))
    deficiency, _, method = eyes.partition(", ")
    if not method:
        return true
    # a simulation can leave what a screen shows, and is then shown at the edge of it
    return true.filter(DEFICIENCIES[deficiency], method=method).clip()


def distances(tone: str, eyes: str) -> list[tuple[float, str, str]]:
    """The CIEDE2000 distance of every two marks, nearest first, with their names."""
    looks = {colour.name: seen(colour, tone, eyes) for colour in MARKS}
    return sorted(
        (looks[one].delta_e(looks[other], method="2000"), one, other)
        for one, other in itertools.combinations(looks, 2)
    )


def main():
    for tone, grounds in GROUNDS.items():
        print(f"{tone}: the two marks that look most alike")
        for eyes in EYES:
            apart, one, other = distances(tone, eyes)[0]
            print(f"  {eyes:22} {apart:5.1f}  {one} and {other}")
        for kind, colours in (("mark", MARKS), ("text", TEXTS)):
            print(f"{tone}: contrast of a {kind} on {' and on '.join(grounds)}")
            for colour in colours:
                ratios = (f"{contrast(colour, tone, ground):6.2f}" for ground in grounds)
                print(f"  {colour.name:22}{''.join(ratios)}")


if __name__ == "__main__":
    main()
