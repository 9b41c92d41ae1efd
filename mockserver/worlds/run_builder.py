"""Builds the record of a run, which the judge reads."""

from __future__ import annotations

import time

from workerkit.mockserver.worlds.director import Director
from workerkit.scenarios.run_record.run import EndedBy, Run


def build_run(director: Director, ended_by: EndedBy, exit_code: int | None) -> Run:
    """The run so far. The world must have a scenario. Its first server is the server of the worker."""
    director.apply_due_effects()
    world, scenario = director.world, director.scenario
    assert scenario is not None
    now = world.clock.peek()
    server = next(iter(world.servers.values()))
    return Run(
        scenario=scenario,
        exchanges=tuple(world.journal),
        tasks=tuple({**task.list_item(), "server": task.server} for task in world.tasks.values()),
        events=tuple(director.events),
        exit_code=exit_code,
        ended_by=ended_by,
        server=server.name,
        key=server.keys[0],
        api=world.api,
        changes=tuple(world.change_log.changes),
        applied_faults=tuple(world.applied_faults.values()),
        recorded_at=now,
        clock_ahead=now - time.time(),
        heartbeat_interval=director.heartbeat_interval,
        undelivered=frozenset(world.undelivered),
        is_complete=not world.has_dropped_history,
    )
