"""Saves worlds as JSON and restores them: exactly, in one step, and only from a consistent snapshot."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.http.headers import decode_headers
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.snapshot import director_from_snapshot, snapshot_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.formats.strict_json import parse, render
from workerkit.openapi.spec.api import control_api
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.scenarios.library import library

Json = dict[str, Any]
Call = Callable[..., requests.Response]
Control = Callable[..., requests.Response]
AddTask = Callable[..., Task]

BASE = "/api/v1/worker"
KEYS = ("server-01-key", "server-02-key", "server-03-key", "unknown-key")
CHOICES = [{}, {"list-order": "newest-first"}, {"retry": "automatic"}, {"transitions": "strict"}]
STATUSES = ("pending", "queued", "running", "completed", "failed", "canceled")


class MockWithoutSocket:
    """A mock with one world and no network. The world has no tasks at first, and its clock does not run."""

    def __init__(self, choices: dict[str, str] | None = None) -> None:
        self.worlds = Worlds()
        builder = WorldBuilder(seed=5, dialect=dialect_of(choices or {}), timer=lambda: 0.0, with_tasks=False)
        self.worlds.add(DEFAULT, builder)
        self.app = WorkerApp(self.worlds)

    @property
    def world(self) -> World:
        return self.worlds.world(DEFAULT)

    def send(self, method: str, path: str, body: Any = None, *, key: str = KEYS[0]) -> bytes:
        path, _, query = path.partition("?")
        headers = decode_headers([(b"x-api-key", key.encode()), (b"content-type", b"application/json")])
        text = b"" if body is None else render(body)
        answer = self.app.answer(Request(method, BASE + path, query, headers, text, is_too_large=False))
        return b"%d " % answer.status + answer.body

    def take_snapshot(self) -> Json:
        """A snapshot of the world, after it was JSON text. Fails if the spec does not allow the snapshot."""
        snapshot: Json = parse(render(snapshot_of(self.worlds.director(DEFAULT))))
        assert control_api().operations["takeSnapshot"].answer_flaw(200, snapshot) is None
        return snapshot

    def masked_journal(self) -> list[Json]:
        """The journal as the control plane shows it, without secrets."""
        return [mask_of(self.world).exchange(exchange) for exchange in self.world.journal]

    def restore(self, snapshot: Json) -> None:
        self.worlds.restore(DEFAULT, director_from_snapshot(self.worlds.director(DEFAULT), snapshot))


def run_command(mock: MockWithoutSocket, command: tuple[Any, ...]) -> Any:
    """Runs one command of a worker or a test. Returns the result."""
    kind, number, status, key = command
    world = mock.world
    ids = list(world.tasks)
    task_id = ids[number % len(ids)] if ids else "00000000-0000-4000-8000-000000000000"
    server = list(world.servers.values())[number % 3]
    match kind:
        case "add":
            return create_task(world, {"server": server.name, "status": status}).as_json()
        case "list":
            return mock.send("GET", f"/tasks?limit={number + 1}&status={status}", key=key)
        case "update":
            return mock.send("PUT", f"/tasks/{task_id}", {"status": status, "note": f"{number}"}, key=key)
        case "complete":
            return mock.send("POST", "/callback/link/complete", {"link_id": task_id}, key=key)
        case "logs":
            return mock.send("POST", "/logs", {"logs": [{"level": "INFO", "message": status}]}, key=key)
        case "heartbeat":
            return mock.send("POST", "/health", {"cpu_usage": number}, key=key)
        case "reassign" if ids:
            return world.reassign(world.task(task_id), server, by="a test")
        case "revoke":
            return world.key_ring.set_revoked(server, revoked=number % 2 == 0, by="a test")
        case "key":
            return world.key_ring.replace_keys(server, f"{server.name}-key-{number}", by="a test")
        case "time":
            return world.clock.advance(number)
    return None


COMMANDS = st.tuples(
    st.sampled_from(
        ["add", "list", "update", "complete", "logs", "heartbeat", "reassign", "revoke", "key", "time"]
    ),
    st.integers(0, 9),
    st.sampled_from(STATUSES),
    st.sampled_from(KEYS),
)


# Restored worlds


@settings(max_examples=60, deadline=None)
@given(
    choices=st.sampled_from(CHOICES),
    before=st.lists(COMMANDS, max_size=12),
    between=st.lists(COMMANDS, max_size=6),
    after=st.lists(COMMANDS, min_size=3, max_size=12),
)
def test_a_restored_world_gives_the_same_answers(
    choices: dict[str, str], before: list[Any], between: list[Any], after: list[Any]
) -> None:
    mock = MockWithoutSocket(choices)
    for command in before:
        run_command(mock, command)
    snapshot = mock.take_snapshot()
    first = [run_command(mock, command) for command in after]
    first_end = mock.take_snapshot()
    for command in between:
        run_command(mock, command)
    mock.restore(snapshot)
    assert mock.take_snapshot() == snapshot
    assert [run_command(mock, command) for command in after] == first
    assert mock.take_snapshot() == first_end


def test_a_snapshot_can_be_restored_in_another_mock() -> None:
    one, other = MockWithoutSocket({"list-order": "newest-first"}), MockWithoutSocket()
    create_task(one.world, {"status": "running"})
    other.restore(one.take_snapshot())
    for mock in (one, other):
        create_task(mock.world, {})
    assert one.send("GET", "/tasks?status=pending,running") == other.send(
        "GET", "/tasks?status=pending,running"
    )
    assert list(one.world.tasks) == list(other.world.tasks)


def test_a_snapshot_does_not_start_the_clock_and_a_restored_clock_waits_for_its_first_reading() -> None:
    now = [0.0]
    worlds = Worlds()
    director = worlds.add(DEFAULT, WorldBuilder(seed=5, timer=lambda: now[0], with_tasks=False))
    snapshot = snapshot_of(director)
    now[0] = 50.0
    assert director.world.clock.now() == snapshot["clock"]["at"]
    now[0] = 60.0
    snapshot = snapshot_of(director)
    now[0] = 90.0
    clock = director_from_snapshot(director, snapshot).world.clock
    now[0] = 99.0
    assert clock.now() == snapshot["clock"]["at"] == snapshot["clock"]["begin"] + 10
    now[0] = 100.0
    assert clock.now() == snapshot["clock"]["at"] + 1


def test_a_restored_journal_is_masked_and_continues_its_numbers() -> None:
    mock = MockWithoutSocket()
    mock.send("GET", "/tasks")
    mock.send("POST", "/logs", {"logs": [{"level": "INFO", "message": "sent to anna@mail.example"}]})
    mock.send("POST", "/logs", None)
    journal, snapshot = mock.masked_journal(), mock.take_snapshot()
    assert "anna@mail.example" not in json.dumps(journal)
    mock.send("GET", "/tasks")
    mock.restore(snapshot)
    assert mock.masked_journal() == journal
    assert mock.take_snapshot() == snapshot
    mock.send("GET", "/tasks")
    assert [exchange.number for exchange in mock.world.journal] == [1, 2, 3, 4]


def test_a_journal_with_a_gap_is_refused() -> None:
    mock = MockWithoutSocket()
    for _ in range(3):
        mock.send("GET", "/tasks")
    snapshot = mock.take_snapshot()
    del snapshot["journal"][1]
    with pytest.raises(InvalidRequestError, match="body/journal/0/number"):
        mock.restore(snapshot)


def test_a_restored_scenario_continues() -> None:
    mock, worlds = MockWithoutSocket(), Worlds()
    worlds.add(DEFAULT, WorldBuilder(library.find("key-revoked"), seed=5, timer=lambda: 0.0))
    mock.worlds, mock.app = worlds, WorkerApp(worlds)
    first_key = mock.world.key_ring.all_keys()[0]

    def run_scenario() -> list[bytes]:
        answers = [mock.send("GET", "/tasks", key=first_key) for _ in range(15)]
        mock.world.clock.advance(30)
        return [*answers, *(mock.send("GET", "/tasks", key=first_key) for _ in range(5))]

    for _ in range(3):
        mock.send("GET", "/tasks", key=first_key)
    snapshot = mock.take_snapshot()
    first = run_scenario()
    events = list(worlds.director(DEFAULT).events)
    assert events
    mock.restore(snapshot)
    assert run_scenario() == first
    assert worlds.director(DEFAULT).events == events


def test_restored_faults_keep_their_counters() -> None:
    mock = MockWithoutSocket()
    add_described_fault(
        mock.world, {"fault": "status", "status": 503, "operation": "listTasks", "probability": 0.5}
    )
    for _ in range(5):
        mock.send("GET", "/tasks")
    snapshot = mock.take_snapshot()
    first = [mock.send("GET", "/tasks")[:3] for _ in range(20)]
    faults = [fault.as_json() for fault in mock.world.faults]
    assert set(first) == {b"200", b"503"}
    mock.restore(snapshot)
    assert [mock.send("GET", "/tasks")[:3] for _ in range(20)] == first
    assert [fault.as_json() for fault in mock.world.faults] == faults


# Over the control plane


def test_a_restore_also_restores_the_keys(call: Call, control: Control, world: World, key: str) -> None:
    snapshot = control("GET", f"/worlds/{world.name}/snapshot").json()
    control("PATCH", f"/worlds/{world.name}/servers/server-01", {"api_key": "later-key"})
    assert (call("GET", "/tasks").status_code, call("GET", "/tasks", key="later-key").status_code) == (
        401,
        200,
    )
    answer = control("PUT", f"/worlds/{world.name}/snapshot", snapshot)
    assert answer.status_code == 200
    assert answer.json()["servers"][0]["api_key"] == key
    assert (call("GET", "/tasks").status_code, call("GET", "/tasks", key="later-key").status_code) == (
        200,
        401,
    )
    free = control("POST", "/worlds", {}).json()["world"]
    assert control("PATCH", f"/worlds/{free}/servers/server-01", {"api_key": "later-key"}).status_code == 200


def test_a_restore_cannot_take_the_keys_of_another_world(
    control: Control, world: World, mock: WorldServer
) -> None:
    other = control("POST", "/worlds", {}).json()["world"]
    control("POST", f"/worlds/{other}/clock", {"freeze": "2026-01-01T00:00:00Z"})
    snapshot = control("GET", f"/worlds/{world.name}/snapshot").json()
    before = control("GET", f"/worlds/{other}").json()
    answer = control("PUT", f"/worlds/{other}/snapshot", snapshot)
    assert answer.status_code == 409
    assert world.key_ring.all_keys()[0] not in answer.text
    assert control("GET", f"/worlds/{other}").json() == before
    assert mock.run_in_server_thread(
        lambda: mock.worlds.director_for_key(world.key_ring.all_keys()[0])
    ) is mock.worlds.director(world.name)


def test_a_reset_after_a_restore_gives_the_first_state(
    control: Control, world: World, add_task: AddTask
) -> None:
    begin = control("GET", f"/worlds/{world.name}").json()
    add_task()
    snapshot = control("GET", f"/worlds/{world.name}/snapshot").json()
    control("PUT", f"/worlds/{world.name}/snapshot", snapshot)
    assert len(control("GET", f"/worlds/{world.name}/tasks").json()["tasks"]) == 1
    control("POST", f"/worlds/{world.name}/reset")
    assert control("GET", f"/worlds/{world.name}").json() == begin


def with_value(*path: Any, value: Any) -> Callable[[Json], None]:
    def change(snapshot: Json) -> None:
        *parents, last = path
        part: Any = snapshot
        for name in parents:
            part = part[name]
        part[last] = value

    return change


def with_duplicate(name: str) -> Callable[[Json], None]:
    return lambda snapshot: snapshot[name].append(copy.deepcopy(snapshot[name][0]))


SCENARIO_STATE = {
    "scenario": "key-revoked",
    "began": 1,
    "calls": {},
    "happened": [],
    "met": [],
    "groups": {},
    "events": [],
}
INCONSISTENT: dict[str, tuple[Callable[[Json], None], str]] = {
    "another format": (with_value("format", value=2), "body/format"),
    "an unknown field": (with_value("more", value=1), "more"),
    "a task without a field": (lambda snapshot: snapshot["tasks"][1].pop("place"), "body/tasks/1"),
    "an unknown server": (with_value("tasks", 1, "server", value="server-09"), "body/tasks/1/server"),
    "an unknown request": (
        with_value("tasks", 1, "request", value="00000000-0000-4000-8000-000000000000"),
        "body/tasks/1/request",
    ),
    "an unknown account": (
        with_value("tasks", 0, "account", value="00000000-0000-4000-8000-000000000000"),
        "body/tasks/0/account",
    ),
    "an unknown status": (with_value("tasks", 0, "status", value="done"), "body/tasks/0/status"),
    "a task twice": (with_duplicate("tasks"), "body/tasks/2/id"),
    "a server twice": (with_duplicate("servers"), "body/servers/3/name"),
    "an account twice": (with_duplicate("accounts"), "body/accounts/6/id"),
    "a task after the last place": (with_value("last_place", value=0), "body/last_place"),
    "a key of an unknown server": (with_value("keys", "k", value="server-09"), "body/keys"),
    "a server key that is not in keys": (
        with_value("servers", 0, "keys", value=["not-listed"]),
        "body/servers/0/keys",
    ),
    "an unknown server status": (with_value("servers", 2, "status", value="asleep"), "body/servers/2/status"),
    "no servers": (with_value("servers", value=[]), "body/servers"),
    "a random state that is too short": (with_value("chance", "state", value="AAAA"), "body/chance/state"),
    "a random state that is not base64": (with_value("mischief", "state", value="?"), "body/mischief/state"),
    "an unknown dialect": (with_value("dialect", "last-curso", value="absent"), "body/dialect"),
    "a time after the year 9999": (with_value("clock", "at", value=1e15), "body/clock/at"),
    "an unknown counted task": (
        with_value("counted", value=["00000000-0000-4000-8000-000000000000"]),
        "body/counted/0",
    ),
    "an unknown fault": (
        with_value("faults", value=[{"fault": {"fault": "statu"}, "since": 1, "calls": 0, "strikes": 0}]),
        "body/faults/0/fault",
    ),
    "a scenario that closes the port": (
        with_value("story", value={**SCENARIO_STATE, "scenario": "port-closed"}),
        "body/story/scenario: the scenario port-closed",
    ),
    "an unknown asked trigger": (
        with_value(
            "story",
            value={
                **SCENARIO_STATE,
                "asked": {"counts": [{"happening": 2, "times": 1}], "tasks": [], "in_trouble": []},
            },
        ),
        "body/story/asked",
    ),
    "an unknown scenario": (
        with_value(
            "story",
            value={**SCENARIO_STATE, "scenario": "../x.yaml"},
        ),
        "body/story/scenario",
    ),
    "an unknown happening": (
        with_value(
            "story",
            value={**SCENARIO_STATE, "happened": [{"happening": 99, "at": 1}]},
        ),
        "body/story/happened",
    ),
    "an unknown trigger": (
        with_value("story", value={**SCENARIO_STATE, "met": [{"happening": 2, "times": 1}]}),
        "body/story/met",
    ),
    "a group of unknown tasks": (
        with_value(
            "story", value={**SCENARIO_STATE, "groups": {"few": ["00000000-0000-4000-8000-000000000000"]}}
        ),
        "body/story/groups/few/0",
    ),
}


@pytest.mark.parametrize(("change", "path"), INCONSISTENT.values(), ids=INCONSISTENT)
def test_an_inconsistent_snapshot_is_refused_and_changes_nothing(
    control: Control, world: World, add_task: AddTask, change: Callable[[Json], None], path: str
) -> None:
    add_task()
    add_task(status="completed")
    url = f"/worlds/{world.name}/snapshot"
    snapshot = control("GET", url).json()
    inconsistent = copy.deepcopy(snapshot)
    change(inconsistent)
    answer = control("PUT", url, inconsistent)
    assert answer.status_code == 400
    assert path in answer.json()["message"]
    assert control("GET", url).json() == snapshot


def test_a_snapshot_may_be_larger_than_other_calls(control: Control, world: World) -> None:
    url = f"/worlds/{world.name}"
    control("POST", f"{url}/tasks", {"count": 20, "config": "x" * 500_000})
    snapshot = control("GET", f"{url}/snapshot").json()
    assert len(render(snapshot)) > 9_000_000
    assert control("PUT", f"{url}/snapshot", snapshot).status_code == 200
    assert control("GET", f"{url}/snapshot").json() == snapshot


# Under load


@pytest.mark.parametrize("way", ["reset", "restore"])
def test_a_world_is_reset_or_restored_in_one_step_while_workers_use_it(
    call: Call, control: Control, mock: WorldServer, world: World, key: str, way: str
) -> None:
    """Each worker completes one task again and again. A partly restored world would have a wrong count."""
    url = f"/worlds/{world.name}"
    control("POST", f"{url}/tasks", {"count": 8})
    snapshot = control("GET", f"{url}/snapshot").json()
    ids = [task["id"] for task in snapshot["tasks"]]
    done = threading.Event()

    def complete_again_and_again(number: int) -> set[int]:
        statuses = set()
        with requests.Session() as session:
            session.trust_env = False
            session.headers["X-API-Key"] = key
            while not done.is_set():
                link = {"link_id": ids[number]}
                answer = session.post(f"{mock.base_url}/callback/link/complete", json=link, timeout=120)
                statuses.add(answer.status_code)
        return statuses

    def is_consistent(state: Json) -> bool:
        completed = sum(task["status"] == "completed" for task in state["tasks"])
        counted = sum(request["created_links"] for request in state["requests"])
        return completed == counted and len(state["servers"]) == 3

    with ThreadPoolExecutor(8) as pool:
        workers = [pool.submit(complete_again_and_again, number) for number in range(8)]
        try:
            states = []
            for _ in range(25):
                if way == "reset":
                    control("POST", f"{url}/reset")
                control("PUT", f"{url}/snapshot", snapshot)
                states.append(control("GET", url).json())
        finally:
            done.set()
        statuses = set().union(*(worker.result() for worker in workers))
    assert all(map(is_consistent, states))
    assert statuses <= ({200, 404} if way == "reset" else {200})
    assert 200 in statuses
    control("PUT", f"{url}/snapshot", snapshot)
    assert control("GET", f"{url}/snapshot").json() == snapshot
