"""Capsules of what happened in the mock."""
