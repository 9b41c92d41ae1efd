"""The effects and answers of the operations. Each answer is checked with the spec."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.operations import HANDLERS, check_subject
from workerkit.mockserver.world.refusal import NotFoundError, NotYourTaskError, RefusalError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT
from workerkit.openapi.formats.strict_json import parse, render
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.flaw import FlawError

Json = dict[str, Any]
BEGIN = "2025-12-01T10:00:00Z"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
STATUSES = worker_api().enumeration("TaskStatus")
TEXTS = st.text(max_size=5)
LINKS = {"link_profile": TEXTS, "link_post": TEXTS}
CHANGES = {"status": st.sampled_from(STATUSES), **LINKS, "error_message": TEXTS}
UPDATE = st.fixed_dictionaries({}, optional={**CHANGES, "note": TEXTS, "is_indexed": st.booleans()})
MISSING = st.just(UNKNOWN) | st.uuids(version=4).map(str)


def new_world(*, tasks: bool = False) -> World:
    """A world with the three default servers and a clock that does not run."""
    return WorldBuilder(seed=1, timer=lambda: 0.0, with_tasks=tasks)(DEFAULT).world


def call(
    world: World,
    operation: str,
    body: Any = None,
    *,
    server: str = "server-01",
    query: str = "",
    task: str = "",
) -> Json:
    """Calls an operation. Returns the JSON of the answer. Fails if the spec does not describe the answer."""
    compiled = worker_api().operations[operation]
    parsed = compiled.parse_request({"id": task}, query, b"" if body is None else json.dumps(body).encode())
    answer: Json = parse(render(HANDLERS[operation](world, world.server(server), parsed)))
    flaw = compiled.answer_flaw(200, answer)
    assert flaw is None, flaw
    return answer


def contents(world: World) -> list[Any]:
    kinds = (world.servers, world.tasks, world.requests, world.accounts)
    return [
        *([entity.as_json() for entity in entities.values()] for entities in kinds),
        [log.as_json() for log in world.logs],
    ]


@pytest.fixture
def empty() -> World:
    return new_world()


@pytest.fixture
def tasks(empty: World) -> list[Task]:
    """Three tasks of server-01 and two tasks of server-02."""
    return [create_task(empty, {"server": f"server-0{1 + (number > 2)}"}) for number in range(5)]


def test_every_operation_of_the_spec_has_a_handler() -> None:
    assert HANDLERS.keys() == worker_api().operations.keys()


# Heartbeat


def test_a_heartbeat_is_answered_with_the_server_and_the_time(empty: World) -> None:
    answer = call(empty, "heartbeat", {"server_name": "another", "cpu_usage": 45.5}, server="server-02")
    server = empty.server("server-02")
    assert answer["data"] == {
        "status": "ok",
        "server_id": server.id,
        "server_name": "server-02",
        "server_time": BEGIN,
    }
    assert server.heartbeat == {"server_name": "another", "cpu_usage": 45.5}


def test_a_heartbeat_field_that_the_api_page_does_not_describe_is_ignored(empty: World) -> None:
    call(empty, "heartbeat", {"ip": "10.0.0.1", "colour": "red"})
    assert empty.server("server-01").heartbeat == {"ip": "10.0.0.1"}


def test_the_server_time_is_the_time_of_the_world(empty: World) -> None:
    empty.clock.advance(61)
    assert call(empty, "heartbeat", {})["data"]["server_time"] == "2025-12-01T10:01:01Z"


# The list


@pytest.fixture(scope="module")
def full() -> World:
    """The default world. Tests must not change it."""
    return new_world(tasks=True)


def expected_items(world: World, server: str, statuses: list[str], kind: str | None) -> list[Json]:
    return [
        task.list_item()
        for task in world.tasks.values()
        if task.server == server and task.status in statuses and kind in (None, task.service_type)
    ]


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.lists(st.sampled_from(STATUSES), min_size=1, max_size=7),
        "service_type": st.sampled_from(["entity", "social", "blog", "unknown", ""]),
    },
)
SERVERS = st.sampled_from(["server-01", "server-02", "server-03"])


def query_string(parameters: Json) -> str:
    texts = {
        name: ",".join(value) if isinstance(value, list) else value for name, value in parameters.items()
    }
    return urlencode(texts)


@settings(deadline=None)
@given(server=SERVERS, filters=FILTERS, page=st.integers(1, 9), limit=st.integers(1, 300))
def test_a_page_is_a_part_of_the_filtered_list(
    full: World, server: str, filters: Json, page: int, limit: int
) -> None:
    expected = expected_items(
        full, server, filters.get("status", ["pending", "queued"]), filters.get("service_type")
    )
    answer = call(
        full, "listTasks", server=server, query=query_string({**filters, "page": page, "limit": limit})
    )
    skip = (page - 1) * limit
    assert answer["data"] == expected[skip : skip + limit]
    assert (answer["total"], answer["page"], answer["limit"]) == (len(expected), page, limit)
    more = skip + limit < len(expected)
    assert answer["next_cursor"] == (expected[skip + limit - 1]["id"] if more else None)
    assert (answer["server_id"], answer["server_name"]) == (full.server(server).id, server)


@settings(deadline=None)
@given(server=SERVERS, filters=FILTERS, limit=st.integers(1, 300), data=st.data())
def test_a_page_by_cursor_begins_after_any_task_of_the_server(
    full: World, server: str, filters: Json, limit: int, data: st.DataObject
) -> None:
    own = expected_items(full, server, list(STATUSES), None)
    index = data.draw(st.integers(0, len(own) - 1)) if own else 0
    after = own[index]["id"] if own else UNKNOWN
    statuses, kind = filters.get("status", ["pending", "queued"]), filters.get("service_type")
    following = [
        task
        for task in own[index + 1 :]
        if task["status"] in statuses and kind in (None, task["service_type"])
    ]
    answer = call(
        full, "listTasks", server=server, query=query_string({**filters, "after": after, "limit": limit})
    )
    assert answer["data"] == following[:limit]
    assert answer["next_cursor"] == (following[limit - 1]["id"] if len(following) > limit else None)
    assert answer["total"] == len(expected_items(full, server, statuses, kind))


def all_pages(list_page: Callable[[str | None], Json]) -> list[Json]:
    page = list_page(None)
    found = list(page["data"])
    while page["next_cursor"] is not None:
        page = list_page(page["next_cursor"])
        found += page["data"]
    return found


@settings(max_examples=30, deadline=None)
@given(filters=FILTERS, limit=st.integers(20, 300))
def test_cursors_lead_through_the_complete_list(full: World, filters: Json, limit: int) -> None:
    def list_page(after: str | None) -> Json:
        cursor = {"after": after} if after else {}
        return call(full, "listTasks", query=query_string({**filters, **cursor, "limit": limit}))

    statuses, kind = filters.get("status", ["pending", "queued"]), filters.get("service_type")
    assert all_pages(list_page) == expected_items(full, "server-01", statuses, kind)


@settings(max_examples=40, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, 7), st.sampled_from(STATUSES)), max_size=8),
    limit=st.integers(1, 4),
)
def test_cursors_do_not_repeat_or_skip_unchanged_tasks_while_others_change(
    changes: list[tuple[int, str]], limit: int
) -> None:
    world = new_world()
    tasks = [create_task(world, {}) for _ in range(8)]
    remaining_changes = iter(changes)

    def list_page(after: str | None) -> Json:
        for number, status in islice(remaining_changes, 1 if after else 0):
            call(world, "updateTask", {"status": status}, task=tasks[number].id)
        cursor = {"after": after} if after else {}
        return call(world, "listTasks", query=query_string({**cursor, "limit": limit}))

    found = [task["id"] for task in all_pages(list_page)]
    changed = {tasks[number].id for number, _ in changes}
    assert len(set(found)) == len(found)
    assert {task.id for task in tasks} - changed <= set(found)


def test_the_list_has_pending_and_queued_tasks_by_default(full: World) -> None:
    assert {task["status"] for task in call(full, "listTasks")["data"]} == {"pending", "queued"}


def test_a_cursor_may_be_in_upper_case(full: World) -> None:
    first = call(full, "listTasks", query="limit=1")["next_cursor"]
    lower, upper = (
        call(full, "listTasks", query=f"limit=5&after={cursor}") for cursor in (first, first.upper())
    )
    assert lower == upper


@pytest.mark.parametrize("owner", ["nobody", "server-02"])
def test_a_cursor_of_another_server_lists_nothing(full: World, owner: str) -> None:
    foreign = next((task.id for task in full.tasks.values() if task.server == owner), UNKNOWN)
    answer = call(full, "listTasks", query=f"after={foreign}")
    assert (answer["data"], answer["next_cursor"]) == ([], None)


def test_with_a_cursor_the_page_number_is_ignored(full: World) -> None:
    after = call(full, "listTasks", query="limit=3")["next_cursor"]
    with_page = call(full, "listTasks", query=f"limit=3&after={after}&page=7")
    assert with_page["data"] == call(full, "listTasks", query=f"limit=3&after={after}")["data"]


def test_a_page_beyond_the_last_is_empty(full: World) -> None:
    answer = call(full, "listTasks", query=f"page={2**63 - 1}&limit=1000")
    assert (answer["data"], answer["next_cursor"], answer["page"]) == ([], None, 2**63 - 1)


def test_listing_changes_nothing() -> None:
    world = new_world(tasks=True)
    before = contents(world)
    for query in ("", "page=2", f"after={UNKNOWN}", "status=failed&service_type=entity"):
        call(world, "listTasks", query=query)
    assert contents(world) == before


# One task


@settings(deadline=None)
@given(fields=UPDATE)
def test_an_update_changes_its_fields_and_answers_with_the_id(fields: Json) -> None:
    world = new_world()
    task = create_task(world, {})
    assert call(world, "updateTask", fields, task=task.id.upper()) == {
        "success": True,
        "data": {"updated": True, "link_id": task.id},
    }
    task_json = task.as_json()
    assert {name: task_json[name] for name in fields} == fields


@settings(deadline=None)
@given(fields=UPDATE)
def test_the_second_of_two_equal_updates_changes_nothing(fields: Json) -> None:
    world = new_world()
    task = create_task(world, {})
    call(world, "updateTask", fields, task=task.id)
    once = contents(world)
    call(world, "updateTask", fields, task=task.id)
    assert contents(world) == once


@settings(deadline=None)
@given(fields=UPDATE)
def test_the_callback_changes_the_fields_that_its_api_page_describes(fields: Json) -> None:
    one, other = new_world(), new_world()
    task, same = create_task(one, {}), create_task(other, {})
    answer = call(one, "updateLink", {**fields, "link_id": task.id})
    described = {name: value for name, value in fields.items() if name in CHANGES}
    assert answer == call(other, "updateTask", described, task=same.id)
    assert contents(one) == contents(other)


def test_unknown_fields_of_an_update_are_ignored(empty: World, tasks: list[Task]) -> None:
    before = contents(empty)
    for name in ("id", "server", "password", "retry_count", "created_at", "completed_at", "colour"):
        call(empty, "updateTask", {name: "x"}, task=tasks[0].id)
        call(empty, "updateLink", {name: "x", "link_id": tasks[0].id})
        call(empty, "bulkUpdateTasks", {"items": [{name: "x", "link_id": tasks[0].id}]})
    assert contents(empty) == before


# Many tasks


@settings(max_examples=60, deadline=None)
@given(
    items=st.lists(st.tuples(st.integers(0, 4) | MISSING, UPDATE), min_size=1, max_size=12),
    completed=st.lists(st.integers(0, 2), max_size=3),
)
def test_a_bulk_update_does_the_same_as_single_updates(
    items: list[tuple[int | str, Json]], completed: list[int]
) -> None:
    one, other = new_world(), new_world()
    for world in (one, other):
        ids = [create_task(world, {"server": f"server-0{1 + (number > 2)}"}).id for number in range(5)]
        for number in completed:
            call(world, "completeLink", {"link_id": ids[number]})
    batch = [({"link_id": ids[task] if isinstance(task, int) else task}, fields) for task, fields in items]
    answer = call(one, "bulkUpdateTasks", {"items": [{**link, **fields} for link, fields in batch]})
    assert answer["results"] == [single_result(other, link["link_id"], fields) for link, fields in batch]
    assert contents(one) == contents(other)
    succeeded = sum(result["success"] for result in answer["results"])
    assert (answer["total"], answer["success"]) == (len(items), succeeded)
    assert answer["failed"] == len(items) - succeeded


def single_result(world: World, task: str, fields: Json) -> Json:
    try:
        call(world, "updateTask", fields, task=task)
    except NotYourTaskError:
        return {"link_id": task, "success": False, "error": "not_your_task"}
    except NotFoundError:
        return {"link_id": task, "success": False, "error": "not_found"}
    return {"link_id": task, "success": True}


def test_a_refused_item_does_not_stop_a_bulk_update(empty: World, tasks: list[Task]) -> None:
    ids = [tasks[0].id, tasks[3].id, UNKNOWN, tasks[1].id]
    answer = call(
        empty, "bulkUpdateTasks", {"items": [{"link_id": task_id, "status": "failed"} for task_id in ids]}
    )
    assert answer == {
        "total": 4,
        "success": 2,
        "failed": 2,
        "results": [
            {"link_id": ids[0], "success": True},
            {"link_id": ids[1], "success": False, "error": "not_your_task"},
            {"link_id": ids[2], "success": False, "error": "not_found"},
            {"link_id": ids[3], "success": True},
        ],
    }
    assert [task.status for task in tasks] == ["failed", "failed", "pending", "pending", "pending"]


def test_the_last_item_of_a_task_in_a_batch_wins(empty: World, tasks: list[Task]) -> None:
    items = [{"link_id": tasks[0].id, "note": note} for note in ("a", "b")]
    assert call(empty, "bulkUpdateTasks", {"items": items})["success"] == 2
    assert tasks[0].note == "b"


def test_a_batch_of_five_hundred_is_accepted(empty: World, tasks: list[Task]) -> None:
    items = [{"link_id": tasks[0].id}] * 500
    assert call(empty, "bulkUpdateTasks", {"items": items})["total"] == 500


def test_completing_in_bulk_does_not_count_links(empty: World, tasks: list[Task]) -> None:
    call(empty, "bulkUpdateTasks", {"items": [{"link_id": tasks[0].id, "status": "completed"}]})
    assert (tasks[0].status, tasks[0].request.created_links) == ("completed", 0)


# Completion


def test_two_completions_count_once_and_have_the_same_answer(empty: World, tasks: list[Task]) -> None:
    body = {"link_id": tasks[0].id, "link_profile": "https://u", "link_post": "https://p"}
    first, second = call(empty, "completeLink", body), call(empty, "completeLink", body)
    assert first == second == {"success": True, "data": {"updated": True, "link_id": tasks[0].id}}
    task_json = tasks[0].as_json()
    assert (task_json["status"], task_json["completed_at"]) == ("completed", BEGIN)
    assert (task_json["link_profile"], task_json["link_post"]) == ("https://u", "https://p")
    assert tasks[0].request.created_links == 1


def test_a_completion_without_links_keeps_the_links(empty: World, tasks: list[Task]) -> None:
    call(empty, "updateTask", {"link_profile": "https://u"}, task=tasks[0].id)
    call(empty, "completeLink", {"link_id": tasks[0].id, "status": "failed"})
    assert (tasks[0].link_profile, tasks[0].status) == ("https://u", "completed")


# Logs


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["INFO", "WARN", "ERROR", "DEBUG"]), st.text()), min_size=1, max_size=20
    )
)
def test_logs_are_counted_and_stored_without_changes(entries: list[tuple[str, str]]) -> None:
    world = new_world()
    logs = [{"level": level, "message": message} for level, message in entries]
    assert call(world, "sendLogs", {"logs": logs}, server="server-02") == {
        "success": True,
        "created": len(logs),
    }
    expected = [{**entry, "server": "server-02", "at": BEGIN} for entry in logs]
    assert [entry.as_json() for entry in world.logs] == expected


# Requests and accounts


@settings(deadline=None)
@given(status=st.text())
def test_a_request_and_an_account_accept_any_status(status: str) -> None:
    world = new_world()
    task = create_task(world, {})
    request, account = task.request, task.account
    assert call(world, "setRequestStatus", {"request_id": request.id.upper(), "status": status}) == {
        "success": True,
        "data": {"updated": True, "request_id": request.id},
    }
    assert call(world, "setAccountStatus", {"account_id": account.id, "status": status}) == {
        "success": True,
        "data": {"updated": True, "account_id": account.id},
    }
    assert (request.status, account.status) == (status, status)
    assert [request.status for request in world.requests.values()].count("running") >= 3


# Refused requests


def changes_with_ids(task: Task, task_id: str) -> list[tuple[str, Json, str]]:
    """Requests to all operations that change a task, a customer's request or an account.

    task_id: the id to use. If it is not the id of `task`, the other ids are unknown ids.
    """
    known = task_id == task.id
    return [
        ("updateTask", {"status": "completed"}, task_id),
        ("updateLink", {"link_id": task_id, "status": "completed"}, ""),
        ("completeLink", {"link_id": task_id}, ""),
        ("setRequestStatus", {"request_id": task.request.id if known else UNKNOWN, "status": "x"}, ""),
        ("setAccountStatus", {"account_id": task.account.id if known else UNKNOWN, "status": "x"}, ""),
    ]


@pytest.mark.parametrize(
    ("server", "refusal"), [("server-02", NotYourTaskError), ("server-03", NotYourTaskError)]
)
def test_entities_of_another_server_are_not_changed(
    empty: World, server: str, refusal: type[RefusalError]
) -> None:
    task = create_task(empty, {"server": "server-01"})
    before = contents(empty)
    for operation, body, path_id in changes_with_ids(task, task.id):
        with pytest.raises(refusal):
            call(empty, operation, body, server=server, task=path_id)
    assert contents(empty) == before


def test_unknown_ids_are_not_found(empty: World) -> None:
    task = create_task(empty, {"server": "server-01"})
    before = contents(empty)
    for operation, body, path_id in changes_with_ids(task, UNKNOWN):
        with pytest.raises(NotFoundError):
            call(empty, operation, body, task=path_id)
    assert contents(empty) == before


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("updateTask", {"status": "completed", "note": None}),
        ("updateLink", {"link_id": UNKNOWN, "status": "done"}),
        ("sendLogs", {"logs": [{"level": "INFO", "message": "a"}, {"level": "TRACE", "message": "b"}]}),
        ("heartbeat", {"ip": "10.0.0.1", "cpu_usage": "much"}),
    ],
)
def test_invalid_requests_do_not_change_the_world(empty: World, operation: str, body: Json) -> None:
    task = create_task(empty, {})
    before = contents(empty)
    with pytest.raises(FlawError):
        call(empty, operation, body, task=task.id)
    assert contents(empty) == before


def test_a_batch_with_an_invalid_item_changes_nothing(empty: World, tasks: list[Task]) -> None:
    before = contents(empty)
    items = [{"link_id": tasks[0].id, "status": "failed"}, {"link_id": tasks[1].id, "status": "done"}]
    with pytest.raises(FlawError, match=r"^body/items/1/status"):
        call(empty, "bulkUpdateTasks", {"items": items})
    assert contents(empty) == before


@pytest.mark.parametrize("kind", ["task", "request", "account"])
def test_check_subject_refuses_unknown_and_foreign_entities(
    empty: World, tasks: list[Task], kind: str
) -> None:
    task = tasks[0]
    entity_id = {"task": task.id, "request": task.request.id, "account": task.account.id}[kind]
    check_subject(empty, empty.server("server-01"), kind, entity_id)
    with pytest.raises(NotYourTaskError):
        check_subject(empty, empty.server("server-03"), kind, entity_id)
    with pytest.raises(NotFoundError):
        check_subject(empty, empty.server("server-01"), kind, UNKNOWN)


# Any sequence of requests


REQUESTS = st.one_of(
    st.tuples(st.just("heartbeat"), st.just({"cpu_usage": 1.5})),
    st.tuples(st.just("updateTask"), UPDATE),
    st.tuples(st.just("updateLink"), UPDATE),
    st.tuples(st.just("completeLink"), st.fixed_dictionaries({}, optional=LINKS)),
    st.tuples(st.just("bulkUpdateTasks"), UPDATE),
    st.tuples(st.just("sendLogs"), st.just({"logs": [{"level": "INFO", "message": "m"}]})),
    st.tuples(st.just("setRequestStatus"), st.just({"status": "x"})),
    st.tuples(st.just("setAccountStatus"), st.just({"status": "x"})),
    st.tuples(st.just("listTasks"), st.just({})),
)


def with_ids(operation: str, body: Json, task: Task) -> Json | None:
    match operation:
        case "updateLink" | "completeLink":
            return {**body, "link_id": task.id}
        case "bulkUpdateTasks":
            return {"items": [{**body, "link_id": task.id}]}
        case "setRequestStatus":
            return {**body, "request_id": task.request.id}
        case "setAccountStatus":
            return {**body, "account_id": task.account.id}
        case "listTasks":
            return None
    return body


@settings(max_examples=50, deadline=None)
@given(steps=st.lists(st.tuples(REQUESTS, SERVERS, st.integers(0, 5)), max_size=25))
def test_random_requests_get_valid_answers_and_leave_a_consistent_world(
    steps: list[tuple[tuple[str, Json], str, int]],
) -> None:
    world = new_world()
    tasks = [create_task(world, {"server": f"server-0{1 + number % 2}"}) for number in range(6)]
    for (operation, body), server, number in steps:
        try:
            call(
                world,
                operation,
                with_ids(operation, body, tasks[number]),
                server=server,
                task=tasks[number].id,
            )
        except NotYourTaskError:
            assert tasks[number].server != server
    query = query_string({"status": list(STATUSES), "limit": 1000})
    for server in world.servers:
        assert call(world, "listTasks", server=server, query=query)["data"] == expected_items(
            world, server, list(STATUSES), None
        )
    assert all((task.completed_at is not None) == (task.status == "completed") for task in tasks)
