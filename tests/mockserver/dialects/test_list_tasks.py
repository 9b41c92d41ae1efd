"""GET /tasks: what each value of its silences changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mockserver.dialects.dialect_client import UNKNOWN, DialectClient, Json, OpenClient, listed_ids
from tests.mockserver.dialects.examples import Examples

EXAMPLES = Examples()
example = EXAMPLES.add


@example("limit-above-maximum", "reject")
def _(client: DialectClient) -> None:
    client.add_task()
    assert client.list_tasks("limit=1000").body["limit"] == 1000
    for limit in ("1001", "9223372036854775808"):
        assert client.list_tasks(f"limit={limit}").status == 400


@example("limit-above-maximum", "clamp")
def _(client: DialectClient) -> None:
    task = client.add_task()
    for limit in ("1000", "1001", "9223372036854775808"):
        answer = client.list_tasks(f"limit={limit}")
        assert (answer.body["limit"], listed_ids(answer)) == (1000, [task["id"]])
    assert client.list_tasks("limit=many").status == 400


@example("below-minimum", "reject")
def _(client: DialectClient) -> None:
    for query in ("limit=0", "limit=-1", "page=0", "page=-5"):
        assert client.list_tasks(query).status == 400


@example("below-minimum", "default")
def _(client: DialectClient) -> None:
    tasks = [client.add_task()["id"] for _ in range(3)]
    for query in ("limit=0", "limit=-1", "page=0", "page=-5", "page=0&limit=-9"):
        answer = client.list_tasks(query)
        assert (answer.body["limit"], answer.body["page"], listed_ids(answer)) == (100, 1, tasks)
    assert listed_ids(client.list_tasks("limit=1&page=2")) == tasks[1:2]


@example("unknown-status-filter", "reject")
def _(client: DialectClient) -> None:
    for query in ("status=nonsense", "status=pending,nonsense", "status="):
        assert client.list_tasks(query).status == 400


@example("unknown-status-filter", "empty")
def _(client: DialectClient) -> None:
    task = client.add_task()
    for query in ("status=nonsense", "status="):
        answer = client.list_tasks(query)
        assert (listed_ids(answer), answer.body["total"], answer.body["next_cursor"]) == ([], 0, None)
    assert listed_ids(client.list_tasks("status=nonsense,pending")) == [task["id"]]


@example("unknown-cursor", "empty")
def _(client: DialectClient) -> None:
    client.add_task()
    answer = client.list_tasks(f"after={UNKNOWN}")
    assert (listed_ids(answer), answer.body["total"], answer.body["next_cursor"]) == ([], 1, None)


@example("unknown-cursor", "reject")
def _(client: DialectClient) -> None:
    assert client.list_tasks(f"after={UNKNOWN}").status == 400


@example("unknown-cursor", "not-found")
def _(client: DialectClient) -> None:
    assert client.list_tasks(f"after={UNKNOWN}").status == 404


@example("unknown-cursor", "first-page")
def _(client: DialectClient) -> None:
    tasks = [client.add_task()["id"] for _ in range(3)]
    assert listed_ids(client.list_tasks(f"after={UNKNOWN}&limit=2")) == tasks[:2]
    assert client.list_tasks(f"after={UNKNOWN}&limit=2") == client.list_tasks("limit=2")
    assert listed_ids(client.list_tasks(f"after={UNKNOWN}&limit=2&page=2")) == tasks[:2]


@example("foreign-cursor", "as-unknown")
def _(client: DialectClient) -> None:
    client.add_task()
    assert client.list_tasks(f"after={client.add_foreign_task()['id']}") == client.list_tasks(
        f"after={UNKNOWN}"
    )


@example("foreign-cursor", "position")
def _(client: DialectClient) -> None:
    _, foreign, own = client.add_task(), client.add_foreign_task(), client.add_task()
    client.add_foreign_task()
    assert listed_ids(client.list_tasks(f"after={foreign['id']}")) == [own["id"]]
    assert client.list_tasks(f"after={UNKNOWN}").status == 404


@example("cursor-with-page", "cursor")
def _(client: DialectClient) -> None:
    first, second = client.add_task(), client.add_task()
    assert listed_ids(client.list_tasks(f"after={first['id']}&page=2&limit=1")) == [second["id"]]


@example("cursor-with-page", "reject")
def _(client: DialectClient) -> None:
    first = client.add_task()
    assert client.list_tasks(f"after={first['id']}&page=1").status == 400
    assert client.list_tasks(f"after={first['id']}").status == client.list_tasks("page=1").status == 200


def last_pages(client: DialectClient) -> tuple[list[str], list[Json]]:
    """The ids of three tasks, and four last pages: by cursor, by page number, all tasks on one, and empty."""
    tasks = [client.add_task()["id"] for _ in range(3)]
    first = client.list_tasks("limit=2").body
    assert first["next_cursor"] == tasks[1]
    queries = (f"after={tasks[1]}&limit=2", "page=2&limit=2", "limit=3", f"after={tasks[2]}")
    return tasks, [client.list_tasks(query).body for query in queries]


@example("last-cursor", "null")
def _(client: DialectClient) -> None:
    assert [page["next_cursor"] for page in last_pages(client)[1]] == [None] * 4


@example("last-cursor", "id")
def _(client: DialectClient) -> None:
    tasks, pages = last_pages(client)
    assert [page["next_cursor"] for page in pages] == [tasks[2]] * 3 + [None]


@example("last-cursor", "absent")
def _(client: DialectClient) -> None:
    assert not any("next_cursor" in page for page in last_pages(client)[1])


def pages_with_and_without_after(client: DialectClient) -> tuple[list[str], list[Json]]:
    """The ids of four tasks, and pages with one task: two without `after`, and one with `after`."""
    tasks = [client.add_task()["id"] for _ in range(4)]
    queries = ("limit=1", "page=2&limit=1", f"after={tasks[0]}&limit=1")
    return tasks, [client.list_tasks(query).body for query in queries]


@example("first-cursor", "given")
def _(client: DialectClient) -> None:
    tasks, pages = pages_with_and_without_after(client)
    assert [page["next_cursor"] for page in pages] == [tasks[0], tasks[1], tasks[1]]


@example("first-cursor", "null")
def _(client: DialectClient) -> None:
    tasks, pages = pages_with_and_without_after(client)
    assert [page["next_cursor"] for page in pages] == [None, None, tasks[1]]


@example("first-cursor", "absent")
def _(client: DialectClient) -> None:
    tasks, pages = pages_with_and_without_after(client)
    assert [page.get("next_cursor", "absent") for page in pages] == ["absent", "absent", tasks[1]]


def creation_times_in_list_order(client: DialectClient) -> list[str]:
    """The creation times of three tasks in list order. Both ways to get pages must have the same order."""
    for _ in range(3):
        client.add_task()
        client.advance_clock("10s")
    order = listed_ids(client.list_tasks())
    assert [
        task_id for page in (1, 2, 3) for task_id in listed_ids(client.list_tasks(f"page={page}&limit=1"))
    ] == order
    assert listed_ids(client.list_tasks(f"after={order[0]}")) == order[1:]
    return [task["created_at"] for task in client.list_tasks().body["data"]]


@example("list-order", "oldest-first")
def _(client: DialectClient) -> None:
    times = creation_times_in_list_order(client)
    assert times == sorted(set(times))


@example("list-order", "newest-first")
def _(client: DialectClient) -> None:
    times = creation_times_in_list_order(client)
    assert times == sorted(set(times), reverse=True)


def totals(client: DialectClient) -> list[int]:
    """The totals of four pages of a filtered list: three pages with one task each, then an empty page."""
    tasks = [client.add_task(service_type="entity")["id"] for _ in range(3)]
    client.add_task(service_type="social")
    cursors = ["", *(f"&after={task}" for task in tasks)]
    pages = [client.list_tasks(f"limit=1&service_type=entity{cursor}").body for cursor in cursors]
    return [page["total"] for page in pages]


@example("total-with-cursor", "all")
def _(client: DialectClient) -> None:
    assert totals(client) == [3, 3, 3, 3]


@example("total-with-cursor", "remaining")
def _(client: DialectClient) -> None:
    assert totals(client) == [3, 2, 1, 0]
    assert client.list_tasks(f"after={UNKNOWN}").body["total"] == 0


def statuses_listed_twice(client: DialectClient) -> list[str]:
    """The statuses of a pending, a queued and a failed task, in two equal lists one after the other."""
    for status in ("pending", "queued", "failed"):
        client.add_task(status=status)
    pages = [client.list_tasks("status=pending,queued,failed").body["data"] for _ in range(2)]
    assert [task["status"] for task in client.state()["tasks"]] == [task["status"] for task in pages[1]]
    return [task["status"] for page in pages for task in page]


@example("listing", "reads")
def _(client: DialectClient) -> None:
    assert statuses_listed_twice(client) == ["pending", "queued", "failed"] * 2


@example("listing", "hands-out")
def _(client: DialectClient) -> None:
    assert statuses_listed_twice(client) == ["queued", "queued", "failed"] * 2
    foreign, other = client.add_foreign_task(), client.add_task(service_type="blog")
    handed_out = client.list_tasks("status=pending&service_type=blog")
    assert (listed_ids(handed_out), handed_out.body["data"][0]["status"]) == ([other["id"]], "queued")
    assert client.current_task(foreign)["status"] == "pending"
    kept = client.add_task()
    assert client.list_tasks("status=nonsense").status == 400
    assert client.current_task(kept)["status"] == "pending"


STRANGE_QUERIES = ("colour=red", "limit=5&colour=", "Limit=5", "limit%20=5", "offset=2&offset=3")


@example("unknown-parameter", "ignore")
def _(client: DialectClient) -> None:
    assert {client.list_tasks(query).status for query in STRANGE_QUERIES} == {200}


@example("unknown-parameter", "reject")
def _(client: DialectClient) -> None:
    assert {client.list_tasks(query).status for query in STRANGE_QUERIES} == {400}
    every = f"page=1&limit=5&status=pending&service_type=blog&after={client.add_task()['id']}"
    assert client.list_tasks(every).status == client.list_tasks("").status == 200
    assert client.update_task(f"{client.add_task()['id']}?colour=red", {"note": "x"}).status == 200


def empty_texts_in_list(client: DialectClient) -> list[Any]:
    """The listed values of four empty texts, and of one of them after an update."""
    task = client.add_task(about="", request_website="")
    (listed,) = client.list_tasks().body["data"]
    assert {**listed, **client.current_task(task)} == client.current_task(task), "the world has empty texts"
    assert listed["username"] == task["username"]
    client.update_task(task, {"link_post": "https://post.example"})
    (updated,) = client.list_tasks().body["data"]
    names = ("about", "request_website", "link_profile", "link_post")
    return [*(listed[name] for name in names), updated["link_post"]]


@example("null-in-task", "as-shown")
def _(client: DialectClient) -> None:
    assert empty_texts_in_list(client) == ["", "", "", "", "https://post.example"]


@example("null-in-task", "any")
def _(client: DialectClient) -> None:
    assert empty_texts_in_list(client) == [None, None, None, None, "https://post.example"]


def pages(client: DialectClient, queries: list[str]) -> list[tuple[list[int], int]]:
    """The places of the tasks on each page, and its total. A query `after=-` has the last cursor."""
    ids = [task["id"] for task in client.state()["tasks"]]
    found, cursor = [], ""
    for query in queries:
        answer = client.list_tasks(f"limit=3&{query.replace('-', cursor)}")
        assert {task["status"] for task in answer.body["data"]} <= {"queued"}
        cursor = str(answer.body["next_cursor"])
        found.append(([ids.index(task_id) for task_id in listed_ids(answer)], answer.body["total"]))
    return found


WAITING, PENDING = "status=pending,queued", "status=pending"


@pytest.mark.parametrize(
    ("queries", "expected"),
    [
        (["page=1", "page=2", "page=3"], [([0, 1, 2], 7), ([3, 4, 5], 7), ([6], 7)]),
        (["", "after=-", "after=-"], [([0, 1, 2], 7), ([3, 4, 5], 7), ([6], 7)]),
        ([WAITING, WAITING], [([0, 1, 2], 7), ([0, 1, 2], 7)]),
        (
            [PENDING, f"{PENDING}&after=-", f"{PENDING}&after=-"],
            [([0, 1, 2], 7), ([3, 4, 5], 4), ([6], 1)],
        ),
        (
            [f"{PENDING}&page=1", f"{PENDING}&page=2", f"{PENDING}&page=3"],
            [([0, 1, 2], 7), ([6], 4), ([], 3)],
        ),
        ([PENDING] * 4, [([0, 1, 2], 7), ([3, 4, 5], 4), ([6], 1), ([], 0)]),
    ],
)
def test_pages_of_a_list_that_hands_out(
    open_client: OpenClient, queries: list[str], expected: list[tuple[list[int], int]]
) -> None:
    with open_client({"listing": "hands-out"}) as client:
        for _ in range(7):
            client.add_task()
        assert pages(client, queries) == expected
