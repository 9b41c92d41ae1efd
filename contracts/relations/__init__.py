"""Checks of a single exchange against the API page."""
