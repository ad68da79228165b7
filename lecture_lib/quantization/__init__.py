"""Number formats, bit for bit: what rounding keeps of a weight, and what it takes to store it.

To be read in this order. rounding: equal steps and a shared scale; errors: what that loses.
small_floats (with nearest_code): steps that grow with the number. blocks (with parts, bit_packing):
the one way of blocks in and out of bytes; block_floats: the formats of chips; ggml/: those of files
on laptops, byte for byte; ternary: three values. activations (with hadamard): what outliers do, and
four ways around them. calibration, gptq, awq: rounding that has seen what a layer reads.
"""
