"""Random requests: against a model, and by Schemathesis."""
