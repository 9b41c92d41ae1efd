"""Plays a scenario on a world: what the plot says is due is done to the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workerkit.mockserver.world import World
from workerkit.scenarios.effects import AddFault, ClearFaults, Effect, RestoreKey, RevokeKey, SetServer
from workerkit.scenarios.plot import Occurrence, Plot
from workerkit.scenarios.run import Event
from workerkit.scenarios.scenario import Scenario

_BY = "the scenario"


class Director:
    """A world with the scenario that is played on it, if any. `events` says what the scenario did so far.

    `plot` knows how far the scenario has come.
    """

    def __init__(self, world: World, scenario: Scenario | None = None) -> None:
        self.world = world
        self.scenario = scenario
        self.events: list[Event] = []
        self.plot = Plot(scenario.when if scenario else (), began=world.clock.begin)

    @property
    def may_interfere(self) -> bool:
        """Whether the next request may be struck by a fault, or first have the scenario speak."""
        return self.scenario is not None or bool(self.world.faults)

    def speak(self, operation: str | None) -> None:
        """Lets the scenario speak before a request of an operation (None: of no operation) is answered."""
        if self.scenario is not None:
            self._play(self.plot.called(operation, at=self.world.clock.now()))

    def catch_up(self) -> None:
        """Does what has become due by the passing of time alone."""
        if self.scenario is not None:
            self._play(self.plot.due(at=self.world.clock.now()))

    def _play(self, occurrences: tuple[Occurrence, ...]) -> None:
        for occurrence in occurrences:
            effect = occurrence.effect
            _DEEDS[type(effect)](self.world, effect, occurrence.time)
            self.events.append(Event(occurrence.time, effect.kind, effect.subject))


def _revoke_key(world: World, effect: RevokeKey, at: float) -> None:
    world.revoke(world.server(effect.server), revoked=True, by=_BY)


def _restore_key(world: World, effect: RestoreKey, at: float) -> None:
    world.revoke(world.server(effect.server), revoked=False, by=_BY)


def _set_server(world: World, effect: SetServer, at: float) -> None:
    world.set_server_status(world.server(effect.name), effect.status, by=_BY)


def _add_fault(world: World, effect: AddFault, at: float) -> None:
    world.add_fault(effect.planned, since=at)


def _clear_faults(world: World, effect: ClearFaults, at: float) -> None:
    world.faults.clear()


_DEEDS: dict[type[Effect], Callable[[World, Any, float], None]] = {
    RevokeKey: _revoke_key,
    RestoreKey: _restore_key,
    SetServer: _set_server,
    AddFault: _add_fault,
    ClearFaults: _clear_faults,
}
