"""Mutants: mock servers that are broken on purpose, each by one small patch. The kit knows none of them."""

from tests.broken import bulks, callbacks, errors, heartbeats, keys, lists, logs, serving, updates
from tests.broken.mutant import MUTANTS

__all__ = [
    "MUTANTS",
    "bulks",
    "callbacks",
    "errors",
    "heartbeats",
    "keys",
    "lists",
    "logs",
    "serving",
    "updates",
]
