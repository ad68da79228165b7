"""Builds the decks: every chapter's marked cells become one self-contained reveal.js page."""


class BuildError(Exception):
    """A deck cannot be built; the message, one line, names notebook and cell and what is wrong."""

    def __init__(self, message: str):
        super().__init__(" ".join(message.split()))
