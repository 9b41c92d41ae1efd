"""Mocks that run the spec, and converters that turn it into collections of requests."""
