"""Runs a worker once in a scenario, with a mock of this process."""

from __future__ import annotations

import threading

from workerkit.mockserver.mutants.broken_process import note_called_operations
from workerkit.mockserver.mutation.mutation_plan import MutationPlan
from workerkit.mockserver.mutation.run_outcome import RunOutcome
from workerkit.mockserver.mutation.worker_signs import worker_signs
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.mockserver.workers.worker_run import run_command
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.run_record.run import Run


def run_worker_once(plan: MutationPlan, stop: threading.Event) -> RunOutcome:
    """Runs the worker until the scenario is over, the worker exits, or the time limit is reached.

    Raises CommandNotFoundError, and RunStoppedError after `stop` was set.
    """
    called: set[str] = set()
    note_called_operations(called.add)
    worlds, began = Worlds(), steady_seconds()
    director = worlds.add(DEFAULT, WorldBuilder(plan.scenario))
    with WorldServer(worlds) as mock:
        director.world.close_port = mock.close_port
        run = run_command(mock, director, plan.words, time_limit=plan.time_limit, grace=plan.grace, stop=stop)
    assert run.record is not None
    mask = mask_of(director.world)
    signs = tuple(dict.fromkeys(sign.masked(mask.text) for sign in worker_signs(run.record, run.output)))
    seconds = steady_seconds() - began
    unfinished = _unfinished(run.record, plan.time_limit)
    return RunOutcome(unfinished, run.exit_code, frozenset(called), signs, run.output, seconds)


def _unfinished(run: Run, time_limit: float) -> str:
    """What a worker did instead of its work. Empty if the scenario was over, or no task was open at its exit.

    A worker that has done all tasks may exit at once, before the scenario has seen that it is quiet.
    """
    match run.ended_by:
        case "until":
            return ""
        case "exit":
            return "exited and left tasks open" if _left_tasks_open(run) else ""
        case "time-limit":
            return f"did not end within {time_limit:g} s"
    return "did nothing more, and left tasks open"


def _left_tasks_open(run: Run) -> bool:
    ended = run.api.statuses_in("ended")
    return run.scenario.until.waits_for_tasks and any(task["status"] not in ended for task in run.own_tasks())
