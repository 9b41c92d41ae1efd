"""Checks of one exchange, whoever sent it."""
