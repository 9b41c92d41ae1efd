"""Generators of clients in PHP."""
