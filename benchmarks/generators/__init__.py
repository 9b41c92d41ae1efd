"""Generates clients from the spec with the usual generators, and calls the mock with them."""
