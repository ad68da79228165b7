"""Pictures of the memory wall."""
