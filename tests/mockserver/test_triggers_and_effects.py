"""The triggers and effects of scenarios, tested with requests to a world."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from workerkit.mockserver.http.headers import decode_headers
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.snapshot import director_from_snapshot, snapshot_of
from workerkit.mockserver.worlds.world_builder import MissingEntityError, WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.formats.strict_json import parse as parse_json
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.scenarios.loading.loader import parse, parse_world

Json = dict[str, Any]
BASE = "/api/v1/worker"
BEGIN_OF_FILE = """
title: A scenario
about: What happens.
world:
  servers: [{name: one, key: key-one}, {name: two, key: key-two}]
  tasks:
    - {count: 3, server: one, group: first}
    - {count: 2, server: one, group: second, status: running}
    - {count: 1, server: two}
when:
"""


class ScenarioMock:
    """A mock with a scenario and no network. Its clock runs only when a test advances it."""

    def __init__(self, when: str, head: str = BEGIN_OF_FILE) -> None:
        self.worlds = Worlds()
        self.scenario = parse((head + when).encode(), name="a-scenario.yaml")
        self.worlds.add(DEFAULT, WorldBuilder(self.scenario, seed=1, timer=lambda: 0.0))
        self.app = WorkerApp(self.worlds)

    @property
    def director(self) -> Director:
        return self.worlds.director(DEFAULT)

    def send(self, method: str, path: str, body: Any = None, key: str = "key-one") -> tuple[int, Any]:
        headers = decode_headers([(b"x-api-key", key.encode())])
        text = b"" if body is None else render(body)
        path, _, query = path.partition("?")
        answer = self.app.answer(Request(method, BASE + path, query, headers, text, is_too_large=False))
        is_json = decode_headers(answer.headers).is_json and answer.body
        return answer.status, parse_json(answer.body) if is_json else None

    def list_status(self, **more: Any) -> int:
        return self.send("GET", "/tasks", **more)[0]

    def update(self, task_id: str, status: str, **more: Any) -> tuple[int, Any]:
        return self.send("PUT", f"/tasks/{task_id}", {"status": status}, **more)

    def group_ids(self, group: str) -> list[str]:
        return list(self.director.groups[group])

    def statuses(self, group: str) -> list[str]:
        return [self.director.world.tasks[task_id].status for task_id in self.group_ids(group)]

    @property
    def events(self) -> list[str]:
        return [f"{event.kind} {event.subject}" for event in self.director.events]

    def restore_snapshot(self) -> None:
        """Takes a snapshot and restores it."""
        snapshot = parse_json(render(snapshot_of(self.director)))
        self.worlds.restore(DEFAULT, director_from_snapshot(self.director, snapshot))


# Triggers


def test_a_trigger_with_a_span_of_calls_happens_at_each_call() -> None:
    mock = ScenarioMock("  - {call: 2..3, do: [{respond: {status: 503}}]}")
    assert [mock.list_status() for _ in range(4)] == [200, 503, 503, 200]


def test_calls_of_several_operations_count_together() -> None:
    mock = ScenarioMock(
        "  - {call: {number: 3, of: [updateTask, listTasks]}, do: [{respond: {status: 503}}]}"
    )
    task = mock.group_ids("first")[0]
    statuses = [
        mock.list_status(),
        mock.send("POST", "/health", {})[0],
        mock.update(task, "queued")[0],
        mock.list_status(),
    ]
    assert statuses == [200, 200, 200, 503]


MATCHES = [
    ("operation: listTasks", 0),
    ("server: two", 1),
    ("query: {page: 2}", 2),
    ("body: {status: failed}", 3),
    ("{operation: updateTask, body: {error_message: Captcha}}", 3),
    ("group: second", 4),
    ("{operation: bulkUpdateTasks, group: second}", 4),
]


@pytest.mark.parametrize(("description", "expected"), MATCHES)
def test_a_request_is_matched_by_its_content(description: str, expected: int) -> None:
    match = description if description.startswith("{") else f"{{{description}}}"
    mock = ScenarioMock(f"  - {{match: {match}, do: [{{respond: {{status: 418}}}}]}}")
    task, other = mock.group_ids("first")[0], mock.group_ids("second")[0]
    failed = {"status": "failed", "error_message": "Captcha", "note": "n"}
    requests: list[Any] = [
        lambda: mock.list_status(),
        lambda: mock.list_status(key="key-two"),
        lambda: mock.send("GET", "/tasks?page=2&limit=1")[0],
        lambda: mock.send("PUT", f"/tasks/{task}", failed)[0],
        lambda: mock.send("PUT", "/tasks/bulk", {"items": [{"link_id": other.upper(), "status": "failed"}]})[
            0
        ],
    ]
    others = [send() for index, send in enumerate(requests) if index != expected and (expected or index > 2)]
    assert 418 not in others
    assert requests[expected]() == 418


def test_a_request_is_matched_by_the_id_in_its_path() -> None:
    task = "6f1e2c1a-0000-4000-8000-000000000001"
    head = BEGIN_OF_FILE.replace("{count: 1, server: two}", f"{{count: 1, server: one, id: {task}}}")
    mock = ScenarioMock(
        f"  - {{match: {{operation: updateTask, id: {task}}}, do: [{{respond: {{status: 418}}}}]}}", head
    )
    assert mock.update(mock.group_ids("first")[0], "queued")[0] == 200
    assert mock.update(task.upper(), "queued")[0] == 418


def test_calls_chooses_among_the_matching_requests() -> None:
    mock = ScenarioMock("  - {match: {query: {page: 2}, calls: 2..3}, do: [{respond: {status: 503}}]}")
    pages = [mock.send("GET", f"/tasks?page={page}")[0] for page in (2, 1, 2, 2, 1, 2)]
    assert pages == [200, 200, 503, 503, 200, 200]


def test_the_effect_of_a_change_is_applied_after_the_request() -> None:
    mock = ScenarioMock("  - {change: {status: running, group: first, calls: 2}, do: [cancel-tasks: this]}")
    mock.director.world.change_task(
        mock.director.world.task(mock.group_ids("second")[0]), {"status": "pending"}
    )
    mock.update(mock.group_ids("second")[0], "running")
    one, two, three = mock.group_ids("first")
    assert mock.update(one, "running") == (200, {"success": True, "data": {"updated": True, "link_id": one}})
    assert mock.update(two, "running")[0] == 200
    mock.update(three, "running")
    assert mock.statuses("first") == ["running", "canceled", "running"]


def test_each_item_of_a_bulk_update_is_a_change() -> None:
    mock = ScenarioMock(
        "  - change: {status: completed, was: running, calls: 2..}\n"
        "    do: [{set-server: {name: two, status: offline}}]"
    )
    items = [
        {"link_id": task_id, "status": "completed"}
        for task_id in (*mock.group_ids("second"), mock.group_ids("first")[0])
    ]
    mock.send("PUT", "/tasks/bulk", {"items": items})
    assert mock.events == ["set-server two"]


def test_a_change_by_the_scenario_is_not_a_trigger() -> None:
    mock = ScenarioMock(
        "  - {call: 1, do: [{change-tasks: {tasks: {group: first}, set: {status: running}}}]}\n"
        "  - {change: {status: running, calls: 1..}, do: [clear-faults]}"
    )
    mock.list_status()
    mock.list_status()
    assert mock.events == ["change-tasks status"]


def test_a_state_trigger_happens_at_once_and_only_once() -> None:
    mock = ScenarioMock(
        "  - {state: {status: [completed, failed], count: 2, group: first}, do: [{revoke-key: one}]}"
    )
    one, two, _ = mock.group_ids("first")
    mock.update(mock.group_ids("second")[0], "completed")
    assert [mock.update(one, "completed")[0], mock.update(two, "failed")[0], mock.list_status()] == [
        200,
        200,
        401,
    ]
    assert mock.events == ["revoke-key one"]


def test_a_happening_can_wait_for_another_one_by_its_name() -> None:
    mock = ScenarioMock(
        "  - {after: {seconds: 2s, of: started}, do: [{revoke-key: two}]}\n"
        "  - {name: started, call: {number: 1, of: heartbeat}, do: [{revoke-key: one}]}"
    )
    clock = mock.director.world.clock
    mock.list_status()
    clock.advance(10)
    mock.send("POST", "/health", {})
    clock.advance(1.9)
    mock.list_status()
    assert mock.events == ["revoke-key one"]
    clock.advance(0.1)
    mock.list_status()
    assert mock.events == ["revoke-key one", "revoke-key two"]


# Effects


def test_a_scenario_answers_a_request_and_the_world_does_not_change() -> None:
    mock = ScenarioMock(
        '  - {call: 1, do: [{respond: {status: 200, headers: {X-Seen: "yes"}, body: {success: true}}}]}'
    )
    task = mock.group_ids("first")[0]
    assert mock.update(task, "completed") == (200, {"success": True})
    assert mock.statuses("first")[0] == "pending"
    (exchange,) = mock.director.world.journal
    assert (exchange.status, exchange.why) == (200, "the scenario answered")
    assert dict(exchange.answer_headers) == {
        "content-type": "application/json",
        "content-length": "16",
        "x-seen": "yes",
    }


@pytest.mark.parametrize(
    ("answer", "content_type", "body"),
    [
        ("status: 502, text: <html>", "text/plain; charset=utf-8", b"<html>"),
        ("status: 502, text: <html>, headers: {content-type: text/html}", "text/html", b"<html>"),
        ("status: 404", None, b""),
        ("status: 204", None, b""),
        ("status: 200, body: [], headers: {Content-Type: text/json}", "text/json", b"[]"),
    ],
)
def test_an_answer_has_the_body_and_content_type_of_the_scenario(
    answer: str, content_type: str | None, body: bytes
) -> None:
    mock = ScenarioMock(f"  - {{call: 1, do: [{{respond: {{{answer}}}}}]}}")
    mock.list_status()
    (exchange,) = mock.director.world.journal
    headers = dict(exchange.answer_headers)
    assert (headers.get("content-type"), exchange.answer_body) == (content_type, body)
    assert ("content-length" in headers) == (exchange.status != 204)


def test_a_scenario_can_answer_an_unknown_path() -> None:
    mock = ScenarioMock("  - {call: 1, do: [{respond: {status: 418}}]}")
    assert mock.send("GET", "/nothing")[0] == 418


def test_a_replaced_key_is_refused_and_the_new_one_is_accepted() -> None:
    mock = ScenarioMock("  - {call: 2, do: [{replace-key: {server: one, key: key-new}}]}")
    assert [mock.list_status(key="key-new"), mock.list_status(), mock.list_status(key="key-new")] == [
        401,
        401,
        200,
    ]


def test_a_future_key_belongs_to_its_world_from_the_start() -> None:
    mock = ScenarioMock("  - {call: 1, do: [{replace-key: one}]}")
    other = replace(mock.scenario, world=parse_world(b"servers: [one, two]", name="x.yaml"))
    mock.worlds.add("w2", WorldBuilder(other))
    (key,) = [
        known_key
        for known_key in mock.director.world.key_ring.all_keys()
        if known_key.endswith("next-key-default")
    ]
    assert mock.worlds.director_for_key(key) is mock.director
    mock.list_status()
    assert mock.list_status(key=key) == 200


def test_a_scenario_can_change_tasks_against_the_status_flow() -> None:
    fields = "status: failed, retry_count: 3, service_type: video, config: '{}', note: late"
    mock = ScenarioMock(
        f"  - {{call: 2, do: [{{change-tasks: {{tasks: {{group: second}}, set: {{{fields}}}}}}}]}}"
    )
    before = mock.list_status()
    _, page = mock.send("GET", "/tasks?status=failed&service_type=video")
    assert before == 200
    assert [task["id"] for task in page["data"]] == mock.group_ids("second")
    assert {task["retry_count"] for task in page["data"]} == {3}
    assert mock.director.world.tasks[mock.group_ids("second")[0]].note == "late"
    _, all_tasks = mock.send("GET", "/tasks?status=pending,running,failed")
    assert (all_tasks["total"], len(all_tasks["data"])) == (5, 5)


SELECTIONS = [
    ("all", [3, 2, 1]),
    ("{group: first}", [3, 0, 0]),
    ("{group: first, first: 2}", [2, 0, 0]),
    ("{group: first, share: 0.5}", [2, 0, 0]),
    ("{share: 0}", [0, 0, 0]),
    ("{status: running}", [0, 2, 0]),
    ("{status: [running, pending], first: 4}", [3, 1, 0]),
    ("{server: two}", [0, 0, 1]),
]


@pytest.mark.parametrize(("selection", "canceled"), SELECTIONS)
def test_tasks_are_selected_by_their_fields(selection: str, canceled: list[int]) -> None:
    mock = ScenarioMock(f"  - {{call: 1, do: [{{cancel-tasks: {selection}}}]}}")
    mock.list_status()
    tasks = list(mock.director.world.tasks.values())
    groups = (tasks[:3], tasks[3:5], tasks[5:])
    assert [sum(task.status == "canceled" for task in group) for group in groups] == canceled


def test_first_selects_the_first_tasks_in_list_order() -> None:
    head = BEGIN_OF_FILE.replace("world:", "world:\n  dialect: {list-order: newest-first}")
    mock = ScenarioMock("  - {call: 2, do: [{cancel-tasks: {group: first, first: 1}}]}", head)
    _, page = mock.send("GET", "/tasks")
    mock.list_status()
    assert mock.director.world.tasks[page["data"][0]["id"]].status == "canceled"
    assert mock.statuses("first").count("canceled") == 1


def test_this_selects_all_tasks_that_a_request_names() -> None:
    mock = ScenarioMock(
        "  - call: {number: 1.., of: [bulkUpdateTasks, updateLink]}\n"
        "    do: [{reassign-tasks: {tasks: this, to: two}}]"
    )
    one, two, three = mock.group_ids("first")
    _, answer = mock.send(
        "PUT", "/tasks/bulk", {"items": [{"link_id": task_id, "status": "queued"} for task_id in (one, two)]}
    )
    assert [result.get("error") for result in answer["results"]] == ["not_your_task"] * 2
    assert mock.send("POST", "/callback/link/update", {"link_id": three, "status": "queued"})[0] == 403
    assert mock.list_status() == 200


def test_new_tasks_belong_to_their_group() -> None:
    mock = ScenarioMock(
        "  - call: 1\n"
        "    do: [{add-tasks: {count: 2, server: one, group: late, request: Campaign B, account: hoa123}}]\n"
        "  - {state: {status: completed, count: 2, group: late}, do: [{revoke-key: two}]}"
    )
    _, page = mock.send("GET", "/tasks")
    late = page["data"][-2:]
    assert [task["id"] for task in late] == mock.group_ids("late")
    assert {(task["request_name"], task["username"]) for task in late} == {("Campaign B", "hoa123")}
    for task in late:
        mock.update(task["id"], "completed")
    assert mock.events[-1] == "revoke-key two"


def test_a_removed_task_is_unknown() -> None:
    mock = ScenarioMock(
        "  - {call: 1, do: [{remove-tasks: {group: second}}]}\n"
        "  - {state: {status: completed, group: second}, do: [{revoke-key: one}]}"
    )
    removed = mock.group_ids("second")
    assert [mock.update(task_id, "completed")[0] for task_id in removed] == [404, 404]
    _, page = mock.send("GET", "/tasks?status=running")
    assert (page["data"], mock.group_ids("second"), mock.list_status()) == ([], [], 200)
    items = [{"link_id": removed[0], "status": "completed"}]
    _, answer = mock.send("PUT", "/tasks/bulk", {"items": items})
    assert answer["results"][0]["error"] == "not_found"


def test_not_reached_names_happenings_and_faults() -> None:
    mock = ScenarioMock(
        "  - {call: 1, do: [{add-fault: {fault: status, operation: heartbeat}}]}\n"
        "  - {match: {operation: bulkUpdateTasks}, do: [{revoke-key: one}]}"
    )
    mock.list_status()
    assert mock.director.not_reached() == (
        "never happened: revoke-key one (match bulkUpdateTasks)",
        "never applied: the fault status",
    )
    mock.send("POST", "/health", {})
    mock.send("PUT", "/tasks/bulk", {})
    assert mock.director.not_reached() == ()


def test_requests_and_accounts_get_another_status() -> None:
    mock = ScenarioMock(
        "  - call: 1\n"
        "    do:\n"
        "      - set-request: {name: Campaign B, status: closed}\n"
        "      - set-account: {name: an123, status: banned}"
    )
    mock.list_status()
    world = mock.director.world
    assert [request.status for request in world.requests.values()] == [
        "running",
        "closed",
        "running",
        "running",
    ]
    assert [account.username for account in world.accounts.values() if account.status == "banned"] == [
        "an123"
    ]


def test_an_advanced_clock_makes_effects_due() -> None:
    mock = ScenarioMock("  - {call: 2, do: [{advance-clock: 1h}]}\n  - {after: 59m, do: [{revoke-key: one}]}")
    assert [mock.list_status(), mock.list_status()] == [200, 401]
    assert mock.director.world.clock.now() == mock.director.world.clock.begin + 3600


# The world


def test_a_world_begins_with_the_content_of_its_plan() -> None:
    head = """
title: A scenario
about: What happens.
world:
  clock: 2030-01-01T00:00:00Z
  dialect: {last-cursor: absent, retry: automatic}
  servers: [one]
  requests: [{name: Spring, website: https://spring.example, auction_price: 5, status: closed}]
  accounts: [{username: an, email: an@mail.example, password: secret, about: Me, status: banned}]
  tasks: [{count: 1, server: one, request: Spring, account: an}]
"""
    mock = ScenarioMock("", head)
    _, page = mock.send("GET", "/tasks", key="one-key")
    (task,) = page["data"]
    values = [
        task[name] for name in ("request_name", "request_website", "auction_price", "email", "password")
    ]
    assert values == ["Spring", "https://spring.example", 5, "an@mail.example", "secret"]
    assert "next_cursor" not in page
    assert task["created_at"] == "2029-12-31T23:59:59Z"
    assert {**dict(mock.director.world.dialect), "retry": ""} != dict(mock.director.world.dialect)


def test_a_given_dialect_overrides_choices_of_the_scenario() -> None:
    head = BEGIN_OF_FILE.replace("world:", "world:\n  dialect: {retry: automatic, last-cursor: id}").replace(
        "when:", ""
    )
    scenario = parse(head.encode(), name="a-scenario.yaml")
    world = WorldBuilder(scenario, dialect=dialect_of({"last-cursor": "absent"}))("w1").world
    assert (world.dialect["retry"], world.dialect["last-cursor"]) == ("automatic", "absent")


def test_a_scenario_cannot_run_on_a_world_without_its_servers() -> None:
    mock = ScenarioMock("  - {call: 1, do: [{revoke-key: two}]}")
    with pytest.raises(MissingEntityError, match="no two among its servers, but the scenario uses it"):
        WorldBuilder(mock.scenario, parse_world(b"servers: [one]", name="x.yaml"))("w1")


# Snapshots


ALL_TRIGGERS = """
  - {name: late, call: 4.., do: [{respond: {status: 503}}]}
  - {match: {operation: listTasks, calls: 2}, do: [{add-tasks: {count: 1, server: one, group: late}}]}
  - {change: {status: running, calls: 2}, do: [{cancel-tasks: this}]}
  - {state: {status: canceled, count: 1}, do: [{replace-key: two}]}
  - {after: {seconds: 5s, of: late}, do: [{revoke-key: one}]}
"""


@pytest.mark.parametrize("restore_before", range(8))
def test_a_scenario_continues_after_a_restore_without_a_difference(restore_before: int) -> None:
    def run_scenario(restore_before: int | None) -> tuple[Any, ...]:
        mock = ScenarioMock(ALL_TRIGGERS)
        one, two, _ = mock.group_ids("first")
        steps: list[Any] = [
            lambda: mock.list_status(),
            lambda: mock.update(one, "running"),
            lambda: mock.update(two, "running"),
            lambda: mock.list_status(),
            lambda: mock.list_status(),
            lambda: mock.director.world.clock.advance(5),
            lambda: mock.list_status(),
            lambda: mock.list_status(key="key-two"),
        ]
        results = []
        for number, step in enumerate(steps):
            if number == restore_before:
                mock.restore_snapshot()
            results.append(step())
        return results, mock.events, mock.director.tracker.state, json.dumps(mock.director.groups)

    assert run_scenario(restore_before) == run_scenario(None)
