"""A recurrent model, operator by operator: matrices, small vectors, and the state."""

from lecture_lib.operators.record import ENDS, EVERY, LATER, Layer
from lecture_lib.recurrent import LAYER_PARAMETERS, state_flops


def recurrent_layers(shape):
    """Every layer; all are alike, but that the first of RWKV-7 has no value residual."""
    return (Layer(index) for index in range(shape.layers))


def recurrent_operators(step, *, begins, materialised):
    """All operators of a pass.

    `begins`: the state begins at zero and is written once; otherwise it is read and written.
    `materialised`: times that every token's state goes to memory and comes back.
    """
    s, mamba = step.shape, step.shape.family.startswith("mamba")
    matrices = MATRICES[s.family](s)
    rest = LAYER_PARAMETERS[s.family](s) - sum(
        copies * inside * outside for _, _, inside, outside, copies in matrices
    )
    later = s.model_dim * (s.family == "rwkv7")  # the offset of the value residual
    before, after = matrices[: BEFORE_STATE[s.family]], matrices[BEFORE_STATE[s.family] :]
    return [
        *step.embedding(),
        *([] if mamba else step.norm("first norm", ENDS, s.model_dim, biases=True)),
        *_vectors(step, "vectors", EVERY, rest - later),
        *_vectors(step, "value offset", LATER, later),
        *_matrices(step, before),
        *_state(step, begins, materialised),
        *_matrices(step, after),
        *(step.add("add") if mamba else step.add("attention add") + step.add("mlp add")),
        *step.norm("last norm", ENDS, s.model_dim, biases=not mamba),
        *step.head(),
    ]


def _matrices(step, rows):
    return [
        one
        for name, where, inside, outside, copies in rows
        for one in step.matrix(name, where, inside, outside, copies=copies)
    ]


def _vectors(step, name, where, parameters):
    """Norms, mixes, decays, biases and short convolutions: 2 FLOP for each of their parameters."""
    moved = step.shape.model_dim * step.tokens * step.activation_bytes
    return step.operator(
        name,
        where,
        flops=2 * parameters * step.tokens,
        weight_bytes=parameters * step.weight_bytes,
        read_bytes=moved,
        written_bytes=moved,
    ) * bool(parameters)


def _state(step, begins, materialised):
    """The recurrence. A state of its own for each sequence, whatever the weights are shared by."""
    s = step.shape
    state = s.state_elements // s.layers * step.value_bytes
    passed = materialised * state * step.tokens
    width = s.inner_dim or s.model_dim
    return step.operator(
        "state",
        EVERY,
        flops=state_flops(s) // s.layers * step.tokens,
        read_bytes=passed + STATE_READS[s.family](s) * step.tokens * step.activation_bytes,
        written_bytes=passed + width * step.tokens * step.activation_bytes,
        cache_read_bytes=(0 if begins else 1) * state * step.sequences,
        cache_written_bytes=state * step.sequences,
    )


def _rwkv(s, *first, gates=("receptance", "key", "value", "gate", "output")):
    """Time mixing, then channel mixing; in RWKV-7 that has no receptance."""
    d, f = s.model_dim, s.mlp_dim
    receptance = [] if s.family == "rwkv7" else [("channel receptance", EVERY, d, d, 1)]
    return [
        *first,
        *((name, EVERY, d, d, 1) for name in gates),
        ("channel key", EVERY, d, f, 1),
        *receptance,
        ("channel value", EVERY, f, d, 1),
    ]


def _low_rank(s, name, rank, where=EVERY, copies=1):
    d = s.model_dim
    return (f"{name} down", where, d, rank, copies), (f"{name} up", where, rank, d, copies)


UNGATED = ("receptance", "key", "value", "output")
MATRICES = {  # (name, where, values in, values out, how many alike)
    "rwkv4": lambda s: _rwkv(s, gates=UNGATED),
    "rwkv5": _rwkv,
    "rwkv6": lambda s: _rwkv(
        s, *_low_rank(s, "mix", s.mix_rank, copies=5), *_low_rank(s, "decay", s.decay_rank)
    ),
    "rwkv7": lambda s: _rwkv(
        s,
        *_low_rank(s, "decay", s.decay_rank),
        *_low_rank(s, "iclr", s.iclr_rank),
        *_low_rank(s, "value residual", s.value_rank, where=LATER),
        *_low_rank(s, "gate", s.gate_rank),
        gates=UNGATED,
    ),
    "mamba1": lambda s: [
        ("in", EVERY, s.model_dim, 2 * s.inner_dim, 1),
        ("selection", EVERY, s.inner_dim, s.dt_rank + 2 * s.state_dim, 1),
        ("dt", EVERY, s.dt_rank, s.inner_dim, 1),
        ("out", EVERY, s.inner_dim, s.model_dim, 1),
    ],
    "mamba2": lambda s: [
        (
            "in",
            EVERY,
            s.model_dim,
            2 * s.inner_dim + 2 * s.groups * s.state_dim + s.inner_dim // s.head_dim,
            1,
        ),
        ("out", EVERY, s.inner_dim, s.model_dim, 1),
    ],
}
# how many of these come before the recurrence
BEFORE_STATE = {"rwkv4": 3, "rwkv5": 4, "rwkv6": 8, "rwkv7": 11, "mamba1": 3, "mamba2": 1}
# values that the recurrence takes in for each token
STATE_READS = {
    "rwkv4": lambda s: 3 * s.model_dim,  # receptance, key, value
    "rwkv5": lambda s: 3 * s.model_dim,
    "rwkv6": lambda s: 4 * s.model_dim,  # and the decay
    "rwkv7": lambda s: 6 * s.model_dim,  # and the key to remove, with its rate
    "mamba1": lambda s: 3 * s.inner_dim + 2 * s.state_dim,  # x, dt, gate; B, C
    "mamba2": lambda s: 2 * s.inner_dim + 2 * s.groups * s.state_dim + s.inner_dim // s.head_dim,
}
