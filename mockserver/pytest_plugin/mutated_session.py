"""A pytest run for `workerkit mutate`: its mocks are a mutant, and it tells what its tests did.

The plugin imports this file only if the environment asks for it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from workerkit.mockserver.mutants import MUTANTS
from workerkit.mockserver.mutants.broken_process import break_process, note_called_operations
from workerkit.mockserver.mutation.suite_notes import MUTANT, SuiteNotes
from workerkit.openapi.formats.yaml_nodes import did_you_mean


def break_mocks(name: str) -> None:
    """Makes all mocks of this pytest run a mutant. Raises pytest.UsageError for an unknown mutant."""
    mutant = MUTANTS.get(name)
    if mutant is None:
        raise pytest.UsageError(f"{MUTANT}: there is no mutant {name}{did_you_mean(name, MUTANTS)}")
    break_process(mutant)


class NotesPlugin:
    """Notes the first test that fails, and the operations that the tests call.

    folder: where the notes go.
    """

    def __init__(self, folder: Path) -> None:
        self._notes, self._called = SuiteNotes(folder), note_called_operations()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """pytest calls this after each part of a test."""
        if report.failed:
            self._notes.add_failure(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """pytest calls this after it has looked for tests in a file or a folder."""
        if report.failed:
            self._notes.add_failure(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """pytest calls this at the end of the run."""
        self._notes.add_called(self._called)
