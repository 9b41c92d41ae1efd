"""Replays capsules: against the mock, a server or a worker. Compares the results and shortens capsules."""
