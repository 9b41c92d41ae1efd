"""The sentences of the API page."""
