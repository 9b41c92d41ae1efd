"""The record of a worker's run. The judge reads it."""
