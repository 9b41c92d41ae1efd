"""Lists that hand out their tasks, lists that only read, and lists that show neither."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.small_server import SmallServer, serving
from workerkit.contracts.gate.gate import Gate
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.run.listing import check_listing, handed_out_note
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.openapi.spec.api import worker_api

Json = dict[str, Any]


class HandsOutQueued(SmallServer):
    """Lists the tasks that it hands out as queued."""

    def listed(self, task: Json) -> Json:
        task["status"] = "queued"
        return super().listed(task)


class HandsOutPending(SmallServer):
    """Lists the tasks that it hands out as pending, and then makes them queued."""

    def listed(self, task: Json) -> Json:
        shown = super().listed(task)
        task["status"] = "queued"
        return shown


class IgnoresTheFilter(SmallServer):
    """Lists queued tasks for the filter pending, and changes nothing."""

    def selected(self, tasks: list[Json], query: Json) -> list[Json]:
        return [task for task in tasks if task["status"] == "queued"]


class SomebodyTakesOne(SmallServer):
    """Only reads. After the first list, another client takes the first pending task."""

    is_taken = False

    def listed(self, task: Json) -> Json:
        shown = super().listed(task)
        if not self.is_taken:
            self.is_taken, task["status"] = True, "running"
        return shown


class OnePending(HandsOutPending):
    """Has one pending task. After the first list it is queued, perhaps by another client."""

    def __init__(self) -> None:
        super().__init__()
        self.tasks = self.tasks[5:6]


class NoPending(SmallServer):
    """Has no pending task."""

    def __init__(self) -> None:
        super().__init__()
        self.tasks = self.tasks[:1]


@pytest.mark.parametrize(
    ("server", "value", "lists"),
    [
        (SmallServer, "reads", 2),
        (HandsOutQueued, "hands-out", 2),
        (HandsOutPending, "hands-out", 3),
        (IgnoresTheFilter, "reads", 2),
        (SomebodyTakesOne, "reads", 3),
        (OnePending, None, 2),
        (NoPending, None, 1),
    ],
)
def test_the_value_is_learnt_from_few_lists(server: type[SmallServer], value: str | None, lists: int) -> None:
    ledger, gate = checked(server(), Writes.ALL, {})
    assert (ledger.observed_value("listing"), len(gate.exchanges)) == (value, lists)
    assert gate.end_reason is None
    assert bool(handed_out_note(ledger, gate.exchanges)) == (value == "hands-out")


@pytest.mark.parametrize(("stated", "lists"), [({}, 2), ({"listing": "hands-out"}, 0)])
def test_without_writes_a_list_that_hands_out_ends_the_run(stated: dict[str, str], lists: int) -> None:
    _, gate = checked(HandsOutQueued(), Writes.NONE, stated)
    assert len(gate.exchanges) == lists
    assert str(gate.end_reason).startswith("GET /tasks changes the tasks of this server")


def checked(server: SmallServer, writes: Writes, stated: dict[str, str]) -> tuple[Ledger, Gate]:
    ledger = Ledger(stated)
    with serving(server) as target:
        gate = Gate(target, Plan(writes=writes), worker_api(), clock=RunClock(), watcher=lambda _: None)
        check_listing(target, gate, ledger, writes)
        gate.close()
    return ledger, gate
