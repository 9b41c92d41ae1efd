"""Mutants: mock servers that break one promise of the API page, each by one small patch."""

from workerkit.mockserver.mutants import (
    bulks,
    callbacks,
    errors,
    heartbeats,
    keys,
    lists,
    logs,
    updates,
)
from workerkit.mockserver.mutants.mutant import MUTANTS, Mutant

__all__ = [
    "MUTANTS",
    "Mutant",
    "bulks",
    "callbacks",
    "errors",
    "heartbeats",
    "keys",
    "lists",
    "logs",
    "updates",
]
