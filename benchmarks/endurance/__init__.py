"""Measures long runs and large worlds."""
