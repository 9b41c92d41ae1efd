"""The kinds of values a scenario file has: how each is read and written."""
