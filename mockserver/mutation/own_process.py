"""Does one run of the command in its own process, because a mutant changes the whole process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection

from workerkit.mockserver.mutants import MUTANTS
from workerkit.mockserver.mutants.broken_process import break_process
from workerkit.mockserver.mutation.mutation_plan import MutationPlan
from workerkit.mockserver.mutation.run_outcome import RunOutcome
from workerkit.mockserver.mutation.suite_run import run_suite
from workerkit.mockserver.mutation.worker_trial import run_worker_once
from workerkit.mockserver.workers.worker_run import RunStoppedError
from workerkit.openapi.errors import CannotRunError

# Where the system can fork, the processes are forked from one that no mutant has changed.
_CAN_FORK = "forkserver" in multiprocessing.get_all_start_methods()
_PROCESSES = multiprocessing.get_context("forkserver") if _CAN_FORK else multiprocessing.get_context("spawn")
if _CAN_FORK:
    _PROCESSES.set_forkserver_preload([__name__])
_SECONDS_BETWEEN_CHECKS = 0.05


def run_in_own_process(plan: MutationPlan, mutant: str, stop: threading.Event) -> RunOutcome:
    """Runs the command once against a mutant.

    mutant: the id of the mutant. Empty for an undisturbed run.

    Raises CannotRunError if the command cannot be started, and RunStoppedError after `stop` was set.
    """
    here, there = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_run, args=(plan, mutant, there), daemon=True)
    process.start()
    there.close()
    try:
        return _received(here, stop)
    finally:
        here.close()
        process.join()


def _received(here: Connection, stop: threading.Event) -> RunOutcome:
    while not here.poll(_SECONDS_BETWEEN_CHECKS):
        if stop.is_set():
            raise RunStoppedError
    try:
        outcome = here.recv()
    except EOFError:
        raise CannotRunError("the process of a run ended before the run was over") from None
    if isinstance(outcome, str):
        raise CannotRunError(outcome)
    assert isinstance(outcome, RunOutcome)
    return outcome


def _run(plan: MutationPlan, mutant: str, pipe: Connection) -> None:
    """Does the run, and sends the outcome, or an error message. Ends early when the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the log of a mock that breaks
    stop = threading.Event()
    threading.Thread(target=_stop_at_end, args=(pipe, stop), daemon=True).start()
    with suppress(RunStoppedError, BrokenPipeError):
        pipe.send(_outcome(plan, mutant, stop))


def _outcome(plan: MutationPlan, mutant: str, stop: threading.Event) -> RunOutcome | str:
    try:
        if mutant:
            break_process(MUTANTS[mutant])
        return run_suite(plan, mutant, stop) if plan.scenario is None else run_worker_once(plan, stop)
    except CannotRunError as error:
        return str(error)


def _stop_at_end(pipe: Connection, stop: threading.Event) -> None:
    with suppress(EOFError, OSError):
        pipe.recv()
    stop.set()
