"""Pictures of the decode step: its price, what sharing it brings, and how far to trust them."""
