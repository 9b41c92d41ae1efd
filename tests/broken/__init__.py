"""Servers broken on purpose: the mock with one small patch each. No check of the kit knows any of them."""

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
