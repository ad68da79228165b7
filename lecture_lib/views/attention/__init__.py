"""Pictures of attention: its scores, its tiles, its caches, and where it outgrows the weights."""
