from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.world.new_task import FIELDS, SERVICE_TYPES, create_task
from workerkit.mockserver.world.refusal import InvalidRequestError, NotFoundError, RefusalError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import EXAMPLE_TIME, WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT
from workerkit.openapi.spec.api import worker_api

STATUSES = ("pending", "queued", "running", "completed", "failed", "canceled")
UNKNOWN = "00000000-0000-4000-8000-000000000000"
TEXTS = st.text(max_size=6)
COUNTS = st.integers(0, 10)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": st.uuids().map(str),
    "server": st.sampled_from(["server-01", "server-02", "server-03"]),
    "service_type": TEXTS,
    "site_id": st.uuids().map(str),
    "site_name": TEXTS,
    "status": st.sampled_from(STATUSES),
    "config": TEXTS,
    "details": st.none() | TEXTS | st.lists(st.integers()),
    "retry_count": COUNTS,
    "max_retries": COUNTS,
    "link_profile": TEXTS,
    "link_post": TEXTS,
    "error_message": TEXTS,
    "note": TEXTS,
    "is_indexed": st.booleans(),
    "email": TEXTS,
    "username": TEXTS,
    "password": TEXTS,
    "about": TEXTS,
    "request_name": TEXTS,
    "request_website": TEXTS,
    "type_request": TEXTS,
    "auction_price": st.integers(0, 1000),
}
GIVEN = st.fixed_dictionaries({}, optional=VALUES)


def new_world() -> World:
    return WorldBuilder(seed=1, timer=lambda: 0.0, with_tasks=False)(DEFAULT).world


def contents(world: World) -> tuple[Any, ...]:
    kinds = (world.tasks, world.requests, world.accounts, world.servers)
    return (
        *([entity.as_json() for entity in entities.values()] for entities in kinds),
        world.random.getstate(),
    )


@settings(deadline=None)
@given(fields=GIVEN)
def test_a_task_has_the_fields_that_were_given(fields: dict[str, Any]) -> None:
    world = new_world()
    task = create_task(world, fields)
    task_json = task.as_json()
    assert {name: task_json[name] for name in fields} == fields
    assert world.own_task(world.server(task.server), task.id) is task


@settings(deadline=None)
@given(fields=GIVEN)
def test_each_new_task_is_listed_as_the_spec_describes(fields: dict[str, Any]) -> None:
    validator = worker_api().document.validator({"$ref": "#/components/schemas/Task"})
    assert list(validator.iter_errors(create_task(new_world(), fields).list_item())) == []


def test_the_request_and_the_account_can_be_chosen() -> None:
    world = new_world()
    for request, account in zip(world.requests.values(), world.accounts.values(), strict=False):
        task = create_task(world, {"request_id": request.id, "account_id": account.id})
        assert (task.request, task.account) == (request, account)


def test_these_are_all_fields() -> None:
    assert {*VALUES, "request_id", "account_id"} == FIELDS


def test_missing_fields_are_filled_in() -> None:
    world = new_world()
    task = create_task(world, {})
    assert (task.server, task.status, task.created_at) == ("server-01", "pending", EXAMPLE_TIME)
    assert task.service_type in SERVICE_TYPES
    assert task.request in world.requests.values()
    assert task.account in world.accounts.values()
    assert (task.retry_count, task.max_retries, task.config) == (0, 3, "{}")
    assert (task.link_profile, task.link_post, task.started_at, task.completed_at) == ("", "", None, None)


def test_tasks_are_listed_in_the_order_of_their_creation() -> None:
    world = new_world()
    tasks = [create_task(world, {}) for _ in range(5)]
    assert world.backlog(world.server("server-01")).page(STATUSES, None, skip=0, limit=9) == tasks


def test_a_given_creation_time_does_not_change_the_list_order() -> None:
    world = new_world()
    first, second = create_task(world, {}), create_task(world, {}, created_at=5.0)
    assert (second.created_at, first.place < second.place) == (5.0, True)


# Own copies of requests and accounts


def test_a_request_field_creates_a_copy_of_the_request() -> None:
    world = new_world()
    known = dict(world.requests)
    original = next(iter(known.values()))
    original.created_links = 7
    task = create_task(world, {"request_id": original.id, "request_name": "Mine"})
    assert task.request.id not in known
    assert world.requests == {**known, task.request.id: task.request}
    assert (task.request.name, task.request.website, task.request.created_links) == (
        "Mine",
        original.website,
        0,
    )
    assert (original.name, original.created_links) == ("Campaign A", 7)


def test_an_account_field_creates_a_copy_of_the_account() -> None:
    world = new_world()
    known = dict(world.accounts)
    original = next(iter(known.values()))
    task = create_task(world, {"account_id": original.id, "password": "mine"})
    assert world.accounts == {**known, task.account.id: task.account}
    assert (task.account.password, task.account.email) == ("mine", original.email)
    assert original.password != "mine"


# Fields of earlier statuses


@pytest.mark.parametrize("status", STATUSES)
def test_a_new_task_has_the_fields_of_earlier_statuses(status: str) -> None:
    task = create_task(new_world(), {"status": status})
    started, completed = status in ("running", "completed", "failed"), status == "completed"
    assert (task.started_at is not None) == started
    assert (task.completed_at is not None) == completed
    assert bool(task.link_profile) == completed
    assert bool(task.error_message) == (status == "failed")


def test_given_fields_are_not_replaced() -> None:
    assert create_task(new_world(), {"status": "completed", "link_profile": ""}).link_profile == ""
    assert (
        create_task(new_world(), {"status": "failed", "error_message": "Site down"}).error_message
        == "Site down"
    )


# Refused fields

REFUSED: list[tuple[dict[str, Any], type[RefusalError], str]] = [
    ({"sttus": "pending"}, InvalidRequestError, 'a task has no field sttus (did you mean "status"?)'),
    ({"created_at": 1.0}, InvalidRequestError, "a task has no field created_at"),
    ({"status": "done"}, InvalidRequestError, "status: "),
    ({"id": "x"}, InvalidRequestError, "id: "),
    ({"id": 5}, InvalidRequestError, "id: "),
    ({"retry_count": -1}, InvalidRequestError, "retry_count: "),
    ({"config": {}}, InvalidRequestError, "config: "),
    ({"password": None}, InvalidRequestError, "password: "),
    ({"auction_price": "100"}, InvalidRequestError, "auction_price: "),
    ({"server": "server-09"}, NotFoundError, "there is no server server-09"),
    ({"request_id": UNKNOWN}, NotFoundError, f"there is no request {UNKNOWN}"),
    ({"account_id": UNKNOWN}, NotFoundError, f"there is no account {UNKNOWN}"),
    ({"request_name": "Mine", "account_id": UNKNOWN}, NotFoundError, f"there is no account {UNKNOWN}"),
    ({"password": "mine", "request_id": UNKNOWN}, NotFoundError, f"there is no request {UNKNOWN}"),
]


@pytest.mark.parametrize(("fields", "refusal", "why"), REFUSED)
def test_a_refused_task_does_not_change_the_world(
    fields: dict[str, Any], refusal: type[RefusalError], why: str
) -> None:
    world = new_world()
    before = contents(world)
    with pytest.raises(refusal) as caught:
        create_task(world, fields)
    assert why in caught.value.why
    assert contents(world) == before


def test_an_id_is_unique_in_upper_and_lower_case() -> None:
    world = new_world()
    task = create_task(world, {"id": "6F1E2C1A-3B4D-4E5F-8A6B-7C8D9E0F1A2B"})
    for spelling in (task.id, task.id.upper()):
        assert world.task(spelling) is task
        with pytest.raises(InvalidRequestError, match="already"):
            create_task(world, {"id": spelling})
    assert len(world.tasks) == 1
