"""Makes the mocks of this process a mutant, if the environment asks for it.

`workerkit mutate` sets two variables for the test suite. The pytest plugin, MockServer, `workerkit serve` and
`workerkit exec` call `mutate_process` before their first mock.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from workerkit.mockserver.mutation.suite_notes import MUTANT, NOTES, SuiteNotes
from workerkit.openapi.errors import UsageError


class UnknownMutantError(UsageError):
    """There is no such mutant."""


def mutate_process() -> None:
    """Reads the variables. Does nothing if none is set, and nothing if the same was done before.

    WORKERKIT_MUTANT: the id of the mutant that all mocks become.
    WORKERKIT_MUTATION_NOTES: the folder in which the called operations are noted.

    Raises UnknownMutantError.
    """
    if mutant := os.environ.get(MUTANT):
        _break_mocks(mutant)
    if folder := os.environ.get(NOTES):
        _note_operations(folder)


# The mutants change parts of the mock, so they are imported only if one is asked for.
@cache
def _break_mocks(name: str) -> None:
    from workerkit.mockserver.mutants import MUTANTS
    from workerkit.mockserver.mutants.broken_process import break_process
    from workerkit.openapi.formats.yaml_nodes import did_you_mean

    mutant = MUTANTS.get(name)
    if mutant is None:
        raise UnknownMutantError(f"{MUTANT}: there is no mutant {name}{did_you_mean(name, MUTANTS)}")
    break_process(mutant)


@cache
def _note_operations(folder: str) -> None:
    from workerkit.mockserver.mutants.broken_process import note_called_operations

    note_called_operations(SuiteNotes(Path(folder)).add_called)
