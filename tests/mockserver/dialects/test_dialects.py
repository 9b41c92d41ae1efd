"""Each value of each silence, as a client sees it: worlds of all dialects side by side on one port.

What a world answers is held against the spec derived for its dialect, each time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import Dialect, dialect_of
from workerkit.openapi.spec.silence import silences

Json = dict[str, Any]
Control = Callable[..., requests.Response]

UNKNOWN = "00000000-0000-4000-8000-000000000000"
MALFORMED = "not-a-uuid"
BASE = "/api/v1/worker"
SECONDS = 120
HEARTBEAT = {
    "server_name": "server-01",
    "ip": "192.168.1.100",
    "cpu_usage": 45.5,
    "ram_usage": 60.2,
    "disk_usage": 30.0,
    "active_threads": 5,
    "active_tasks": 12,
}
ENTRY = {"level": "INFO", "message": "done"}
STATUSES = ("pending", "queued", "running", "completed", "failed", "canceled")
FLOW = {
    ("pending", "queued"),
    ("queued", "running"),
    ("running", "completed"),
    ("running", "failed"),
    ("running", "canceled"),
    ("failed", "pending"),
}


@dataclass(frozen=True)
class Answer:
    """A status with the JSON that came with it."""

    status: int
    body: Any


@dataclass(frozen=True)
class Client:
    """A worker of one world, who knows its dialect: no answer may be other than the derived spec says."""

    base_url: str
    http: requests.Session
    control: Control
    world: World

    def send(
        self, method: str, path: str, body: Any = None, *, server: str = "server-01", kind: str | None = None
    ) -> Answer:
        """Sends a request with a server's key; bytes as they are, anything else as JSON."""
        headers = {"X-API-Key": f"{server}-key-{self.world.name}"}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = kind or "application/json"
        url = self.base_url + path
        response = self.http.request(method, url, data=data, headers=headers, timeout=SECONDS)
        operation = worker_api(self.world.dialect).match(method, BASE + path.partition("?")[0]).operation
        assert operation.answer_flaw(response.status_code, response.json()) is None
        assert response.headers["Content-Type"] == "application/json"
        return Answer(response.status_code, response.json())

    def get(self, query: str = "", **more: Any) -> Answer:
        return self.send("GET", f"/tasks?{query}", **more)

    def put(self, task: Json | str, body: Any, **more: Any) -> Answer:
        return self.send("PUT", f"/tasks/{task if isinstance(task, str) else task['id']}", body, **more)

    def bulk(self, *items: Json) -> Answer:
        return self.send("PUT", "/tasks/bulk", {"items": list(items)})

    def post(self, path: str, body: Any, **more: Any) -> Answer:
        return self.send("POST", path, body, **more)

    def log(self, *entries: Json) -> Answer:
        return self.post("/logs", {"logs": list(entries)})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Calls the control plane about this world."""
        response = self.control(method, f"/worlds/{self.world.name}{path}", body)
        assert response.ok, response.text
        return response.json()

    def add(self, **fields: Any) -> Json:
        """A new task, of server-01 unless another is named."""
        added: Json = self.ask("POST", "/tasks", {"server": "server-01", **fields})["tasks"][0]
        return added

    def foreign(self, **fields: Any) -> Json:
        """A new task of another server, with a request and an account that no other task has."""
        return self.add(server="server-02", request_name="Foreign", email="foreign@mail.example", **fields)

    def task(self, task: Json) -> Json:
        """A task as it is now."""
        found: Json = next(each for each in self.state()["tasks"] if each["id"] == task["id"])
        return found

    def created_links(self, task: Json) -> int:
        """How many links the task's request counts."""
        mine = (request for request in self.state()["requests"] if request["id"] == task["request_id"])
        return int(next(mine)["created_links"])

    def state(self) -> Json:
        """All that the world holds."""
        held: Json = self.ask("GET", "")
        return {part: value for part, value in held.items() if part not in ("time", "exchanges")}

    def advance(self, time: str) -> None:
        self.ask("POST", "/clock", {"advance": time})

    def freeze(self, time: str) -> None:
        self.ask("POST", "/clock", {"freeze": time})


@contextmanager
def speaking(
    mock: MockServer, http: requests.Session, control: Control, choices: Mapping[str, str]
) -> Iterator[Client]:
    """A client in a new world of a dialect; the world goes with the client."""
    name = mock.ask(mock.worlds.new_name)
    builder = WorldBuilder(seed=7, dialect=dialect_of(choices), tasks=False)
    world = mock.ask(lambda: mock.worlds.add(name, builder)).world
    try:
        yield Client(mock.base_url, http, control, world)
    finally:
        mock.ask(lambda: mock.worlds.remove(name))


Speaking = Callable[[Mapping[str, str]], Any]


@pytest.fixture(scope="session")
def speak(mock: MockServer, http: requests.Session, control: Control) -> Speaking:
    """Opens a client in a new world of the dialect that makes these choices."""
    return lambda choices: speaking(mock, http, control, choices)


# The table: a function for each value of each silence, and what else it needs of the dialect.

Show = Callable[[Client], None]
SHOWN: dict[tuple[str, str], Show] = {}
BESIDE: dict[str, Json] = {
    "refused-transition": {"transitions": "strict"},
    "link-update-flow": {"transitions": "strict", "refused-transition": "409"},
    "completion-flow": {"transitions": "strict", "refused-transition": "409"},
    "foreign-cursor": {"unknown-cursor": "not-found"},
    "offline-heartbeat": {"heartbeat-silence": "offline"},
}


def shows(silence: str, value: str) -> Callable[[Show], Show]:
    """The function shows, by asserting it, that a world goes this way."""

    def register(show: Show) -> Show:
        assert (silence, value) not in SHOWN
        SHOWN[silence, value] = show
        return show

    return register


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200
    return [task["id"] for task in answer.body["data"]]


# The listing


@shows("limit-above-maximum", "reject")
def _(w: Client) -> None:
    w.add()
    assert w.get("limit=1000").body["limit"] == 1000
    for limit in ("1001", "9223372036854775808"):
        assert w.get(f"limit={limit}").status == 400


@shows("limit-above-maximum", "clamp")
def _(w: Client) -> None:
    task = w.add()
    for limit in ("1000", "1001", "9223372036854775808"):
        answer = w.get(f"limit={limit}")
        assert (answer.body["limit"], ids(answer)) == (1000, [task["id"]])
    assert w.get("limit=many").status == 400


@shows("below-minimum", "reject")
def _(w: Client) -> None:
    for query in ("limit=0", "limit=-1", "page=0", "page=-5"):
        assert w.get(query).status == 400


@shows("below-minimum", "default")
def _(w: Client) -> None:
    tasks = [w.add()["id"] for _ in range(3)]
    for query in ("limit=0", "limit=-1", "page=0", "page=-5", "page=0&limit=-9"):
        answer = w.get(query)
        assert (answer.body["limit"], answer.body["page"], ids(answer)) == (100, 1, tasks)
    assert ids(w.get("limit=1&page=2")) == tasks[1:2]


@shows("unknown-status-filter", "reject")
def _(w: Client) -> None:
    for query in ("status=nonsense", "status=pending,nonsense", "status="):
        assert w.get(query).status == 400


@shows("unknown-status-filter", "empty")
def _(w: Client) -> None:
    task = w.add()
    for query in ("status=nonsense", "status="):
        answer = w.get(query)
        assert (ids(answer), answer.body["total"], answer.body["next_cursor"]) == ([], 0, None)
    assert ids(w.get("status=nonsense,pending")) == [task["id"]]


@shows("unknown-cursor", "empty")
def _(w: Client) -> None:
    w.add()
    answer = w.get(f"after={UNKNOWN}")
    assert (ids(answer), answer.body["total"], answer.body["next_cursor"]) == ([], 1, None)


@shows("unknown-cursor", "reject")
def _(w: Client) -> None:
    assert w.get(f"after={UNKNOWN}").status == 400


@shows("unknown-cursor", "not-found")
def _(w: Client) -> None:
    assert w.get(f"after={UNKNOWN}").status == 404


@shows("unknown-cursor", "first-page")
def _(w: Client) -> None:
    tasks = [w.add()["id"] for _ in range(3)]
    assert ids(w.get(f"after={UNKNOWN}&limit=2")) == tasks[:2]
    assert w.get(f"after={UNKNOWN}&limit=2") == w.get("limit=2")
    assert ids(w.get(f"after={UNKNOWN}&limit=2&page=2")) == tasks[:2]


@shows("foreign-cursor", "as-unknown")
def _(w: Client) -> None:
    w.add()
    assert w.get(f"after={w.foreign()['id']}") == w.get(f"after={UNKNOWN}")


@shows("foreign-cursor", "position")
def _(w: Client) -> None:
    _, foreign, own = w.add(), w.foreign(), w.add()
    w.foreign()
    assert ids(w.get(f"after={foreign['id']}")) == [own["id"]]
    assert w.get(f"after={UNKNOWN}").status == 404


@shows("cursor-with-page", "cursor")
def _(w: Client) -> None:
    first, second = w.add(), w.add()
    assert ids(w.get(f"after={first['id']}&page=2&limit=1")) == [second["id"]]


@shows("cursor-with-page", "reject")
def _(w: Client) -> None:
    first = w.add()
    assert w.get(f"after={first['id']}&page=1").status == 400
    assert w.get(f"after={first['id']}").status == w.get("page=1").status == 200


def last_pages(w: Client) -> tuple[list[str], list[Json]]:
    """The ids of three tasks and the last page of them: by cursor, by offset, in one, and with no task."""
    tasks = [w.add()["id"] for _ in range(3)]
    first = w.get("limit=2").body
    assert first["next_cursor"] == tasks[1]
    queries = (f"after={tasks[1]}&limit=2", "page=2&limit=2", "limit=3", f"after={tasks[2]}")
    return tasks, [w.get(query).body for query in queries]


@shows("last-cursor", "null")
def _(w: Client) -> None:
    assert [page["next_cursor"] for page in last_pages(w)[1]] == [None] * 4


@shows("last-cursor", "id")
def _(w: Client) -> None:
    tasks, pages = last_pages(w)
    assert [page["next_cursor"] for page in pages] == [tasks[2]] * 3 + [None]


@shows("last-cursor", "absent")
def _(w: Client) -> None:
    assert not any("next_cursor" in page for page in last_pages(w)[1])


def listed_in_order(w: Client) -> list[str]:
    """The times of three tasks in the order of the list, which is the same for both kinds of pagination."""
    for _ in range(3):
        w.add()
        w.advance("10s")
    order = ids(w.get())
    assert [each for page in (1, 2, 3) for each in ids(w.get(f"page={page}&limit=1"))] == order
    assert ids(w.get(f"after={order[0]}")) == order[1:]
    return [task["created_at"] for task in w.get().body["data"]]


@shows("list-order", "oldest-first")
def _(w: Client) -> None:
    times = listed_in_order(w)
    assert times == sorted(set(times))


@shows("list-order", "newest-first")
def _(w: Client) -> None:
    times = listed_in_order(w)
    assert times == sorted(set(times), reverse=True)


def totals(w: Client) -> list[int]:
    """The totals of all pages, one task each, of three that the filter lets through; then of none."""
    tasks = [w.add(service_type="entity")["id"] for _ in range(3)]
    w.add(service_type="social")
    cursors = ["", *(f"&after={task}" for task in tasks)]
    pages = [w.get(f"limit=1&service_type=entity{cursor}").body for cursor in cursors]
    return [page["total"] for page in pages]


@shows("total-with-cursor", "all")
def _(w: Client) -> None:
    assert totals(w) == [3, 3, 3, 3]


@shows("total-with-cursor", "remaining")
def _(w: Client) -> None:
    assert totals(w) == [3, 2, 1, 0]
    assert w.get(f"after={UNKNOWN}").body["total"] == 0


# The status flow


def taken_steps(w: Client) -> set[tuple[str, str]]:
    """From which status an update takes a task to which other."""
    steps = [(one, other) for one, other in product(STATUSES, STATUSES) if one != other]
    tasks = {step: w.add(status=step[0]) for step in steps}
    answers = {step: w.put(tasks[step], {"status": step[1]}).status for step in steps}
    assert all(w.task(tasks[step])["status"] == step[answers[step] == 200] for step in steps)
    return {step for step in steps if answers[step] == 200}


@shows("transitions", "lenient")
def _(w: Client) -> None:
    assert len(taken_steps(w)) == 30


@shows("transitions", "strict")
def _(w: Client) -> None:
    assert taken_steps(w) == FLOW
    for status in STATUSES:
        assert w.put(w.add(status=status), {"status": status, "note": "x"}).status == 200


def refused_everywhere(w: Client) -> tuple[set[int], str]:
    """The statuses of a step against the flow on each way to take it, and the code in a batch."""
    done = w.add(status="completed")
    waiting = w.add(status="pending")
    answers = [
        w.put(done, {"status": "pending"}),
        w.post("/callback/link/update", {"link_id": done["id"], "status": "running"}),
        w.post("/callback/link/complete", {"link_id": waiting["id"]}),
    ]
    batch = w.bulk({"link_id": done["id"], "status": "failed"}, {"link_id": waiting["id"]})
    assert (batch.body["success"], batch.body["failed"]) == (1, 1)
    assert [w.task(each) for each in (done, waiting)] == [done, waiting]
    return {answer.status for answer in answers}, batch.body["results"][0]["error"]


@shows("refused-transition", "400")
def _(w: Client) -> None:
    assert refused_everywhere(w) == ({400}, "bad_request")


@shows("refused-transition", "409")
def _(w: Client) -> None:
    assert refused_everywhere(w) == ({409}, "conflict")


def completed_against_the_flow(w: Client, callback: str) -> set[int]:
    """The statuses with which a callback completes tasks that PUT does not complete."""
    body = {} if callback == "link/complete" else {"status": "completed"}
    answers = set()
    for status in sorted(set(STATUSES) - {"running", "completed"}):
        task = w.add(status=status, retry_count=3)
        assert w.put(task, {"status": "completed"}).status == 409
        answer = w.post(f"/callback/{callback}", {"link_id": task["id"], **body}).status
        assert w.task(task)["status"] == ("completed" if answer == 200 else status)
        answers.add(answer)
    return answers


@shows("link-update-flow", "bound")
def _(w: Client) -> None:
    assert completed_against_the_flow(w, "link/update") == {409}


@shows("link-update-flow", "free")
def _(w: Client) -> None:
    assert completed_against_the_flow(w, "link/update") == {200}
    assert completed_against_the_flow(w, "link/complete") == {409}


@shows("completion-flow", "bound")
def _(w: Client) -> None:
    assert completed_against_the_flow(w, "link/complete") == {409}


@shows("completion-flow", "free")
def _(w: Client) -> None:
    assert completed_against_the_flow(w, "link/complete") == {200}
    assert completed_against_the_flow(w, "link/update") == {409}


@shows("retry", "manual")
def _(w: Client) -> None:
    task = w.add(status="running")
    w.put(task, {"status": "failed"})
    assert w.task(task)["status"] == "failed"


@shows("retry", "automatic")
def _(w: Client) -> None:
    task, spent = w.add(status="running"), w.add(status="running", retry_count=3)
    for each in (task, spent):
        assert w.put(each, {"status": "failed", "error_message": "Captcha failed"}).status == 200
    assert (w.task(task)["status"], w.task(spent)["status"]) == ("pending", "failed")
    assert ids(w.get("status=pending")) == [task["id"]]


def counts_of_a_retry(w: Client) -> list[int]:
    """`retry_count` of a task that runs, that failed, and that waits again."""
    task = w.add(status="running")
    counts = [task["retry_count"]]
    for status in ("failed", "pending"):
        w.put(task, {"status": status})
        [listed] = w.get(f"status={status}").body["data"]
        counts.append(listed["retry_count"])
    return counts


@shows("retry-count", "on-requeue")
def _(w: Client) -> None:
    assert counts_of_a_retry(w) == [0, 0, 1]


@shows("retry-count", "on-failure")
def _(w: Client) -> None:
    assert counts_of_a_retry(w) == [0, 1, 1]


@shows("retry-count", "never")
def _(w: Client) -> None:
    assert counts_of_a_retry(w) == [0, 0, 0]


# Bodies


def with_nulls(w: Client) -> set[int]:
    """The statuses of updates with nulls in them; a task's own fields stay in each case."""
    task = w.add(note="kept", link_profile="https://kept.example")
    link = task["id"]
    answers = [
        w.put(task, {"note": None}),
        w.put(task, {"status": None, "is_indexed": None}),
        w.bulk({"link_id": link, "link_profile": None}),
        w.post("/callback/link/update", {"link_id": link, "link_profile": None}),
        w.post("/callback/link/complete", {"link_id": w.add()["id"], "link_post": None}),
        w.post("/health", {**HEARTBEAT, "server_name": None, "cpu_usage": None}),
    ]
    assert w.task(task) == task
    return {answer.status for answer in answers}


@shows("null-field", "reject")
def _(w: Client) -> None:
    assert with_nulls(w) == {400}


@shows("null-field", "ignore")
def _(w: Client) -> None:
    assert with_nulls(w) == {200}
    assert w.put(w.add(), {"note": None, "status": "queued"}).status == 200
    assert w.post("/callback/link/update", {"link_id": None}).status == 400


def with_unknown_fields(w: Client) -> set[int]:
    """The statuses of a body of each operation, with a field more than the page knows."""
    task = w.add(note="before")
    link = {"link_id": task["id"]}
    more = {"colour": "red"}
    answers = [
        w.put(task, {"note": "x", **more}),
        w.send("PUT", "/tasks/bulk", {"items": [link], **more}),
        w.bulk({**link, **more}),
        w.post("/health", {**HEARTBEAT, **more}),
        w.post("/logs", {"logs": [ENTRY], **more}),
        w.log({**ENTRY, **more}),
        w.post("/callback/link/update", {**link, **more}),
        w.post("/callback/link/complete", {**link, **more}),
        w.post("/callback/request/status", {"request_id": task["request_id"], "status": "running", **more}),
        w.post("/callback/account/status", {"account_id": task["account_id"], "status": "active", **more}),
    ]
    return {answer.status for answer in answers}


@shows("unknown-field", "ignore")
def _(w: Client) -> None:
    assert with_unknown_fields(w) == {200}


@shows("unknown-field", "reject")
def _(w: Client) -> None:
    before = w.state()
    assert with_unknown_fields(w) == {400}
    assert {**w.state(), "tasks": []} == {**before, "tasks": []}


def empty_changes(w: Client) -> set[int]:
    task = w.add(status="failed")
    link = {"link_id": task["id"]}
    answers = [w.put(task, {}), w.bulk(link), w.post("/callback/link/update", link)]
    assert w.task(task) == task
    return {answer.status for answer in answers}


@shows("empty-change", "accept")
def _(w: Client) -> None:
    assert empty_changes(w) == {200}


@shows("empty-change", "reject")
def _(w: Client) -> None:
    assert empty_changes(w) == {400}


def malformed_ids(w: Client) -> set[int]:
    """The statuses of every operation that takes an id, with one that is no UUID."""
    link = {"link_id": MALFORMED}
    answers = [
        w.put(MALFORMED, {"status": "running"}),
        w.post("/callback/link/update", {**link, "status": "running"}),
        w.post("/callback/link/complete", link),
        w.post("/callback/request/status", {"request_id": MALFORMED, "status": "running"}),
        w.post("/callback/account/status", {"account_id": MALFORMED, "status": "active"}),
    ]
    return {answer.status for answer in answers}


@shows("malformed-id", "reject")
def _(w: Client) -> None:
    assert malformed_ids(w) == {400}
    assert w.get(f"after={MALFORMED}").status == 400
    assert w.bulk({"link_id": w.add()["id"]}, {"link_id": MALFORMED}).status == 400


@shows("malformed-id", "not-found")
def _(w: Client) -> None:
    assert malformed_ids(w) == {404}
    w.add()
    assert w.get(f"after={MALFORMED}") == w.get(f"after={UNKNOWN}")
    batch = w.bulk({"link_id": MALFORMED, "status": "running"})
    assert batch.body["results"] == [{"link_id": MALFORMED, "success": False, "error": "not_found"}]
    assert w.put(UNKNOWN, {"note": "x"}).status == 404


def flawed_bodies(w: Client) -> set[int]:
    """The statuses of bodies that are not valid, for what is another server's."""
    foreign = w.foreign()
    link, flaw = {"link_id": foreign["id"]}, {"status": "nonsense"}
    answers = [
        w.put(foreign, flaw),
        w.put(foreign, b"{"),
        w.post("/callback/link/update", {**link, **flaw}),
        w.post("/callback/link/complete", {**link, "link_post": 5}),
        w.post("/callback/request/status", {"request_id": foreign["request_id"], "status": 5}),
        w.post("/callback/account/status", {"account_id": foreign["account_id"]}),
    ]
    assert w.put(foreign, {"status": "running"}).status == 403
    return {answer.status for answer in answers}


@shows("first-check", "owner")
def _(w: Client) -> None:
    assert flawed_bodies(w) == {403}


@shows("first-check", "body")
def _(w: Client) -> None:
    assert flawed_bodies(w) == {400}


@shows("first-check", "json")
def _(w: Client) -> None:
    foreign = w.foreign()
    assert w.put(foreign, b"{").status == 400
    assert w.put(foreign, b"[]").status == 403
    assert flawed_bodies(w) == {400, 403}


# Batches


@shows("bulk-empty", "reject")
def _(w: Client) -> None:
    assert w.bulk().status == 400


@shows("bulk-empty", "accept")
def _(w: Client) -> None:
    assert w.bulk() == Answer(200, {"total": 0, "success": 0, "failed": 0, "results": []})


FLAWED_ITEMS: tuple[Json, ...] = ({"status": "nonsense"}, {"note": 5}, {"is_indexed": "yes"})


@shows("bulk-bad-item", "whole")
def _(w: Client) -> None:
    good, bad = w.add(), w.add()
    for flaw in FLAWED_ITEMS:
        items = [{"link_id": good["id"], "status": "queued"}, {"link_id": bad["id"], **flaw}]
        assert w.bulk(*items).status == 400
    assert (w.task(good), w.task(bad)) == (good, bad)


@shows("bulk-bad-item", "item")
def _(w: Client) -> None:
    bad = w.add()
    for flaw in FLAWED_ITEMS:
        good = w.add()
        items = [
            {"link_id": bad["id"], **flaw, "link_post": "x"},
            {"link_id": good["id"], "status": "queued"},
        ]
        assert w.bulk(*items).body == {
            "total": 2,
            "success": 1,
            "failed": 1,
            "results": [
                {"link_id": bad["id"], "success": False, "error": "bad_request"},
                {"link_id": good["id"], "success": True},
            ],
        }
        assert (w.task(good)["status"], w.task(bad)) == ("queued", bad)
    assert w.bulk({"status": "queued"}).status == 400


def doubled(w: Client) -> tuple[Answer, Json]:
    """The answer to a batch with a task in it twice, once in capitals, and the task after it."""
    task = w.add()
    one = {"link_id": task["id"], "status": "running", "note": "one"}
    return w.bulk(one, {"link_id": task["id"].upper(), "status": "failed"}), w.task(task)


@shows("bulk-duplicate", "each")
def _(w: Client) -> None:
    answer, task = doubled(w)
    assert (answer.status, answer.body["success"]) == (200, 2)
    assert [result["link_id"] for result in answer.body["results"]] == [task["id"]] * 2
    assert (task["status"], task["note"]) == ("failed", "one")


@shows("bulk-duplicate", "reject")
def _(w: Client) -> None:
    answer, task = doubled(w)
    assert (answer.status, task["status"], task["note"]) == (400, "pending", None)


def missing_code(code: str) -> Show:
    def show(w: Client) -> None:
        own, foreign = w.add()["id"], w.foreign()["id"]
        batch = w.bulk(*({"link_id": each, "note": "x"} for each in (UNKNOWN, own, foreign)))
        assert batch.body["results"] == [
            {"link_id": UNKNOWN, "success": False, "error": code},
            {"link_id": own, "success": True},
            {"link_id": foreign, "success": False, "error": "not_your_task"},
        ]

    return show


for _code in ("not_found", "task_not_found", "link_not_found"):
    shows("bulk-missing-code", _code)(missing_code(_code))


# Logs


def stored(w: Client) -> list[Any]:
    return [entry["level"] for entry in w.state()["logs"]]


@shows("logs-empty", "reject")
def _(w: Client) -> None:
    assert w.log().status == 400


@shows("logs-empty", "accept")
def _(w: Client) -> None:
    assert w.log() == Answer(200, {"success": True, "created": 0})
    assert stored(w) == []


FLAWED_ENTRIES: tuple[Any, ...] = ({"level": "FATAL", "message": "x"}, {"level": "INFO"}, "text", None)


@shows("logs-bad-entry", "whole")
def _(w: Client) -> None:
    for flawed in FLAWED_ENTRIES:
        assert w.log(ENTRY, flawed).status == 400
    assert stored(w) == []


@shows("logs-bad-entry", "skip")
def _(w: Client) -> None:
    assert w.log(*FLAWED_ENTRIES, ENTRY, *FLAWED_ENTRIES).body["created"] == 1
    assert stored(w) == ["INFO"]
    assert w.log(*FLAWED_ENTRIES).body["created"] == 0


@shows("log-level-case", "exact")
def _(w: Client) -> None:
    for level in ("info", "Warn"):
        assert w.log({**ENTRY, "level": level}).status == 400


@shows("log-level-case", "any")
def _(w: Client) -> None:
    levels = ("info", "Warn", "eRROR", "DEBUG")
    assert w.log(*({"level": level, "message": "stays small"} for level in levels)).body["created"] == 4
    assert stored(w) == ["INFO", "WARN", "ERROR", "DEBUG"]
    assert w.state()["logs"][0]["message"] == "stays small"
    assert w.log({"level": "fatal", "message": "x"}).status == 400


# Callbacks


def completed_twice(w: Client) -> int:
    task = w.add(status="running")
    body = {"link_id": task["id"], "link_post": "https://post.example"}
    first, second = (w.post("/callback/link/complete", body) for _ in range(2))
    assert first == second
    assert first.status == 200
    return w.created_links(task)


@shows("complete-twice", "once")
def _(w: Client) -> None:
    assert completed_twice(w) == 1


@shows("complete-twice", "twice")
def _(w: Client) -> None:
    assert completed_twice(w) == 2


def set_foreign_entities(w: Client) -> tuple[set[int], list[str]]:
    """The answers about a request and an account of another server's, and their statuses after that."""
    w.add()
    foreign = w.foreign()
    answers = [
        w.post("/callback/request/status", {"request_id": foreign["request_id"], "status": "canceled"}),
        w.post("/callback/account/status", {"account_id": foreign["account_id"], "status": "banned"}),
    ]
    assert w.post("/callback/request/status", {"request_id": UNKNOWN, "status": "canceled"}).status == 404
    entities = [*w.state()["requests"], *w.state()["accounts"]]
    of_it = (foreign["request_id"], foreign["account_id"])
    return {answer.status for answer in answers}, [e["status"] for e in entities if e["id"] in of_it]


@shows("related-entities", "own")
def _(w: Client) -> None:
    assert set_foreign_entities(w) == ({403}, ["running", "active"])


@shows("related-entities", "any")
def _(w: Client) -> None:
    assert set_foreign_entities(w) == ({200}, ["canceled", "banned"])


def entity_statuses(w: Client, request_status: str, account_status: str) -> set[int]:
    task = w.add()
    request = {"request_id": task["request_id"], "status": request_status}
    account = {"account_id": task["account_id"], "status": account_status}
    return {
        w.post("/callback/request/status", request).status,
        w.post("/callback/account/status", account).status,
    }


@shows("entity-status", "any")
def _(w: Client) -> None:
    assert entity_statuses(w, "nonsense", "nonsense") == {200}


@shows("entity-status", "listed")
def _(w: Client) -> None:
    assert entity_statuses(w, "nonsense", "nonsense") == {400}
    assert entity_statuses(w, "completed", "active") == {200}


# Heartbeats and servers


@shows("heartbeat-fields", "optional")
def _(w: Client) -> None:
    assert w.post("/health", HEARTBEAT).status == 200
    assert w.post("/health", {"cpu_usage": 99}).status == 200
    assert w.post("/health", {}).status == 200
    assert w.state()["servers"][0]["heartbeat"] == {**HEARTBEAT, "cpu_usage": 99}


@shows("heartbeat-fields", "required")
def _(w: Client) -> None:
    for left_out in HEARTBEAT:
        body = {name: value for name, value in HEARTBEAT.items() if name != left_out}
        assert w.post("/health", body).status == 400
    assert w.state()["servers"][0]["heartbeat"] is None
    assert w.post("/health", HEARTBEAT).status == 200


def name_in_answer(w: Client, **body: Any) -> str:
    return str(w.post("/health", body).body["data"]["server_name"])


@shows("heartbeat-name", "registered")
def _(w: Client) -> None:
    assert name_in_answer(w, server_name="other") == "server-01"


@shows("heartbeat-name", "reported")
def _(w: Client) -> None:
    assert name_in_answer(w, server_name="other") == "other"
    assert name_in_answer(w) == "server-01"


@shows("heartbeat-silence", "ignored")
def _(w: Client) -> None:
    w.post("/health", HEARTBEAT)
    w.advance("10h")
    assert w.get().status == 200


@shows("heartbeat-silence", "offline")
def _(w: Client) -> None:
    w.freeze("2026-01-01T00:00:00Z")
    assert w.get().status == 401, "the world began more than 90 seconds before"
    assert w.get(server="server-02").status == 401
    assert w.state()["servers"][0]["status"] == "offline"
    by_hand(w)
    with_beats(w)


def by_hand(w: Client) -> None:
    """A silent server that somebody sets online is so for 90 seconds, whatever was before."""
    for second, status in (("01:30", 200), ("01:31", 401)):
        w.ask("PATCH", "/servers/server-01", {"status": "online"})
        w.freeze(f"2026-01-01T00:{second}Z")
        assert w.get().status == status
        w.freeze("2026-01-01T00:00:00Z")


def with_beats(w: Client) -> None:
    """A server that beats stays online for 90 seconds and not longer."""
    w.ask("POST", "/reset")
    w.freeze("2025-12-01T10:01:00Z")
    assert w.post("/health", HEARTBEAT).status == 200
    for second, status in (("02:29", 200), ("02:30", 200), ("02:31", 401)):
        w.freeze(f"2025-12-01T10:{second}Z")
        assert w.get().status == status
    assert w.post("/health", HEARTBEAT).status == 401


@shows("offline-heartbeat", "refused")
def _(w: Client) -> None:
    assert w.post("/health", HEARTBEAT, server="server-03").status == 401
    assert w.get(server="server-03").status == 401


@shows("offline-heartbeat", "revives")
def _(w: Client) -> None:
    assert w.get(server="server-03").status == 401
    assert w.post("/health", {"cpu_usage": "much"}, server="server-03").status == 400
    assert w.get(server="server-03").status == 401, "a refused heartbeat changes nothing"
    assert w.post("/health", HEARTBEAT, server="server-03").status == 200
    assert w.get(server="server-03").status == 200
    assert w.state()["servers"][2]["status"] == "online"
    w.advance("91s")
    assert w.get(server="server-03").status == 401
    assert w.post("/health", HEARTBEAT, server="server-03").status == 200


def of_other_types(w: Client) -> set[int]:
    """The statuses of each operation's JSON under types that are none of JSON's."""
    task = w.add()
    link = {"link_id": task["id"]}
    bodies: dict[tuple[str, str], Json] = {
        ("PUT", f"/tasks/{task['id']}"): {"note": "x"},
        ("PUT", "/tasks/bulk"): {"items": [link]},
        ("POST", "/health"): HEARTBEAT,
        ("POST", "/logs"): {"logs": [ENTRY]},
        ("POST", "/callback/link/update"): link,
        ("POST", "/callback/link/complete"): link,
        ("POST", "/callback/request/status"): {"request_id": task["request_id"], "status": "running"},
        ("POST", "/callback/account/status"): {"account_id": task["account_id"], "status": "active"},
    }
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/problem+json"):
        assert {w.send(*at, body, kind=kind).status for at, body in bodies.items()} == {200}
    assert w.get(kind="text/plain").status == 200
    kinds = ("text/plain", "application/x-www-form-urlencoded", "application/jsonish")
    return {w.send(*at, body, kind=kind).status for at, body in bodies.items() for kind in kinds}


@shows("content-type", "any")
def _(w: Client) -> None:
    assert of_other_types(w) == {200}


@shows("content-type", "bad-request")
def _(w: Client) -> None:
    assert of_other_types(w) == {400}


@shows("content-type", "unsupported")
def _(w: Client) -> None:
    assert of_other_types(w) == {415}


# Forms


def errors(w: Client) -> Iterator[tuple[str, Json]]:
    """An error of each status that a request can have, with the code that it should carry."""
    yield "bad_request", w.get("limit=x").body
    yield "unauthorized", w.get(server="server-03").body
    yield "not_your_task", w.put(w.foreign(), {}).body
    yield "not_found", w.put(UNKNOWN, {}).body
    url, headers = w.base_url, {"X-API-Key": f"server-01-key-{w.world.name}"}
    yield "method_not_allowed", w.http.delete(f"{url}/tasks", headers=headers, timeout=SECONDS).json()
    yield "not_found", w.http.get(f"{url}/nowhere", headers=headers, timeout=SECONDS).json()


@shows("error-body", "code")
def _(w: Client) -> None:
    for code, body in errors(w):
        assert body == {"success": False, "error": code}


@shows("error-body", "code-and-message")
def _(w: Client) -> None:
    for code, body in errors(w):
        assert body == {"success": False, "error": code, "message": body["message"]}
        assert len(body["message"]) > len("reason")


@shows("error-body", "nested")
def _(w: Client) -> None:
    for code, body in errors(w):
        assert body == {"success": False, "error": {"code": code, "message": body["error"]["message"]}}
        assert len(body["error"]["message"]) > len("reason")


def callbacks(w: Client) -> list[tuple[Json, Any]]:
    """What each callback answers, with the id of its subject under the name that it has there."""
    task = w.add()
    link, request, account = task["id"], task["request_id"], task["account_id"]
    sent = [
        ("link/update", {"link_id": link}, {}),
        ("link/complete", {"link_id": link}, {}),
        ("request/status", {"request_id": request}, {"status": "running"}),
        ("account/status", {"account_id": account}, {"status": "active"}),
    ]
    return [(named, w.post(f"/callback/{path}", {**named, **more}).body) for path, named, more in sent]


@shows("callback-body", "like-update")
def _(w: Client) -> None:
    for named, body in callbacks(w):
        assert body == {"success": True, "data": {"updated": True, **named}}


@shows("callback-body", "success-only")
def _(w: Client) -> None:
    assert [body for _, body in callbacks(w)] == [{"success": True}] * 4
    assert "data" in w.put(w.add(), {}).body


def times(w: Client) -> set[str]:
    """Every time that an answer has at one moment."""
    w.freeze("2025-12-01T10:00:00.25Z")
    w.put(w.add(), {"status": "running"})
    [task] = w.get("status=running").body["data"]
    beat = w.post("/health", HEARTBEAT).body["data"]
    return {task["created_at"], task["started_at"], beat["server_time"]}


@shows("time-precision", "seconds")
def _(w: Client) -> None:
    assert times(w) == {"2025-12-01T10:00:00Z"}


@shows("time-precision", "milliseconds")
def _(w: Client) -> None:
    assert times(w) == {"2025-12-01T10:00:00.250Z"}


# What the table is for

UNLIKE = (AssertionError, KeyError, TypeError)  # the last two where an answer has another form


def test_every_value_of_every_silence_is_shown() -> None:
    assert set(SHOWN) == {(silence.id, value) for silence in silences().values() for value in silence.values}


@pytest.mark.parametrize(("silence", "value"), SHOWN)
def test_a_world_goes_the_way_of_its_dialect(speak: Speaking, silence: str, value: str) -> None:
    with speak({**BESIDE.get(silence, {}), silence: value}) as client:
        SHOWN[silence, value](client)


@pytest.mark.parametrize(("silence", "value"), SHOWN)
def test_no_other_value_of_a_silence_looks_the_same(speak: Speaking, silence: str, value: str) -> None:
    for other in set(silences()[silence].values) - {value}:
        with speak({**BESIDE.get(silence, {}), silence: other}) as client, pytest.raises(UNLIKE):
            SHOWN[silence, value](client)


@pytest.mark.parametrize("silence", silences())
def test_without_a_choice_the_default_holds(speak: Speaking, silence: str) -> None:
    with speak(BESIDE.get(silence, {})) as client:
        SHOWN[silence, silences()[silence].default](client)


def test_worlds_of_two_dialects_run_side_by_side(speak: Speaking) -> None:
    with speak({}) as plain, speak({"error-body": "nested", "limit-above-maximum": "clamp"}) as other:
        assert plain.base_url == other.base_url
        for _ in range(2):
            assert plain.get("limit=2000") == Answer(400, {"success": False, "error": "bad_request"})
            assert other.get("limit=2000").body["limit"] == 1000
            assert other.get("page=x").body["error"]["code"] == "bad_request"


def test_an_item_with_a_malformed_id_fails_alone_where_items_are_judged_one_by_one(speak: Speaking) -> None:
    with speak({"bulk-bad-item": "item", "malformed-id": "not-found"}) as client:
        own = client.add()["id"]
        batch = client.bulk({"link_id": MALFORMED}, {"link_id": own, "status": "queued"})
        assert [result["success"] for result in batch.body["results"]] == [False, True]


def test_a_reset_world_keeps_its_dialect(speak: Speaking) -> None:
    with speak({"last-cursor": "absent"}) as client:
        client.ask("POST", "/reset")
        assert "next_cursor" not in client.get().body


# Any dialect, any request

DIALECTS = st.fixed_dictionaries(
    {each.id: st.sampled_from(list(each.values)) for each in silences().values()}
)
IDS = st.sampled_from(["OWN", "OTHER", "FOREIGN", "CAPITALS", UNKNOWN, MALFORMED, "", "\u0000é"])
WORDS = st.sampled_from([*STATUSES, "nonsense", "", "active", "online"])
ODD: st.SearchStrategy[Any] = st.sampled_from([None, 0, -1.5, True, "x", [], {}, 2**64, {"a": [None]}])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=5) | ODD


def _some(required: Json, optional: Json) -> st.SearchStrategy[Any]:
    """Objects of these fields, mostly, with a flaw here and there."""
    whole = st.fixed_dictionaries(required, optional={**optional, "colour": ODD})
    return st.one_of(whole, whole, whole, st.fixed_dictionaries({}, optional={**required, **optional}), ODD)


CHANGES: Json = {
    "status": WORDS | ODD,
    "link_profile": TEXTS,
    "link_post": TEXTS,
    "error_message": TEXTS,
    "note": TEXTS,
    "is_indexed": st.booleans() | ODD,
}
LEVELS = st.sampled_from(["INFO", "info", "Warn", "ERROR", "FATAL", ""]) | ODD
ITEMS = st.lists(_some({"link_id": IDS}, CHANGES), max_size=4) | ODD
ENTRIES = st.lists(_some({"level": LEVELS, "message": TEXTS}, {}), max_size=4) | ODD
BODIES: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    ("POST", "/health"): _some({}, {**dict.fromkeys(HEARTBEAT, TEXTS), "cpu_usage": st.floats(0, 100)}),
    ("PUT", "/tasks/bulk"): _some({"items": ITEMS}, {}),
    ("PUT", "/tasks/OWN"): _some({}, CHANGES),
    ("PUT", "/tasks/OTHER"): _some({}, {"status": WORDS}),
    ("PUT", "/tasks/FOREIGN"): _some({}, CHANGES),
    ("PUT", f"/tasks/{MALFORMED}"): _some({}, CHANGES),
    ("POST", "/logs"): _some({"logs": ENTRIES}, {}),
    ("POST", "/callback/link/update"): _some({"link_id": IDS}, CHANGES),
    ("POST", "/callback/link/complete"): _some({"link_id": IDS}, {"link_post": TEXTS}),
    ("POST", "/callback/request/status"): _some({"request_id": IDS, "status": WORDS}, {}),
    ("POST", "/callback/account/status"): _some({"account_id": IDS, "status": WORDS}, {}),
}
NUMBERS = st.sampled_from(["0", "1", "2", "-3", "1000", "1001", "x", "", str(2**63)])
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "page": NUMBERS,
        "limit": NUMBERS,
        "after": IDS,
        "status": st.lists(WORDS, max_size=3).map(",".join),
        "service_type": st.sampled_from(["entity", "nonsense", ""]),
        "colour": st.just("red"),
    },
).map(lambda fields: "&".join(f"{name}={value}" for name, value in fields.items()))
KINDS = st.sampled_from([None, None, None, "text/plain", "application/json; charset=utf-8"])
SERVERS = st.sampled_from(["server-01", "server-01", "server-01", "server-02", "server-03"])
WAITS = st.sampled_from(["0s", "0s", "0s", "50s", "100s"])
Request = tuple[str, str, Any, str, str | None, str]
REQUESTS = st.one_of(
    st.tuples(st.just("GET"), QUERIES.map("/tasks?{}".format), st.none(), SERVERS, KINDS, WAITS),
    st.sampled_from(list(BODIES)).flatmap(
        lambda at: st.tuples(st.just(at[0]), st.just(at[1]), BODIES[at], SERVERS, KINDS, WAITS)
    ),
)


def named(value: Any, names: Mapping[str, str]) -> Any:
    """The value with names of ids in place of the ids, `OWN` for a task of the server's own."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [named(each, names) for each in value]
    return {key: named(each, names) for key, each in value.items()} if isinstance(value, dict) else value


def sent_to(client: Client, request: Request, names: Mapping[str, str]) -> Answer:
    method, path, body, server, kind, wait = request
    for name, value in names.items():
        path = path.replace(name, value)
    client.advance(wait)
    data = None if method == "GET" else named(body, names)
    return client.send(
        method, path, b"null" if data is None and method != "GET" else data, server=server, kind=kind
    )


def servers_offline(state: Json) -> Json:
    """The state without what passing time alone may change: a silent server's status."""
    return {**state, "servers": [{**server, "status": None} for server in state["servers"]]}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DIALECTS, st.lists(REQUESTS, min_size=4, max_size=12), st.sampled_from(STATUSES))
def test_in_any_dialect_every_answer_is_as_its_spec_says_and_a_refusal_changes_nothing(
    speak: Speaking, choices: dict[str, str], requests: list[Request], status: str
) -> None:
    with speak(choices) as client:
        own, other, foreign = client.add(status=status)["id"], client.add(), client.foreign()["id"]
        names = {"CAPITALS": own.upper(), "OWN": own, "OTHER": other["id"], "FOREIGN": foreign}
        before = client.state()
        for request in requests:
            answer = sent_to(client, request, names)
            after = client.state()
            assert answer.status < 500
            assert answer.status < 400 or servers_offline(after) == servers_offline(before)
            before = after


# How a dialect is chosen


def test_the_control_plane_founds_a_world_of_a_dialect(control: Control, http: requests.Session) -> None:
    choices = {"last-cursor": "absent", "error-body": "nested"}
    founded = control("POST", "/worlds", {"dialect": choices})
    assert founded.status_code == 201
    world = founded.json()
    headers = {"X-API-Key": world["servers"][0]["api_key"]}
    assert control("GET", f"/worlds/{world['world']}").json()["dialect"] == dict(dialect_of(choices))
    page = http.get(f"{world['base_url']}/tasks?limit=1000", headers=headers, timeout=SECONDS).json()
    assert "next_cursor" not in page
    refused = http.get(f"{world['base_url']}/tasks?limit=x", headers=headers, timeout=SECONDS).json()
    assert refused["error"]["code"] == "bad_request"
    control("DELETE", f"/worlds/{world['world']}")


@pytest.mark.parametrize(
    ("choices", "why"),
    [
        ({"last-curser": "absent"}, 'no silence last-curser (did you mean "last-cursor"?)'),
        ({"last-cursor": "absnt"}, 'last-cursor has no value absnt (did you mean "absent"?)'),
        ({"retry": "automatic", "error-body": "xml"}, "it has code, code-and-message, nested"),
        ({"refused-transition": 409}, "body/dialect/refused-transition: "),
        (["last-cursor"], "body/dialect: "),
    ],
)
def test_the_control_plane_refuses_what_is_no_choice(control: Control, choices: Any, why: str) -> None:
    before = control("GET", "/health").json()["worlds"]
    refused = control("POST", "/worlds", {"dialect": choices})
    assert (refused.status_code, refused.json()["error"]) == (400, "bad_request")
    assert why in refused.json()["message"]
    assert control("GET", "/health").json()["worlds"] == before


def serve_command(*words: str) -> list[str]:
    code = "from workerkit.cli.main import main; main()"
    return [sys.executable, "-c", code, "serve", "--port", "0", *words]


def test_serve_takes_a_dialect_file(tmp_path: Path, http: requests.Session) -> None:
    file = tmp_path / "dialect.yaml"
    file.write_text("last-cursor: absent\nrefused-transition: 409  # a number here, text elsewhere\n")
    process = subprocess.Popen(serve_command("--dialect", str(file)), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        base_url = process.stdout.readline().split()[-1]
        control_url = process.stdout.readline().split()[-1]
        page = http.get(
            f"{base_url}/tasks?limit=1000", headers={"X-API-Key": "your-server-key"}, timeout=SECONDS
        )
        assert (page.status_code, "next_cursor" in page.json()) == (200, False)
        world = http.get(f"{control_url}/worlds/default", timeout=SECONDS).json()
        assert world["dialect"] == {**Dialect(), "last-cursor": "absent", "refused-transition": "409"}
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        (
            "retry: manual\nretrycount: never\n",
            ":2:1: ",
            'no silence retrycount (did you mean "retry-count"?)',
        ),
        ("retry:\n  automtic\n", ":2:3: ", 'retry has no value automtic (did you mean "automatic"?)'),
    ],
)
def test_serve_refuses_a_dialect_file_with_the_place(tmp_path: Path, text: str, place: str, why: str) -> None:
    file = tmp_path / "dialect.yaml"
    file.write_text(text)
    done = subprocess.run(
        serve_command("--dialect", str(file)), capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{file}{place}" in done.stderr
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
