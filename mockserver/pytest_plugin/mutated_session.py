"""A pytest run for `workerkit mutate`: its mocks are a mutant, and it tells what its tests did.

The plugin imports this file only if the environment asks for it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from workerkit.mockserver.mutation.mutated_process import UnknownMutantError, mutate_process
from workerkit.mockserver.mutation.suite_notes import SuiteNotes


def mutate_session() -> None:
    """Does what the variables of `workerkit mutate` ask for.

    Raises pytest.UsageError for an unknown mutant.
    """
    try:
        mutate_process()
    except UnknownMutantError as error:
        raise pytest.UsageError(str(error)) from None


class FailureNotes:
    """Notes the first test that fails.

    folder: where the note goes.
    """

    def __init__(self, folder: Path) -> None:
        self._notes = SuiteNotes(folder)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """pytest calls this after each part of a test."""
        if report.failed:
            self._notes.add_failure(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """pytest calls this after it has looked for tests in a file or a folder."""
        if report.failed:
            self._notes.add_failure(report.nodeid)
