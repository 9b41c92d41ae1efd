"""Observers of worlds. They write exchanges and changes to event streams, to a file or to a log."""
