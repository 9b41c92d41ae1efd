"""Faults that damage the answer to a request. The request itself takes effect."""
