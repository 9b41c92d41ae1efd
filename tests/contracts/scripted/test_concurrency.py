"""A server that mixes up two servers that list at the same time is found."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from tests.contracts.small_server import Json, SmallServer, serving
from tests.independent.step_trial import run_steps
from workerkit.contracts.scripted.concurrency import list_concurrently

LISTS = 12


class Together(SmallServer):
    """Answers the lists with `limit=1` together, except for the first one."""

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
                is_first = len(self.keys) == 1
            if not is_first:
                self.barrier.wait()
                key = self.key_of(key)
        return super().answer(method, target, {"X-API-Key": key}, body)


class OneGlobal(Together):
    """A fault: keeps the server of a request in a global variable."""

    def key_of(self, own_key: str) -> str:
        return self.keys[-1]


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
