"""A scenario as frozen data, and its progress."""
