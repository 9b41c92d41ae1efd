"""The worlds of a fleet in the mock: made before the run, and compared with what the API has confirmed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import requests

from workerkit.contracts.fleet.process_tally import ProcessTally, WorldCounts
from workerkit.contracts.fleet.task_ledger import DOUBLED, LOST, TaskFinding
from workerkit.mockserver.world.key_ring import PREFIX_END
from workerkit.openapi.errors import CannotRunError
from workerkit.openapi.spec.api import worker_api

_CONTROL_PATH = "/_mock"
_PATIENCE = 60.0
# The mock keeps this many log entries of a world.
_MOST_LOGS = 100_000
# One task in ten is meant to fail at its site.
_FAILING_SHARE = 10
_FAILING_CONFIG = '{"simulate": "fail"}'


class MockWorldsError(CannotRunError):
    """The control plane did not make the worlds, or did not answer. The message says why."""


class MockWorlds:
    """The worlds of one run. Each has its own key prefix, so that a load balancer can place it on one mock.

    base_url: the base URL of the Worker API of the mock, or of the load balancer before several mocks.
    token: the control token of the mocks, or None.
    """

    def __init__(self, base_url: str, token: str | None = None) -> None:
        self._control_url = base_url.removesuffix(worker_api().base_path) + _CONTROL_PATH
        self._session = requests.Session()
        self._session.trust_env = False
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"
        self._run = secrets.token_hex(4)
        self._names: list[str] = []

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the worlds. Each is the key prefix, too."""
        return tuple(self._names)

    def make(self, worlds: int, servers: int, tasks: int) -> list[str]:
        """Makes worlds, and returns the keys of their servers. Raises MockWorldsError.

        worlds: how many worlds.
        servers: how many servers in all worlds together.
        tasks: how many tasks each server gets.
        """
        keys: list[str] = []
        for number in range(worlds):
            name = f"fleet-{self._run}-{number}"
            count = len(range(number, servers, worlds))
            if count:
                body = {"name": name, "key_prefix": name, "world": _world_plan(count, tasks, number)}
                made = self._call("POST", "", name, body)
                self._names.append(name)
                keys += [server["api_key"] for server in made["servers"]]
        return keys

    def findings(self, tally: ProcessTally, tasks: int) -> Iterator[TaskFinding]:
        """What each world has lost or doubled, by the sums of its servers. Raises MockWorldsError.

        tasks: how many tasks each server was given.
        """
        for name in self._names:
            state = self._call("GET", "", name)
            counts = tally.worlds.get(name, WorldCounts())
            links = sum(request["created_links"] for request in state["requests"])
            yield from _compare(name, "created_links", links, counts.completions, counts.unsure)
            if len(state["logs"]) < _MOST_LOGS:
                yield from _compare(name, "log entries", len(state["logs"]), counts.logs, counts.unsure)
            expected = tasks * len(state["servers"])
            yield from _compare(name, "tasks", len(state["tasks"]), expected, 0)

    def remove(self) -> None:
        """Removes the worlds. Raises MockWorldsError."""
        while self._names:
            self._call("DELETE", "", self._names.pop())

    def _call(self, method: str, path: str, name: str, body: Mapping[str, Any] | None = None) -> Any:
        """Sends a call of the control plane. Its key header leads it to the mock that has the world."""
        url = f"{self._control_url}/worlds" + (f"/{name}{path}" if method != "POST" else "")
        headers = {worker_api().key_header_name: name + PREFIX_END}
        try:
            answer = self._session.request(method, url, json=body, headers=headers, timeout=_PATIENCE)
        except requests.RequestException as error:
            raise MockWorldsError(
                f"the control plane at {self._control_url} does not answer ({type(error).__name__}): start "
                "the mock, or give the keys of another server with --keys-file"
            ) from None
        if not answer.ok:
            raise MockWorldsError(f"{method} {url} was answered {answer.status_code}: {_message(answer)}")
        return answer.json()


def _world_plan(servers: int, tasks: int, seed: int) -> dict[str, Any]:
    """The content of a world. Worlds with different seeds have tasks with different ids."""
    names = [f"server-{number + 1:04}" for number in range(servers)]
    failing = tasks // _FAILING_SHARE
    groups: list[dict[str, Any]] = []
    for name in names:
        groups.append({"count": tasks - failing, "server": name, "status": "pending"})
        if failing:
            groups.append({"count": failing, "server": name, "status": "pending", "config": _FAILING_CONFIG})
    plans = [{"name": name, "status": "online"} for name in names]
    return {"servers": plans, "tasks": groups, "seed": seed}


def _compare(name: str, what: str, found: int, confirmed: int, unsure: int) -> Iterator[TaskFinding]:
    """If answers are missing, nobody knows whether the mock acted, so more than confirmed proves nothing."""
    if found < confirmed:
        yield TaskFinding(LOST, f"world {name}", f"{confirmed} {what} were confirmed, and it has {found}")
    elif found > confirmed and not unsure:
        yield TaskFinding(DOUBLED, f"world {name}", f"{confirmed} {what} were confirmed, and it has {found}")


def _message(answer: requests.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.reason or "no reason"
