"""A server that mixes up two servers that list at the same time is found."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from tests.contracts.small_server import Json, SmallServer, serving
from tests.independent.step_trial import run_steps
from workerkit.contracts.gate.gate import Gate
from workerkit.contracts.run.preflight import check_target
from workerkit.contracts.scripted.concurrency import list_concurrently
from workerkit.contracts.target.plan import Plan
from workerkit.contracts.target.run_clock import RunClock
from workerkit.openapi.spec.api import worker_api

LISTS = 12


class Together(SmallServer):
    """Answers the lists with `limit=1` together."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str] = []
        self.barrier = Barrier(LISTS, timeout=30)

    def key_of(self, own_key: str) -> str:
        """The key that a list is answered for."""
        return own_key

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Json]:
        key = headers["X-API-Key"]
        if target.endswith("?limit=1"):
            with self.lock:
                self.keys.append(key)
            self.barrier.wait()
            key = self.key_of(key)
        return super().answer(method, target, {"X-API-Key": key}, body)


class OneGlobal(Together):
    """A fault: keeps the server of a request in a global variable."""

    def key_of(self, own_key: str) -> str:
        return self.keys[-1]


class SharedCache(SmallServer):
    """A fault: a cache of lists that does not look at the key."""

    def __init__(self) -> None:
        super().__init__()
        self.cache: dict[str, tuple[int, Json]] = {}

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Json]:
        if method != "GET":
            return super().answer(method, target, headers, body)
        return self.cache.setdefault(target, super().answer(method, target, headers, body))


def test_a_cache_for_all_keys_is_found() -> None:
    with serving(SharedCache()) as target:
        gate = Gate(target, Plan(), worker_api(), clock=RunClock(), watcher=lambda _: None)
        try:
            usable = check_target(target, gate, lambda _: None)
        finally:
            gate.close()
        ledger, _ = run_steps(usable, [list_concurrently])
    assert [finding.rule for finding in ledger.findings] == ["list"]


@pytest.mark.parametrize(("server", "wrong"), [(Together, 0), (OneGlobal, 6)])
def test_lists_of_two_servers_at_the_same_time(server: type[Together], wrong: int) -> None:
    with serving(server()) as target:
        ledger, _ = run_steps(target, [list_concurrently])
    flaw = f"of 12 lists at the same time with two API keys, {wrong} have the server_id of another server"
    assert [(finding.rule, finding.message) for finding in ledger.findings] == [("list", flaw)] * bool(wrong)


def test_without_a_second_key_nothing_is_sent() -> None:
    with serving(SmallServer()) as target:
        _, exchanges = run_steps(replace(target, other_api_key=None), [list_concurrently])
    assert {exchange.query for exchange in exchanges} == {"", "status=pending%2Cqueued"}
