"""Measures how much time recording takes."""
