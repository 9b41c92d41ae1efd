"""Conformance tests: they send HTTP requests to a Worker API server and check its answers."""
