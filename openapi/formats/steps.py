"""Long work in short steps. Between two steps a program can do other work, such as answering requests."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
# Stops after each step. Returns the result of the whole work.
Steps = Generator[None, None, T]


def finish(steps: Steps[T]) -> T:
    """Does all steps that are left, one after the other. Returns the result of the work."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
