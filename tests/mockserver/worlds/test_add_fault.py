"""How a world gets its faults, from a test, the control plane or a scenario, and when they strike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from workerkit.mockserver.pytest_plugin.worker_api import WorkerApi
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.randomness import Chance
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.scenarios.faults import Hang, ListedTwice, Status
from workerkit.scenarios.faults.planned_fault import PlannedFault
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.loading.loader import parse
from workerkit.scenarios.model.scenario import Scenario

Call = Callable[..., requests.Response]
Control = Callable[..., requests.Response]


def strikes(schedule: Schedule, times: list[float], operation: str | None = "updateTask") -> list[bool]:
    """Which of these calls, at so many seconds after the beginning, a fault with a schedule strikes."""
    fault, chance = ActiveFault(PlannedFault(Status(), schedule), 0.0), Chance(1)
    return [fault.applies_now(operation, at=at, chance=chance) for at in times]


# When it strikes

TIMES = st.lists(st.floats(0, 10), max_size=20).map(sorted)


@given(times=TIMES, most=st.integers(1, 5))
def test_it_strikes_at_most_so_often(times: list[float], most: int) -> None:
    assert strikes(Schedule(times=most), times) == [number < most for number in range(len(times))]


@given(times=TIMES, first=st.integers(1, 5), most=st.integers(1, 5), after=st.floats(0, 5))
def test_it_strikes_what_call_window_and_times_all_allow(
    times: list[float], first: int, most: int, after: float
) -> None:
    struck = strikes(Schedule(calls=Calls(first), times=most, after=after, for_=2.0), times)
    allowed = [number for number, at in enumerate(times, 1) if number >= first and after <= at < after + 2.0]
    assert [number for number, each in enumerate(struck, 1) if each] == allowed[:most]


@given(times=TIMES, operation=st.sampled_from(["heartbeat", None]))
def test_other_operations_are_neither_struck_nor_counted(times: list[float], operation: str | None) -> None:
    fault, chance = ActiveFault(PlannedFault(Status(), Schedule("updateTask", nth=1)), 0.0), Chance(1)
    assert not any(fault.applies_now(operation, at=at, chance=chance) for at in times)
    assert fault.applies_now("updateTask", at=0.0, chance=chance)
    assert (fault.calls, fault.strikes) == (1, 1)


def test_chance_strikes_about_as_often_as_it_should_and_the_same_calls_each_time() -> None:
    first, second = (strikes(Schedule(probability=0.3), [0.0] * 1000) for _ in range(2))
    assert first == second
    assert 250 < sum(first) < 350
    assert not any(strikes(Schedule(probability=0.0), [0.0] * 100))


def test_faults_do_not_disturb_the_chance_of_the_world() -> None:
    quiet, disturbed = (WorldBuilder(seed=3)("w").world for _ in range(2))
    add_described_fault(disturbed, {"fault": "garbage", "probability": 0.5})
    for each in disturbed.faults * 10:
        each.applies_now("heartbeat", at=0.0, chance=disturbed.mischief)
    assert disturbed.mischief.getstate() != quiet.mischief.getstate()
    assert disturbed.chance.uuid() == quiet.chance.uuid()


def test_adding_a_fault_does_not_start_the_clock() -> None:
    ticks = iter([100.0, 100.0, 107.0])
    world = WorldBuilder(seed=3, timer=lambda: next(ticks))("w").world
    add_described_fault(world, {"fault": "status"})
    begin = world.clock.begin
    assert (world.faults[0].since, world.clock.now(), world.clock.now()) == (begin, begin, begin + 7.0)


# Control plane


@pytest.fixture
def at(control: Control, world: World) -> Control:
    """A call about the faults of the test's own world."""

    def send(method: str, json: Any = None) -> requests.Response:
        return control(method, f"/worlds/{world.name}/faults", json)

    return send


def test_a_fault_is_added_shown_and_cleared(at: Control, call: Call, control: Control, world: World) -> None:
    asked = {
        "fault": "status",
        "status": 500,
        "retry_after": 2,
        "operation": "listTasks",
        "calls": "2..",
        "for": "60s",
    }
    added = at("POST", asked)
    assert (added.status_code, added.json()) == (201, {**asked, "seen": 0, "struck": 0})
    assert [call("GET", "/tasks").status_code for _ in range(3)] == [200, 500, 500]
    assert call("POST", "/health", json={}).status_code == 200
    shown = at("GET").json()["faults"]
    assert shown == [{**asked, "seen": 3, "struck": 2}]
    assert control("GET", f"/worlds/{world.name}").json()["faults"] == shown
    assert at("DELETE").json() == {"cleared": 1}
    assert (at("GET").json(), at("DELETE").json()) == ({"faults": []}, {"cleared": 0})
    assert call("GET", "/tasks").status_code == 200


def test_what_is_shown_can_be_asked_for_again(at: Control) -> None:
    shown = at("POST", {"fault": "latency-fixed", "seconds": "0.1s", "nth": 3, "probability": 0.5}).json()
    again = {name: value for name, value in shown.items() if name not in ("seen", "struck")}
    assert at("POST", again).json() == shown


def test_a_reset_takes_faults_away(at: Control, control: Control, world: World) -> None:
    at("POST", {"fault": "hang"})
    assert control("POST", f"/worlds/{world.name}/reset").status_code == 200
    assert at("GET").json() == {"faults": []}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"fault": "statsu"}, 'body/fault: unknown fault "statsu" (did you mean "status"?)'),
        ({"fault": "status", "stats": 500}, 'body: unknown key "stats" (did you mean "status"?)'),
        ({"fault": "status", "status": 200}, "body/status: 200 is no error status"),
        ({"fault": "status", "status": "503"}, "body/status: a whole number is expected here"),
        ({"fault": "status", "status": True}, "body/status: a whole number is expected here"),
        ({"fault": "status", "status": None}, "body/status: a whole number is expected here"),
        ({"fault": "status", "operation": "updateTaks"}, '(did you mean "updateTask"?)'),
        ({"fault": "status", "nth": 1, "calls": "1"}, "body: calls and nth are both given"),
        ({"fault": "status", "seen": 1}, 'body: unknown key "seen"'),
        ({"fault": "listed-twice", "operation": "heartbeat"}, "body: listed-twice cannot strike heartbeat"),
        ({"fault": "handed-over", "to": "server-99"}, 'body/to: unknown server of this world "server-99"'),
        ({"fault": "latency-fixed"}, 'body: "seconds" is missing'),
        ({"fault": "latency-fixed", "seconds": 5}, "body/seconds: '5' is no length of time"),
        ({"fault": "latency-fixed", "seconds": ["5s"]}, "body/seconds: 'a list' is no length of time"),
        ({"fault": "status", "probability": 1.5}, "body/probability"),
        ({}, "fault"),
        ({"fault": ["status"]}, "body/fault"),
        ([], "body"),
    ],
)
def test_what_is_no_fault_is_refused_and_changes_nothing(at: Control, asked: Any, message: str) -> None:
    refused = at("POST", asked)
    assert (refused.status_code, refused.json()["error"]) == (400, "bad_request")
    assert message in refused.json()["message"]
    assert at("GET").json() == {"faults": []}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_there_are_no_faults_without_a_world(control: Control, world: World, method: str) -> None:
    refused = control(method, "/worlds/nowhere/faults", {"fault": "hang"} if method == "POST" else None)
    assert refused.status_code == 404


# Tests


def test_a_test_lets_its_own_world_go_wrong(mock: MockServer, http: requests.Session) -> None:
    api = WorkerApi(mock)
    task = api.add_task(status="pending")

    def update(status: str) -> requests.Response:
        url, key = f"{api.base_url}/tasks/{task['id']}", {"X-API-Key": api.api_key}
        return http.put(url, json={"status": status}, headers=key, timeout=120)

    api.fault("status", status=503, retry_after=1, operation="updateTask", nth=2, for_="1h")
    assert [update("running").status_code, update("completed").status_code] == [200, 503]
    assert api.task(task["id"])["status"] == "running"
    api.clear_faults()
    assert update("completed").status_code == 200
    with pytest.raises(InvalidRequestError, match="did you mean"):
        api.fault("stats")
    api.close()


# Scenarios


def story(effects: str) -> Scenario:
    text = f"{{title: t, about: a, world: {{servers: [server-01]}}, when: [{effects}]}}"
    return parse(text.encode(), name="story.yaml")


def director_of(effects: str) -> Director:
    return WorldBuilder(story(effects), seed=3, timer=lambda: 0.0)("w")


def test_a_scenario_adds_and_clears_faults() -> None:
    director = director_of(
        "{call: 2, do: [add-fault: hang, add-fault: listed-twice]}, {call: 4, do: [clear-faults]}"
    )
    standing = []
    for _ in range(4):
        director.speak("listTasks")
        standing.append([fault.planned.fault for fault in director.world.faults])
    both = [Hang(), ListedTwice()]
    assert standing == [[], both, both, []]
    assert [(event.kind, event.subject) for event in director.events] == [
        ("add-fault", "hang"),
        ("add-fault", "listed-twice"),
        ("clear-faults", "all"),
    ]


def test_the_window_of_a_fault_opens_when_it_was_due_and_not_when_it_was_noticed() -> None:
    director = director_of("{after: 1s, do: [add-fault: {fault: status, for: 2s}]}")
    world = director.world
    world.clock.advance(60.0)
    director.speak("listTasks")
    (fault,) = world.faults
    assert fault.since == world.clock.begin + 1.0
    assert not fault.applies_now("listTasks", at=world.clock.now(), chance=world.mischief)
