"""A transformer, operator by operator, in the order in which a layer runs them."""

from lecture_lib.dimensions import every_nth
from lecture_lib.operators.attention import attention_operators
from lecture_lib.operators.record import DENSE, ENDS, EVERY, EXPERTS, Layer
from lecture_lib.operators.step import ACTIVATION_FLOPS, SOFTMAX_FLOPS
from lecture_lib.transformer import distinct_experts
from lecture_lib.units import exact

NORMS = ("attention norm", "mlp norm", "attention post-norm", "mlp post-norm")


def transformer_layers(shape):
    """Every layer: the first ones dense where a model has experts, and those global that it says.

    Where a shape says how many layers have a window but not which, every n-th one is global, as
    in Gemma and gpt-oss.
    """
    wide = set(shape.global_layers or every_nth(shape.layers, shape.layers - shape.window_layers))
    for index in range(shape.layers):
        has_experts = bool(shape.experts) and index >= shape.dense_layers
        yield Layer(index, index not in wide, has_experts)


def transformer_operators(step, looks, *, fused, absorbed):
    """All operators of a pass, from the embedding to the head."""
    s = step.shape
    names = [*NORMS, *(f"norm {number}" for number in range(5, s.norms_per_layer + 1))]
    norms = {
        name: step.norm(name, EVERY, s.model_dim, biases=s.norm_biases)
        for name in names[: s.norms_per_layer]
    }
    return [
        *step.embedding(),
        *norms.get("attention norm", ()),
        *attention_operators(step, looks, fused=fused, absorbed=absorbed),
        *norms.get("attention post-norm", ()),
        *step.add("attention add"),
        *norms.get("mlp norm", ()),
        *_mlp(step, "", DENSE, s.mlp_dim, s.mlp_bias),
        *(_experts(step) if s.experts else ()),
        *norms.get("mlp post-norm", ()),
        *(one for name in names[len(NORMS) :] for one in norms[name]),
        *step.add("mlp add"),
        *step.norm("last norm", ENDS, s.model_dim, biases=s.norm_biases),
        *step.head(),
    ]


def _mlp(step, prefix, where, width, bias, copies=1, stored=None):
    """An MLP, or the experts that a token passes: so many copies, of which `stored` are read."""
    s, dim = step.shape, step.shape.model_dim
    kind = {"bias": bias, "copies": copies, "stored": stored}
    gate = step.matrix(f"{prefix}gate", where, dim, width, **kind) if s.gated_mlp else []
    return [
        *gate,
        *step.matrix(f"{prefix}up", where, dim, width, **kind),
        *step.elementwise(
            f"{prefix}act",
            where,
            (ACTIVATION_FLOPS + s.gated_mlp) * copies * width,
            reads=(1 + s.gated_mlp) * copies * width,
            writes=copies * width,
        ),
        *(step.norm("down norm", EVERY, s.mlp_dim) if s.sub_norms and not prefix else ()),
        *step.matrix(f"{prefix}down", where, width, dim, **kind),
    ]


def _experts(step):
    """The router, the experts that it chooses, those that every token passes, and their sum."""
    s, dim = step.shape, step.shape.model_dim
    parameters = (dim + s.expert_bias) * s.experts
    chosen, shared = s.experts_per_token, s.shared_experts
    reached = exact(distinct_experts(s, step.tokens))
    always = _mlp(step, "shared ", EXPERTS, s.expert_mlp_dim, s.expert_bias, shared)
    return [
        *step.operator(
            "router",
            EXPERTS,
            flops=2 * parameters * step.tokens,
            # the bias of DeepSeek-V3 is added for choosing only, so it is no parameter passed
            elementwise_flops=(SOFTMAX_FLOPS + s.router_bias) * s.experts * step.tokens,
            weight_bytes=(parameters + s.router_bias * s.experts) * step.weight_bytes,
            read_bytes=dim * step.tokens * step.activation_bytes,
            written_bytes=s.experts * step.tokens * step.activation_bytes,
        ),
        *_mlp(step, "expert ", EXPERTS, s.expert_mlp_dim, s.expert_bias, chosen, reached),
        *(always if shared else ()),
        *step.elementwise(
            "combine",
            EXPERTS,
            2 * (chosen + shared) * dim,
            reads=(chosen + shared) * dim,
            writes=dim,
        ),
    ]
