"""Write the IBM Plex fonts that the figures use, from the packages that npm installed.

Result in lecture_lib/fonts: TrueType files, by which matplotlib measures words; WOFF2 files of the
sans faces, in which a page sets them; their licence. Run it once after the Plex version in
slides/package.json changes: `python -m slides.make_fonts`. The WOFF files hold the fonts as
published; only the compression is undone. No glyph or name is touched, because the licence
(SIL Open Font License 1.1) reserves the name "Plex" for unmodified fonts.
"""

import shutil
from pathlib import Path

from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "slides" / "node_modules" / "@ibm"
TARGET = ROOT / "lecture_lib" / "fonts"
FACES = {
    "plex-sans": ("IBMPlexSans-Regular", "IBMPlexSans-SemiBold"),
    "plex-mono": ("IBMPlexMono-Regular", "IBMPlexMono-SemiBold"),
}
SIGNS = "×²µ≈≤≥→−∞√·–…°"
"""Signs that captions and labels use; every face must hold them."""
GREEK = "αβγδεθλμπρστφωΔΣΩ"
"""Greek letters; only the sans faces hold them."""


def missing_signs(font: TTFont, signs: str) -> str:
    """Return those of `signs` that the font has no glyph for, in order; empty when it has all."""
    held = font.getBestCmap()
    return "".join(sign for sign in signs if ord(sign) not in held)


def unpack(source: Path, target: Path, signs: str) -> None:
    """Write the WOFF file `source` as the TrueType file `target`.

    Raises SystemExit when the font lacks one of `signs`.
    """
    font = TTFont(source, recalcBBoxes=False, recalcTimestamp=False)
    lacking = missing_signs(font, signs)
    if lacking:
        raise SystemExit(f"{source.name} has no glyph for {lacking}: pin another version of Plex")
    font.flavor = None
    font.save(target, reorderTables=None)


def main() -> None:
    """Write all faces and the licence; raises SystemExit when npm has not run."""
    if not PACKAGES.is_dir():
        raise SystemExit(f"{PACKAGES.relative_to(ROOT)} is missing: build the slides once before")
    TARGET.mkdir(parents=True, exist_ok=True)
    for package, faces in FACES.items():
        signs = SIGNS + GREEK if package == "plex-sans" else SIGNS
        for face in faces:
            woff = PACKAGES / package / "fonts" / "complete" / "woff" / f"{face}.woff"
            unpack(woff, TARGET / f"{face}.ttf", signs)
            if package == "plex-sans":
                shutil.copyfile(
                    woff.parents[1] / "woff2" / f"{face}.woff2", TARGET / f"{face}.woff2"
                )
    shutil.copyfile(PACKAGES / "plex-sans" / "LICENSE.txt", TARGET / "OFL.txt")


if __name__ == "__main__":
    main()
