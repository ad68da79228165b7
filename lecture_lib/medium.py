"""Where something is shown: live in a notebook, or in a deck, where nothing runs."""

import os

STILL = "LECTURE_STILL"  # the deck build sets this in the kernel that it runs


def in_deck() -> bool:
    """Whether what is shown goes into a deck, and so must stand on its own."""
    return bool(os.environ.get(STILL))


def ipywidgets():
    """The package ipywidgets, or None where it is not installed: pictures then stand still."""
    try:
        import ipywidgets
    except ImportError:
        return None
    return ipywidgets
