"""A scenario: what a world holds, what happens to it, what is expected of the worker, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workerkit.scenarios.model.effects import Effect
from workerkit.scenarios.model.trigger import Trigger
from workerkit.scenarios.model.until import Until
from workerkit.scenarios.model.world_plan import WorldPlan


@dataclass(frozen=True, slots=True)
class Happening:
    """Effects that take place together, in order, when their trigger says so. Others refer to its `name`."""

    trigger: Trigger
    effects: tuple[Effect, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """A rule by its id, with those of its parameters that the scenario sets."""

    rule: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A general rule that does not hold in a scenario, by its id, and the reason."""

    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story that a worker lives through. General rules hold in each but those that it waives.

    `expect` adds to the rules or tunes them. `about` says in a paragraph what really happens in production
    and why workers fail at it. `source` is the text of its file, empty for a scenario of the library, which
    everybody has.
    """

    name: str
    title: str
    about: str
    world: WorldPlan
    when: tuple[Happening, ...] = ()
    expect: tuple[Expectation, ...] = ()
    waive: tuple[Waiver, ...] = ()
    until: Until = field(default_factory=Until)
    source: str = field(default="", repr=False, compare=False)
