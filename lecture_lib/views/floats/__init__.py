"""The pictures of small floats: what real values keep in few bits, and what arithmetic costs."""
