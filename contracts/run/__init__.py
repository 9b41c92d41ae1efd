"""The state of a run: its context, its results, and the first requests."""
