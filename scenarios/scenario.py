"""A scenario: what a world holds, what happens to it, what is expected of the worker, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workerkit.scenarios.effects import Effect
from workerkit.scenarios.kinds import Positive, ServerName, ServerStatus
from workerkit.scenarios.trigger import Trigger
from workerkit.scenarios.until import Until


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """A server of the world; without `key` whoever builds the world chooses one."""

    name: str
    status: ServerStatus = "online"
    key: str | None = None


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """So many tasks alike. `fields` are fields of a task as the page names them, `status` among them."""

    count: Positive
    server: ServerName
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorldPlan:
    """What the world holds at the start. The first server is the worker's own."""

    servers: tuple[ServerPlan, ...]
    tasks: tuple[TaskGroup, ...]
    seed: int = 1

    @property
    def worker(self) -> ServerPlan:
        """The server in whose name the worker under test works."""
        return self.servers[0]


@dataclass(frozen=True, slots=True)
class Happening:
    """Effects that take place together, in order, once, when their trigger says so."""

    trigger: Trigger
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Expectation:
    """A rule by its id, with those of its parameters that the scenario sets."""

    rule: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story that a worker lives through. General rules hold in each; `expect` adds to them or tunes them.

    `about` says in a paragraph what really happens in production and why workers fail at it.
    """

    name: str
    title: str
    about: str
    world: WorldPlan
    when: tuple[Happening, ...] = ()
    expect: tuple[Expectation, ...] = ()
    until: Until = field(default_factory=Until)
