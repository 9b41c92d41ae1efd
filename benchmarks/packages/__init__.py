"""Benchmarks of the kit as a package: how it is built, and where it can be installed."""
