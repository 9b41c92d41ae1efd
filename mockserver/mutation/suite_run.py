"""Runs a test suite once, with the mocks of this process and of the suite."""

from __future__ import annotations

import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from workerkit.mockserver.mutants.broken_process import note_called_operations
from workerkit.mockserver.mutation.mutation_plan import MutationPlan
from workerkit.mockserver.mutation.run_outcome import RunOutcome
from workerkit.mockserver.mutation.sign import Sign
from workerkit.mockserver.mutation.suite_notes import MUTANT, NOTES, SuiteNotes
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.mockserver.workers.command import Command
from workerkit.mockserver.workers.worker_environment import fill_placeholders, no_proxy, worker_settings
from workerkit.mockserver.workers.worker_run import RunStoppedError
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

_SECONDS_BETWEEN_CHECKS = 0.05


def run_suite(plan: MutationPlan, mutant: str, stop: threading.Event) -> RunOutcome:
    """Runs the test suite until it exits, or until the time limit.

    mutant: the id of the mutant that this process is. Empty for an undisturbed run.

    Raises CommandNotFoundError, and RunStoppedError after `stop` was set.
    """
    called: set[str] = set()
    note_called_operations(called.add)
    worlds, began = Worlds(), steady_seconds()
    director = worlds.add(DEFAULT, WorldBuilder())
    with WorldServer(worlds) as mock, TemporaryDirectory(prefix="workerkit-") as folder:
        settings = worker_settings(mock, director)
        environment = {**settings, **no_proxy(mock.base_url), MUTANT: mutant, NOTES: folder}
        with Command(fill_placeholders(plan.words, settings), environment, grace=plan.grace) as command:
            exit_code = _wait(command, began + plan.time_limit, stop)
        mask, notes = mask_of(director.world), SuiteNotes(Path(folder))
        signs = _signs(exit_code, mask.text(notes.first_failure()), plan.time_limit)
        called |= notes.called()
    seconds, output = steady_seconds() - began, command.output(mask.text)
    unfinished = _no_end(plan.time_limit).text if exit_code is None else ""
    return RunOutcome(unfinished, exit_code, frozenset(called), signs, output, seconds)


def _wait(command: Command, deadline: float, stop: threading.Event) -> int | None:
    """The exit code. None if the command has not ended in time."""
    while (exit_code := command.wait(_SECONDS_BETWEEN_CHECKS)) is None and steady_seconds() < deadline:
        if stop.is_set():
            raise RunStoppedError
    return exit_code


def _signs(exit_code: int | None, failed_test: str, time_limit: float) -> tuple[Sign, ...]:
    if exit_code == 0:
        return ()
    if failed_test:
        return (Sign("failed-test", failed_test),)
    return (_no_end(time_limit) if exit_code is None else Sign("exit-code", str(exit_code)),)


def _no_end(time_limit: float) -> Sign:
    return Sign("no-end", f"{time_limit:g}")
