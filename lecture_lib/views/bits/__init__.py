"""The pictures of number formats: bits, blocks, the values that a format has, and its errors."""
