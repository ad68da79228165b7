"""The shape of a model from its config.json, as Hugging Face keeps one beside the weights."""

import json
from collections.abc import Mapping
from pathlib import Path

from lecture_lib.configs.fields import ConfigError, Fields
from lecture_lib.configs.recurrent import RECURRENT
from lecture_lib.configs.transformers import TRANSFORMERS
from lecture_lib.recurrent import RecurrentShape
from lecture_lib.transformer import TransformerShape

__all__ = ["FAMILIES", "ConfigError", "shape_from_config"]

FAMILIES = TRANSFORMERS | RECURRENT  # by the model_type in the file
LAST_STEP = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")


def shape_from_config(config: Mapping | str | Path, name=None) -> TransformerShape | RecurrentShape:
    """The shape of the model that a config.json describes: its path, or what it says as a dict.

    Keys that are missing have the defaults of Hugging Face's transformers, where it has one that
    fits the family. `name` is the shape's, by default the one in the file. ConfigError, which is
    a ValueError, names the field, its value and the way out. Of a model for text and images, the
    text part. Modules that only predict further tokens (MTP) are left out.

    >>> gpt2 = {"model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12}
    >>> shape_from_config(gpt2 | {"n_positions": 1024, "vocab_size": 50257}).parameters
    124439808
    """
    said = config if isinstance(config, Mapping) else _read(Path(config))
    fields = Fields(said, name or said.get("_name_or_path") or said.get("model_type") or "config")
    family = fields.choice("model_type", FAMILIES)
    architectures = fields.get("architectures", [])
    if not isinstance(architectures, list) or not all(
        str(one).endswith(LAST_STEP) for one in architectures
    ):
        raise fields.refused("architectures", "a list of models that end in an output matrix")
    try:
        shape = FAMILIES[family](fields)
    except ConfigError:
        raise
    except ValueError as error:  # dimensions that fit no model
        raise ConfigError(str(error)) from None
    fields.refuse_unread()
    return shape


def _read(path):
    try:
        said = json.loads(path.read_text("utf-8"))  # with Infinity, which Mamba's files hold
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); give the path of a config.json"
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: no JSON, for {error}; fetch the file again") from None
    if not isinstance(said, dict):
        raise ConfigError(f"{path}: holds no table but {said!r:.40}; take the model's config.json")
    return said
