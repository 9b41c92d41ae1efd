"""A short walk through all nine operations, the same each time, that makes each be answered."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from workerkit.contracts import tour_keys, tour_list, tour_writes
from workerkit.contracts.client import Client
from workerkit.contracts.ledger import Ledger
from workerkit.contracts.plan import Plan, Writes
from workerkit.contracts.rules import OPERATION_RULES
from workerkit.contracts.target import Target
from workerkit.contracts.walk import Walk
from workerkit.contracts.wire import Gate

Step = Callable[[Walk], None]

_READS: tuple[Step, ...] = (
    tour_list.list_by_default,
    tour_list.list_at_the_limits,
    tour_list.filter_the_list,
    tour_list.page_through,
    tour_list.ask_for_the_unknown,
    tour_keys.refuse_wrong_keys,
    tour_keys.refuse_inactive_server,
)
_WRITES: tuple[Step, ...] = (
    tour_writes.send_heartbeat,
    tour_writes.update_a_task,
    tour_writes.refuse_bad_updates,
    tour_writes.update_many,
    tour_writes.call_back,
    tour_writes.require_the_link,
    tour_writes.send_logs,
    tour_writes.refuse_unknown_level,
    tour_writes.fill_a_batch,
    tour_writes.ask_for_unknown_ids,
    tour_writes.leave_foreign_tasks_alone,
)
_WRITING_RULES = (
    *(rule for operation, rule in OPERATION_RULES.items() if operation != "listTasks"),
    *("heartbeat-name", "update-own-only", "update-status", "update-links", "update-echo"),
    *("bulk-counts", "bulk-results", "bulk-foreign", "logs-created", "logs-levels"),
    *("link-update-required", "link-update-optional", "not-your-task", "not-found"),
)


def walk_the_tour(target: Target, plan: Plan, gate: Gate, ledger: Ledger) -> None:
    """Sends the tour's requests and notes what they show. Raises wire.Ended where the run is over."""
    client = Client(gate, target.api_key)
    # Not the bare number, with which a server under test may have made its own ids.
    chance = Random(f"tour {plan.seed}")
    walk = Walk(client, ledger, target, plan.writes, chance)
    for step in _READS:
        step(walk)
    if plan.writes is Writes.NONE:
        for rule in _WRITING_RULES:
            ledger.excuse(rule, "needs --writes all")
        return
    for step in _WRITES:
        step(walk)
