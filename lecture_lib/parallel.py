"""One model on several devices: what is divided, what is exchanged, and what gets no faster."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lecture_lib.decode import parted_work
from lecture_lib.roofline import Roof, Work, floor_time, sum_time
from lecture_lib.transformer import TransformerShape
from lecture_lib.units import packed, quantity

REDUCES_PER_LAYER = 2  # one after attention, one after the MLP (Megatron-LM, arXiv:1909.08053)


@dataclass(frozen=True)
class Link:
    """What a device sends through: bytes a second one way, and what any message takes."""

    bandwidth: float  # byte/s, one direction
    latency: float = 0.0  # s, of one message however short

    def __post_init__(self):
        if not 0 < self.bandwidth < np.inf:
            raise ValueError(
                f"a link's bandwidth must be above 0 and finite, not {self.bandwidth}; "
                "give it in byte/s, one direction"
            )
        quantity("latency", self.latency)


def all_gather_time(message, devices, link):
    """Time [s] until each device of a ring has the whole message [byte], of which each had a part.

    (n-1)/n * message / bandwidth + (n-1) * latency: n-1 rounds, in each a part goes one device on.
    """
    message, devices = quantity("message", message), quantity("devices", devices, least=1)
    rounds = devices - 1
    return packed(rounds / devices * message / link.bandwidth + rounds * link.latency)


def all_reduce_time(message, devices, link):
    """Time [s] until each device of a ring has the sum of all the messages [byte].

    2*(n-1)/n * message / bandwidth + 2*(n-1) * latency: sums go round, then they are gathered.
    """
    return 2 * all_gather_time(message, devices, link)


@dataclass(frozen=True, eq=False)
class TensorParallel:
    """A decode step that devices share by dividing every matrix."""

    roof: Roof  # of one device
    work: Work  # of one device
    exchange: Any  # s, for all the all-reduces of the step; nothing else can be done meanwhile

    @property
    def floor(self):
        """Least time of the step [s]: arithmetic and traffic overlap, the exchange with neither."""
        return floor_time(self.work, self.roof) + self.exchange

    @property
    def sum(self):
        """Time of the step [s] if nothing overlaps."""
        return sum_time(self.work, self.roof) + self.exchange


def tensor_parallel(shape, roof, link, *, devices, sequences=1, **setting) -> TensorParallel:
    """The decode step of `decode_step`, with each matrix divided among the devices.

    Weights and arithmetic are divided evenly. Caches are divided by heads: into no more parts
    than there are, and not at all where one latent vector serves all heads. After attention and
    after the MLP of each layer the devices sum what they have, model_dim values of 2 bytes for
    each sequence. ValueError for a number of devices that does not divide the query heads, and
    for a model that is no transformer.
    """
    if not isinstance(shape, TransformerShape):
        raise ValueError(
            f"{shape.name}: matrices are divided by attention heads, which it has not; "
            "take a transformer"
        )
    devices = quantity("devices", devices, least=1)
    if shape.query_heads % devices:
        raise ValueError(
            f"{shape.name}: devices must divide the {shape.query_heads} query heads, and {devices} "
            f"does not; take a power of two"
        )
    bare, attention = parted_work(shape, sequences=sequences, **setting)
    parts = 1 if shape.mla else min(devices, shape.kv_heads)
    message = 2 * shape.model_dim * quantity("sequences", sequences, least=1)
    return TensorParallel(
        roof,
        Work(
            (bare + attention).flops / devices,
            bare.traffic / devices + attention.traffic / parts,
        ),
        REDUCES_PER_LAYER * shape.layers * all_reduce_time(message, devices, link),
    )


def layer_split_time(stage_times, *, hop_time=0):
    """Time [s] of one token through devices that hold some of the layers each: the stages' sum.

    One stream gets no faster by it, since its token is on one device at a time; only the memory
    grows. `stage_times` [s] is a sequence with one time for each device.
    """
    stages = quantity("stage_times", stage_times)
    return packed(np.sum(stages) + (np.size(stages) - 1) * quantity("hop_time", hop_time))


def busy_share(streams, devices):
    """Share of the time [-] in which each device of a layer split has work: m / (m + p - 1).

    `streams` enter one behind the other. Source: Huang et al., GPipe, arXiv:1811.06965.
    """
    streams, devices = (
        quantity("streams", streams, least=1),
        quantity("devices", devices, least=1),
    )
    return packed(streams / (streams + devices - 1))
