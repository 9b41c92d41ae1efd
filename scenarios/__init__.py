"""Scenarios that test a worker, and the rules that judge its run."""
