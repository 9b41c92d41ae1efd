"""What a test suite tells `workerkit mutate`: files in a folder, which its environment names."""

from __future__ import annotations

import os
from pathlib import Path

MUTANT = "WORKERKIT_MUTANT"
NOTES = "WORKERKIT_MUTATION_NOTES"
_FIRST_FAILURE, _CALLED = "first-failure", "called-"


class SuiteNotes:
    """The folder. A suite may run in several processes, and all of them write to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add_failure(self, test: str) -> None:
        """Notes the id of a failed test, if it is the first one."""
        try:
            with (self._folder / _FIRST_FAILURE).open("x", encoding="utf-8") as file:
                file.write(test)
        except FileExistsError:
            return

    def add_called(self, operation: str) -> None:
        """Notes an operation that a test called. At once, because a mock can be killed at any time."""
        with (self._folder / f"{_CALLED}{os.getpid()}").open("a", encoding="utf-8") as file:
            file.write(f"{operation}\n")

    def first_failure(self) -> str:
        """The id of the first test that failed. Empty if none failed."""
        file = self._folder / _FIRST_FAILURE
        return file.read_text("utf-8") if file.exists() else ""

    def called(self) -> set[str]:
        """The operations that the tests of all processes called."""
        texts = (file.read_text("utf-8") for file in self._folder.glob(f"{_CALLED}*"))
        return {operation for text in texts for operation in text.split()}
