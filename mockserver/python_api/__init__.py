"""The mock for Python tests: a server that makes worlds, and the object that a test works with."""
