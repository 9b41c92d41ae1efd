"""A run at 1000 times the speed gives the same journal but for the times."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from workerkit.mockserver.http.headers import header_set_of
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.scenarios.library import library

SILENT = dialect_of({"heartbeat-silence": "offline", "offline-heartbeat": "revives"})


class Machine:
    """Real time that passes only when somebody waits, and a mock whose time runs `speed` times as fast."""

    def __init__(self, speed: float, scenario: str | None) -> None:
        self._seconds, self._speed = 0.0, speed
        builder = WorldBuilder(
            library.find(scenario) if scenario else None,
            seed=5,
            dialect=SILENT,
            timer=lambda: self._seconds * speed,
        )
        worlds = Worlds()
        self.world = worlds.add(DEFAULT, builder).world
        self._app = WorkerApp(worlds)

    def wait(self, seconds: float) -> None:
        """Waits so long on the world's clock."""
        self._seconds += seconds / self._speed

    def send(self, method: str, path: str, body: Any = None) -> int:
        text = b"" if body is None else json.dumps(body).encode()
        where, _, query = (worker_api().base_path + path).partition("?")
        headers = header_set_of((("x-api-key", "server-01-key"),))
        return self._app.answer(Request(method, where, query, headers, text, is_too_large=False)).status

    def journal(self) -> list[Exchange]:
        """The exchanges without their times."""
        bare = [replace(exchange, began=0, ended=0) for exchange in self.world.journal]
        return [replace(each, answer_body=_without_times(each.answer_body)) for each in bare]


def _without_times(body: bytes) -> bytes:
    value = json.loads(body)
    if isinstance(value.get("data"), dict):
        value["data"].pop("server_time", None)
    return json.dumps(value).encode()


def life_of_a_worker(machine: Machine) -> list[int]:
    """Works, is refused, waits, works on; falls silent for two minutes and comes back."""
    tasks = [task.id for task in machine.world.tasks.values() if task.server == "server-01"][:8]
    statuses = [machine.send("POST", "/health", {})]
    for task in tasks:
        statuses.append(machine.send("PUT", f"/tasks/{task}", {"status": "running"}))
        machine.wait(0.3)
        statuses.append(machine.send("PUT", f"/tasks/{task}", {"status": "completed"}))
    machine.wait(120)
    statuses.append(machine.send("GET", "/tasks?limit=3"))
    statuses.append(machine.send("POST", "/health", {}))
    statuses.append(machine.send("GET", "/tasks?limit=3&status=completed"))
    return statuses


@pytest.mark.parametrize("scenario", [None, "key-revoked"])
def test_a_fast_run_has_the_journal_of_a_slow_one(scenario: str | None) -> None:
    slow, fast = Machine(1, scenario), Machine(1000, scenario)
    assert life_of_a_worker(slow) == life_of_a_worker(fast)
    assert slow.journal() == fast.journal()


def test_the_run_depends_on_its_times() -> None:
    statuses = life_of_a_worker(Machine(1, "key-revoked"))
    assert statuses[-3:] == [401, 200, 200]
    assert 401 in statuses[:-3]
    assert 200 in statuses[-8:-3]
