"""Plays a scenario on a world: what the plot says is due is done to the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workerkit.mockserver.world import World
from workerkit.scenarios.effects import Effect, RestoreKey, RevokeKey, SetServer
from workerkit.scenarios.plot import Occurrence, Plot
from workerkit.scenarios.run import Event
from workerkit.scenarios.scenario import Scenario


class Director:
    """A world with the scenario that is played on it, if any. `events` says what the scenario did so far."""

    def __init__(self, world: World, scenario: Scenario | None = None) -> None:
        self.world = world
        self.scenario = scenario
        self.events: list[Event] = []
        self._plot = Plot(scenario.when if scenario else (), began=world.clock.begin)

    def speak(self, operation: str | None) -> None:
        """Lets the scenario speak before a request of an operation (None: of no operation) is answered."""
        if self.scenario is not None:
            self._play(self._plot.called(operation, at=self.world.clock.now()))

    def catch_up(self) -> None:
        """Does what has become due by the passing of time alone."""
        if self.scenario is not None:
            self._play(self._plot.due(at=self.world.clock.now()))

    def _play(self, occurrences: tuple[Occurrence, ...]) -> None:
        for occurrence in occurrences:
            effect = occurrence.effect
            _DEEDS[type(effect)](self.world, effect)
            self.events.append(Event(occurrence.time, effect.kind, effect.subject))


def _revoke_key(world: World, effect: RevokeKey) -> None:
    world.server(effect.server).revoked = True


def _restore_key(world: World, effect: RestoreKey) -> None:
    world.server(effect.server).revoked = False


def _set_server(world: World, effect: SetServer) -> None:
    world.server(effect.name).status = effect.status


_DEEDS: dict[type[Effect], Callable[[World, Any], None]] = {
    RevokeKey: _revoke_key,
    RestoreKey: _restore_key,
    SetServer: _set_server,
}
