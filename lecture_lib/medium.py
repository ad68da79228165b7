"""Where something is shown: live in a notebook, or in a deck, where nothing runs."""

import os

MEDIUM = "LECTURE_MEDIUM"
STILL = "LECTURE_STILL"  # the deck build sets this in the kernel that it runs


def medium() -> str:
    """Where things are shown: "notebook", "deck" or "page"."""
    return "deck" if os.environ.get(STILL) else os.environ.get(MEDIUM) or "notebook"


def in_deck() -> bool:
    """Whether what is shown goes into a deck, and so must stand on its own."""
    return medium() == "deck"


def ipywidgets():
    """The package ipywidgets, or None where it is not installed: pictures then stand still."""
    try:
        import ipywidgets
    except ImportError:
        return None
    return ipywidgets


def anywidget():
    """The package anywidget, or None where it is not installed: questions are then words."""
    try:
        import anywidget
    except ImportError:
        return None
    return anywidget
