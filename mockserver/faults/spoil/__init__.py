"""A broken answer (how it is done)."""
