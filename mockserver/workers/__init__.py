"""Runs a worker's command and stops all of its processes."""
