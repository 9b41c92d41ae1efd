"""What each fault looks like to a raw socket client, and what it leaves behind in the world."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import random
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from workerkit.mockserver.faults import FAULT_ACTIONS
from workerkit.mockserver.faults.delay import DelayAction
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.server import server
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.randomness import Chance
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.faults import FAULTS, Fault, LatencyLognormal, LatencyUniform
from workerkit.scenarios.faults.planned_fault import PlannedFault

AddTask = Callable[..., Task]
Call = Callable[..., requests.Response]
Test = Callable[..., None]

SECONDS = 120
ROUNDED = 0.9  # the loop of the server has a clock in whole milliseconds
BASE = "/api/v1/worker"
PROVED: set[str] = set()


def proves(kind: str) -> Callable[[Test], Test]:
    """Marks the test that shows a kind of fault for what it is."""

    def mark(test: Test) -> Test:
        PROVED.add(kind)
        return test

    return mark


@dataclass(frozen=True)
class Seen:
    """All that a client saw of one answer: its bytes in the portions in which they came, and the end."""

    portions: tuple[bytes, ...]
    end: str
    seconds: float

    @property
    def data(self) -> bytes:
        return b"".join(self.portions)

    @property
    def status(self) -> int:
        return int(self.data.split(b" ", 2)[1])

    @property
    def headers(self) -> dict[str, str]:
        head = self.data.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return dict(line.split(": ", 1) for line in head)

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Speaks HTTP over a socket of its own, byte by byte, to a world with faults."""

    def __init__(self, mock: MockServer, world: World, key: str) -> None:
        self.mock, self.world, self._key = mock, world, key
        self._ended: queue.Queue[Exchange] = queue.Queue()
        mock.ask(lambda: world.journal.listen(self._ended.put))

    def fault(self, kind: str, **parameters: Any) -> ActiveFault:
        return self.mock.ask(lambda: add_described_fault(self.world, {"fault": kind, **parameters}))

    def open(self, method: str, path: str, body: Any = None, *, close: bool = True) -> socket.socket:
        """Sends a request; the answer is still to be read."""
        connection = socket.create_connection((self.mock.host, self.mock.port), timeout=SECONDS)
        connection.sendall(self.written(method, path, body, close=close))
        return connection

    def written(self, method: str, path: str, body: Any = None, *, close: bool = False) -> bytes:
        """A request as it goes on the wire."""
        sent = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {BASE}{path} HTTP/1.1\r\nX-API-Key: {self._key}\r\nContent-Length: {len(sent)}\r\n"
        return head.encode() + (b"Connection: close\r\n" if close else b"") + b"\r\n" + sent

    def send(self, method: str, path: str, body: Any = None, *, patience: float = SECONDS) -> Seen:
        """Sends a request and reads to the end: `closed`, `reset`, or `silence` when patience ends."""
        began = time.monotonic()
        with self.open(method, path, body) as connection:
            connection.settimeout(patience)
            portions: list[bytes] = []
            end = ""
            while not end:
                try:
                    portions.append(connection.recv(65536))
                    end = "" if portions[-1] else "closed"
                except ConnectionResetError:
                    end = "reset"
                except TimeoutError:
                    end = "silence"
        return Seen(tuple(portions), end, time.monotonic() - began)

    def noted(self) -> Exchange:
        """The next exchange that ended, as the journal has it."""
        return self._ended.get(timeout=SECONDS)

    def tasks_running(self) -> int:
        return self.mock.ask(lambda: len(asyncio.all_tasks()))


def await_exchange(client: Client) -> None:
    """Waits until the first request has come."""
    while not client.mock.ask(lambda: client.world.journal.count):
        pass


@pytest.fixture
def client(mock: MockServer, world: World, key: str) -> Client:
    return Client(mock, world, key)


@pytest.fixture
def task(add_task: AddTask) -> Task:
    """A pending task of server-01."""
    return add_task(status="pending")


def update(task: Task, status: str = "running") -> tuple[str, str, dict[str, str]]:
    return "PUT", f"/tasks/{task.id}", {"status": status}


def page_of(client: Client, query: str = "") -> Any:
    return client.send("GET", f"/tasks{query}").json


def ids(page: Any) -> list[str]:
    return [each["id"] for each in page["data"]]


# Refused before anything is done


@proves("status")
def test_an_error_status_comes_instead_with_its_retry_after(client: Client, task: Task) -> None:
    client.fault("status", status=502, retry_after=7)
    seen = client.send(*update(task))
    assert (seen.status, seen.headers["retry-after"], seen.end) == (502, "7", "closed")
    assert seen.json == {"success": False, "error": "bad_gateway"}
    assert task.status == "pending"
    noted = client.noted()
    assert (noted.status, noted.answer_body, noted.why) == (502, seen.body, "fault status")


def test_an_outage_concerns_paths_and_keys_that_there_are_not(client: Client, call: Call) -> None:
    client.fault("status")
    assert client.send("GET", "/nothing").status == 503
    assert call("GET", "/tasks", key="nobody's").status_code == 503
    assert "retry-after" not in client.send("GET", "/tasks").headers


def test_an_error_has_the_code_that_the_api_has_for_its_status(client: Client) -> None:
    for status, code in ((500, "internal_error"), (404, "not_found"), (504, "gateway_timeout")):
        client.mock.ask(client.world.faults.clear)
        client.fault("status", status=status)
        seen = client.send("GET", "/tasks")
        assert (seen.status, seen.json) == (status, {"success": False, "error": code})


@proves("key-refused")
def test_a_right_key_is_refused_for_a_while(client: Client, task: Task, world: World) -> None:
    client.fault("key-refused", **{"for": "10s"})
    seen = client.send(*update(task))
    assert (seen.status, seen.json) == (401, {"success": False, "error": "unauthorized"})
    assert task.status == "pending"
    assert not world.servers["server-01"].revoked
    client.mock.ask(lambda: world.clock.advance(10.0))
    assert client.send(*update(task)).status == 200
    assert task.status == "running"


@proves("rate-limit")
def test_too_many_requests_are_refused_until_the_time_is_over(
    client: Client, task: Task, world: World
) -> None:
    client.fault("rate-limit", allowed=2, per="10s", operation="updateTask")
    assert [client.send(*update(task)).status for _ in range(2)] == [200, 200]
    client.mock.ask(lambda: world.clock.advance(4.0))
    refused = client.send(*update(task, "completed"))
    assert (refused.status, refused.headers["retry-after"]) == (429, "6")
    assert refused.json == {"success": False, "error": "too_many_requests"}
    assert client.send(*update(task, "completed")).status == 429
    assert task.status == "running"
    assert client.send("POST", "/health", {}).status == 200
    client.mock.ask(lambda: world.clock.advance(6.0))
    assert client.send(*update(task, "completed")).status == 200
    assert [client.noted().why for _ in range(6)] == ["", "", *["fault rate-limit"] * 2, "", ""]


# Nothing is applied, nothing sent


@proves("hang")
def test_a_hang_is_silent_and_ends_with_the_client(client: Client, task: Task) -> None:
    before = client.tasks_running()
    client.fault("hang")
    connection = client.open(*update(task))
    await_exchange(client)
    connection.settimeout(0.2)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    held = client.mock.ask(lambda: list(client.world.journal)[-1])
    assert (held.status, held.why, client.tasks_running()) == (None, "fault hang", before + 1)
    connection.close()
    noted = client.noted()
    assert (noted.number, noted.status, noted.answer_body) == (held.number, None, b"")
    assert noted.why == "fault hang; the client went away"
    assert client.mock.ask(lambda: list(client.world.journal)) == [noted]
    assert task.status == "pending"


@proves("reset")
def test_a_reset_comes_before_any_byte(client: Client, task: Task) -> None:
    client.fault("reset")
    seen = client.send(*update(task))
    assert (seen.data, seen.end, task.status) == (b"", "reset", "pending")
    noted = client.noted()
    assert (noted.status, noted.answer_headers, noted.why) == (None, (), "fault reset")


@proves("empty-answer")
def test_an_empty_answer_is_a_close_without_a_byte(client: Client, task: Task) -> None:
    client.fault("empty-answer")
    seen = client.send(*update(task))
    assert (seen.data, seen.end, task.status) == (b"", "closed", "pending")
    assert (client.noted().status, client.world.journal.count) == (None, 1)


# Late and slow


def test_a_late_answer_is_applied_at_once(client: Client, task: Task) -> None:
    client.fault("latency-fixed", seconds="1h")
    with client.open(*update(task)):
        while task.status == "pending":
            client.mock.ask(lambda: None)
    assert client.noted().why == "fault latency-fixed: 3600.000 s; the client went away"


@proves("latency-fixed")
def test_a_late_answer_is_sent_later(client: Client, task: Task) -> None:
    client.fault("latency-fixed", seconds="150ms")
    seen = client.send(*update(task))
    assert (seen.status, seen.end, task.status) == (200, "closed", "running")
    assert seen.seconds >= 0.15 * ROUNDED
    assert client.noted().why == "fault latency-fixed: 0.150 s"


@proves("latency-uniform")
@proves("latency-lognormal")
@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("latency-uniform", {"least": "50ms", "most": "60ms"}),
        ("latency-lognormal", {"median": "10s", "most": "50ms"}),
    ],
)
def test_a_latency_by_chance_lies_within_its_bounds(
    client: Client, task: Task, kind: str, parameters: dict[str, str]
) -> None:
    client.fault(kind, **parameters)
    seen = client.send(*update(task))
    assert (seen.status, seen.end, task.status) == (200, "closed", "running")
    assert seen.seconds >= 0.05 * ROUNDED
    assert client.noted().why.startswith(f"fault {kind}: 0.05")


def draws(world: World, fault: Fault) -> list[float]:
    action: DelayAction[Any] = FAULT_ACTIONS[type(fault)](fault, ActiveFault(PlannedFault(fault), 0.0), world)  # type: ignore[assignment]
    chance = Chance(1)
    return sorted(action.draw(chance) for _ in range(2001))


def test_a_uniform_latency_is_spread_evenly(world: World) -> None:
    drawn = draws(world, LatencyUniform(1.0, 3.0))
    assert 1.0 <= drawn[0] < 1.05
    assert 1.9 < drawn[1000] < 2.1
    assert 2.95 < drawn[-1] <= 3.0


def test_a_lognormal_latency_is_mostly_small_and_now_and_then_large(world: World) -> None:
    drawn = draws(world, LatencyLognormal(0.1, sigma=0.5, most=0.4))
    assert 0.095 < drawn[1000] < 0.105
    assert drawn[0] > 0
    assert 0.15 < drawn[1683] < 0.18  # one sigma: exp(0.5) times the median
    assert drawn[-1] == 0.4


def sent_in_portions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of the parts of bodies as they leave: on their way to the client some may become one."""
    portions: list[int] = []
    part = Delivery.part

    async def recorded(delivery: Delivery, data: bytes, *, last: bool) -> None:
        portions.extend([len(data)] if data else [])
        await part(delivery, data, last=last)

    monkeypatch.setattr(Delivery, "part", recorded)
    return portions


@proves("bandwidth")
def test_a_thin_line_takes_its_time_and_loses_nothing(
    client: Client, add_task: AddTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        add_task(status="pending")
    whole = client.send("GET", "/tasks").body
    client.fault("bandwidth", rate=20_000)
    portions = sent_in_portions(monkeypatch)
    seen = client.send("GET", "/tasks")
    assert seen.body == whole
    assert seen.seconds >= len(whole) / 20_000 * ROUNDED > 0.05
    assert sum(portions) == len(whole)
    assert len(portions) > 2


@proves("dribble")
def test_a_dribble_comes_in_pieces_over_its_time(
    client: Client, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.fault("dribble", pieces=4, over="120ms")
    portions = sent_in_portions(monkeypatch)
    seen = client.send(*update(task))
    assert seen.json["success"] is True
    assert seen.seconds >= 0.12 * ROUNDED
    assert (sum(portions), len(portions)) == (len(seen.body), 4)
    assert client.noted().answer_body == seen.body


def test_who_leaves_during_a_dribble_ends_it(client: Client, task: Task) -> None:
    before = client.tasks_running()
    client.fault("dribble", pieces=2, over="1h")
    with client.open(*update(task)) as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"
    noted = client.noted()
    assert noted.status == 200
    assert 0 < len(noted.answer_body) < 60
    assert noted.why == "fault dribble; the client went away"
    settle(client, before)


def test_a_late_or_slow_answer_leaves_the_connection_open(client: Client, task: Task) -> None:
    client.fault("dribble", pieces=3, over="10ms", times=1)
    with client.open(*update(task), close=False) as connection, connection.makefile("rb") as lines:
        assert read_answer(lines) == (200, {"success": True, "data": {"updated": True, "link_id": task.id}})
        connection.sendall(f"GET {BASE}/nothing HTTP/1.1\r\n\r\n".encode())
        assert read_answer(lines)[0] == 404


def read_answer(lines: Any) -> tuple[int, Any]:
    status = int(lines.readline().split()[1])
    length = 0
    while (line := lines.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        length = int(value) if name == b"content-length" else length
    return status, json.loads(lines.read(length))


# Broken on the wire; the request is applied


def announced(seen: Seen) -> int:
    return int(seen.headers["content-length"])


@proves("reset-in-body")
@proves("close-in-body")
@pytest.mark.parametrize(("kind", "end"), [("reset-in-body", "reset"), ("close-in-body", "closed")])
def test_a_body_breaks_off_in_the_middle(client: Client, task: Task, kind: str, end: str) -> None:
    client.fault(kind, share=0.25)
    seen = client.send(*update(task))
    assert (seen.status, seen.end, task.status) == (200, end, "running")
    assert len(seen.body) == announced(seen) // 4 > 0
    noted = client.noted()
    assert (noted.status, noted.answer_body, noted.why) == (200, seen.body, f"fault {kind}")


@pytest.mark.parametrize(("kind", "end"), [("reset-in-body", "reset"), ("close-in-body", "closed")])
@pytest.mark.parametrize("share", [0, 1])
def test_a_body_that_breaks_off_is_never_whole(
    client: Client, task: Task, kind: str, end: str, share: float
) -> None:
    client.fault(kind, share=share)
    seen = client.send(*update(task))
    assert (seen.end, len(seen.body)) == (end, share * (announced(seen) - 1))


def test_a_slow_reader_gets_a_large_body_up_to_the_reset(client: Client, add_task: AddTask) -> None:
    add_task(status="pending", details="x" * 6_000_000)
    client.fault("reset-in-body", share=0.5)
    with client.open("GET", "/tasks") as connection:
        await_exchange(client)
        got, end = read_in_small_bites(connection)
    length = int(got.partition(b"content-length: ")[2].split()[0])
    assert (end, len(got.partition(b"\r\n\r\n")[2])) == ("reset", length // 2)
    assert len(client.noted().answer_body) == length // 2


def read_in_small_bites(connection: socket.socket) -> tuple[bytes, str]:
    got = bytearray()
    try:
        while bite := connection.recv(4096):
            got += bite
    except ConnectionResetError:
        return bytes(got), "reset"
    return bytes(got), "closed"


@proves("malformed-chunk")
def test_a_malformed_chunk_follows_a_sound_one(client: Client, task: Task) -> None:
    client.fault("malformed-chunk", share=0.5)
    seen = client.send(*update(task))
    assert (seen.status, seen.end, task.status) == (200, "closed", "running")
    assert seen.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in seen.headers
    size, _, rest = seen.body.partition(b"\r\n")
    first, second = rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    assert second.startswith(b"chunk\r\n")
    assert json.loads(first + second[7:-2])["success"] is True
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(f"{client.mock.base_url}/tasks", headers={"X-API-Key": client._key}, timeout=SECONDS)


@proves("truncated-json")
def test_truncated_json_is_sound_http(client: Client, task: Task) -> None:
    client.fault("truncated-json", share=0.9)
    seen = client.send(*update(task))
    assert (seen.status, seen.end, task.status) == (200, "closed", "running")
    assert announced(seen) == len(seen.body) > 0
    with pytest.raises(json.JSONDecodeError):
        seen.json  # noqa: B018 - reading it is the point
    assert client.noted().answer_body == seen.body


@proves("wrong-content-type")
@pytest.mark.parametrize("content_type", ["text/html", "application/octet-stream", "missing"])
def test_json_does_not_call_itself_so(client: Client, task: Task, content_type: str) -> None:
    client.fault("wrong-content-type", content_type=content_type)
    seen = client.send(*update(task))
    assert seen.headers.get("content-type", "missing") == content_type
    assert seen.json["success"] is True
    assert task.status == "running"
    assert dict(client.noted().answer_headers).get("content-type", "missing") == content_type


@proves("garbage")
def test_garbage_is_no_http(client: Client, task: Task) -> None:
    client.fault("garbage", length=300)
    first, second = client.send(*update(task)), client.send(*update(task))
    assert (len(first.data), first.end, task.status) == (300, "closed", "running")
    assert not first.data.startswith(b"HTTP/")
    assert first.data != second.data
    noted = client.noted()
    assert (noted.status, noted.answer_body) == (None, first.data)


# At the commit point


@proves("lost-answer")
@pytest.mark.parametrize(
    ("way", "end", "patience"),
    [("reset", "reset", SECONDS), ("close", "closed", SECONDS), ("hang", "silence", 0.2)],
)
def test_what_was_applied_is_not_answered(
    client: Client, task: Task, way: str, end: str, patience: float
) -> None:
    client.fault("lost-answer", by=way)
    request = "POST", "/callback/link/complete", {"link_id": task.id}
    seen = client.send(*request, patience=patience)
    assert (seen.data, seen.end) == (b"", end)
    noted = client.noted()
    assert (task.status, task.request.created_links) == ("completed", 1)
    assert noted.status is None
    assert noted.why.startswith(f"fault lost-answer: {way}")


WRITES = [
    ("POST", "/health", lambda task: {"ip": "::1"}),
    ("PUT", "/tasks/{id}", lambda task: {"status": "completed", "link_post": "https://a.example"}),
    ("PUT", "/tasks/bulk", lambda task: {"items": [{"link_id": task.id.upper(), "status": "failed"}]}),
    ("POST", "/logs", lambda task: {"logs": [{"level": "INFO", "message": "m"}]}),
    ("POST", "/callback/link/update", lambda task: {"link_id": task.id, "note": "n", "status": "running"}),
    ("POST", "/callback/link/complete", lambda task: {"link_id": task.id}),
    ("POST", "/callback/request/status", lambda task: {"request_id": task.request.id, "status": "done"}),
    ("POST", "/callback/account/status", lambda task: {"account_id": task.account.id, "status": "banned"}),
]


def state(client: Client) -> Any:
    def shown() -> Any:
        world = client.world
        held = (world.servers, world.tasks, world.requests, world.accounts)
        return [[entity.as_json() for entity in entities.values()] for entities in held] + [list(world.logs)]

    return client.mock.ask(shown)


@proves("unapplied")
@pytest.mark.parametrize(("method", "path", "body_of"), WRITES, ids=[write[1] for write in WRITES])
def test_what_is_answered_was_not_applied(
    client: Client, task: Task, method: str, path: str, body_of: Callable[[Task], Any]
) -> None:
    request = method, path.format(id=task.id), body_of(task)
    before = state(client)
    client.fault("unapplied", times=1)
    pretended = client.send(*request)
    assert state(client) == before
    assert client.noted().why == "fault unapplied"
    really = client.send(*request)
    assert (pretended.status, pretended.json) == (200, really.json)
    assert state(client) != before


@pytest.mark.parametrize(("method", "path", "body_of"), WRITES, ids=[write[1] for write in WRITES])
def test_what_would_be_refused_is_refused_without_being_applied_too(
    client: Client, add_task: AddTask, call: Call, method: str, path: str, body_of: Callable[[Task], Any]
) -> None:
    add_task()
    foreign = add_task(server="server-02", request_name="theirs", username="theirs")
    request = method, path.format(id=foreign.id), body_of(foreign)
    fault = client.fault("unapplied", times=1)
    pretended, really = client.send(*request), client.send(*request)
    assert (pretended.status, pretended.json) == (really.status, really.json)
    assert fault.strikes == 1


def bulk(tasks: list[Task]) -> tuple[str, str, Any]:
    return "PUT", "/tasks/bulk", {"items": [{"link_id": each.id, "status": "running"} for each in tasks]}


@proves("partial-bulk")
@pytest.mark.parametrize("then", ["error", "lost"])
def test_a_bulk_update_stops_after_its_kth_item(client: Client, add_task: AddTask, then: str) -> None:
    tasks = [add_task(status="pending") for _ in range(5)]
    client.fault("partial-bulk", applied=2, then=then)
    seen = client.send(*bulk(tasks))
    if then == "error":
        assert (seen.status, seen.end) == (500, "closed")
    else:
        assert (seen.data, seen.end) == (b"", "reset")
    assert [each.status for each in tasks] == ["running"] * 2 + ["pending"] * 3
    noted = client.noted()
    assert noted.why == "fault partial-bulk: stopped after 2 of 5 items"
    assert noted.status == (500 if then == "error" else None)


@pytest.mark.parametrize("then", ["error", "lost"])
def test_a_batch_that_is_not_longer_is_no_strike(client: Client, add_task: AddTask, then: str) -> None:
    tasks = [add_task(status="pending") for _ in range(3)]
    fault = client.fault("partial-bulk", applied=2, then=then, times=1)
    assert client.send(*bulk(tasks[:2])).json["success"] == 2
    assert (fault.calls, fault.strikes) == (1, 0)
    assert client.send(*bulk(tasks)).end == ("closed" if then == "error" else "reset")
    assert (fault.calls, fault.strikes) == (2, 1)


@proves("listed-twice")
def test_a_task_is_listed_twice_and_none_is_left_out(client: Client, add_task: AddTask) -> None:
    own = [add_task(status="pending").id for _ in range(5)]
    client.fault("listed-twice")
    first = page_of(client, "?limit=3")
    assert ids(first) == [own[0], own[1], own[0]]
    second = page_of(client, f"?limit=3&after={first['next_cursor']}")
    assert ids(second) == [own[2], own[3], own[2]]
    third = page_of(client, f"?limit=3&after={second['next_cursor']}")
    assert (ids(third), third["next_cursor"]) == ([own[4], own[4]], None)
    assert client.noted().why == f"fault listed-twice: task {own[0]}"


def test_an_empty_page_is_no_strike(client: Client, add_task: AddTask) -> None:
    faults = [client.fault(kind, times=1) for kind in ("listed-twice", "handed-over")]
    assert page_of(client)["data"] == []
    assert [fault.strikes for fault in faults] == [0, 0]
    assert client.noted().why == ""
    add_task(status="pending")
    assert len(page_of(client)["data"]) == 2
    assert [fault.strikes for fault in faults] == [1, 1]


@proves("handed-over")
@pytest.mark.parametrize(("which", "place"), [("first", 0), ("cursor", 1), ("next", 2)])
def test_a_task_goes_to_another_server_between_two_pages(
    client: Client, add_task: AddTask, which: str, place: int
) -> None:
    tasks = [add_task(status="pending") for _ in range(4)]
    client.fault("handed-over", which=which, to="server-03", times=1)
    first = page_of(client, "?limit=2")
    assert ids(first) == [each.id for each in tasks[:2]]
    assert [each.server == "server-03" for each in tasks] == [number == place for number in range(4)]
    assert client.noted().why == f"fault handed-over: task {tasks[place].id} to server-03"
    assert client.send(*update(tasks[place])).status == 403
    left = [] if which == "cursor" else [each.id for each in tasks[2:] if each is not tasks[place]]
    assert ids(page_of(client, f"?limit=2&after={first['next_cursor']}")) == left


def test_a_task_is_not_handed_over_where_nobody_takes_it(client: Client, add_task: AddTask) -> None:
    only = add_task(status="pending")
    fault = client.fault("handed-over", which="next")
    assert ids(page_of(client)) == [only.id]
    assert (only.server, fault.strikes) == ("server-01", 0)


@proves("stale-page")
def test_a_page_is_as_it_was_so_many_calls_ago(client: Client, add_task: AddTask) -> None:
    tasks = [add_task(status="pending").id]
    fresh = page_of(client)
    fault = client.fault("stale-page", behind=2)
    pages = []
    for _ in range(4):
        tasks.append(add_task(status="pending").id)
        pages.append(ids(page_of(client)))
    assert pages == [tasks[:1], tasks[:1], tasks[:2], tasks[:3]]
    assert ids(page_of(client, "?limit=9")) == tasks
    assert (fresh["total"], fault.strikes) == (1, 4)


def test_a_page_is_as_it_was_so_long_ago(client: Client, add_task: AddTask, world: World) -> None:
    client.fault("stale-page", lag="10s")
    tasks, pages = [], []
    for _ in range(5):
        tasks.append(add_task(status="pending").id)
        pages.append(ids(page_of(client)))
        client.mock.ask(lambda: world.clock.advance(6.0))
    assert pages == [tasks[:1], tasks[:1], tasks[:1], tasks[:2], tasks[:3]]


@proves("skewed-time")
@pytest.mark.parametrize(("direction", "time_shown"), [("ahead", "11:30:00"), ("behind", "08:30:00")])
def test_a_servers_clock_is_wrong_and_the_worlds_is_not(
    client: Client, world: World, direction: str, time_shown: str
) -> None:
    client.fault("skewed-time", by="1.5h", direction=direction)
    assert client.send("POST", "/health", {}).json["data"]["server_time"] == f"2025-12-01T{time_shown}Z"
    assert client.noted().began == world.servers["server-01"].heartbeat_at == world.clock.begin


def test_a_time_that_cannot_be_written_is_not_shown(client: Client) -> None:
    for direction in ("ahead", "behind"):
        client.mock.ask(client.world.faults.clear)
        client.fault("skewed-time", by="999999999h", direction=direction)
        assert client.send("POST", "/health", {}).status == 200


# All of them


def test_every_kind_can_be_done_and_was_shown_here() -> None:
    assert set(FAULTS) == PROVED
    assert set(FAULTS.values()) == set(FAULT_ACTIONS)


def test_a_world_without_faults_answers_as_ever(client: Client, task: Task) -> None:
    client.fault("status")
    client.mock.ask(client.world.faults.clear)
    assert client.send(*update(task)).status == 200
    assert client.noted().why == ""


def test_several_faults_strike_together(client: Client, task: Task) -> None:
    client.fault("latency-fixed", seconds="50ms")
    client.fault("status", status=500)
    client.fault("reset-in-body")
    seen = client.send(*update(task))
    assert (seen.status, seen.end, task.status) == (500, "reset", "pending")
    assert seen.seconds >= 0.05 * ROUNDED
    assert client.noted().why == "fault status; fault latency-fixed: 0.050 s; fault reset-in-body"


def test_the_world_goes_on_while_a_request_hangs(client: Client, task: Task) -> None:
    client.fault("hang", times=1)
    with client.open(*update(task)):
        await_exchange(client)
        assert client.send(*update(task)).status == 200
    ended = [client.noted(), client.noted()]
    assert [each.number for each in ended] == [2, 1]
    assert [exchange.number for exchange in client.world.journal] == [1, 2]


@pytest.mark.parametrize(
    ("kind", "parameters", "data"),
    [
        ("hang", {}, b""),
        ("lost-answer", {"by": "hang"}, b""),
        ("latency-fixed", {"seconds": "1h"}, b"HTTP/1.1 200"),
        ("dribble", {"over": "1h"}, b"HTTP/1.1 200"),
    ],
)
def test_a_server_that_stops_holds_nothing_up(
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    parameters: dict[str, str],
    data: bytes,
) -> None:
    monkeypatch.setattr(server, "_SECONDS_TO_FINISH", 10 * SECONDS)
    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=7)).world
    with MockServer(worlds) as mock:
        client = Client(mock, world, "server-01-key")
        client.fault(kind, **parameters)
        connection = client.open("GET", "/tasks")
        await_exchange(client)
        began = time.monotonic()
    assert time.monotonic() - began < SECONDS
    with connection:
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer[:12] == data
    assert len(list(world.journal)) == 1
    assert client.noted().status == (200 if data else None)
    if data:
        assert len(json.loads(answer.partition(b"\r\n\r\n")[2])["data"]) > 50
    assert not caplog.records


def answers(connection: socket.socket, count: int) -> list[int]:
    """The statuses of so many answers that are under way on a connection, all of them of JSON."""
    data = b""
    while len(found := re.findall(rb"HTTP/1\.1 ([0-9]{3}) [^{]*\r\n\r\n\{[^\r]*\}(?=HTTP|$)", data)) < count:
        data += connection.recv(65536)
    return [int(status) for status in found]


def test_faults_strike_among_other_answers_on_one_connection(client: Client, task: Task) -> None:
    with client.open(*update(task), close=False) as connection:
        assert answers(connection, 1) == [200]
        client.fault("status", nth=2)
        client.fault("latency-fixed", seconds="20ms", nth=3)
        for expected in (200, 503, 200):
            connection.sendall(client.written("POST", "/health", {}))
            assert answers(connection, 1) == [expected]
        connection.sendall(client.written("POST", "/health", {}) * 2)
        client.mock.ask(client.world.faults.clear)
        assert answers(connection, 2) == [200, 200]
        connection.sendall(client.written("POST", "/health", {}))
        assert answers(connection, 1) == [200]
    told = [client.noted().why for _ in range(7)]
    assert told == ["", "", "fault status", "fault latency-fixed: 0.020 s", "", "", ""]


def test_requests_behind_a_late_answer_wait_for_it(client: Client, task: Task) -> None:
    client.fault("latency-fixed", seconds="20ms", nth=1)
    with client.open(*update(task), close=False) as connection:
        await_exchange(client)
        client.mock.ask(client.world.faults.clear)
        connection.sendall(client.written("GET", "/nothing"))
        connection.sendall(client.written("POST", "/health", {}))
        assert answers(connection, 3) == [200, 404, 200]
    assert [client.noted().number for _ in range(3)] == [1, 2, 3]


def settle(client: Client, tasks: int) -> None:
    """Waits until the server has no more tasks than this: each question is a turn of its loop."""
    for _ in range(10_000):
        if client.tasks_running() <= tasks:
            return
    raise AssertionError(f"{client.tasks_running()} tasks are left, {tasks} were there before")


PARAMETERS: dict[str, dict[str, Any]] = {
    "latency-fixed": {"seconds": "1ms"},
    "latency-uniform": {"least": "0s", "most": "2ms"},
    "latency-lognormal": {"median": "1ms", "most": "5ms"},
    "bandwidth": {"rate": 10_000_000},
    "dribble": {"over": "2ms"},
    "skewed-time": {"by": "1h"},
    "lost-answer": {"by": "close"},
}


def test_three_hundred_faults_leave_nothing_behind(client: Client, add_task: AddTask) -> None:
    tasks = [add_task(status="pending") for _ in range(20)]
    requests_ = [bulk(tasks[:3]), update(tasks[4]), ("GET", "/tasks?limit=5", None), ("POST", "/health", {})]
    pick = random.Random(300)
    assert client.send("POST", "/health", {}).status == 200
    before, files = client.tasks_running(), len(os.listdir("/proc/self/fd"))
    for number in range(300):
        client.mock.ask(client.world.faults.clear)
        kind = list(FAULTS)[number % len(FAULTS)]
        client.fault(kind, **PARAMETERS.get(kind, {}))
        if kind == "hang":
            client.open(*pick.choice(requests_)).close()
        else:
            client.send(*pick.choice(requests_))
    client.mock.ask(client.world.faults.clear)
    assert client.send("POST", "/health", {}).status == 200
    settle(client, before)
    assert len(os.listdir("/proc/self/fd")) == files
    noted = [client.noted() for _ in range(client.world.journal.count)]
    assert 280 < len(noted) <= 302
    assert all(each.status != 500 or "partial-bulk" in each.why for each in noted)
