"""A model whose layers are kept in few bits, and whose tables and norms are not: bytes by part.

"So many bits a weight" is nearly always said of the layers' matrices. The vocabulary's tables,
embedding and head, mostly stay wide, and in a small model with a large vocabulary they are the
larger part of the file.
"""

from lecture_lib.transformer import TransformerShape, parameters_by_part
from lecture_lib.units import quantity

NORM_BITS = 32  # as GGUF keeps norms


def bytes_by_part(shape: TransformerShape, *, layer_bits, table_bits) -> dict[str, float]:
    """Bytes of the layers' matrices, of the vocabulary's tables, and of the norms.

    Bits are those of a weight with its share of the scales. ValueError for bits below zero.

    >>> from lecture_lib import catalog
    >>> parts = bytes_by_part(catalog.shape("Llama-2-7B"), layer_bits=4.5, table_bits=16)
    >>> round(parts["tables"] / sum(parts.values()), 3)
    0.126
    """
    layer_bits = quantity(f"{shape.name}: layer_bits", layer_bits)
    table_bits = quantity(f"{shape.name}: table_bits", table_bits)
    parts = parameters_by_part(shape)
    tables, norms = parts["embedding"] + parts["head"], parts["norms"]
    layers = sum(parts.values()) - tables - norms
    return {
        "layers": float(layers * layer_bits) / 8,
        "tables": float(tables * table_bits) / 8,
        "norms": norms * NORM_BITS / 8,
    }
