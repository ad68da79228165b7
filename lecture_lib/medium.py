"""Where something is shown: live in a notebook, in a deck, or on a page without a kernel."""

import os

MEDIUM = "LECTURE_MEDIUM"  # who builds a deck or a page sets this in the kernel that it runs
MEDIA = ("deck", "page")


def medium() -> str:
    """Either "notebook", or what the environment asks for: "deck" or "page".

    ValueError for any other medium.
    """
    asked = os.environ.get(MEDIUM, "")
    if asked and asked not in MEDIA:
        raise ValueError(f"{MEDIUM} is {asked!r}; it may be {' or '.join(MEDIA)}, or unset")
    return asked or "notebook"


def as_html() -> bool:
    """Whether what is shown goes into a deck or onto a page, and so must stand on its own."""
    return medium() in MEDIA


def anywidget():
    """The package anywidget, or None where it is not installed: nothing can then ask the kernel."""
    try:
        import anywidget
    except ImportError:
        return None
    return anywidget
