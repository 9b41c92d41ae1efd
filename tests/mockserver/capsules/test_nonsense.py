"""Recordings with nonsense in requests and answers can be replayed, and scenarios can be made from them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tests.contracts.test_nonsense import JUNK, garbled
from tests.mockserver.capsules.file.test_reader import capsule, recorded
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.file.to_scenario import scenario_source
from workerkit.mockserver.capsules.replay.reconstructed_replay import replay_in_dialect
from workerkit.openapi.formats.strict_json import parse, render
from workerkit.openapi.spec.dialect import Dialect
from workerkit.scenarios.loading import loader

TASK_1, TASK_2 = (f"00000000-0000-4000-8000-00000000000{digit}" for digit in "12")
OPERATIONS = {
    "heartbeat": ("POST", "/health"),
    "listTasks": ("GET", "/tasks"),
    "updateTask": ("PUT", f"/tasks/{TASK_1}"),
    "bulkUpdateTasks": ("PUT", "/tasks/bulk"),
    "completeLink": ("POST", "/callback/link/complete"),
    "setAccountStatus": ("POST", "/callback/account/status"),
}


def recorded_answer(operation: str, sent: Any, answered: Any, *, status: int = 200) -> RecordedExchange:
    method, path = OPERATIONS[operation]
    return recorded(
        operation=operation,
        method=method,
        path=f"/api/v1/worker{path}",
        request_headers=(("x-api-key", "key-1"),),
        request_body=b"" if sent is None else render(sent),
        status=status,
        answer_headers=(("content-type", "application/json"),),
        answer_body=render(answered),
    )


def dialogue(chance: Random | None = None) -> Capsule:
    """Exchanges between a worker and a server. With `chance`, some bodies have nonsense at one place."""
    tasks = [{"id": task_id, "status": "pending", "account_id": TASK_2} for task_id in (TASK_1, TASK_2)]
    items = [{"link_id": task_id, "status": "running"} for task_id in (TASK_1, TASK_2)]
    results = [{"link_id": TASK_1, "success": True}, {"link_id": TASK_2, "success": False}]
    exchanges = [
        (
            "heartbeat",
            {"server_name": "a"},
            {"success": True, "data": {"server_id": TASK_1, "server_name": "a"}},
        ),
        ("listTasks", None, {"data": tasks, "total": 9, "limit": 2, "page": 1, "server_name": "a"}),
        (
            "updateTask",
            {"status": "running"},
            {"success": True, "data": {"updated": True, "link_id": TASK_1}},
        ),
        ("bulkUpdateTasks", {"items": items}, {"total": 2, "success": 1, "failed": 1, "results": results}),
        ("completeLink", {"link_id": TASK_1}, {"success": True, "data": {"updated": True}}),
        ("setAccountStatus", {"account_id": TASK_2, "status": "active"}, {"success": True}),
        ("listTasks", None, {"data": tasks, "total": 2, "limit": 100}),
    ]
    return capsule(
        *(
            recorded_answer(name, *(_maybe_nonsense(body, chance) for body in bodies))
            for name, *bodies in exchanges
        ),
        recorded_answer("listTasks", None, {}, status=520),
    )


def _maybe_nonsense(value: Any, chance: Random | None) -> Any:
    if chance is None or value is None or chance.random() < 0.5:
        return value
    value = parse(render(value))
    if chance.random() < 0.5:
        return {**value, chance.choice(list(value)): chance.choice(JUNK)}
    return garbled(value, chance)


@pytest.mark.parametrize("seed", range(4))
def test_nonsense_is_replayed_and_its_scenario_is_valid(seed: int) -> None:
    chance = Random(seed)
    for _ in range(60):
        nonsense = dialogue(chance)
        assert replay_in_dialect(nonsense, Dialect()).count > 0
        source = scenario_source(nonsense, name="mine", file="bug.yaml")
        loader.parse(source.encode(), name="mine.yaml")


@pytest.mark.parametrize("junk", [None, True, 5, "x", {}, [None], [[]], [{}]])
def test_a_batch_without_a_list_of_objects_is_a_difference(junk: Any) -> None:
    sent = {"items": [{"link_id": TASK_1, "status": "running"}]}
    answer = {"total": 1, "success": 1, "failed": 0, "results": junk}
    difference = replay_in_dialect(
        capsule(recorded_answer("bulkUpdateTasks", sent, answer)), Dialect()
    ).difference
    assert difference is not None
    assert difference.operation == "bulkUpdateTasks"


def test_a_capsule_with_an_invalid_world_gives_a_valid_scenario() -> None:
    for world in ({"format": 1}, {"servers": [None], "tasks": {}}, {"servers": 5, "tasks": [5]}):
        source = scenario_source(capsule(world=world), name="mine", file="bug.yaml")
        assert loader.parse(source.encode(), name="mine.yaml").world.tasks
