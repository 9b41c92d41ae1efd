"""Generators of clients in Go."""
