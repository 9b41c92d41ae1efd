"""The servers that are compared: the mock, other mocks, and servers without any checks."""
