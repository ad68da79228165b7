"""The families of recurrent models: what each calls its dimensions, and what it leaves unsaid."""

from lecture_lib.recurrent import RecurrentShape


def _recurrent(c, family, *, tied, mlp_dim=0, **more):
    dimensions = {
        "layers": c.whole("num_hidden_layers"),
        "model_dim": c.whole("hidden_size"),
        "mlp_dim": mlp_dim,
        "vocabulary": c.whole("vocab_size"),
        "tied_embeddings": c.flag("tie_word_embeddings", tied),
    }
    return RecurrentShape(c.name, family, **dimensions | more)


def _mamba(c, family, **more):
    """What both generations of Mamba say in the same words."""
    width = c.whole("hidden_size")
    c.only("use_bias", False, True)
    c.only("use_conv_bias", True, True)
    inner = c.whole("expand", 2) * width
    c.only("intermediate_size", inner, inner)
    sizes = {
        "inner_dim": inner,
        "state_dim": c.whole("state_size"),
        "conv_width": c.whole("conv_kernel", 4),
    }
    return _recurrent(c, family, **sizes, **more)


def _mamba1(c):
    automatic = -(-c.whole("hidden_size") // 16)
    rank = c.get("time_step_rank", "auto")
    rank = automatic if rank == "auto" else c.whole("time_step_rank")
    return _mamba(c, "mamba1", tied=True, dt_rank=rank)


def _mamba2(c):
    head_dim, heads = c.whole("head_dim"), c.whole("num_heads")
    inner = c.whole("expand", 2) * c.whole("hidden_size")
    if heads * head_dim != inner:
        raise c.refused("num_heads", f"expand * hidden_size / head_dim, {inner / head_dim:g}")
    return _mamba(c, "mamba2", tied=False, head_dim=head_dim, groups=c.whole("n_groups"))


def _rwkv4(c):
    width = c.whole("hidden_size")
    c.only("attention_hidden_size", width, width)
    return _recurrent(c, "rwkv4", tied=False, mlp_dim=c.whole("intermediate_size", 4 * width))


def _rwkv7(c):
    width, layers = c.whole("hidden_size"), c.whole("num_hidden_layers")
    if c.get("value_dim", width) not in (width, [width] * layers):
        raise c.refused("value_dim", f"hidden_size, {width}, in every layer")
    ranks = {
        "decay_rank": c.whole("decay_low_rank_dim"),
        "iclr_rank": c.whole("a_low_rank_dim"),
        "value_rank": c.whole("v_low_rank_dim"),
        "gate_rank": c.whole("gate_low_rank_dim"),
    }
    return _recurrent(
        c,
        "rwkv7",
        tied=False,
        mlp_dim=c.whole("intermediate_size", 4 * width),
        head_dim=c.whole("head_dim", c.get("head_size")),
        **ranks,
    )


RECURRENT = {"mamba": _mamba1, "mamba2": _mamba2, "rwkv": _rwkv4, "rwkv7": _rwkv7}
