"""Generators of clients in Java."""
