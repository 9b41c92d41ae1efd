"""Faults that make an answer late or slow."""
