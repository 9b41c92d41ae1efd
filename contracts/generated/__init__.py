"""Generated tests: random requests that are compared with a model, and the checks of Schemathesis."""
