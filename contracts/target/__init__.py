"""The server under test and the limits of a run."""
