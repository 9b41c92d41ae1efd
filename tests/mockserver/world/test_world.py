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


def founded(*, tasks: bool = False) -> World:
    """A world of the three default servers whose clock stands."""
    return WorldBuilder(seed=1, timer=lambda: 0.0, tasks=tasks)(DEFAULT).world


def add_task(world: World, **fields: Any) -> Task:
    return create_task(world, {"server": "server-01", **fields})


def listed(world: World, name: str) -> list[Task]:
    return world.backlog(world.server(name)).page(STATUSES, None, skip=0, most=10_000)


@pytest.fixture
def empty() -> World:
    return founded()


@pytest.fixture
def first(empty: World) -> Server:
    return empty.server("server-01")


@pytest.fixture
def second(empty: World) -> Server:
    return empty.server("server-02")


# Keys


def test_a_key_names_its_server(empty: World) -> None:
    for key, name in (
        ("server-01-key", "server-01"),
        ("your-server-key", "server-01"),
        ("server-02-key", "server-02"),
    ):
        assert empty.key_holder(key) is empty.server(name)
        assert empty.key_owner(key) == name


@pytest.mark.parametrize("key", ["", "server-01", "SERVER-01-KEY", "server-01-key "])
def test_what_is_no_key_names_nobody(empty: World, key: str) -> None:
    assert empty.key_holder(key) is None
    assert empty.key_owner(key) is None


def test_the_key_of_an_offline_server_is_its_key_all_the_same(empty: World) -> None:
    holder = empty.key_holder("server-03-key")
    assert holder is not None
    assert holder.status == "offline"


def test_a_revoked_key_is_refused_and_its_owner_still_known(empty: World, first: Server) -> None:
    first.revoked = True
    assert empty.key_holder("server-01-key") is None
    assert empty.key_owner("server-01-key") == "server-01"
    first.revoked = False
    assert empty.key_holder("server-01-key") is first


def test_a_replaced_key_is_refused_and_still_a_secret(empty: World, first: Server) -> None:
    empty.set_keys(first, ["new"])
    assert empty.key_holder("new") is first
    assert empty.key_holder("server-01-key") is None
    assert empty.key_owner("server-01-key") == "server-01"
    assert {"new", "server-01-key", "your-server-key"} <= set(empty.known_keys())


def test_a_key_can_come_back(empty: World, first: Server) -> None:
    empty.set_keys(first, ["new"])
    empty.set_keys(first, ["server-01-key"])
    assert empty.key_holder("server-01-key") is first
    assert empty.key_holder("new") is None


def test_a_key_names_one_server_only(empty: World, first: Server, second: Server) -> None:
    empty.set_keys(second, ["server-01-key"])
    assert empty.key_holder("server-01-key") is second


# Servers


def test_an_unknown_server_is_told_with_the_known_ones(empty: World) -> None:
    with pytest.raises(
        NotFoundError, match="there is no server server-9; there are server-01, server-02, server-03"
    ):
        empty.server("server-9")


def test_a_server_added_has_a_backlog_of_its_own(empty: World) -> None:
    server = empty.add_server("new", "online", ["new-key"])
    task = add_task(empty, server="new")
    assert (listed(empty, "new"), listed(empty, "server-01")) == ([task], [])
    assert empty.key_holder("new-key") is server


def test_heartbeats_are_merged(empty: World, first: Server, second: Server) -> None:
    empty.beat(first, {"cpu_usage": 1.0, "ip": "10.0.0.1"})
    empty.clock.advance(30)
    empty.beat(first, {"cpu_usage": 2.0, "active_tasks": 3})
    assert first.heartbeat == {"cpu_usage": 2.0, "ip": "10.0.0.1", "active_tasks": 3}
    assert first.heartbeat_at == BEGIN + 30
    assert (second.heartbeat, second.heartbeat_at) == (None, None)


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers()), min_size=1))
def test_the_last_value_of_each_metric_stays(beats: list[dict[str, int]]) -> None:
    world = founded()
    server = world.server("server-01")
    for beat in beats:
        world.beat(server, beat)
    assert server.heartbeat == {name: value for beat in beats for name, value in beat.items()}


# Logs


def test_logs_are_kept_in_their_order_with_server_and_time(
    empty: World, first: Server, second: Server
) -> None:
    assert empty.log(first, [{"message": "a"}, {"message": "b"}]) == 2
    empty.clock.advance(1)
    assert empty.log(second, [{"message": "c"}]) == 1
    assert [entry.as_json() for entry in empty.logs] == [
        {"message": "a", "server": "server-01", "at": "2025-12-01T10:00:00Z"},
        {"message": "b", "server": "server-01", "at": "2025-12-01T10:00:00Z"},
        {"message": "c", "server": "server-02", "at": "2025-12-01T10:00:01Z"},
    ]


def test_an_entry_cannot_say_another_server_or_time(empty: World, first: Server) -> None:
    empty.log(first, [{"message": "a", "server": "server-02", "at": 5}])
    shown = empty.logs[0].as_json()
    assert (shown["server"], shown["at"]) == ("server-01", "2025-12-01T10:00:00Z")


# Whose task it is


def test_a_task_is_found_by_its_id_in_any_case(empty: World, first: Server) -> None:
    task = add_task(empty)
    assert (
        empty.task(task.id) is empty.task(task.id.upper()) is empty.own_task(first, task.id.upper()) is task
    )


def test_an_unknown_task_is_not_found(empty: World, first: Server) -> None:
    with pytest.raises(NotFoundError, match=UNKNOWN):
        empty.own_task(first, UNKNOWN)


def test_another_servers_task_is_not_yours(empty: World, first: Server, second: Server) -> None:
    task = add_task(empty)
    assert empty.own_task(first, task.id) is task
    with pytest.raises(NotYourTaskError, match="is assigned to server-01, not to server-02"):
        empty.own_task(second, task.id)


def test_a_reassigned_task_changes_its_owner_and_keeps_its_place(
    empty: World, first: Server, second: Server
) -> None:
    mine, moved, theirs = add_task(empty), add_task(empty), add_task(empty, server="server-02")
    empty.reassign(moved, second)
    assert empty.own_task(second, moved.id) is moved
    with pytest.raises(NotYourTaskError):
        empty.own_task(first, moved.id)
    assert (listed(empty, "server-01"), listed(empty, "server-02")) == ([mine], [moved, theirs])


# What a change does


@settings(deadline=None)
@given(fields=CHANGES)
def test_a_change_touches_the_given_fields_only(fields: dict[str, Any]) -> None:
    world = founded()
    task, other = add_task(world), add_task(world)
    before, bystander = task.as_json(), other.as_json()
    world.change_task(task, {**fields, "password": "x", "id": UNKNOWN})
    after = task.as_json()
    told = {name for name in after if after[name] != before[name]}
    assert {name: after[name] for name in fields} == fields
    assert told <= {*fields, "started_at", "completed_at"}
    assert other.as_json() == bystander


@settings(deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 3), CHANGES), max_size=12))
def test_a_task_is_always_listed_once_under_its_status(changes: list[tuple[int, dict[str, Any]]]) -> None:
    world = founded()
    tasks = [add_task(world) for _ in range(4)]
    server = world.server("server-01")
    for number, fields in changes:
        world.change_task(tasks[number], fields)
        for status in STATUSES:
            found = world.backlog(server).page([status], None, skip=0, most=10)
            assert found == [task for task in tasks if task.status == status]


def test_work_begins_when_a_task_runs(empty: World) -> None:
    task = add_task(empty)
    began = []
    for status in ("queued", "running", "running", "completed"):
        empty.change_task(task, {"status": status})
        began.append(task.started_at)
        empty.clock.advance(5)
    assert began == [None, BEGIN + 5, BEGIN + 5, BEGIN + 5]
    assert task.completed_at == BEGIN + 15


@pytest.mark.parametrize("status", [each for each in STATUSES if each != "completed"])
def test_only_a_completed_task_has_a_time_of_completion(empty: World, status: str) -> None:
    task = add_task(empty)
    empty.change_task(task, {"status": "completed"})
    assert task.completed_at == BEGIN
    empty.change_task(task, {"status": status})
    assert task.completed_at is None


def test_the_first_time_of_completion_stays(empty: World) -> None:
    task = add_task(empty)
    empty.complete(task, {})
    empty.clock.advance(5)
    empty.complete(task, {"link_post": "https://p"})
    assert (task.completed_at, task.link_post) == (BEGIN, "https://p")


@pytest.mark.parametrize("status", STATUSES)
def test_a_retry_counts_when_a_failed_task_is_pending_again(empty: World, status: str) -> None:
    task = add_task(empty, status="failed", retry_count=1)
    empty.change_task(task, {"status": status})
    assert task.retry_count == (2 if status == "pending" else 1)


# Completion


def test_completion_counts_on_the_tasks_request(empty: World) -> None:
    task = add_task(empty)
    others = [request for request in empty.requests.values() if request is not task.request]
    empty.complete(task, {"link_profile": "https://u"})
    assert (task.status, task.link_profile, task.request.created_links) == ("completed", "https://u", 1)
    assert [each.created_links for each in others] == [0, 0, 0]


def test_second_completion_counts_once(empty: World) -> None:
    task = add_task(empty)
    for _ in range(3):
        empty.complete(task, {})
    assert task.request.created_links == 1


def test_completion_counts_again_after_the_task_was_opened_again(empty: World) -> None:
    task = add_task(empty)
    empty.complete(task, {})
    empty.change_task(task, {"status": "running"})
    empty.complete(task, {})
    assert task.request.created_links == 2


def test_a_mere_change_to_completed_counts_nothing(empty: World) -> None:
    task = add_task(empty)
    empty.change_task(task, {"status": "completed"})
    assert task.request.created_links == 0
    empty.complete(task, {})
    assert task.request.created_links == 1


@settings(deadline=None)
@given(numbers=st.lists(st.integers(0, 5), max_size=20))
def test_a_request_counts_each_of_its_completed_tasks_once(numbers: list[int]) -> None:
    world = founded()
    tasks = [add_task(world) for _ in range(6)]
    for number in numbers:
        world.complete(tasks[number], {})
    for request in world.requests.values():
        own = {number for number in numbers if tasks[number].request is request}
        assert request.created_links == len(own)


# Requests and accounts


@pytest.mark.parametrize("kind", ["request", "account"])
def test_an_entity_is_related_as_long_as_one_of_the_servers_tasks_belongs_to_it(
    empty: World, first: Server, second: Server, kind: str
) -> None:
    task = add_task(empty)
    also = add_task(empty, request_id=task.request.id, account_id=task.account.id)
    entity = task.request if kind == "request" else task.account
    assert empty.related(first, kind, entity.id) is entity
    assert empty.related(first, kind, entity.id.upper()) is entity
    with pytest.raises(NotYourTaskError):
        empty.related(second, kind, entity.id)
    empty.reassign(task, second)
    assert empty.related(first, kind, entity.id) is empty.related(second, kind, entity.id) is entity
    empty.reassign(also, second)
    with pytest.raises(NotYourTaskError):
        empty.related(first, kind, entity.id)


@pytest.mark.parametrize("status", STATUSES)
def test_a_task_in_any_status_relates(empty: World, first: Server, status: str) -> None:
    task = add_task(empty)
    empty.change_task(task, {"status": status})
    assert empty.related(first, "request", task.request.id) is task.request


def test_a_request_is_no_account(empty: World, first: Server) -> None:
    task = add_task(empty)
    for kind, entity_id in (("account", task.request.id), ("request", task.account.id), ("request", UNKNOWN)):
        with pytest.raises(NotFoundError):
            empty.related(first, kind, entity_id)


@settings(deadline=None)
@given(moves=st.lists(st.tuples(st.integers(0, 7), st.integers(1, 3)), max_size=15))
def test_relations_follow_the_tasks(moves: list[tuple[int, int]]) -> None:
    world = founded()
    tasks = [add_task(world) for _ in range(8)]
    for number, target in moves:
        world.reassign(tasks[number], world.server(f"server-0{target}"))
    for server in world.servers.values():
        own = [task for task in tasks if task.server == server.name]
        assert listed(world, server.name) == own
        for request in world.requests.values():
            if any(task.request is request for task in own):
                assert world.related(server, "request", request.id) is request
            else:
                with pytest.raises(NotYourTaskError):
                    world.related(server, "request", request.id)


# Refused means unchanged


def test_what_is_refused_leaves_the_world_as_it_was(empty: World, second: Server) -> None:
    task = add_task(empty)
    before = copy.deepcopy((empty.tasks, empty.requests, empty.accounts, empty.servers))
    for refused in (
        lambda: empty.own_task(second, task.id),
        lambda: empty.related(second, "request", task.request.id),
        lambda: empty.related(second, "account", UNKNOWN),
        lambda: empty.task(UNKNOWN),
    ):
        with pytest.raises((NotFoundError, NotYourTaskError)):
            refused()
    assert (empty.tasks, empty.requests, empty.accounts, empty.servers) == before
