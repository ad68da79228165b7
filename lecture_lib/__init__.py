"""The price of a token, computed: models, pictures and data behind a lecture on LLM inference."""
