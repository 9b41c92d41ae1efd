"""Runs a test suite or a worker against mutants, and says which server faults it notices."""
