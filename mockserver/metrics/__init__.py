"""Figures about a running mock, for Prometheus."""
