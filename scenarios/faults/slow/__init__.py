"""Late or slow."""
