"""Answers instead of the world, or no answer (how it is done)."""
