"""Keeps the worlds of a mock in a file, so that they outlive a restart."""
