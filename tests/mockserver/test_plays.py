"""What a scenario's triggers and effects do to a world, as its requests see it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from workerkit.mockserver.http.headers import header_set
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.snapshot import restored, snapshot
from workerkit.mockserver.worlds.world_builder import WorldBuilder, WorldLacksError
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.formats.strict_json import parse as parse_json
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.scenarios.loading.loader import parse, parse_world

Json = dict[str, Any]
BASE = "/api/v1/worker"
HEAD = """
title: A play
about: What happens.
world:
  servers: [{name: one, key: key-one}, {name: two, key: key-two}]
  tasks:
    - {count: 3, server: one, group: first}
    - {count: 2, server: one, group: second, status: running}
    - {count: 1, server: two}
when:
"""


class Play:
    """A scenario on a mock without a socket, whose clock stands but for what is advanced."""

    def __init__(self, when: str, head: str = HEAD) -> None:
        self.worlds = Worlds()
        self.scenario = parse((head + when).encode(), name="a-play.yaml")
        self.worlds.add(DEFAULT, WorldBuilder(self.scenario, seed=1, timer=lambda: 0.0))
        self.app = WorkerApp(self.worlds)

    @property
    def director(self) -> Director:
        return self.worlds.director(DEFAULT)

    def send(self, method: str, path: str, body: Any = None, key: str = "key-one") -> tuple[int, Any]:
        headers = header_set([(b"x-api-key", key.encode())])
        text = b"" if body is None else render(body)
        path, _, query = path.partition("?")
        answer = self.app.answer(Request(method, BASE + path, query, headers, text, oversize=False))
        is_json = header_set(answer.headers).is_json and answer.body
        return answer.status, parse_json(answer.body) if is_json else None

    def look(self, **more: Any) -> int:
        return self.send("GET", "/tasks", **more)[0]

    def update(self, task_id: str, status: str, **more: Any) -> tuple[int, Any]:
        return self.send("PUT", f"/tasks/{task_id}", {"status": status}, **more)

    def ids(self, group: str) -> list[str]:
        return list(self.director.groups[group])

    def statuses(self, group: str) -> list[str]:
        return [self.director.world.tasks[each].status for each in self.ids(group)]

    @property
    def events(self) -> list[str]:
        return [f"{event.kind} {event.subject}" for event in self.director.events]

    def restart(self) -> None:
        """Takes a snapshot over the wire and goes on from it."""
        taken = parse_json(render(snapshot(self.director)))
        self.worlds.restore(DEFAULT, restored(self.director, taken))


# Triggers


def test_a_span_of_calls_happens_at_each_of_them() -> None:
    play = Play("  - {call: 2..3, do: [{respond: {status: 503}}]}")
    assert [play.look() for _ in range(4)] == [200, 503, 503, 200]


def test_calls_of_several_operations_count_together() -> None:
    play = Play("  - {call: {number: 3, of: [updateTask, listTasks]}, do: [{respond: {status: 503}}]}")
    (task, *_), seen = play.ids("first"), []
    seen = [play.look(), play.send("POST", "/health", {})[0], play.update(task, "queued")[0], play.look()]
    assert seen == [200, 200, 200, 503]


MATCHES = [
    ("operation: listTasks", 0),
    ("server: two", 1),
    ("query: {page: 2}", 2),
    ("body: {status: failed}", 3),
    ("{operation: updateTask, body: {error_message: Captcha}}", 3),
    ("group: second", 4),
    ("{operation: bulkUpdateTasks, group: second}", 4),
]


@pytest.mark.parametrize(("described", "wanted"), MATCHES)
def test_a_request_is_matched_by_what_it_says(described: str, wanted: int) -> None:
    whole = described if described.startswith("{") else f"{{{described}}}"
    play = Play(f"  - {{match: {whole}, do: [{{respond: {{status: 418}}}}]}}")
    task, other = play.ids("first")[0], play.ids("second")[0]
    failed = {"status": "failed", "error_message": "Captcha", "note": "n"}
    requests: list[Any] = [
        lambda: play.look(),
        lambda: play.look(key="key-two"),
        lambda: play.send("GET", "/tasks?page=2&limit=1")[0],
        lambda: play.send("PUT", f"/tasks/{task}", failed)[0],
        lambda: play.send("PUT", "/tasks/bulk", {"items": [{"link_id": other.upper(), "status": "failed"}]})[
            0
        ],
    ]
    others = [each() for index, each in enumerate(requests) if index != wanted and (wanted or index > 2)]
    assert 418 not in others
    assert requests[wanted]() == 418


def test_a_request_is_matched_by_the_id_in_its_path() -> None:
    task = "6f1e2c1a-0000-4000-8000-000000000001"
    head = HEAD.replace("{count: 1, server: two}", f"{{count: 1, server: one, id: {task}}}")
    play = Play(
        f"  - {{match: {{operation: updateTask, id: {task}}}, do: [{{respond: {{status: 418}}}}]}}", head
    )
    assert play.update(play.ids("first")[0], "queued")[0] == 200
    assert play.update(task.upper(), "queued")[0] == 418


def test_which_of_the_matching_requests_is_said_by_calls() -> None:
    play = Play("  - {match: {query: {page: 2}, calls: 2..3}, do: [{respond: {status: 503}}]}")
    pages = [play.send("GET", f"/tasks?page={page}")[0] for page in (2, 1, 2, 2, 1, 2)]
    assert pages == [200, 200, 503, 503, 200, 200]


def test_a_change_of_a_task_is_felt_after_its_answer() -> None:
    play = Play("  - {change: {status: running, group: first, calls: 2}, do: [cancel-tasks: this]}")
    play.director.world.change_task(play.director.world.task(play.ids("second")[0]), {"status": "pending"})
    play.update(play.ids("second")[0], "running")
    one, two, three = play.ids("first")
    assert play.update(one, "running") == (200, {"success": True, "data": {"updated": True, "link_id": one}})
    assert play.update(two, "running")[0] == 200
    play.update(three, "running")
    assert play.statuses("first") == ["running", "canceled", "running"]


def test_each_item_of_a_bulk_update_is_a_change() -> None:
    play = Play(
        "  - change: {status: completed, was: running, calls: 2..}\n"
        "    do: [{set-server: {name: two, status: offline}}]"
    )
    items = [{"link_id": each, "status": "completed"} for each in (*play.ids("second"), play.ids("first")[0])]
    play.send("PUT", "/tasks/bulk", {"items": items})
    assert play.events == ["set-server two"]


def test_what_the_scenario_changes_itself_is_no_workers_change() -> None:
    play = Play(
        "  - {call: 1, do: [{change-tasks: {tasks: {group: first}, set: {status: running}}}]}\n"
        "  - {change: {status: running, calls: 1..}, do: [clear-faults]}"
    )
    play.look()
    play.look()
    assert play.events == ["change-tasks status"]


def test_a_state_is_felt_as_soon_as_it_is_reached_and_once() -> None:
    play = Play("  - {state: {status: [completed, failed], count: 2, group: first}, do: [{revoke-key: one}]}")
    one, two, _ = play.ids("first")
    play.update(play.ids("second")[0], "completed")
    assert [play.update(one, "completed")[0], play.update(two, "failed")[0], play.look()] == [200, 200, 401]
    assert play.events == ["revoke-key one"]


def test_a_happening_waits_for_another_by_its_name() -> None:
    play = Play(
        "  - {after: {seconds: 2s, of: begun}, do: [{revoke-key: two}]}\n"
        "  - {name: begun, call: {number: 1, of: heartbeat}, do: [{revoke-key: one}]}"
    )
    clock = play.director.world.clock
    play.look()
    clock.advance(10)
    play.send("POST", "/health", {})
    clock.advance(1.9)
    play.look()
    assert play.events == ["revoke-key one"]
    clock.advance(0.1)
    play.look()
    assert play.events == ["revoke-key one", "revoke-key two"]


# Effects


def test_a_scenario_answers_a_request_and_nothing_is_applied() -> None:
    play = Play(
        '  - {call: 1, do: [{respond: {status: 200, headers: {X-Seen: "yes"}, body: {success: true}}}]}'
    )
    task = play.ids("first")[0]
    assert play.update(task, "completed") == (200, {"success": True})
    assert play.statuses("first")[0] == "pending"
    (exchange,) = play.director.world.journal
    assert (exchange.status, exchange.why) == (200, "the scenario answered")
    assert dict(exchange.answer_headers) == {
        "content-type": "application/json",
        "content-length": "16",
        "x-seen": "yes",
    }


@pytest.mark.parametrize(
    ("answer", "kind", "body"),
    [
        ("status: 502, text: <html>", "text/plain; charset=utf-8", b"<html>"),
        ("status: 502, text: <html>, headers: {content-type: text/html}", "text/html", b"<html>"),
        ("status: 404", None, b""),
        ("status: 204", None, b""),
        ("status: 200, body: [], headers: {Content-Type: text/json}", "text/json", b"[]"),
    ],
)
def test_an_answer_has_the_body_and_type_that_are_written(answer: str, kind: str | None, body: bytes) -> None:
    play = Play(f"  - {{call: 1, do: [{{respond: {{{answer}}}}}]}}")
    play.look()
    (exchange,) = play.director.world.journal
    headers = dict(exchange.answer_headers)
    assert (headers.get("content-type"), exchange.answer_body) == (kind, body)
    assert ("content-length" in headers) == (exchange.status != 204)


def test_a_path_that_is_no_operations_can_be_answered_too() -> None:
    play = Play("  - {call: 1, do: [{respond: {status: 418}}]}")
    assert play.send("GET", "/nothing")[0] == 418


def test_a_replaced_key_is_refused_and_the_new_one_taken() -> None:
    play = Play("  - {call: 2, do: [{replace-key: {server: one, key: key-new}}]}")
    assert [play.look(key="key-new"), play.look(), play.look(key="key-new")] == [401, 401, 200]


def test_a_replaced_key_belongs_to_its_world_from_the_start() -> None:
    play = Play("  - {call: 1, do: [{replace-key: one}]}")
    other = replace(play.scenario, world=parse_world(b"servers: [one, two]", name="x.yaml"))
    play.worlds.add("w2", WorldBuilder(other))
    (key,) = [
        known_key for known_key in play.director.world.known_keys() if known_key.endswith("next-key-default")
    ]
    assert play.worlds.owner(key) is play.director
    play.look()
    assert play.look(key=key) == 200


def test_tasks_change_whatever_the_flow_says() -> None:
    fields = "status: failed, retry_count: 3, service_type: video, config: '{}', note: late"
    play = Play(f"  - {{call: 2, do: [{{change-tasks: {{tasks: {{group: second}}, set: {{{fields}}}}}}}]}}")
    before = play.look()
    _, page = play.send("GET", "/tasks?status=failed&service_type=video")
    assert before == 200
    assert [task["id"] for task in page["data"]] == play.ids("second")
    assert {task["retry_count"] for task in page["data"]} == {3}
    assert play.director.world.tasks[play.ids("second")[0]].note == "late"
    _, all_of_them = play.send("GET", "/tasks?status=pending,running,failed")
    assert (all_of_them["total"], len(all_of_them["data"])) == (5, 5)


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
def test_tasks_are_selected_by_what_they_are(selection: str, canceled: list[int]) -> None:
    play = Play(f"  - {{call: 1, do: [{{cancel-tasks: {selection}}}]}}")
    play.look()
    tasks = list(play.director.world.tasks.values())
    shares = (tasks[:3], tasks[3:5], tasks[5:])
    assert [sum(task.status == "canceled" for task in share) for share in shares] == canceled


def test_the_first_tasks_are_the_first_of_the_list() -> None:
    head = HEAD.replace("world:", "world:\n  dialect: {list-order: newest-first}")
    play = Play("  - {call: 2, do: [{cancel-tasks: {group: first, first: 1}}]}", head)
    _, page = play.send("GET", "/tasks")
    play.look()
    assert play.director.world.tasks[page["data"][0]["id"]].status == "canceled"
    assert play.statuses("first").count("canceled") == 1


def test_this_is_every_task_that_a_request_names() -> None:
    play = Play(
        "  - call: {number: 1.., of: [bulkUpdateTasks, updateLink]}\n"
        "    do: [{reassign-tasks: {tasks: this, to: two}}]"
    )
    one, two, three = play.ids("first")
    _, answer = play.send(
        "PUT", "/tasks/bulk", {"items": [{"link_id": each, "status": "queued"} for each in (one, two)]}
    )
    assert [result.get("error") for result in answer["results"]] == ["not_your_task"] * 2
    assert play.send("POST", "/callback/link/update", {"link_id": three, "status": "queued"})[0] == 403
    assert play.look() == 200


def test_new_tasks_come_in_with_their_group() -> None:
    play = Play(
        "  - call: 1\n"
        "    do: [{add-tasks: {count: 2, server: one, group: late, request: Campaign B, account: hoa123}}]\n"
        "  - {state: {status: completed, count: 2, group: late}, do: [{revoke-key: two}]}"
    )
    _, page = play.send("GET", "/tasks")
    late = page["data"][-2:]
    assert [task["id"] for task in late] == play.ids("late")
    assert {(task["request_name"], task["username"]) for task in late} == {("Campaign B", "hoa123")}
    for task in late:
        play.update(task["id"], "completed")
    assert play.events[-1] == "revoke-key two"


def test_a_task_that_was_deleted_is_unknown() -> None:
    play = Play(
        "  - {call: 1, do: [{remove-tasks: {group: second}}]}\n"
        "  - {state: {status: completed, group: second}, do: [{revoke-key: one}]}"
    )
    gone = play.ids("second")
    assert [play.update(each, "completed")[0] for each in gone] == [404, 404]
    _, page = play.send("GET", "/tasks?status=running")
    assert (page["data"], play.ids("second"), play.look()) == ([], [], 200)
    items = [{"link_id": gone[0], "status": "completed"}]
    _, answer = play.send("PUT", "/tasks/bulk", {"items": items})
    assert answer["results"][0]["error"] == "not_found"


def test_what_was_never_felt_is_told() -> None:
    play = Play(
        "  - {call: 1, do: [{add-fault: {fault: status, operation: heartbeat}}]}\n"
        "  - {match: {operation: bulkUpdateTasks}, do: [{revoke-key: one}]}"
    )
    play.look()
    assert play.director.unfelt() == (
        "never happened: match bulkUpdateTasks",
        "struck nothing: status",
    )
    play.send("POST", "/health", {})
    play.send("PUT", "/tasks/bulk", {})
    assert play.director.unfelt() == ()


def test_requests_and_accounts_get_another_status() -> None:
    play = Play(
        "  - call: 1\n"
        "    do:\n"
        "      - set-request: {name: Campaign B, status: closed}\n"
        "      - set-account: {name: an123, status: banned}"
    )
    play.look()
    world = play.director.world
    assert [request.status for request in world.requests.values()] == [
        "running",
        "closed",
        "running",
        "running",
    ]
    assert [account.username for account in world.accounts.values() if account.status == "banned"] == [
        "an123"
    ]


def test_time_that_passes_at_once_brings_what_waits_for_it() -> None:
    play = Play("  - {call: 2, do: [{advance-clock: 1h}]}\n  - {after: 59m, do: [{revoke-key: one}]}")
    assert [play.look(), play.look()] == [200, 401]
    assert play.director.world.clock.now() == play.director.world.clock.begin + 3600


# The world


def test_a_world_begins_as_its_plan_says() -> None:
    head = """
title: A play
about: What happens.
world:
  clock: 2030-01-01T00:00:00Z
  dialect: {last-cursor: absent, retry: automatic}
  servers: [one]
  requests: [{name: Spring, website: https://spring.example, auction_price: 5, status: closed}]
  accounts: [{username: an, email: an@mail.example, password: secret, about: Me, status: banned}]
  tasks: [{count: 1, server: one, request: Spring, account: an}]
"""
    play = Play("", head)
    _, page = play.send("GET", "/tasks", key="one-key")
    (task,) = page["data"]
    shown = [task[name] for name in ("request_name", "request_website", "auction_price", "email", "password")]
    assert shown == ["Spring", "https://spring.example", 5, "an@mail.example", "secret"]
    assert "next_cursor" not in page
    assert task["created_at"] == "2029-12-31T23:59:59Z"
    assert {**dict(play.director.world.dialect), "retry": ""} != dict(play.director.world.dialect)


def test_a_dialect_beside_a_scenario_changes_what_it_names() -> None:
    head = HEAD.replace("world:", "world:\n  dialect: {retry: automatic, last-cursor: id}").replace(
        "when:", ""
    )
    scenario = parse(head.encode(), name="a-play.yaml")
    world = WorldBuilder(scenario, dialect=dialect_of({"last-cursor": "absent"}))("w1").world
    assert (world.dialect["retry"], world.dialect["last-cursor"]) == ("automatic", "absent")


def test_a_scenario_is_not_played_in_a_world_without_its_servers() -> None:
    play = Play("  - {call: 1, do: [{revoke-key: two}]}")
    with pytest.raises(WorldLacksError, match="no two among its servers, which the scenario speaks of"):
        WorldBuilder(play.scenario, parse_world(b"servers: [one]", name="x.yaml"))("w1")


# Snapshots


WHOLE = """
  - {name: late, call: 4.., do: [{respond: {status: 503}}]}
  - {match: {operation: listTasks, calls: 2}, do: [{add-tasks: {count: 1, server: one, group: late}}]}
  - {change: {status: running, calls: 2}, do: [{cancel-tasks: this}]}
  - {state: {status: canceled, count: 1}, do: [{replace-key: two}]}
  - {after: {seconds: 5s, of: late}, do: [{revoke-key: one}]}
"""


@pytest.mark.parametrize("pause", range(8))
def test_a_scenario_goes_on_from_a_snapshot_as_if_nothing_had_been(pause: int) -> None:
    def played(restart_before: int | None) -> tuple[Any, ...]:
        play = Play(WHOLE)
        one, two, _ = play.ids("first")
        steps: list[Any] = [
            lambda: play.look(),
            lambda: play.update(one, "running"),
            lambda: play.update(two, "running"),
            lambda: play.look(),
            lambda: play.look(),
            lambda: play.director.world.clock.advance(5),
            lambda: play.look(),
            lambda: play.look(key="key-two"),
        ]
        seen = []
        for number, step in enumerate(steps):
            if number == restart_before:
                play.restart()
            seen.append(step())
        return seen, play.events, play.director.plot.progress, json.dumps(play.director.groups)

    assert played(pause) == played(None)
