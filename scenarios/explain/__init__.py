"""Explains a scenario to people in sentences."""
