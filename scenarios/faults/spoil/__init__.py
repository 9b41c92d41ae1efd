"""A broken answer."""
