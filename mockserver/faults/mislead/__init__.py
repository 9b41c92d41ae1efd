"""A sound answer that is not true (how it is done)."""
