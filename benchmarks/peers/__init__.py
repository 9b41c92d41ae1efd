"""Compares the speed of the mock with other mock servers."""
