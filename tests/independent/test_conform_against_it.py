"""The conformance run finds faults, and reports nothing for correct servers."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

import pytest

from tests.independent.call import Record
from tests.independent.fault import Fault
from tests.independent.faults import FAULTS
from tests.independent.listing import Listing
from tests.independent.store import insert, rows, write
from tests.independent.trial import MORE_REQUESTS, SCRIPT_REQUESTS, findings, trial
from tests.independent.variants import VARIANTS

# `make bench` runs conform on more of these servers.
pytestmark = pytest.mark.long

# At least one fault for each rule that can find one. `python -m benchmarks.soundness.independent` tries all.
FOUND = {
    "key-with-tail-accepted": "key-checked",
    "key-case-ignored": "key-checked",
    "inactive-server-may-log": "server-active",
    "key-ignored-by-listing": "key-required",
    "wrong-key-forbidden": "key-checked",
    "heartbeat-server-id-is-anothers": "heartbeat-name",
    "heartbeat-status-alive": "heartbeat",
    "foreign-tasks-listed": "update-own-only",
    "default-filter-is-pending": "list-status",
    "cursor-forgets-service-type": "list-service-type",
    "service-type-ignored": "list-service-type",
    "page-off-by-one": "list-total",
    "pages-overlap": "list-page",
    "order-changes-between-pages": "list-after",
    "next-cursor-is-last-but-one": "list-next-cursor",
    "limit-above-maximum-accepted": "list-limit",
    "limit-not-echoed": "list-limit",
    "config-is-object": "list",
    "update-without-effect": "update",
    "update-answers-request-id": "update-echo",
    "foreign-task-updated": "update-own-only",
    "unknown-task-updated": "not-found",
    "link-post-dropped": "update-links",
    "failed-stored-as-canceled": "update-status",
    "is-indexed-refused": "update",
    "is-indexed-takes-text": "bad-request",
    "update-lost-when-concurrent": "update-links",
    "update-fails-when-concurrent": "update",
    "bulk-stops-at-refused": "bulk-results",
    "bulk-drops-link-profile": "update-links",
    "bulk-takes-too-many": "bulk",
    "bulk-success-counts-all": "bulk-counts",
    "bulk-all-or-nothing": "bulk-results",
    "bulk-taken-for-id": "bulk",
    "logs-take-too-many": "logs",
    "logs-created-is-one": "logs-created",
    "logs-take-warning": "logs-levels",
    "complete-leaves-status": "link-complete",
    "link-update-takes-bad-status": "update-status",
    "callback-success-is-false": "link-update",
    "refusal-says-success": "statuses",
    "link-update-requires-status": "link-update-optional",
    "link-update-without-link-id": "link-update-required",
    "request-never-found": "request-status",
    "foreign-without-code": "not-your-task",
}


class ListingWithNewTasks(Listing):
    """Not a fault: the server gets a new task before each list."""

    def answer(self, server: Record, query: Mapping[str, str]) -> Record:
        with self.store.transaction() as db:
            task = rows(db, "SELECT * FROM tasks WHERE server_id = ? LIMIT 1", [server["id"]])[0]
            new = {"id": str(uuid4()), "status": "pending", "created_at": self.clock()}
            insert(db, "tasks", task | new)
        return super().answer(server, query)


class ListingThatQueues(Listing):
    """Not a fault: a pending task becomes queued when it is listed, because its server has it now."""

    def answer(self, server: Record, query: Mapping[str, str]) -> Record:
        answer = super().answer(server, query)
        with self.store.transaction() as db:
            for task in answer["data"]:
                if task["status"] == "pending":
                    write(db, "tasks", task["id"], {"status": "queued"})
        return answer


@pytest.mark.parametrize("name", VARIANTS)
def test_a_correct_server_has_no_findings(name: str) -> None:
    assert findings(trial(VARIANTS[name], most=SCRIPT_REQUESTS + 100)) == {}


def test_a_server_that_gets_tasks_during_the_run_has_no_findings() -> None:
    assert findings(trial(fault=Fault("busy", "", "", ListingWithNewTasks), most=SCRIPT_REQUESTS)) == {}


def test_a_server_that_queues_listed_tasks_has_no_findings() -> None:
    assert findings(trial(fault=Fault("dispatching", "", "", ListingThatQueues), most=MORE_REQUESTS)) == {}


@pytest.mark.parametrize("name", FOUND)
def test_a_fault_is_found(name: str) -> None:
    assert FOUND[name] in findings(trial(fault=FAULTS[name], most=SCRIPT_REQUESTS))
