"""Is each task worked off once, in order."""
