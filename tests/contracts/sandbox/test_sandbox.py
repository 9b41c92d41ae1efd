"""The sandbox of a plan, found in the lists of a mock with the default world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.fake_clock import FakeClock
from workerkit.contracts.gate.client import Client
from workerkit.contracts.gate.gate import Gate
from workerkit.contracts.sandbox.sandbox import NoSandboxError, Sandbox, find_sandbox, list_all
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.spec.api import worker_api

MakeTarget = Callable[..., Target]
ALL_STATUSES = "pending,queued,running,completed,failed,canceled"
UNKNOWN = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"


def gate_to(target: Target, plan: Plan) -> Gate:
    return Gate(target, plan, worker_api(), clock=FakeClock().run_clock(), watcher=lambda _: None)


def plan_for(*requests: str, tasks: tuple[str, ...] = ()) -> Plan:
    return Plan(writes=Writes.SANDBOX, sandbox_requests=requests, sandbox_tasks=tasks)


def find(target: Target, plan: Plan) -> Sandbox:
    return find_sandbox(Client(gate_to(target, plan), target.api_key), target, plan)


def listed(target: Target, status: str, key: str | None = None) -> list[dict[str, Any]]:
    exchange = Client(gate_to(target, Plan()), target.api_key).get_tasks(key=key, status=status, limit=1000)
    tasks: list[dict[str, Any]] = exchange.answer_json()["data"]
    return tasks


def test_the_sandbox_has_own_and_foreign_tasks_of_the_request(mock_target: MakeTarget) -> None:
    target = mock_target()
    sandbox = find(target, plan_for("Campaign B"))
    assert {task["request_name"] for task in sandbox.tasks} == {"Campaign B"}
    own_ids = {task["id"] for task in listed(target, ALL_STATUSES)}
    foreign_ids = {task["id"] for task in listed(target, ALL_STATUSES, target.other_api_key)}
    assert {task["id"] for task in sandbox.own} <= own_ids
    assert {task["id"] for task in sandbox.foreign} <= foreign_ids
    assert (len(sandbox.own), len(sandbox.foreign)) == (25, 3)
    assert sandbox.requests == ((sandbox.own[0]["request_id"], "Campaign B"),)
    assert sandbox.request_ids == {sandbox.own[0]["request_id"].lower()}


def test_without_a_second_key_the_sandbox_has_no_foreign_tasks(mock_target: MakeTarget) -> None:
    target = Target(mock_target().base_url, "server-01-key")
    assert find(target, plan_for("Campaign B")).foreign == ()


def test_waiting_tasks_come_first_and_generated_requests_get_the_last_four(mock_target: MakeTarget) -> None:
    sandbox = find(mock_target(), plan_for("Campaign A"))
    is_waiting = [task["status"] in ("pending", "queued") for task in sandbox.own]
    assert is_waiting == sorted(is_waiting, reverse=True)
    assert set(is_waiting) == {True, False}
    assert sandbox.generated_ids == {task["id"].lower() for task in sandbox.own[-4:]}
    assert sandbox.ids == {task["id"].lower() for task in (*sandbox.own, *sandbox.foreign)}


def test_a_task_of_the_plan_comes_before_the_tasks_of_a_request(mock_target: MakeTarget) -> None:
    target = mock_target()
    completed = listed(target, "completed")[0]
    sandbox = find(target, plan_for("Campaign A", tasks=(completed["id"].upper(),)))
    assert sandbox.own[0] == completed
    assert len(sandbox.own) == 25


def test_a_single_task_is_the_whole_sandbox(mock_target: MakeTarget) -> None:
    target = mock_target()
    task = listed(target, "queued")[0]
    sandbox = find(target, plan_for(tasks=(task["id"],)))
    assert (sandbox.own, sandbox.foreign, sandbox.requests) == ((task,), (), ())
    assert sandbox.text() == f"The sandbox has 1 task (1 queued): {task['id']}."


def test_the_text_names_the_request_and_counts_the_statuses(mock_target: MakeTarget) -> None:
    sandbox = find(mock_target(), plan_for("Campaign B"))
    counts = [sum(task["status"] == status for task in sandbox.tasks) for status in ("pending", "queued")]
    beginning, _, ids = sandbox.text().partition(": ")
    assert beginning.startswith("The sandbox has 28 tasks of the request Campaign B (")
    assert f"{counts[0]} pending" in beginning
    assert f"{counts[1]} queued" in beginning
    assert ids == ", ".join(task["id"] for task in sandbox.tasks) + "."


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (
            plan_for("Campaign B", "Campaign X"),
            "--sandbox-request 'Campaign X': .* tasks of these requests: Campaign A, Campaign B, Campaign C",
        ),
        (
            plan_for(tasks=(UNKNOWN,)),
            f"--sandbox-task {UNKNOWN}: the server of this API key has no such task",
        ),
    ],
)
def test_an_unknown_request_or_task_is_an_error(mock_target: MakeTarget, plan: Plan, message: str) -> None:
    with pytest.raises(NoSandboxError, match=message):
        find(mock_target(), plan)


def test_a_task_of_another_server_is_an_error(mock_target: MakeTarget) -> None:
    target = mock_target()
    task = listed(target, "pending,queued", target.other_api_key)[0]
    with pytest.raises(NoSandboxError, match=task["id"]):
        find(target, plan_for(tasks=(task["id"],)))


@pytest.mark.parametrize(("status", "result"), [(500, "was answered 500"), (0, "got no answer")])
def test_a_refused_list_is_an_error(scripted: Any, status: int, result: str) -> None:
    scripted.status = status
    with pytest.raises(NoSandboxError, match=f"cannot read the sandbox: GET /tasks {result}"):
        find(Target(scripted.base_url, "the-key"), plan_for("Campaign A"))


def answer_of(count: int, total: int) -> bytes:
    task = {"id": UNKNOWN, "status": "pending", "request_id": UNKNOWN}
    return render({"data": [task] * count, "total": total})


@pytest.mark.parametrize(
    ("count", "total", "pages"),
    [(0, 0, 1), (999, 5000, 1), (1000, 1000, 1), (1000, 5000, 5), (1000, 10**6, 5)],
)
def test_a_list_is_read_up_to_its_end_and_at_most_five_pages(
    scripted: Any, count: int, total: int, pages: int
) -> None:
    scripted.body = answer_of(count, total)
    client = Client(gate_to(Target(scripted.base_url, "the-key"), Plan()), "the-key")
    assert len(list(list_all(client, None, ("pending", "queued")))) == count * pages
    assert [path for _, path, _ in scripted.received] == [
        f"/api/v1/worker/tasks?status=pending%2Cqueued&limit=1000&page={page}" for page in range(1, pages + 1)
    ]


def test_other_statuses_are_listed_only_if_the_waiting_tasks_are_not_enough(scripted: Any) -> None:
    task = {"id": UNKNOWN, "status": "pending", "request_id": UNKNOWN, "request_name": "Campaign A"}
    scripted.body = render({"data": [task] * 25, "total": 25})
    target = Target(scripted.base_url, "the-key")
    find(target, plan_for("Campaign A"))
    assert len(scripted.received) == 1
    scripted.body = render({"data": [task] * 24, "total": 24})
    find(target, plan_for("Campaign A"))
    assert len(scripted.received) == 3
