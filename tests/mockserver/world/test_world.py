from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.world.entities import Server, Task
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.refusal import NotFoundError, NotYourTaskError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT

BEGIN = 1_764_583_200.0
STATUSES = ("pending", "queued", "running", "completed", "failed", "canceled")
UNKNOWN = "00000000-0000-4000-8000-000000000000"
TEXTS = st.text(max_size=5)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(STATUSES),
        "link_profile": TEXTS,
        "link_post": TEXTS,
        "error_message": TEXTS,
        "note": TEXTS,
        "is_indexed": st.booleans(),
    },
)


def new_world(*, tasks: bool = False) -> World:
    """A world with the three default servers and a clock that does not run."""
    return WorldBuilder(seed=1, timer=lambda: 0.0, with_tasks=tasks)(DEFAULT).world


def add_task(world: World, **fields: Any) -> Task:
    return create_task(world, {"server": "server-01", **fields})


def tasks_of(world: World, name: str) -> list[Task]:
    return world.backlog(world.server(name)).page(STATUSES, None, skip=0, limit=10_000)


@pytest.fixture
def empty() -> World:
    return new_world()


@pytest.fixture
def first(empty: World) -> Server:
    return empty.server("server-01")


@pytest.fixture
def second(empty: World) -> Server:
    return empty.server("server-02")


# Servers


def test_the_message_for_an_unknown_server_names_the_known_servers(empty: World) -> None:
    with pytest.raises(
        NotFoundError, match="there is no server server-9; there are server-01, server-02, server-03"
    ):
        empty.server("server-9")


def test_an_added_server_has_its_own_backlog(empty: World) -> None:
    server = empty.add_server("new", "online", ["new-key"])
    task = add_task(empty, server="new")
    assert (tasks_of(empty, "new"), tasks_of(empty, "server-01")) == ([task], [])
    assert empty.key_ring.server_for("new-key") is server


def test_heartbeats_are_merged(empty: World, first: Server, second: Server) -> None:
    empty.store_heartbeat(first, {"cpu_usage": 1.0, "ip": "10.0.0.1"})
    empty.clock.advance(30)
    empty.store_heartbeat(first, {"cpu_usage": 2.0, "active_tasks": 3})
    assert first.heartbeat == {"cpu_usage": 2.0, "ip": "10.0.0.1", "active_tasks": 3}
    assert first.heartbeat_at == BEGIN + 30
    assert (second.heartbeat, second.heartbeat_at) == (None, None)


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers()), min_size=1))
def test_the_last_value_of_each_metric_is_kept(heartbeats: list[dict[str, int]]) -> None:
    world = new_world()
    server = world.server("server-01")
    for heartbeat in heartbeats:
        world.store_heartbeat(server, heartbeat)
    assert server.heartbeat == {name: value for heartbeat in heartbeats for name, value in heartbeat.items()}


# Logs


def test_logs_are_kept_in_order_with_server_and_time(empty: World, first: Server, second: Server) -> None:
    assert empty.store_logs(first, [{"message": "a"}, {"message": "b"}]) == 2
    empty.clock.advance(1)
    assert empty.store_logs(second, [{"message": "c"}]) == 1
    assert [entry.as_json() for entry in empty.logs] == [
        {"message": "a", "server": "server-01", "at": "2025-12-01T10:00:00Z"},
        {"message": "b", "server": "server-01", "at": "2025-12-01T10:00:00Z"},
        {"message": "c", "server": "server-02", "at": "2025-12-01T10:00:01Z"},
    ]


def test_an_entry_cannot_replace_its_server_or_time(empty: World, first: Server) -> None:
    empty.store_logs(first, [{"message": "a", "server": "server-02", "at": 5}])
    log_json = empty.logs[0].as_json()
    assert (log_json["server"], log_json["at"]) == ("server-01", "2025-12-01T10:00:00Z")


# The server of a task


def test_a_task_is_found_by_its_id_in_any_case(empty: World, first: Server) -> None:
    task = add_task(empty)
    assert (
        empty.task(task.id) is empty.task(task.id.upper()) is empty.own_task(first, task.id.upper()) is task
    )


def test_an_unknown_task_is_not_found(empty: World, first: Server) -> None:
    with pytest.raises(NotFoundError, match=UNKNOWN):
        empty.own_task(first, UNKNOWN)


def test_a_task_of_another_server_is_refused(empty: World, first: Server, second: Server) -> None:
    task = add_task(empty)
    assert empty.own_task(first, task.id) is task
    with pytest.raises(NotYourTaskError, match="is assigned to server-01, not to server-02"):
        empty.own_task(second, task.id)


def test_a_reassigned_task_changes_its_server_and_keeps_its_place(
    empty: World, first: Server, second: Server
) -> None:
    mine, moved, theirs = add_task(empty), add_task(empty), add_task(empty, server="server-02")
    empty.reassign(moved, second)
    assert empty.own_task(second, moved.id) is moved
    with pytest.raises(NotYourTaskError):
        empty.own_task(first, moved.id)
    assert (tasks_of(empty, "server-01"), tasks_of(empty, "server-02")) == ([mine], [moved, theirs])


# Changes of a task


@settings(deadline=None)
@given(fields=CHANGES)
def test_a_change_sets_only_the_given_fields(fields: dict[str, Any]) -> None:
    world = new_world()
    task, other = add_task(world), add_task(world)
    before, other_before = task.as_json(), other.as_json()
    world.change_task(task, {**fields, "password": "x", "id": UNKNOWN})
    after = task.as_json()
    changed = {name for name in after if after[name] != before[name]}
    assert {name: after[name] for name in fields} == fields
    assert changed <= {*fields, "started_at", "completed_at"}
    assert other.as_json() == other_before


@settings(deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 3), CHANGES), max_size=12))
def test_a_task_is_always_listed_once_with_its_status(changes: list[tuple[int, dict[str, Any]]]) -> None:
    world = new_world()
    tasks = [add_task(world) for _ in range(4)]
    server = world.server("server-01")
    for number, fields in changes:
        world.change_task(tasks[number], fields)
        for status in STATUSES:
            found = world.backlog(server).page([status], None, skip=0, limit=10)
            assert found == [task for task in tasks if task.status == status]


def test_started_at_is_set_when_a_task_is_running(empty: World) -> None:
    task = add_task(empty)
    began = []
    for status in ("queued", "running", "running", "completed"):
        empty.change_task(task, {"status": status})
        began.append(task.started_at)
        empty.clock.advance(5)
    assert began == [None, BEGIN + 5, BEGIN + 5, BEGIN + 5]
    assert task.completed_at == BEGIN + 15


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "completed"])
def test_only_a_completed_task_has_completed_at(empty: World, status: str) -> None:
    task = add_task(empty)
    empty.change_task(task, {"status": "completed"})
    assert task.completed_at == BEGIN
    empty.change_task(task, {"status": status})
    assert task.completed_at is None


def test_a_second_completion_keeps_completed_at(empty: World) -> None:
    task = add_task(empty)
    empty.complete_task(task, {})
    empty.clock.advance(5)
    empty.complete_task(task, {"link_post": "https://p"})
    assert (task.completed_at, task.link_post) == (BEGIN, "https://p")


@pytest.mark.parametrize("status", STATUSES)
def test_a_retry_is_counted_when_a_failed_task_is_pending_again(empty: World, status: str) -> None:
    task = add_task(empty, status="failed", retry_count=1)
    empty.change_task(task, {"status": status})
    assert task.retry_count == (2 if status == "pending" else 1)


# Completion


def test_a_completion_is_counted_on_the_request_of_the_task(empty: World) -> None:
    task = add_task(empty)
    others = [request for request in empty.requests.values() if request is not task.request]
    empty.complete_task(task, {"link_profile": "https://u"})
    assert (task.status, task.link_profile, task.request.created_links) == ("completed", "https://u", 1)
    assert [request.created_links for request in others] == [0, 0, 0]


def test_several_completions_count_once(empty: World) -> None:
    task = add_task(empty)
    for _ in range(3):
        empty.complete_task(task, {})
    assert task.request.created_links == 1


def test_a_completion_counts_again_after_another_status(empty: World) -> None:
    task = add_task(empty)
    empty.complete_task(task, {})
    empty.change_task(task, {"status": "running"})
    empty.complete_task(task, {})
    assert task.request.created_links == 2


def test_a_change_to_completed_is_not_counted(empty: World) -> None:
    task = add_task(empty)
    empty.change_task(task, {"status": "completed"})
    assert task.request.created_links == 0
    empty.complete_task(task, {})
    assert task.request.created_links == 1


@settings(deadline=None)
@given(numbers=st.lists(st.integers(0, 5), max_size=20))
def test_a_request_counts_each_of_its_completed_tasks_once(numbers: list[int]) -> None:
    world = new_world()
    tasks = [add_task(world) for _ in range(6)]
    for number in numbers:
        world.complete_task(tasks[number], {})
    for request in world.requests.values():
        own = {number for number in numbers if tasks[number].request is request}
        assert request.created_links == len(own)


# Requests and accounts


@pytest.mark.parametrize("kind", ["request", "account"])
def test_an_entity_is_related_while_a_task_of_the_server_belongs_to_it(
    empty: World, first: Server, second: Server, kind: str
) -> None:
    task = add_task(empty)
    other_task = add_task(empty, request_id=task.request.id, account_id=task.account.id)
    entity = task.request if kind == "request" else task.account
    assert empty.related_entity(first, kind, entity.id) is entity
    assert empty.related_entity(first, kind, entity.id.upper()) is entity
    with pytest.raises(NotYourTaskError):
        empty.related_entity(second, kind, entity.id)
    empty.reassign(task, second)
    assert (
        empty.related_entity(first, kind, entity.id)
        is empty.related_entity(second, kind, entity.id)
        is entity
    )
    empty.reassign(other_task, second)
    with pytest.raises(NotYourTaskError):
        empty.related_entity(first, kind, entity.id)


@pytest.mark.parametrize("status", STATUSES)
def test_a_task_with_any_status_makes_its_request_related(empty: World, first: Server, status: str) -> None:
    task = add_task(empty)
    empty.change_task(task, {"status": status})
    assert empty.related_entity(first, "request", task.request.id) is task.request


def test_a_request_is_not_an_account(empty: World, first: Server) -> None:
    task = add_task(empty)
    for kind, entity_id in (("account", task.request.id), ("request", task.account.id), ("request", UNKNOWN)):
        with pytest.raises(NotFoundError):
            empty.related_entity(first, kind, entity_id)


@settings(deadline=None)
@given(moves=st.lists(st.tuples(st.integers(0, 7), st.integers(1, 3)), max_size=15))
def test_relations_change_with_reassigned_tasks(moves: list[tuple[int, int]]) -> None:
    world = new_world()
    tasks = [add_task(world) for _ in range(8)]
    for number, target in moves:
        world.reassign(tasks[number], world.server(f"server-0{target}"))
    for server in world.servers.values():
        own = [task for task in tasks if task.server == server.name]
        assert tasks_of(world, server.name) == own
        for request in world.requests.values():
            if any(task.request is request for task in own):
                assert world.related_entity(server, "request", request.id) is request
            else:
                with pytest.raises(NotYourTaskError):
                    world.related_entity(server, "request", request.id)


# Refused calls


def test_a_refused_call_does_not_change_the_world(empty: World, second: Server) -> None:
    task = add_task(empty)
    before = copy.deepcopy((empty.tasks, empty.requests, empty.accounts, empty.servers))
    for refused_call in (
        lambda: empty.own_task(second, task.id),
        lambda: empty.related_entity(second, "request", task.request.id),
        lambda: empty.related_entity(second, "account", UNKNOWN),
        lambda: empty.task(UNKNOWN),
    ):
        with pytest.raises((NotFoundError, NotYourTaskError)):
            refused_call()
    assert (empty.tasks, empty.requests, empty.accounts, empty.servers) == before
