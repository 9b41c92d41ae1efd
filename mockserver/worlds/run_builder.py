"""What the judge gets to see of a world and its scenario."""

from __future__ import annotations

from workerkit.mockserver.worlds.director import Director
from workerkit.scenarios.run_record.run import EndedBy, Run


def run_of(director: Director, ended_by: EndedBy, exit_code: int | None) -> Run:
    """The run so far of the worker that works as the world's first server; the world has a scenario."""
    director.catch_up()
    world, scenario = director.world, director.scenario
    assert scenario is not None
    worker = next(iter(world.servers.values()))
    return Run(
        scenario=scenario,
        exchanges=tuple(world.journal),
        tasks=tuple({**task.listed(), "server": task.server} for task in world.tasks.values()),
        events=tuple(director.events),
        exit_code=exit_code,
        ended_by=ended_by,
        server=worker.name,
        key=worker.keys[0],
        api=world.api,
        changes=tuple(world.past),
        struck=tuple(world.struck.values()),
        ended=world.clock.now(),
        whole=not world.forgot,
    )
