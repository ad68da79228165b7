"""Pictures: one module for each topic, and the visual language that they share."""
