"""Adds faults from tests, from the control plane and from scenarios, and checks when they apply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from workerkit.mockserver.python_api.worker_api import WorkerApi
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.scenarios.faults.mislead.listed_twice import ListedTwice
from workerkit.scenarios.faults.planned_fault import PlannedFault
from workerkit.scenarios.faults.refuse.hang import Hang
from workerkit.scenarios.faults.refuse.status import Status
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.loading.loader import parse
from workerkit.scenarios.model.scenario import Scenario

Call = Callable[..., requests.Response]
Control = Callable[..., requests.Response]


def applied(schedule: Schedule, times: list[float], operation: str | None = "updateTask") -> list[bool]:
    """For each request time in seconds since the start: whether a fault with this schedule is applied."""
    fault, random = ActiveFault(PlannedFault(Status(), schedule), 0.0), SeededRandom(1)
    return [fault.applies_now(operation, at=at, random=random) for at in times]


# Schedules

TIMES = st.lists(st.floats(0, 10), max_size=20).map(sorted)


@given(times=TIMES, most=st.integers(1, 5))
def test_a_fault_is_applied_at_most_as_often_as_times_says(times: list[float], most: int) -> None:
    assert applied(Schedule(times=most), times) == [number < most for number in range(len(times))]


@given(times=TIMES, first=st.integers(1, 5), most=st.integers(1, 5), after=st.floats(0, 5))
def test_a_fault_is_applied_if_calls_window_and_times_allow_it(
    times: list[float], first: int, most: int, after: float
) -> None:
    results = applied(Schedule(calls=Calls(first), times=most, after=after, for_=2.0), times)
    allowed = [number for number, at in enumerate(times, 1) if number >= first and after <= at < after + 2.0]
    assert [number for number, is_applied in enumerate(results, 1) if is_applied] == allowed[:most]


@given(times=TIMES, operation=st.sampled_from(["heartbeat", None]))
def test_requests_of_other_operations_are_not_counted(times: list[float], operation: str | None) -> None:
    fault, random = ActiveFault(PlannedFault(Status(), Schedule("updateTask", nth=1)), 0.0), SeededRandom(1)
    assert not any(fault.applies_now(operation, at=at, random=random) for at in times)
    assert fault.applies_now("updateTask", at=0.0, random=random)
    assert (fault.calls, fault.times_applied) == (1, 1)


def test_a_probability_applies_about_as_often_as_expected_and_repeatably() -> None:
    first, second = (applied(Schedule(probability=0.3), [0.0] * 1000) for _ in range(2))
    assert first == second
    assert 250 < sum(first) < 350
    assert not any(applied(Schedule(probability=0.0), [0.0] * 100))


def test_faults_do_not_change_the_other_random_values() -> None:
    without_fault, with_fault = (WorldBuilder(seed=3)("w").world for _ in range(2))
    add_described_fault(with_fault, {"fault": "garbage", "probability": 0.5})
    for fault in with_fault.faults * 10:
        fault.applies_now("heartbeat", at=0.0, random=with_fault.fault_random)
    assert with_fault.fault_random.getstate() != without_fault.fault_random.getstate()
    assert with_fault.random.uuid() == without_fault.random.uuid()


def test_adding_a_fault_does_not_start_the_clock() -> None:
    ticks = iter([100.0, 100.0, 107.0])
    world = WorldBuilder(seed=3, timer=lambda: next(ticks))("w").world
    add_described_fault(world, {"fault": "status"})
    begin = world.clock.begin
    assert (world.faults[0].since, world.clock.now(), world.clock.now()) == (begin, begin, begin + 7.0)


# Control plane


@pytest.fixture
def call_faults(control: Control, world: World) -> Control:
    """Calls the control plane for the faults of the test's world."""

    def send(method: str, json: Any = None) -> requests.Response:
        return control(method, f"/worlds/{world.name}/faults", json)

    return send


def test_a_fault_can_be_added_listed_and_cleared(
    call_faults: Control, call: Call, control: Control, world: World
) -> None:
    description = {
        "fault": "status",
        "status": 500,
        "retry_after": 2,
        "operation": "listTasks",
        "calls": "2..",
        "for": "60s",
    }
    added = call_faults("POST", description)
    assert (added.status_code, added.json()) == (201, {**description, "seen": 0, "struck": 0})
    assert [call("GET", "/tasks").status_code for _ in range(3)] == [200, 500, 500]
    assert call("POST", "/health", json={}).status_code == 200
    faults = call_faults("GET").json()["faults"]
    assert faults == [{**description, "seen": 3, "struck": 2}]
    assert control("GET", f"/worlds/{world.name}").json()["faults"] == faults
    assert call_faults("DELETE").json() == {"cleared": 1}
    assert (call_faults("GET").json(), call_faults("DELETE").json()) == ({"faults": []}, {"cleared": 0})
    assert call("GET", "/tasks").status_code == 200


def test_a_listed_fault_can_be_added_again(call_faults: Control) -> None:
    added = call_faults(
        "POST", {"fault": "latency-fixed", "seconds": "0.1s", "nth": 3, "probability": 0.5}
    ).json()
    description = {name: value for name, value in added.items() if name not in ("seen", "struck")}
    assert call_faults("POST", description).json() == added


def test_a_reset_removes_faults(call_faults: Control, control: Control, world: World) -> None:
    call_faults("POST", {"fault": "hang"})
    assert control("POST", f"/worlds/{world.name}/reset").status_code == 200
    assert call_faults("GET").json() == {"faults": []}


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ({"fault": "statsu"}, 'body/fault: unknown fault "statsu" (did you mean "status"?)'),
        ({"fault": "status", "stats": 500}, 'body: unknown key "stats" (did you mean "status"?)'),
        ({"fault": "status", "status": 200}, "body/status: 200 is not an error status"),
        ({"fault": "status", "status": "503"}, "body/status: a whole number is expected here"),
        ({"fault": "status", "status": True}, "body/status: a whole number is expected here"),
        ({"fault": "status", "status": None}, "body/status: a whole number is expected here"),
        ({"fault": "status", "operation": "updateTaks"}, '(did you mean "updateTask"?)'),
        ({"fault": "status", "nth": 1, "calls": "1"}, "body: calls and nth are both given"),
        ({"fault": "status", "seen": 1}, 'body: unknown key "seen"'),
        ({"fault": "listed-twice", "operation": "heartbeat"}, "body: listed-twice cannot affect heartbeat"),
        ({"fault": "handed-over", "to": "server-99"}, 'body/to: unknown server of this world "server-99"'),
        ({"fault": "latency-fixed"}, 'body: "seconds" is missing'),
        ({"fault": "latency-fixed", "seconds": 5}, "body/seconds: '5' is not a duration"),
        ({"fault": "latency-fixed", "seconds": ["5s"]}, "body/seconds: 'a list' is not a duration"),
        ({"fault": "status", "probability": 1.5}, "body/probability"),
        ({}, "fault"),
        ({"fault": ["status"]}, "body/fault"),
        ([], "body"),
    ],
)
def test_a_wrong_description_is_refused_and_changes_nothing(
    call_faults: Control, description: Any, message: str
) -> None:
    refused = call_faults("POST", description)
    assert (refused.status_code, refused.json()["error"]) == (400, "bad_request")
    assert message in refused.json()["message"]
    assert call_faults("GET").json() == {"faults": []}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_faults_of_an_unknown_world_are_not_found(control: Control, world: World, method: str) -> None:
    refused = control(method, "/worlds/nowhere/faults", {"fault": "hang"} if method == "POST" else None)
    assert refused.status_code == 404


# Tests


def test_a_test_adds_and_clears_faults(mock: WorldServer, http: requests.Session) -> None:
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


def scenario_with(effects: str) -> Scenario:
    text = f"{{title: t, about: a, world: {{servers: [server-01]}}, when: [{effects}]}}"
    return parse(text.encode(), name="scenario.yaml")


def director_of(effects: str) -> Director:
    return WorldBuilder(scenario_with(effects), seed=3, timer=lambda: 0.0)("w")


def test_a_scenario_adds_and_clears_faults() -> None:
    director = director_of(
        "{call: 2, do: [add-fault: hang, add-fault: listed-twice]}, {call: 4, do: [clear-faults]}"
    )
    faults_after_each_request = []
    for _ in range(4):
        director.before_request("listTasks")
        faults_after_each_request.append([fault.planned.fault for fault in director.world.faults])
    both = [Hang(), ListedTwice()]
    assert faults_after_each_request == [[], both, both, []]
    assert [(event.kind, event.subject) for event in director.events] == [
        ("add-fault", "hang"),
        ("add-fault", "listed-twice"),
        ("clear-faults", "all"),
    ]


def test_the_window_of_a_fault_begins_when_the_effect_was_due() -> None:
    director = director_of("{after: 1s, do: [add-fault: {fault: status, for: 2s}]}")
    world = director.world
    world.clock.advance(60.0)
    director.before_request("listTasks")
    (fault,) = world.faults
    assert fault.since == world.clock.begin + 1.0
    assert not fault.applies_now("listTasks", at=world.clock.now(), random=world.fault_random)
