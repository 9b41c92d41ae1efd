"""Probes: a few requests for each silence, to find out which value the target has."""
