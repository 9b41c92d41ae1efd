"""A scenario: a world, what happens in it, the rules for the worker, and when the scenario ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.effects.worker_process import OnWorkerProcess
from workerkit.scenarios.model.trigger import Trigger
from workerkit.scenarios.model.until import Until
from workerkit.scenarios.model.world_plan import WorldPlan


@dataclass(frozen=True, slots=True)
class Happening:
    """Effects with a trigger.

    trigger: says when the effects take place.
    effects: the effects, in the order in which they take place.
    name: other parts of the scenario refer to the happening by this name.
    """

    trigger: Trigger
    effects: tuple[Effect, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """A rule that the scenario is about. It may set the parameters of the rule.

    rule: the id of the rule.
    parameters: the parameters that the scenario sets; the others have their defaults.
    """

    rule: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A general rule that does not apply in a scenario.

    rule: the id of the rule.
    why: the reason, in words.
    """

    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world that changes while a worker works in it, and the rules that the worker has to keep.

    name: the name of the file without its ending.
    title: one line.
    about: one paragraph: what goes wrong in production, and what workers do wrong then.
    world: the world at the start.
    when: what happens, and when.
    expect: the rules that the scenario is about, the most important one first. General rules also apply if
        they are not listed here.
    waive: general rules that do not apply here.
    until: when the scenario ends.
    source: the text of the file. Empty for a scenario of the library: its file is in every installation.
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

    @property
    def process_effects(self) -> tuple[OnWorkerProcess, ...]:
        """The effects that stop, kill or start the worker's process."""
        effects = (effect for happening in self.when for effect in happening.effects)
        return tuple(effect for effect in effects if isinstance(effect, OnWorkerProcess))
