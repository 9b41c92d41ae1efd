"""Checks that the rules find all known faults, and report nothing for correct servers and workers."""
