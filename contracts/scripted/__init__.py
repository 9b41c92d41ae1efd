"""Requests that are the same each time."""
