"""A short walk through all nine operations, the same each time, that makes each be answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random

from workerkit.contracts.gate.client import Client
from workerkit.contracts.gate.gate import Gate, WithheldError
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.sandbox.sandbox import Sandbox
from workerkit.contracts.scripted import (
    bulk,
    callbacks,
    concurrency,
    foreign_tasks,
    heartbeat_and_logs,
    keys,
    lists,
    refusals,
    updates,
)
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target

Step = Callable[[RunContext], None]

_READS: tuple[Step, ...] = (
    lists.list_by_default,
    lists.list_at_the_limits,
    lists.filter_the_list,
    lists.page_through,
    keys.refuse_wrong_keys,
    keys.refuse_inactive_server,
)
_REFUSALS: tuple[Step, ...] = (
    refusals.require_the_link,
    refusals.refuse_bad_bodies,
    refusals.refuse_too_long_a_batch,
)
# What a sandbox can hold; the others change what belongs to no task, or what no list shows of one.
_TASK_WRITES: tuple[Step, ...] = (
    updates.update_a_task,
    updates.refuse_bad_updates,
    bulk.update_many,
    callbacks.call_back,
    bulk.fill_a_batch,
    concurrency.update_side_by_side,
    updates.cancel_a_task,
    bulk.leave_the_others_alone,
    foreign_tasks.ask_for_unknown_ids,
    foreign_tasks.leave_foreign_tasks_alone,
)
_OTHER_WRITES: tuple[Step, ...] = (
    heartbeat_and_logs.send_heartbeat,
    heartbeat_and_logs.send_logs,
    heartbeat_and_logs.refuse_unknown_level,
    updates.fail_a_task,
)
_STEPS = {
    Writes.NONE: (*_READS, *_REFUSALS),
    Writes.SANDBOX: (*_READS, *_REFUSALS, *_TASK_WRITES),
    Writes.ALL: (*_READS, *_REFUSALS, *_OTHER_WRITES, *_TASK_WRITES),
}
_OTHER_RULES = ("heartbeat", "heartbeat-name", "logs", "logs-created", "logs-levels")
_TASK_RULES = (
    *("update", "update-own-only", "update-status", "update-links", "update-echo"),
    *("bulk", "bulk-counts", "bulk-results", "bulk-foreign", "link-update", "link-update-optional"),
    *("link-complete", "request-status", "account-status", "not-your-task", "not-found"),
)


def new_context(
    target: Target,
    plan: Plan,
    gate: Gate,
    ledger: Ledger,
    clock: RunClock,
    sandbox: Sandbox | None = None,
) -> RunContext:
    """A walk that has not yet asked anything."""
    client = Client(gate, target.api_key)
    # Not the bare number, with which a server under test may have made its own ids.
    chance = Random(f"tour {plan.seed}")
    context = RunContext(client, ledger, target, plan.writes, chance, clock=clock)
    if sandbox is not None:
        context.sandbox_tasks, context.sandbox_foreign = sandbox.own, sandbox.foreign
        context.sandbox_requests = sandbox.request_ids
    return context


def run_script(context: RunContext) -> None:
    """Sends the tour's requests and notes what they show. Raises wire.Ended where the run is over."""
    _excuse_what_is_not_written(context)
    for step in _STEPS[context.writes]:
        with suppress(WithheldError):
            step(context)
    if not context.tasks:
        for rule in _TASK_RULES:
            context.excuse_without_task(rule)


def _excuse_what_is_not_written(context: RunContext) -> None:
    if context.writes is not Writes.ALL:
        for rule in _OTHER_RULES:
            context.ledger.excuse(rule, "needs --writes all: what it changes is in no sandbox")
    if context.writes is Writes.NONE:
        for rule in _TASK_RULES:
            context.ledger.excuse(rule, f"needs --writes sandbox or all{_beside(rule, context.target)}")


def _beside(rule: str, target: Target) -> str:
    """What a rule needs, too, and was not given."""
    if rule in foreign_tasks.FOREIGN_RULES and target.other_api_key is None:
        return ", and --other-api-key"
    return ", and --account-id" if rule == "account-status" and target.account_id is None else ""
