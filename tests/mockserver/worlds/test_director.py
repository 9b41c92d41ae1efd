from __future__ import annotations

from collections.abc import Callable

import pytest

from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.scenarios.faults.planned_fault import PlannedFault
from workerkit.scenarios.faults.refuse.status import Status
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.effects.faults import AddFault
from workerkit.scenarios.model.effects.keys import RestoreKey, RevokeKey
from workerkit.scenarios.model.effects.states import SetServer
from workerkit.scenarios.model.effects.worker_process import KillWorker, StartWorker, StopWorker
from workerkit.scenarios.model.scenario import Happening, Scenario
from workerkit.scenarios.model.trigger import After, OnAsked, OnCall, OnChange, OnMatch, Trigger
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan
from workerkit.scenarios.run_record.run import Event

BEGIN = 1_764_583_200.0
PLAN = WorldPlan((ServerPlan("one", key="key-one"), ServerPlan("two", key="key-two")), ())
MakeDirector = Callable[..., Director]


@pytest.fixture
def make_director() -> MakeDirector:
    """Makes a director with a scenario of these triggers and effects. Its clock does not run."""

    def make(*pairs: tuple[Trigger, Effect]) -> Director:
        when = tuple(Happening(trigger, (effect,)) for trigger, effect in pairs)
        scenario = Scenario("a-scenario", "A scenario", "About it.", PLAN, when)
        return WorldBuilder(scenario=scenario, seed=1, timer=lambda: 0.0)("w1")

    return make


def works(director: Director, key: str) -> bool:
    return director.world.key_ring.server_for(key) is not None


def test_an_effect_already_applies_to_the_request_that_triggers_it(make_director: MakeDirector) -> None:
    director = make_director((OnCall(Calls(2, 2), ("updateTask",)), RevokeKey("one")))
    key_works = []
    for operation in ("updateTask", "listTasks", None, "updateTask", "updateTask"):
        director.before_request(operation)
        key_works.append(works(director, "key-one"))
    assert key_works == [True, True, True, False, False]
    assert works(director, "key-two")


def test_a_request_without_an_operation_counts_as_any(make_director: MakeDirector) -> None:
    director = make_director((OnCall(Calls(2, 2)), RevokeKey("one")))
    director.before_request(None)
    assert works(director, "key-one")
    director.before_request(None)
    assert not works(director, "key-one")


def test_a_revoked_key_works_again_after_the_given_time(make_director: MakeDirector) -> None:
    director = make_director((OnCall(Calls(1, 1)), RevokeKey("one")), (After(1.5), RestoreKey("one")))
    director.before_request("heartbeat")
    director.world.clock.advance(1)
    director.apply_due_effects()
    assert not works(director, "key-one")
    director.world.clock.advance(0.5)
    director.apply_due_effects()
    assert works(director, "key-one")


def test_due_effects_are_applied_before_a_request_is_answered(make_director: MakeDirector) -> None:
    director = make_director((OnCall(Calls(1, 1)), RevokeKey("one")), (After(1), RestoreKey("one")))
    director.before_request("heartbeat")
    director.world.clock.advance(10)
    director.before_request("heartbeat")
    assert works(director, "key-one")


def test_a_servers_status_is_set(make_director: MakeDirector) -> None:
    director = make_director((OnCall(Calls(1, 1)), SetServer("two", "offline")))
    director.before_request("heartbeat")
    servers = director.world.servers
    assert (servers["one"].status, servers["two"].status) == ("online", "offline")


def test_events_have_the_time_when_their_effect_was_due(make_director: MakeDirector) -> None:
    director = make_director(
        (OnCall(Calls(1, 1)), RevokeKey("one")),
        (After(2), SetServer("two", "offline")),
        (After(1), RestoreKey("one")),
    )
    assert director.events == []
    director.world.clock.advance(5)
    director.before_request("heartbeat")
    director.world.clock.advance(60)
    director.apply_due_effects()
    assert director.events == [
        Event(BEGIN + 5, "revoke-key", "one"),
        Event(BEGIN + 7, "set-server", "two"),
        Event(BEGIN + 8, "restore-key", "one"),
    ]


def test_an_effect_is_applied_once(make_director: MakeDirector) -> None:
    director = make_director((OnCall(Calls(1, 1)), RevokeKey("one")))
    for _ in range(3):
        director.before_request("heartbeat")
        director.apply_due_effects()
    assert len(director.events) == 1


def test_without_a_scenario_nothing_happens() -> None:
    director = WorldBuilder(seed=1, timer=lambda: 0.0)("w1")
    before = [server.as_json() for server in director.world.servers.values()]
    for operation in ("heartbeat", None):
        director.before_request(operation)
        director.apply_due_effects()
    assert director.events == []
    assert [server.as_json() for server in director.world.servers.values()] == before


# The worker's processes


class Recorder:
    """Stands for the processes of a worker."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def stop(self) -> None:
        self.calls.append("stop")

    def kill(self) -> None:
        self.calls.append("kill")

    def start(self) -> None:
        self.calls.append("start")


PROCESS_EFFECTS = (
    (OnCall(Calls(1, 1)), StopWorker()),
    (OnCall(Calls(2, 2)), KillWorker()),
    (After(1), StartWorker()),
)


def test_a_scenario_stops_kills_and_starts_the_worker(make_director: MakeDirector) -> None:
    director, worker = make_director(*PROCESS_EFFECTS), Recorder()
    director.control_worker(worker)
    director.before_request("heartbeat")
    assert worker.calls == ["stop"]
    director.before_request("heartbeat")
    director.world.clock.advance(1)
    director.apply_due_effects()
    assert worker.calls == ["stop", "kill", "start"]
    assert [event.kind for event in director.events] == ["stop-worker", "kill-worker", "start-worker"]


def test_without_a_worker_such_effects_do_nothing(make_director: MakeDirector) -> None:
    director = make_director(*PROCESS_EFFECTS)
    director.before_request("heartbeat")
    assert director.events == []


def test_a_scenario_waits_for_a_start_that_only_needs_time(make_director: MakeDirector) -> None:
    director = make_director((After(1), RevokeKey("one")), (After(1), StartWorker()))
    assert not director.awaits_start()  # the clock runs only after the first request
    director.control_worker(Recorder())
    director.world.journal.restore(1)
    assert director.awaits_start()
    director.world.clock.advance(2)
    director.apply_due_effects()
    assert not director.awaits_start()


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        (OnCall(Calls(9, 9)), False),
        (OnCall(Calls(9, 9), ("listTasks",)), False),
        (OnMatch(("heartbeat", "updateTask")), False),
        (OnMatch(("updateTask",)), True),
        (OnAsked(("first-page", "completion")), False),
        (OnAsked(("completion", "logs")), True),
        (OnChange("running"), True),
        (After(9), False),
    ],
)
def test_a_scenario_waits_only_for_the_worker_if_neither_time_nor_polls_change_it(
    make_director: MakeDirector, trigger: Trigger, *, expected: bool
) -> None:
    assert make_director((trigger, RevokeKey("one"))).waits_only_for_worker() == expected


def test_a_scenario_does_not_wait_for_polls_that_could_only_fail(make_director: MakeDirector) -> None:
    fault = AddFault(PlannedFault(Status()))
    later_page = OnAsked(("later-page",))
    assert make_director((later_page, fault)).waits_only_for_worker()
    assert not make_director((later_page, fault), (After(1), RevokeKey("one"))).waits_only_for_worker()
