"""Recordings of servers and workers that say nonsense: they are replayed, and a scenario begins with them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tests.contracts.test_nonsense import JUNK, garbled
from tests.mockserver.capsules.file.test_reader import capsule, recorded
from workerkit.mockserver.capsules.file.capsule import Capsule, Recorded
from workerkit.mockserver.capsules.file.to_scenario import scenario_text
from workerkit.mockserver.capsules.replay.replay import replay_in
from workerkit.openapi.formats.strict_json import parse, render
from workerkit.openapi.spec.dialect import Dialect
from workerkit.scenarios.loading import loader

ONE, OTHER = (f"00000000-0000-4000-8000-00000000000{digit}" for digit in "12")
PLACES = {
    "heartbeat": ("POST", "/health"),
    "listTasks": ("GET", "/tasks"),
    "updateTask": ("PUT", f"/tasks/{ONE}"),
    "bulkUpdateTasks": ("PUT", "/tasks/bulk"),
    "completeLink": ("POST", "/callback/link/complete"),
    "setAccountStatus": ("POST", "/callback/account/status"),
}


def said(operation: str, sent: Any, answered: Any, *, status: int = 200) -> Recorded:
    method, path = PLACES[operation]
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


def work(chance: Random | None = None) -> Capsule:
    """What a worker and a server said, with chance for one place in what one of them said, or in both."""
    tasks = [{"id": each, "status": "pending", "account_id": OTHER} for each in (ONE, OTHER)]
    items = [{"link_id": each, "status": "running"} for each in (ONE, OTHER)]
    results = [{"link_id": ONE, "success": True}, {"link_id": OTHER, "success": False}]
    dialogue = [
        (
            "heartbeat",
            {"server_name": "a"},
            {"success": True, "data": {"server_id": ONE, "server_name": "a"}},
        ),
        ("listTasks", None, {"data": tasks, "total": 9, "limit": 2, "page": 1, "server_name": "a"}),
        ("updateTask", {"status": "running"}, {"success": True, "data": {"updated": True, "link_id": ONE}}),
        ("bulkUpdateTasks", {"items": items}, {"total": 2, "success": 1, "failed": 1, "results": results}),
        ("completeLink", {"link_id": ONE}, {"success": True, "data": {"updated": True}}),
        ("setAccountStatus", {"account_id": OTHER, "status": "active"}, {"success": True}),
        ("listTasks", None, {"data": tasks, "total": 2, "limit": 100}),
    ]
    return capsule(
        *(said(name, *(_perhaps(each, chance) for each in both)) for name, *both in dialogue),
        said("listTasks", None, {}, status=520),
    )


def _perhaps(value: Any, chance: Random | None) -> Any:
    if chance is None or value is None or chance.random() < 0.5:
        return value
    value = parse(render(value))
    if chance.random() < 0.5:
        return {**value, chance.choice(list(value)): chance.choice(JUNK)}
    return garbled(value, chance)


@pytest.mark.parametrize("seed", range(4))
def test_nonsense_is_replayed_and_a_scenario_made_from_it_is_valid(seed: int) -> None:
    chance = Random(seed)
    for _ in range(60):
        nonsense = work(chance)
        assert replay_in(nonsense, Dialect()).played > 0
        source = scenario_text(nonsense, name="mine", file="bug.yaml")
        loader.parse(source.encode(), name="mine.yaml")


@pytest.mark.parametrize("junk", [None, True, 5, "x", {}, [None], [[]], [{}]])
def test_a_batch_without_a_list_of_objects_is_a_difference(junk: Any) -> None:
    sent = {"items": [{"link_id": ONE, "status": "running"}]}
    answer = {"total": 1, "success": 1, "failed": 0, "results": junk}
    difference = replay_in(capsule(said("bulkUpdateTasks", sent, answer)), Dialect()).difference
    assert difference is not None
    assert difference.operation == "bulkUpdateTasks"


def test_a_world_that_is_none_gives_a_scenario_of_its_own() -> None:
    for world in ({"format": 1}, {"servers": [None], "tasks": {}}, {"servers": 5, "tasks": [5]}):
        source = scenario_text(capsule(world=world), name="mine", file="bug.yaml")
        assert loader.parse(source.encode(), name="mine.yaml").world.tasks
