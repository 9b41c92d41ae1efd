"""Compares two exchanges, and finds the first difference."""
