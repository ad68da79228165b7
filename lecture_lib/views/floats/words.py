"""What the controls of this chapter offer: formats of chips, and numbers to try them on."""

from lecture_lib.views.bits.layouts import BLOCKS

# From what becomes zero almost everywhere up to what is beyond FP8: 2,882 is the largest activation
# of the slice that the chapter looks at, 448 the largest E4M3.
NUMBERS = (0.0001, 0.001, 0.02, 0.1, 0.3, 1, 3.14, 17, 100, 300, 448, 2882, 65_536)
MAGNITUDES = (0.0001, 0.001, 0.01, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 30_000)

# Of the blocks that can be looked into, those of chips for products; files have others.
IN_CHIPS = tuple(name for name in BLOCKS if name.startswith(("MX", "NV", "BFP")))
