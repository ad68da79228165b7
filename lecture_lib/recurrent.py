"""A recurrent language model, counted: its memory of the past is a state of fixed size."""

from dataclasses import KW_ONLY, dataclass

from lecture_lib.dimensions import require_divisor, require_whole
from lecture_lib.roofline import Work
from lecture_lib.units import packed, quantity


@dataclass(frozen=True)
class RecurrentShape:
    """The dimensions of an RWKV or Mamba model, from which every count follows.

    Answers to the same names as a TransformerShape. ValueError, naming the model, for dimensions
    that are missing or fit no model.
    """

    name: str
    family: str  # "rwkv4" to "rwkv7", "mamba1", "mamba2"
    layers: int
    model_dim: int
    mlp_dim: int  # hidden width of RWKV's channel mixing; 0 for Mamba, which has none
    vocabulary: int  # rows of the table, so with its padding
    _: KW_ONLY
    tied_embeddings: bool = False
    head_dim: int = 0  # from rwkv5 on, and mamba2
    mix_rank: int = 0  # rwkv6: rank of the token-dependent mixing
    decay_rank: int = 0  # rwkv6, rwkv7: rank of the token-dependent decay
    iclr_rank: int = 0  # rwkv7: of the in-context learning rate
    value_rank: int = 0  # rwkv7: of the value residual
    gate_rank: int = 0  # rwkv7: of the gate
    inner_dim: int = 0  # mamba: width after expansion
    state_dim: int = 0  # mamba: states per channel
    conv_width: int = 0  # mamba: tokens under the short convolution
    dt_rank: int = 0  # mamba1: rank of the step size
    groups: int = 1  # mamba2: groups that share B and C

    def __post_init__(self):
        _refuse_impossible(self)

    @property
    def parameters(self):
        """All parameters: count."""
        tables = (1 if self.tied_embeddings else 2) * self.embedding_parameters
        return tables + self.layers * LAYER_PARAMETERS[self.family](self) + _ends(self)

    @property
    def active_parameters(self):
        """Parameters that one token passes, with both embedding tables: all of them."""
        return self.parameters

    @property
    def embedding_parameters(self):
        """Parameters that are looked up, a row per token: count."""
        return self.vocabulary * self.model_dim

    def streamed_parameters(self, sequences=1):
        """Parameters read from memory in one decode step: count, the same for any `sequences`.

        Everything but the input table; a tied table is read once, as the output matrix.
        """
        sequences = quantity(f"{self.name}: sequences", sequences, least=1)
        looked_up = 0 if self.tied_embeddings else self.embedding_parameters
        return packed(self.parameters - looked_up + 0 * sequences)

    @property
    def state_elements(self):
        """Values that one sequence carries from token to token: count."""
        values_per_cell = 3 if self.family == "rwkv4" else 1  # numerator, denominator, maximum
        return self.layers * (values_per_cell * _cells(self) + _recent_inputs(self))

    def kv_bytes_per_token(self, value_bytes=2):
        """Bytes that a token adds to the cache [byte]: none."""
        return packed(0 * quantity(f"{self.name}: value_bytes", value_bytes))

    def cache_bytes(self, context_tokens, *, sequences=1):
        """Size of the state [byte] in 32-bit values: the same for every context."""
        return state_cache_bytes(self, context_tokens, sequences=sequences)

    def decode_work(self, context_tokens, *, sequences=1, weight_bytes=2):
        """Work of one decode step, with the state in 32-bit values."""
        return decode_work(self, context_tokens, sequences=sequences, weight_bytes=weight_bytes)


def state_cache_bytes(shape, context_tokens, *, sequences=1, state_bytes=4):
    """Size of the state [byte] of so many sequences, at `state_bytes` per value.

    Whatever the context; it is an argument so that a caller can treat every shape alike.
    """
    context = quantity(f"{shape.name}: context_tokens", context_tokens)
    sequences = quantity(f"{shape.name}: sequences", sequences, least=1)
    state_bytes = quantity(f"{shape.name}: state_bytes", state_bytes)
    return packed(sequences * state_bytes * shape.state_elements + 0 * context)


def decode_work(shape, context_tokens, *, sequences=1, weight_bytes=2, state_bytes=4):
    """Work of one decode step: each sequence gets one more token, and its state moves on.

    FLOP: 2 for each parameter but the input table, and those of STATE_FLOPS. Bytes: the
    streamed parameters once for all sequences, and the state of each read *and* written.
    """
    context = quantity(f"{shape.name}: context_tokens", context_tokens)
    sequences = quantity(f"{shape.name}: sequences", sequences, least=1)
    weight_bytes = quantity(f"{shape.name}: weight_bytes", weight_bytes)
    state_bytes = quantity(f"{shape.name}: state_bytes", state_bytes)
    streamed = shape.streamed_parameters()
    flops = sequences * (2 * streamed + state_flops(shape))
    traffic = weight_bytes * streamed + sequences * 2 * state_bytes * shape.state_elements
    return Work(flops + 0 * context, traffic)


def state_flops(shape):
    """FLOP to move the state of one sequence on by one token, and to read from it: count."""
    return shape.layers * STATE_FLOPS[shape.family] * _cells(shape)


# FLOP per cell of the state, our own count of the recurrence in each paper; a maximum, an
# exponential and a division count as one. S is the state, k v the outer product of key and value.
STATE_FLOPS = {
    # out: k + u, maximum, two exp(x - maximum), e1 a + e2 v, e1 b + e2, a / b: 12;
    # the same to move a and b on, without the division: 11
    "rwkv4": 23,
    # k v: 1; out = r (S + u k v): 4; S = w S + k v: 2
    "rwkv5": 7,
    "rwkv6": 7,
    # S a: 2; S = S w + (S a) b + v k: 5; out = S r: 2
    "rwkv7": 9,
    # exp(dt A): 2; h = that h + (dt x) B: 3; out = C h: 2
    "mamba1": 7,
    # one decay per head: h = decay h + (dt x) B: 3; out = C h: 2
    "mamba2": 5,
}


def _cells(s):
    """Cells of the recurrence, per layer: count."""
    if s.family == "rwkv4":
        return s.model_dim
    if s.family.startswith("mamba"):
        return s.inner_dim * s.state_dim
    return s.model_dim * s.head_dim  # a square matrix per head


def _recent_inputs(s):
    """Values of the tokens just read that are kept beside it, per layer: count."""
    if s.family.startswith("rwkv"):
        return 2 * s.model_dim  # the token before, for time mixing and for channel mixing
    return _convolved(s) * (s.conv_width - 1)


def _convolved(s):
    """Channels under Mamba's short convolution: in Mamba-2, B and C pass it as well."""
    return s.inner_dim + (2 * s.groups * s.state_dim if s.family == "mamba2" else 0)


def _rwkv4(s):  # Peng et al. 2023, arXiv:2305.13048
    d, f = s.model_dim, s.mlp_dim
    time_mixing = 4 * d * d + 5 * d  # receptance, key, value, output; decay, bonus, 3 mixes
    channel_mixing = 2 * d * f + d * d + 2 * d  # key, value; receptance; 2 mixes
    return time_mixing + channel_mixing + 4 * d  # two norms, gain and bias


def _rwkv5(s):  # Eagle: Peng et al. 2024, arXiv:2404.05892
    d, f = s.model_dim, s.mlp_dim
    time_mixing = 5 * d * d + 8 * d  # + gate; 4 mixes, decay, bonus, norm of the heads
    return time_mixing + 2 * d * f + d * d + 2 * d + 4 * d


def _rwkv6(s):  # Finch: the same paper; mixes and decay depend on the token, at low rank
    d = s.model_dim
    return _rwkv5(s) + 2 * d + 10 * d * s.mix_rank + 2 * d * s.decay_rank


def _rwkv7(s):  # Goose: Peng et al. 2025, arXiv:2503.14456
    d, f = s.model_dim, s.mlp_dim
    ranks = s.decay_rank + s.iclr_rank + s.value_rank + s.gate_rank
    # receptance, key, value, output; 6 mixes, 3 offsets, 3 key vectors, norm of the heads
    time_mixing = 4 * d * d + 2 * d * ranks + 14 * d
    return time_mixing + 2 * d * f + d + 4 * d  # channel mixing without receptance; norms


def _mamba1(s):  # Gu and Dao 2023, arXiv:2312.00752
    d, inner, state = s.model_dim, s.inner_dim, s.state_dim
    convolution = inner * (s.conv_width + 1)
    selection = inner * (s.dt_rank + 2 * state) + inner * (s.dt_rank + 1)  # dt, B, C; dt again
    return 3 * d * inner + convolution + selection + inner * (state + 1) + d  # in, out; A, D; norm


def _mamba2(s):  # Dao and Gu 2024, arXiv:2405.21060
    d, inner, heads = s.model_dim, s.inner_dim, s.inner_dim // s.head_dim
    projections = d * (inner + _convolved(s) + heads) + inner * d  # gate, x B C, dt; out
    convolution = _convolved(s) * (s.conv_width + 1)
    return projections + convolution + 3 * heads + inner + d  # A, D, bias of dt; two norms


LAYER_PARAMETERS = {
    "rwkv4": _rwkv4,
    "rwkv5": _rwkv5,
    "rwkv6": _rwkv6,
    "rwkv7": _rwkv7,
    "mamba1": _mamba1,
    "mamba2": _mamba2,
}


def _ends(s):
    """Parameters before the first and after the last layer, and those that the first lacks."""
    if s.family.startswith("mamba"):
        return s.model_dim  # the last norm
    norms = 4 * s.model_dim  # after the embedding, and before the output matrix
    # the first layer of RWKV-7 has no earlier value to add, so no value residual
    absent = s.model_dim * (1 + 2 * s.value_rank) if s.family == "rwkv7" else 0
    return norms - absent


NEEDED = {
    "rwkv4": ("mlp_dim",),
    "rwkv5": ("mlp_dim", "head_dim"),
    "rwkv6": ("mlp_dim", "head_dim", "mix_rank", "decay_rank"),
    "rwkv7": ("mlp_dim", "head_dim", "decay_rank", "iclr_rank", "value_rank", "gate_rank"),
    "mamba1": ("inner_dim", "state_dim", "conv_width", "dt_rank"),
    "mamba2": ("inner_dim", "state_dim", "conv_width", "head_dim", "groups"),
}  # dimensions that a family has beside layers, model_dim and vocabulary


def _refuse_impossible(s):
    """Refuse dimensions that are missing or fit no model."""
    if s.family not in NEEDED:
        raise ValueError(f"{s.name}: no family {s.family!r}; choose from {list(NEEDED)}")
    needed = ("layers", "model_dim", "vocabulary", *NEEDED[s.family])
    require_whole(s, dict.fromkeys(needed, 1))
    if s.head_dim:
        require_divisor(s, "head_dim", "inner_dim" if s.family == "mamba2" else "model_dim")
