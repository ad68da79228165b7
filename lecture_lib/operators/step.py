"""What all operators of a step share: how many tokens pass, and what a value takes in memory."""

from dataclasses import dataclass, field
from typing import Any

from lecture_lib.operators.record import ENDS, EVERY, Layer, Operator
from lecture_lib.units import quantity

# FLOP per value, our own count; a maximum, an exponential and a division count as one
SOFTMAX_FLOPS = 5  # maximum, difference, exponential, sum, quotient
RMS_NORM_FLOPS = 4  # square, sum, scale, gain
LAYER_NORM_FLOPS = 7  # sum, difference, square, sum, scale, gain, bias
ACTIVATION_FLOPS = 4  # SiLU: minus, exponential, plus 1, quotient
ROTARY_FLOPS = 3  # four products and two sums for each pair of values


@dataclass(frozen=True)
class Step:
    """A pass of some tokens through a model, with bytes per value, exact as `quantity` gives them.

    Its methods make operators: an empty list where no layer has the operator.
    """

    shape: Any
    layers: tuple[Layer, ...]
    tokens: Any  # of all sequences
    sequences: Any
    weight_bytes: Any
    activation_bytes: Any
    value_bytes: Any  # of the cache
    _repeated: dict = field(default_factory=dict, compare=False)

    def operator(self, name, where, **amounts) -> list[Operator]:
        """The operator of these amounts, in the layers that have it."""
        if where not in self._repeated:
            self._repeated[where] = sum(layer.has(where) for layer in self.layers)
        repeated = 1 if where == ENDS else self._repeated[where]
        return [Operator(name, where, repeated, **amounts)] if repeated else []

    def matrix(self, name, where, inside, outside, *, bias=False, copies=1, stored=None, rows=None):
        """Every token's vector of `inside` values times a matrix: `outside` values.

        `copies` matrices for each token, and `stored` of them read from memory, where these
        differ; `rows` if not every token passes.
        """
        rows = self.tokens if rows is None else rows
        parameters = inside * outside + bias * outside
        return self.operator(
            name,
            where,
            flops=2 * copies * parameters * rows,
            weight_bytes=(copies if stored is None else stored) * parameters * self.weight_bytes,
            read_bytes=copies * inside * rows * self.activation_bytes,
            written_bytes=copies * outside * rows * self.activation_bytes,
        )

    def norm(self, name, where, width, *, biases=False, heads=1, moves=True):
        """A norm of so many gains, applied to each of the `heads` vectors of every token.

        One that `moves` nothing is applied while the values are still on the chip.
        """
        gains = (1 + biases) * width
        each = LAYER_NORM_FLOPS if biases else RMS_NORM_FLOPS
        moved = moves * heads * width * self.tokens * self.activation_bytes
        return self.operator(
            name,
            where,
            flops=2 * gains * self.tokens,  # by its parameters, as in transformer.decode_work
            elementwise_flops=(each * heads * width - 2 * gains) * self.tokens,
            weight_bytes=gains * self.weight_bytes,
            read_bytes=moved,
            written_bytes=moved,
        )

    def elementwise(self, name, where, flops, *, reads=0, writes=0):
        """An operator without weights: FLOP, values read and values written, for each token."""
        return self.operator(
            name,
            where,
            elementwise_flops=flops * self.tokens,
            read_bytes=reads * self.tokens * self.activation_bytes,
            written_bytes=writes * self.tokens * self.activation_bytes,
        )

    def add(self, name):
        """A block's result, added to the stream that passes by all blocks."""
        width = self.shape.model_dim
        return self.elementwise(name, EVERY, width, reads=2 * width, writes=width)

    def embedding(self):
        """A row of the table for each token, and one of the positions where they are learned."""
        width, rows = self.shape.model_dim, 1 + bool(getattr(self.shape, "learned_positions", 0))
        return self.operator(
            "embedding",
            ENDS,
            elementwise_flops=(rows - 1) * width * self.tokens,
            read_bytes=rows * width * self.tokens * self.weight_bytes,
            written_bytes=width * self.tokens * self.activation_bytes,
        )

    def head(self):
        """The output matrix, for the last token of each sequence."""
        width, words = self.shape.model_dim, self.shape.vocabulary
        return self.matrix("head", ENDS, width, words, rows=self.sequences)


def checked(shape, sequences, bytes_per_value):
    """The sequences and the three sizes, fit for a Step. ValueError names the model and the value.

    `bytes_per_value` maps weight_bytes, activation_bytes and value_bytes to what a value takes.
    """
    sequences = quantity(f"{shape.name}: sequences", sequences, least=1)
    sizes = {
        name: quantity(f"{shape.name}: {name}", value) for name, value in bytes_per_value.items()
    }
    return sequences, sizes
