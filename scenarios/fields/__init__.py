"""Reads the values of a scenario file, and writes them back as JSON."""
