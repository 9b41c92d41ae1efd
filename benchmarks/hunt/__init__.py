"""Hunts of workers with one subtle bug each, and of careful workers."""
