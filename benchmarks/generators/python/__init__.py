"""Generators of clients in Python."""
