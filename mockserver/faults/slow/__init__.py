"""Late or slow (how it is done)."""
