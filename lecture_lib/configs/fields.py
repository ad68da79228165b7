"""The fields of a config.json: each is checked as it is read, and a wrong one names itself."""

import json
import re

# A field of such a name changes the dimensions. One that a family does not read must be empty.
SHAPING = re.compile(
    "expert|moe_|mlp_only|lora_rank|low_rank|window|layer_types|conv|state_size|linear_|index_"
    "|head_dim|head_size|n_groups|cross_attention|mlp_bias|attention_bias|attn_output_gate"
)


class ConfigError(ValueError):
    """A config.json that cannot be read, or a model that no shape counts: one sentence."""


class Fields:
    """The fields of a config.json, each checked as it is read."""

    def __init__(self, said, name):
        self.said, self.name, self.read = said, str(name), set()

    def get(self, key, default=None):
        """The value, or the default where there is none or null."""
        self.read.add(key)
        value = self.said.get(key)
        return default if value is None else value

    def whole(self, key, default=None, least=1):
        """A whole number."""
        value = self.get(key, default)
        if value is None:
            raise ConfigError(
                f"{self.name}: config.json has no {key!r}, which a model of this family needs; "
                "take the file from the model's own page"
            )
        if type(value) is not int or value < least:
            raise self.refused(key, f"a whole number, {least} or more")
        return value

    def flag(self, key, default=False):
        """True or false."""
        if not isinstance(value := self.get(key, default), bool):
            raise self.refused(key, "true or false")
        return value

    def choice(self, key, known):
        """One of the known words."""
        value = self.get(key)
        if not isinstance(value, str) or value not in known:
            raise self.refused(key, f"one of {', '.join(known)}")
        return value

    def only(self, key, counted, default):
        """Refuse any other value than the one that the shapes count."""
        if self.get(key, default) != counted:
            raise self.refused(key, f"{json.dumps(counted)}, for no shape counts anything else")

    def refused(self, key, must):
        return ConfigError(
            f"{self.name}: {key} must be {must}, not {self.said.get(key)!r}; correct it, "
            "or give the dimensions to TransformerShape or RecurrentShape yourself"
        )

    def refuse_unread(self):
        for key, value in self.said.items():
            if key not in self.read and SHAPING.search(key) and value not in (None, False, 0, []):
                raise ConfigError(
                    f"{self.name}: {key} is {value!r:.60}, which this family does not count; "
                    "give the dimensions to TransformerShape yourself"
                )
