"""Readers and writers of formats: YAML with line numbers, strict JSON, and times."""
