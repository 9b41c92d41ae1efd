"""The control plane: an HTTP API that tests use to read and change the worlds of a mock."""
