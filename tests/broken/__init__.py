"""Runs the kit against the mutants of mockserver/mutants/."""
