"""Traces of a running mock, for OpenTelemetry."""
