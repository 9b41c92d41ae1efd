"""Generators of clients in TypeScript."""
