"""Number formats, bit for bit: what rounding keeps of a weight, and what it takes to store it."""
