"""The model: which tasks it can have, what it expects in lists, and how updates change it."""

from __future__ import annotations

from typing import Any

import pytest

from workerkit.contracts.generated.model import OTHER, OWN, CannotModelError, Model
from workerkit.mockserver.world.refusal import NotFoundError
from workerkit.openapi.spec.dialect import dialect_of

REQUEST_ID = "e4c6a8b0-3d5f-4e7a-9b2c-0d1e2f3a4b5c"


def task_id(number: int) -> str:
    return f"6f1e2c1a-3b4d-4e5f-8a6b-{number:012x}"


def listed_task(number: int, **fields: Any) -> dict[str, Any]:
    task = {"id": task_id(number), "request_id": REQUEST_ID, "status": "pending", "service_type": "social"}
    return {**task, "retry_count": 0, "max_retries": 1, **fields}


def model_of(*own: dict[str, Any], other: tuple[dict[str, Any], ...] = (), **choices: str) -> Model:
    return Model(dialect_of({name.replace("_", "-"): value for name, value in choices.items()}), own, other)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"id": "17"}, "a task has the id 17, which is not a UUID"),
        ({"id": None}, "a task has the id None, which is not a UUID"),
        ({"request_id": 5}, "a task has the request_id 5, which is not a UUID"),
        ({"status": "asleep"}, f"the task {task_id(1)} has the unknown status asleep"),
        ({"id": task_id(2)}, f"the lists have the task {task_id(2)} twice"),
    ],
)
def test_a_task_that_no_world_can_have_is_an_error_with_the_reason(
    task: dict[str, Any], message: str
) -> None:
    with pytest.raises(CannotModelError) as error:
        model_of(listed_task(2), listed_task(1, **task))
    assert str(error.value) == message


def test_the_same_task_in_the_lists_of_both_servers_is_an_error() -> None:
    with pytest.raises(CannotModelError, match="twice"):
        model_of(listed_task(1), other=(listed_task(1),))


def test_only_the_own_tasks_are_listed_in_the_order_of_the_target() -> None:
    model = model_of(listed_task(3), listed_task(1), other=(listed_task(2),))
    page = model.expected_page({"status": "pending", "limit": 50, "page": 1})
    assert [task["id"] for task in page["data"]] == [task_id(3), task_id(1)]
    assert page["total"] == 2
    assert (model.task_ids(OWN), model.task_ids(OTHER)) == ({task_id(1), task_id(3)}, {task_id(2)})


def test_a_list_goes_by_its_filters_its_page_and_its_cursor() -> None:
    kinds = ("social", "entity", "social", "social")
    model = model_of(*(listed_task(number, service_type=kind) for number, kind in enumerate(kinds)))

    def ids(**query: str | int) -> list[str]:
        return [task["id"] for task in model.expected_page(query)["data"]]

    assert ids(service_type="social", limit=2, page=2) == [task_id(3)]
    assert ids(service_type="social", limit=1, after=task_id(0)) == [task_id(2)]
    assert ids(status="running") == []


def test_a_list_follows_the_dialect_of_the_target() -> None:
    tasks = (listed_task(1), listed_task(2), listed_task(3))
    page_after_first = {"after": task_id(1)}
    assert model_of(*tasks, total_with_cursor="all").expected_page(page_after_first)["total"] == 3
    assert model_of(*tasks, total_with_cursor="remaining").expected_page(page_after_first)["total"] == 2


def test_an_update_changes_the_task_also_against_the_status_flow() -> None:
    model = model_of(listed_task(1, status="completed"), transitions="strict")
    assert "pending" not in model.flow["completed"]
    model.update(task_id(1), {"status": "pending", "link_post": "https://example.com/post"})
    task = model.task(task_id(1))
    assert (task["status"], task["link_post"]) == ("pending", "https://example.com/post")
    page = model.expected_page({})
    assert [task["id"] for task in page["data"]] == [task_id(1)]


def test_a_failed_task_has_retries_until_the_maximum() -> None:
    with_retries = listed_task(1, status="failed", retry_count=1, max_retries=2)
    without_retries = listed_task(2, status="failed", retry_count=2, max_retries=2)
    of_another_type = listed_task(3, status="failed", retry_count="none", max_retries=None)
    model = model_of(with_retries, without_retries, of_another_type)
    assert [model.has_retries(task_id(number)) for number in (1, 2, 3)] == [True, False, False]


def test_links_that_are_null_in_the_list_are_empty_in_the_model() -> None:
    model = model_of(listed_task(1, link_profile=None, link_post="https://example.com/post"))
    task = model.task(task_id(1))
    assert (task["link_profile"], task["link_post"]) == ("", "https://example.com/post")


def test_ids_are_written_as_in_the_lists() -> None:
    first, second = (listed_task(number, id=task_id(number).upper()) for number in (0xA, 0xB))
    model = model_of(first, second)
    assert model.task(first["id"])["id"] == first["id"]
    assert model.task_ids(OWN) == {first["id"], second["id"]}
    page = model.expected_page({"after": first["id"]})
    assert [task["id"] for task in page["data"]] == [second["id"]]
    with pytest.raises(CannotModelError, match="twice"):
        model_of(first, listed_task(0xA))


def test_a_list_that_hands_out_takes_its_tasks_to_queued() -> None:
    model = model_of(listed_task(1), listed_task(2), listed_task(3, status="failed"), listing="hands-out")
    page = model.expected_page({"status": "pending", "limit": 1})
    assert [(task["id"], task["status"]) for task in page["data"]] == [(task_id(1), "queued")]
    assert [model.task(task_id(number))["status"] for number in (1, 2, 3)] == ["queued", "pending", "failed"]
    model.list_all(OWN)
    assert model.task(task_id(2))["status"] == "queued"
    assert [model.may_be_pending(task_id(number)) for number in (1, 2, 3)] == [False, True, False]


def test_a_task_may_have_no_request_and_no_service_type() -> None:
    model = model_of(listed_task(1, request_id=None, service_type=None))
    assert model.expected_page({"service_type": "social"})["data"] == []
    assert [task["id"] for task in model.expected_page({})["data"]] == [task_id(1)]


def test_an_unknown_id_is_an_error() -> None:
    with pytest.raises(NotFoundError):
        model_of(listed_task(1)).task(task_id(2))
