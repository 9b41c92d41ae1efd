"""Compiles the OpenAPI specs into paths, operations and parameters, for the chosen dialect."""
