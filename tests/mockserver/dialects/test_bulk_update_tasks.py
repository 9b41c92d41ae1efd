"""PUT /tasks/bulk: what each value of its silences changes."""

from __future__ import annotations

from tests.mockserver.dialects.dialect_client import (
    MALFORMED,
    UNKNOWN,
    DialectClient,
    Json,
    JsonAnswer,
    OpenClient,
)
from tests.mockserver.dialects.examples import ExampleFunction, Examples

EXAMPLES = Examples()
example = EXAMPLES.add


@example("bulk-empty", "reject")
def _(client: DialectClient) -> None:
    assert client.bulk_update().status == 400


@example("bulk-empty", "accept")
def _(client: DialectClient) -> None:
    assert client.bulk_update() == JsonAnswer(200, {"total": 0, "success": 0, "failed": 0, "results": []})


FLAWED_ITEMS: tuple[Json, ...] = ({"status": "nonsense"}, {"note": 5}, {"is_indexed": "yes"})


@example("bulk-bad-item", "whole")
def _(client: DialectClient) -> None:
    good, bad = client.add_task(), client.add_task()
    for flaw in FLAWED_ITEMS:
        items = [{"link_id": good["id"], "status": "queued"}, {"link_id": bad["id"], **flaw}]
        assert client.bulk_update(*items).status == 400
    assert (client.current_task(good), client.current_task(bad)) == (good, bad)


@example("bulk-bad-item", "item")
def _(client: DialectClient) -> None:
    bad = client.add_task()
    for flaw in FLAWED_ITEMS:
        good = client.add_task()
        items = [
            {"link_id": bad["id"], **flaw, "link_post": "x"},
            {"link_id": good["id"], "status": "queued"},
        ]
        assert client.bulk_update(*items).body == {
            "total": 2,
            "success": 1,
            "failed": 1,
            "results": [
                {"link_id": bad["id"], "success": False, "error": "bad_request"},
                {"link_id": good["id"], "success": True},
            ],
        }
        assert (client.current_task(good)["status"], client.current_task(bad)) == ("queued", bad)
    assert client.bulk_update({"status": "queued"}).status == 400


def bulk_update_with_duplicate(client: DialectClient) -> tuple[JsonAnswer, Json]:
    """Sends a batch that contains a task twice, once with its id in capitals.

    Returns the answer and the task after the update.
    """
    task = client.add_task()
    item = {"link_id": task["id"], "status": "running", "note": "one"}
    return client.bulk_update(item, {"link_id": task["id"].upper(), "status": "failed"}), client.current_task(
        task
    )


@example("bulk-duplicate", "each")
def _(client: DialectClient) -> None:
    answer, task = bulk_update_with_duplicate(client)
    assert (answer.status, answer.body["success"]) == (200, 2)
    assert [result["link_id"] for result in answer.body["results"]] == [task["id"]] * 2
    assert (task["status"], task["note"]) == ("failed", "one")


@example("bulk-duplicate", "reject")
def _(client: DialectClient) -> None:
    answer, task = bulk_update_with_duplicate(client)
    assert (answer.status, task["status"], task["note"]) == (400, "pending", None)


def unknown_task_has_code(code: str) -> ExampleFunction:
    def check(client: DialectClient) -> None:
        own, foreign = client.add_task()["id"], client.add_foreign_task()["id"]
        batch = client.bulk_update(
            *({"link_id": link_id, "note": "x"} for link_id in (UNKNOWN, own, foreign))
        )
        assert batch.body["results"] == [
            {"link_id": UNKNOWN, "success": False, "error": code},
            {"link_id": own, "success": True},
            {"link_id": foreign, "success": False, "error": "not_your_task"},
        ]

    return check


for _code in ("not_found", "task_not_found", "link_not_found"):
    example("bulk-missing-code", _code)(unknown_task_has_code(_code))


def test_an_item_with_a_malformed_id_does_not_stop_the_other_items(open_client: OpenClient) -> None:
    with open_client({"bulk-bad-item": "item", "malformed-id": "not-found"}) as client:
        own = client.add_task()["id"]
        batch = client.bulk_update({"link_id": MALFORMED}, {"link_id": own, "status": "queued"})
        assert [result["success"] for result in batch.body["results"]] == [False, True]
