"""The pictures of ternary weights: bytes, sums, joules, whole models, and training."""
