from __future__ import annotations

from collections.abc import Callable

import pytest

from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.model.effects import Effect, RestoreKey, RevokeKey, SetServer
from workerkit.scenarios.model.scenario import Happening, Scenario
from workerkit.scenarios.model.trigger import After, OnCall, Trigger
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan
from workerkit.scenarios.run_record.run import Event

BEGIN = 1_764_583_200.0
PLAN = WorldPlan((ServerPlan("one", key="key-one"), ServerPlan("two", key="key-two")), ())
Direct = Callable[..., Director]


@pytest.fixture
def direct() -> Direct:
    """The director of a world, its clock standing, in which these effects take place."""

    def make(*whens: tuple[Trigger, Effect]) -> Director:
        when = tuple(Happening(trigger, (effect,)) for trigger, effect in whens)
        scenario = Scenario("a-story", "A story", "About it.", PLAN, when)
        return WorldBuilder(scenario=scenario, seed=1, timer=lambda: 0.0)("w1")

    return make


def works(director: Director, key: str) -> bool:
    return director.world.key_holder(key) is not None


def test_the_request_that_an_effect_waits_for_already_feels_it(direct: Direct) -> None:
    director = direct((OnCall(Calls(2, 2), ("updateTask",)), RevokeKey("one")))
    seen = []
    for operation in ("updateTask", "listTasks", None, "updateTask", "updateTask"):
        director.speak(operation)
        seen.append(works(director, "key-one"))
    assert seen == [True, True, True, False, False]
    assert works(director, "key-two")


def test_a_request_of_no_operation_counts_as_any(direct: Direct) -> None:
    director = direct((OnCall(Calls(2, 2)), RevokeKey("one")))
    director.speak(None)
    assert works(director, "key-one")
    director.speak(None)
    assert not works(director, "key-one")


def test_a_revoked_key_works_again_when_its_time_has_come(direct: Direct) -> None:
    director = direct((OnCall(Calls(1, 1)), RevokeKey("one")), (After(1.5), RestoreKey("one")))
    director.speak("heartbeat")
    director.world.clock.advance(1)
    director.catch_up()
    assert not works(director, "key-one")
    director.world.clock.advance(0.5)
    director.catch_up()
    assert works(director, "key-one")


def test_what_is_due_takes_place_before_the_request_is_answered(direct: Direct) -> None:
    director = direct((OnCall(Calls(1, 1)), RevokeKey("one")), (After(1), RestoreKey("one")))
    director.speak("heartbeat")
    director.world.clock.advance(10)
    director.speak("heartbeat")
    assert works(director, "key-one")


def test_a_servers_status_is_set(direct: Direct) -> None:
    director = direct((OnCall(Calls(1, 1)), SetServer("two", "offline")))
    director.speak("heartbeat")
    servers = director.world.servers
    assert (servers["one"].status, servers["two"].status) == ("online", "offline")


def test_what_happened_is_told_with_the_time_when_it_was_due(direct: Direct) -> None:
    director = direct(
        (OnCall(Calls(1, 1)), RevokeKey("one")),
        (After(2), SetServer("two", "offline")),
        (After(1), RestoreKey("one")),
    )
    assert director.events == []
    director.world.clock.advance(5)
    director.speak("heartbeat")
    director.world.clock.advance(60)
    director.catch_up()
    assert director.events == [
        Event(BEGIN + 5, "revoke-key", "one"),
        Event(BEGIN + 7, "set-server", "two"),
        Event(BEGIN + 8, "restore-key", "one"),
    ]


def test_an_effect_takes_place_once(direct: Direct) -> None:
    director = direct((OnCall(Calls(1, 1)), RevokeKey("one")))
    for _ in range(3):
        director.speak("heartbeat")
        director.catch_up()
    assert len(director.events) == 1


def test_without_a_scenario_nothing_happens() -> None:
    director = WorldBuilder(seed=1, timer=lambda: 0.0)("w1")
    before = [server.as_json() for server in director.world.servers.values()]
    for operation in ("heartbeat", None):
        director.speak(operation)
        director.catch_up()
    assert director.events == []
    assert [server.as_json() for server in director.world.servers.values()] == before
