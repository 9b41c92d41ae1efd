"""Three servers of the Worker API that were written from the API page alone. See README.md."""
