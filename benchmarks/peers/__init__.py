"""Speed beside other mocks."""
