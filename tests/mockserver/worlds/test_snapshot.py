"""A world as JSON and back: exact, in one step, and refused where it does not fit together."""

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

from workerkit.mockserver.http.headers import header_set
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.snapshot import restored, snapshot
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
KEYS = ("server-01-key", "server-02-key", "server-03-key", "nobodys-key")
CHOICES = [{}, {"list-order": "newest-first"}, {"retry": "automatic"}, {"transitions": "strict"}]
STATUSES = ("pending", "queued", "running", "completed", "failed", "canceled")


class Bench:
    """A mock without a socket, whose only world has few tasks and a clock that stands."""

    def __init__(self, choices: dict[str, str] | None = None) -> None:
        self.worlds = Worlds()
        builder = WorldBuilder(seed=5, dialect=dialect_of(choices or {}), timer=lambda: 0.0, tasks=False)
        self.worlds.add(DEFAULT, builder)
        self.app = WorkerApp(self.worlds)

    @property
    def world(self) -> World:
        return self.worlds.world(DEFAULT)

    def send(self, method: str, path: str, body: Any = None, *, key: str = KEYS[0]) -> bytes:
        path, _, query = path.partition("?")
        headers = header_set([(b"x-api-key", key.encode()), (b"content-type", b"application/json")])
        text = b"" if body is None else render(body)
        answer = self.app.answer(Request(method, BASE + path, query, headers, text, oversize=False))
        return b"%d " % answer.status + answer.body

    def taken(self) -> Json:
        """A snapshot as it comes out of the wire, which the spec has to allow."""
        taken: Json = parse(render(snapshot(self.worlds.director(DEFAULT))))
        assert control_api().operations["takeSnapshot"].answer_flaw(200, taken) is None
        return taken

    def as_json(self) -> list[Json]:
        """The journal as the control plane shows it."""
        return [mask_of(self.world).exchange(exchange) for exchange in self.world.journal]

    def restore(self, taken: Json) -> None:
        self.worlds.restore(DEFAULT, restored(self.worlds.director(DEFAULT), taken))


def act(bench: Bench, deed: tuple[Any, ...]) -> Any:
    """One thing that a worker or a test does. Returns what came back."""
    kind, number, word, key = deed
    world = bench.world
    ids = list(world.tasks)
    task_id = ids[number % len(ids)] if ids else "00000000-0000-4000-8000-000000000000"
    server = list(world.servers.values())[number % 3]
    match kind:
        case "add":
            return create_task(world, {"server": server.name, "status": word}).as_json()
        case "list":
            return bench.send("GET", f"/tasks?limit={number + 1}&status={word}", key=key)
        case "update":
            return bench.send("PUT", f"/tasks/{task_id}", {"status": word, "note": f"{number}"}, key=key)
        case "complete":
            return bench.send("POST", "/callback/link/complete", {"link_id": task_id}, key=key)
        case "logs":
            return bench.send("POST", "/logs", {"logs": [{"level": "INFO", "message": word}]}, key=key)
        case "beat":
            return bench.send("POST", "/health", {"cpu_usage": number}, key=key)
        case "give" if ids:
            return world.reassign(world.task(task_id), server, by="a test")
        case "revoke":
            return world.revoke(server, revoked=number % 2 == 0, by="a test")
        case "key":
            return world.exchange_key(server, f"{server.name}-key-{number}", by="a test")
        case "time":
            return world.clock.advance(number)
    return None


COMMANDS = st.tuples(
    st.sampled_from(["add", "list", "update", "complete", "logs", "beat", "give", "revoke", "key", "time"]),
    st.integers(0, 9),
    st.sampled_from(STATUSES),
    st.sampled_from(KEYS),
)


# Exact


@settings(max_examples=60, deadline=None)
@given(
    choices=st.sampled_from(CHOICES),
    before=st.lists(COMMANDS, max_size=12),
    between=st.lists(COMMANDS, max_size=6),
    after=st.lists(COMMANDS, min_size=3, max_size=12),
)
def test_after_a_restore_the_same_requests_get_the_same_bytes(
    choices: dict[str, str], before: list[Any], between: list[Any], after: list[Any]
) -> None:
    bench = Bench(choices)
    for deed in before:
        act(bench, deed)
    taken = bench.taken()
    first = [act(bench, deed) for deed in after]
    first_end = bench.taken()
    for deed in between:
        act(bench, deed)
    bench.restore(taken)
    assert bench.taken() == taken
    assert [act(bench, deed) for deed in after] == first
    assert bench.taken() == first_end


def test_a_snapshot_goes_into_another_mock_too() -> None:
    one, other = Bench({"list-order": "newest-first"}), Bench()
    create_task(one.world, {"status": "running"})
    other.restore(one.taken())
    for bench in (one, other):
        create_task(bench.world, {})
    assert one.send("GET", "/tasks?status=pending,running") == other.send(
        "GET", "/tasks?status=pending,running"
    )
    assert list(one.world.tasks) == list(other.world.tasks)


def test_a_snapshot_starts_no_clock_and_a_running_one_stands_until_it_is_read() -> None:
    now = [0.0]
    worlds = Worlds()
    director = worlds.add(DEFAULT, WorldBuilder(seed=5, timer=lambda: now[0], tasks=False))
    taken = snapshot(director)
    now[0] = 50.0
    assert director.world.clock.now() == taken["clock"]["at"]
    now[0] = 60.0
    taken = snapshot(director)
    now[0] = 90.0
    clock = restored(director, taken).world.clock
    now[0] = 99.0
    assert clock.now() == taken["clock"]["at"] == taken["clock"]["begin"] + 10
    now[0] = 100.0
    assert clock.now() == taken["clock"]["at"] + 1


def test_the_journal_comes_back_as_it_was_shown_and_goes_on_counting() -> None:
    bench = Bench()
    bench.send("GET", "/tasks")
    bench.send("POST", "/logs", {"logs": [{"level": "INFO", "message": "sent to anna@mail.example"}]})
    bench.send("POST", "/logs", None)
    shown, taken = bench.as_json(), bench.taken()
    assert "anna@mail.example" not in json.dumps(shown)
    bench.send("GET", "/tasks")
    bench.restore(taken)
    assert bench.as_json() == shown
    assert bench.taken() == taken
    bench.send("GET", "/tasks")
    assert [exchange.number for exchange in bench.world.journal] == [1, 2, 3, 4]


def test_a_journal_with_a_gap_is_refused() -> None:
    bench = Bench()
    for _ in range(3):
        bench.send("GET", "/tasks")
    taken = bench.taken()
    del taken["journal"][1]
    with pytest.raises(InvalidRequestError, match="body/journal/0/number"):
        bench.restore(taken)


def test_a_scenario_goes_on_from_where_it_was() -> None:
    bench, worlds = Bench(), Worlds()
    worlds.add(DEFAULT, WorldBuilder(library.find("key-revoked"), seed=5, timer=lambda: 0.0))
    bench.worlds, bench.app = worlds, WorkerApp(worlds)
    first_key = bench.world.known_keys()[0]

    def played() -> list[bytes]:
        answers = [bench.send("GET", "/tasks", key=first_key) for _ in range(15)]
        bench.world.clock.advance(30)
        return [*answers, *(bench.send("GET", "/tasks", key=first_key) for _ in range(5))]

    for _ in range(3):
        bench.send("GET", "/tasks", key=first_key)
    taken = bench.taken()
    first = played()
    events = list(worlds.director(DEFAULT).events)
    assert events
    bench.restore(taken)
    assert played() == first
    assert worlds.director(DEFAULT).events == events


def test_standing_faults_come_back_with_what_they_did() -> None:
    bench = Bench()
    add_described_fault(
        bench.world, {"fault": "status", "status": 503, "operation": "listTasks", "probability": 0.5}
    )
    for _ in range(5):
        bench.send("GET", "/tasks")
    taken = bench.taken()
    first = [bench.send("GET", "/tasks")[:3] for _ in range(20)]
    shown = [fault.as_json() for fault in bench.world.faults]
    assert set(first) == {b"200", b"503"}
    bench.restore(taken)
    assert [bench.send("GET", "/tasks")[:3] for _ in range(20)] == first
    assert [fault.as_json() for fault in bench.world.faults] == shown


# Over the control plane


def test_a_restore_puts_the_keys_back(call: Call, control: Control, world: World, key: str) -> None:
    taken = control("GET", f"/worlds/{world.name}/snapshot").json()
    control("PATCH", f"/worlds/{world.name}/servers/server-01", {"api_key": "later-key"})
    assert (call("GET", "/tasks").status_code, call("GET", "/tasks", key="later-key").status_code) == (
        401,
        200,
    )
    answer = control("PUT", f"/worlds/{world.name}/snapshot", taken)
    assert answer.status_code == 200
    assert answer.json()["servers"][0]["api_key"] == key
    assert (call("GET", "/tasks").status_code, call("GET", "/tasks", key="later-key").status_code) == (
        200,
        401,
    )
    free = control("POST", "/worlds", {}).json()["world"]
    assert control("PATCH", f"/worlds/{free}/servers/server-01", {"api_key": "later-key"}).status_code == 200


def test_keys_of_another_world_are_not_taken_from_it(
    control: Control, world: World, mock: MockServer
) -> None:
    other = control("POST", "/worlds", {}).json()["world"]
    control("POST", f"/worlds/{other}/clock", {"freeze": "2026-01-01T00:00:00Z"})
    taken = control("GET", f"/worlds/{world.name}/snapshot").json()
    before = control("GET", f"/worlds/{other}").json()
    answer = control("PUT", f"/worlds/{other}/snapshot", taken)
    assert answer.status_code == 409
    assert world.known_keys()[0] not in answer.text
    assert control("GET", f"/worlds/{other}").json() == before
    assert mock.ask(lambda: mock.worlds.owner(world.known_keys()[0])) is mock.worlds.director(world.name)


def test_a_reset_after_a_restore_leads_to_the_first_beginning(
    control: Control, world: World, add_task: AddTask
) -> None:
    begin = control("GET", f"/worlds/{world.name}").json()
    add_task()
    taken = control("GET", f"/worlds/{world.name}/snapshot").json()
    control("PUT", f"/worlds/{world.name}/snapshot", taken)
    assert len(control("GET", f"/worlds/{world.name}/tasks").json()["tasks"]) == 1
    control("POST", f"/worlds/{world.name}/reset")
    assert control("GET", f"/worlds/{world.name}").json() == begin


def spoilt(*path: Any, value: Any) -> Callable[[Json], None]:
    def spoil(taken: Json) -> None:
        *way, last = path
        place: Any = taken
        for step in way:
            place = place[step]
        place[last] = value

    return spoil


def doubled(name: str) -> Callable[[Json], None]:
    return lambda taken: taken[name].append(copy.deepcopy(taken[name][0]))


STORY = {
    "scenario": "key-revoked",
    "began": 1,
    "calls": {},
    "happened": [],
    "met": [],
    "groups": {},
    "events": [],
}
BAD: dict[str, tuple[Callable[[Json], None], str]] = {
    "another format": (spoilt("format", value=2), "body/format"),
    "a field too many": (spoilt("more", value=1), "more"),
    "a task too short": (lambda taken: taken["tasks"][1].pop("place"), "body/tasks/1"),
    "an unknown server": (spoilt("tasks", 1, "server", value="server-09"), "body/tasks/1/server"),
    "an unknown request": (
        spoilt("tasks", 1, "request", value="00000000-0000-4000-8000-000000000000"),
        "body/tasks/1/request",
    ),
    "an unknown account": (
        spoilt("tasks", 0, "account", value="00000000-0000-4000-8000-000000000000"),
        "body/tasks/0/account",
    ),
    "an unknown status": (spoilt("tasks", 0, "status", value="done"), "body/tasks/0/status"),
    "a doubled task": (doubled("tasks"), "body/tasks/2/id"),
    "a doubled server": (doubled("servers"), "body/servers/3/name"),
    "a doubled account": (doubled("accounts"), "body/accounts/6/id"),
    "a place too high": (spoilt("last_place", value=0), "body/last_place"),
    "a key of nobody": (spoilt("keys", "k", value="server-09"), "body/keys"),
    "a key of another": (spoilt("servers", 0, "keys", value=["not-listed"]), "body/servers/0/keys"),
    "an unknown server status": (spoilt("servers", 2, "status", value="asleep"), "body/servers/2/status"),
    "no servers": (spoilt("servers", value=[]), "body/servers"),
    "no chance": (spoilt("chance", "state", value="AAAA"), "body/chance/state"),
    "chance that is no base64": (spoilt("mischief", "state", value="?"), "body/mischief/state"),
    "an unknown dialect": (spoilt("dialect", "last-curso", value="absent"), "body/dialect"),
    "a time beyond all years": (spoilt("clock", "at", value=1e15), "body/clock/at"),
    "a counted task unknown": (
        spoilt("counted", value=["00000000-0000-4000-8000-000000000000"]),
        "body/counted/0",
    ),
    "an unknown fault": (
        spoilt("faults", value=[{"fault": {"fault": "statu"}, "since": 1, "calls": 0, "strikes": 0}]),
        "body/faults/0/fault",
    ),
    "an unknown scenario": (
        spoilt(
            "story",
            value={**STORY, "scenario": "../x.yaml"},
        ),
        "body/story/scenario",
    ),
    "a happening too many": (
        spoilt(
            "story",
            value={**STORY, "happened": [{"happening": 99, "at": 1}]},
        ),
        "body/story/happened",
    ),
    "a trigger too many": (
        spoilt("story", value={**STORY, "met": [{"happening": 2, "times": 1}]}),
        "body/story/met",
    ),
    "a group of unknown tasks": (
        spoilt("story", value={**STORY, "groups": {"few": ["00000000-0000-4000-8000-000000000000"]}}),
        "body/story/groups/few/0",
    ),
}


@pytest.mark.parametrize(("spoil", "where"), BAD.values(), ids=BAD)
def test_a_snapshot_that_does_not_fit_together_is_refused_and_changes_nothing(
    control: Control, world: World, add_task: AddTask, spoil: Callable[[Json], None], where: str
) -> None:
    add_task()
    add_task(status="completed")
    place = f"/worlds/{world.name}/snapshot"
    taken = control("GET", place).json()
    bad = copy.deepcopy(taken)
    spoil(bad)
    answer = control("PUT", place, bad)
    assert answer.status_code == 400
    assert where in answer.json()["message"]
    assert control("GET", place).json() == taken


def test_a_snapshot_may_be_larger_than_other_calls(control: Control, world: World) -> None:
    place = f"/worlds/{world.name}"
    control("POST", f"{place}/tasks", {"count": 20, "config": "x" * 500_000})
    taken = control("GET", f"{place}/snapshot").json()
    assert len(render(taken)) > 9_000_000
    assert control("PUT", f"{place}/snapshot", taken).status_code == 200
    assert control("GET", f"{place}/snapshot").json() == taken


# Under load


@pytest.mark.parametrize("way", ["reset", "restore"])
def test_a_world_goes_back_in_one_step_while_others_work_on_it(
    call: Call, control: Control, mock: MockServer, world: World, key: str, way: str
) -> None:
    """Each worker completes a task once a round; whoever sees half a world sees a count that does not fit."""
    place = f"/worlds/{world.name}"
    control("POST", f"{place}/tasks", {"count": 8})
    taken = control("GET", f"{place}/snapshot").json()
    ids = [task["id"] for task in taken["tasks"]]
    done = threading.Event()

    def work(number: int) -> set[int]:
        statuses = set()
        with requests.Session() as session:
            session.trust_env = False
            session.headers["X-API-Key"] = key
            while not done.is_set():
                link = {"link_id": ids[number]}
                answer = session.post(f"{mock.base_url}/callback/link/complete", json=link, timeout=120)
                statuses.add(answer.status_code)
        return statuses

    def is_whole(state: Json) -> bool:
        completed = sum(task["status"] == "completed" for task in state["tasks"])
        counted = sum(request["created_links"] for request in state["requests"])
        return completed == counted and len(state["servers"]) == 3

    with ThreadPoolExecutor(8) as pool:
        workers = [pool.submit(work, number) for number in range(8)]
        try:
            seen = []
            for _ in range(25):
                if way == "reset":
                    control("POST", f"{place}/reset")
                control("PUT", f"{place}/snapshot", taken)
                seen.append(control("GET", place).json())
        finally:
            done.set()
        statuses = set().union(*(worker.result() for worker in workers))
    assert all(map(is_whole, seen))
    assert statuses <= ({200, 404} if way == "reset" else {200})
    assert 200 in statuses
    control("PUT", f"{place}/snapshot", taken)
    assert control("GET", f"{place}/snapshot").json() == taken
