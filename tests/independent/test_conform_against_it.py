"""The conformance run blames no legal server, and finds what is planted."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

import pytest

from tests.independent.call import Record
from tests.independent.fault import Fault
from tests.independent.faults import FAULTS
from tests.independent.listing import Listing
from tests.independent.store import insert, rows, write
from tests.independent.trial import SHORT, TOUR, findings, trial
from tests.independent.variants import VARIANTS

# A third of the faults, of every kind: each with a rule that has to find it.
FOUND = {
    "key-with-tail-accepted": "key-checked",
    "key-beginning-accepted": "key-checked",
    "key-case-ignored": "key-checked",
    "inactive-server-may-log": "server-active",
    "key-ignored-by-listing": "key-required",
    "missing-key-bad-request": "key-required",
    "wrong-key-forbidden": "key-checked",
    "heartbeat-server-id-changes": "heartbeat-name",
    "heartbeat-server-id-is-anothers": "heartbeat-name",
    "heartbeat-without-server-time": "heartbeat",
    "heartbeat-status-alive": "heartbeat",
    "heartbeat-refuses-fractions": "heartbeat",
    "foreign-tasks-listed": "update-own-only",
    "default-filter-is-all": "list-status",
    "default-filter-is-pending": "list-status",
    "cursor-forgets-status": "list-status",
    "cursor-forgets-service-type": "list-service-type",
    "status-filter-takes-first": "list-total",
    "service-type-ignored": "list-service-type",
    "total-of-page": "list-total",
    "page-off-by-one": "list-total",
    "pages-overlap": "list-page",
    "order-changes-between-pages": "list-after",
    "cursor-skips-one": "list-after",
    "next-cursor-is-last-but-one": "list-next-cursor",
    "default-limit-is-fifty": "list-limit",
    "limit-above-maximum-accepted": "list-limit",
    "limit-thousand-refused": "list-limit",
    "limit-not-echoed": "list-limit",
    "field-missing": "list",
    "config-is-object": "list",
    "update-answered-without-body": "update",
    "update-without-effect": "update",
    "update-answers-request-id": "update-echo",
    "foreign-task-updated": "update-own-only",
    "foreign-task-updated-though-refused": "update-own-only",
    "unknown-task-updated": "not-found",
    "bad-status-swallowed": "update-status",
    "link-post-dropped": "update-links",
    "canceled-refused": "update",
    "failed-stored-as-canceled": "update-status",
    "update-touches-neighbours": "update",
    "is-indexed-refused": "update",
    "is-indexed-takes-text": "bad-request",
    "update-lost-when-concurrent": "update-links",
    "answers-mixed-when-concurrent": "update-echo",
    "update-fails-when-concurrent": "update",
    "listing-is-stale": "bulk-results",
    "bulk-stops-at-refused": "bulk-results",
    "bulk-writes-first-only": "bulk-results",
    "bulk-drops-link-profile": "update-links",
    "bulk-spreads-first-status": "bulk-results",
    "bulk-takes-too-many": "bulk",
    "bulk-refuses-five-hundred": "bulk",
    "bulk-success-counts-all": "bulk-counts",
    "bulk-leaves-out-refused": "bulk-results",
    "bulk-all-or-nothing": "bulk-results",
    "bulk-foreign-updated-though-refused": "update-own-only",
    "bulk-taken-for-id": "bulk",
    "logs-take-too-many": "logs",
    "logs-created-is-one": "logs-created",
    "logs-take-trace": "logs-levels",
    "logs-take-warning": "logs-levels",
    "logs-refuse-debug": "logs-levels",
    "complete-leaves-status": "link-complete",
    "complete-ignores-pending": "link-complete",
    "link-update-takes-bad-status": "update-status",
    "callback-success-is-false": "link-update",
    "refusal-says-success": "statuses",
    "complete-drops-links": "update-links",
    "link-update-requires-status": "link-update-optional",
    "link-update-without-link-id": "link-update-required",
    "request-never-found": "request-status",
    "unknown-task-crashes": "not-found",
    "foreign-without-code": "not-your-task",
    "broken-json-is-empty": "bad-request",
}


class Busy(Listing):
    """No fault: another task comes in before each list."""

    def answer(self, server: Record, query: Mapping[str, str]) -> Record:
        with self.store.transaction() as db:
            task = rows(db, "SELECT * FROM tasks WHERE server_id = ? LIMIT 1", [server["id"]])[0]
            new = {"id": str(uuid4()), "status": "pending", "created_at": self.clock()}
            insert(db, "tasks", task | new)
        return super().answer(server, query)


class Dispatching(Listing):
    """No fault: a pending task is queued when it was listed, for its server has it now."""

    def answer(self, server: Record, query: Mapping[str, str]) -> Record:
        answer = super().answer(server, query)
        with self.store.transaction() as db:
            for task in answer["data"]:
                if task["status"] == "pending":
                    write(db, "tasks", task["id"], {"status": "queued"})
        return answer


@pytest.mark.parametrize("name", VARIANTS)
def test_a_legal_server_is_not_blamed(name: str) -> None:
    assert findings(trial(VARIANTS[name], most=SHORT)) == {}


def test_a_server_that_gets_tasks_during_the_run_is_not_blamed() -> None:
    assert findings(trial(fault=Fault("busy", "", "", Busy), most=TOUR)) == {}


def test_a_server_that_queues_what_it_lists_is_not_blamed() -> None:
    assert findings(trial(fault=Fault("dispatching", "", "", Dispatching), most=SHORT)) == {}


@pytest.mark.parametrize("name", FOUND)
def test_a_planted_fault_is_found(name: str) -> None:
    assert FOUND[name] in findings(trial(fault=FAULTS[name], most=TOUR))
