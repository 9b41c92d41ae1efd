"""Worlds by key: built, directed, saved."""
