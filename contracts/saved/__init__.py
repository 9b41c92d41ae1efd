"""Findings as scenarios and capsules."""
