"""PUT /tasks/:id: what each value of its silences changes."""

from __future__ import annotations

from itertools import product

from tests.mockserver.dialects.dialect_client import STATUSES, DialectClient, listed_ids
from tests.mockserver.dialects.examples import Examples

EXAMPLES = Examples()
example = EXAMPLES.add


FLOW = {
    ("pending", "queued"),
    ("queued", "running"),
    ("running", "completed"),
    ("running", "failed"),
    ("running", "canceled"),
    ("failed", "pending"),
}


def accepted_steps(client: DialectClient) -> set[tuple[str, str]]:
    """The pairs of statuses (from, to) between which an update can change a task."""
    steps = [(one, other) for one, other in product(STATUSES, STATUSES) if one != other]
    tasks = {step: client.add_task(status=step[0]) for step in steps}
    answers = {step: client.update_task(tasks[step], {"status": step[1]}).status for step in steps}
    assert all(client.current_task(tasks[step])["status"] == step[answers[step] == 200] for step in steps)
    return {step for step in steps if answers[step] == 200}


@example("transitions", "lenient")
def _(client: DialectClient) -> None:
    assert len(accepted_steps(client)) == 30


@example("transitions", "strict")
def _(client: DialectClient) -> None:
    assert accepted_steps(client) == FLOW
    for status in STATUSES:
        assert (
            client.update_task(client.add_task(status=status), {"status": status, "note": "x"}).status == 200
        )


def refused_steps(client: DialectClient) -> tuple[set[int], str]:
    """Tries steps that the status flow does not allow, with all operations.

    Returns the statuses of the answers, and the error code in a bulk answer.
    """
    done = client.add_task(status="completed")
    waiting = client.add_task(status="pending")
    answers = [
        client.update_task(done, {"status": "pending"}),
        client.post("/callback/link/update", {"link_id": done["id"], "status": "running"}),
        client.post("/callback/link/complete", {"link_id": waiting["id"]}),
    ]
    batch = client.bulk_update({"link_id": done["id"], "status": "failed"}, {"link_id": waiting["id"]})
    assert (batch.body["success"], batch.body["failed"]) == (1, 1)
    assert [client.current_task(task) for task in (done, waiting)] == [done, waiting]
    return {answer.status for answer in answers}, batch.body["results"][0]["error"]


@example("refused-transition", "400")
def _(client: DialectClient) -> None:
    assert refused_steps(client) == ({400}, "bad_request")


@example("refused-transition", "409")
def _(client: DialectClient) -> None:
    assert refused_steps(client) == ({409}, "conflict")


@example("retry", "manual")
def _(client: DialectClient) -> None:
    task = client.add_task(status="running")
    client.update_task(task, {"status": "failed"})
    assert client.current_task(task)["status"] == "failed"


@example("retry", "automatic")
def _(client: DialectClient) -> None:
    task, spent = client.add_task(status="running"), client.add_task(status="running", retry_count=3)
    for failing in (task, spent):
        assert (
            client.update_task(failing, {"status": "failed", "error_message": "Captcha failed"}).status == 200
        )
    assert (client.current_task(task)["status"], client.current_task(spent)["status"]) == (
        "pending",
        "failed",
    )
    assert listed_ids(client.list_tasks("status=pending")) == [task["id"]]


def retry_counts(client: DialectClient) -> list[int]:
    """The `retry_count` of a task while it is running, then failed, then pending again."""
    task = client.add_task(status="running")
    counts = [task["retry_count"]]
    for status in ("failed", "pending"):
        client.update_task(task, {"status": status})
        (listed,) = client.list_tasks(f"status={status}").body["data"]
        counts.append(listed["retry_count"])
    return counts


@example("retry-count", "on-requeue")
def _(client: DialectClient) -> None:
    assert retry_counts(client) == [0, 0, 1]


@example("retry-count", "on-failure")
def _(client: DialectClient) -> None:
    assert retry_counts(client) == [0, 1, 1]


@example("retry-count", "never")
def _(client: DialectClient) -> None:
    assert retry_counts(client) == [0, 0, 0]
