"""Reads and checks scenario files, and describes them as JSON Schema for editors."""
