"""What a row must not be read without: the notes of experiments."""

NO_OP = (
    "The file's weights lie on this very grid (Q4_1: 4 bits, scale and minimum for 32), so nothing "
    "changes."
)
NEARLY = (
    "The file's weights lie on a grid of 4 bits with a minimum for 32; this one has a zero point "
    "in place of the minimum, a whole number of steps, and so is near it but not the same."
)
FLATTERED = (
    "The file's weights lie on a grid of 4 bits with a minimum for 32, which flatters this format."
)
HARMED = (
    "It puts 31 steps where the file's grid has 15, and the two meet only at the ends: worse than "
    "on weights that were never rounded."
)
RUN_ON = (
    "Its blocks run on over rows of 576, which are no multiple of them; a file would fall back to "
    "others."
)
CONTAINER = "A container for ternary weights, not a quantizer: it scales by the largest of 256."
IN_WINDOWS = "The tensor is a window of 256 tokens."
PAPER = "All inputs are of the untouched model, where the paper rounds layer after layer."
SINK = (
    "Damping 0.1. GPTQ weighs all tokens alike. Nearly all later tokens read the first one's key "
    "and value, and there its error is up to ten times that of plain rounding (layer 15)."
)
KEYS = "Keys share a scale over 32 tokens: the last ones would wait in 16 bits until there are 32."
OF_FORMAT = {
    "Q4_1": NO_OP,
    "Q5_1": HARMED,
    **dict.fromkeys(("Q4_K", "Q5_K"), f"{FLATTERED} {RUN_ON}"),
    **dict.fromkeys(("Q2_K", "Q3_K", "Q6_K"), RUN_ON),
    **dict.fromkeys(("TQ1_0", "TQ2_0"), f"{CONTAINER} {RUN_ON}"),
}
