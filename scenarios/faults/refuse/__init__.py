"""Answers instead of the world, or no answer."""
