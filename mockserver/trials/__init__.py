"""Runs a worker through a scenario, judges the run, and makes the report."""
